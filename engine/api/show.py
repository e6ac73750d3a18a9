"""Runs the service and the dashboards side by side on loopback, with a token for a day, until Ctrl-C."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from urllib.parse import urlsplit

import uvicorn

from engine.api.app import create_app
from engine.api.serve import noted
from engine.errors import NotReady
from engine.settings import Settings
from engine.store.database import service_note
from engine.store.records import Origin
from engine.workflows.desk import Desk
from engine.workflows.tokens import create_token

DASHBOARD_PORT = 8501


def show(desk: Desk, settings: Settings, origin: Origin, say: Callable[[str], None]) -> None:
    """Start both, say where they are, stop both on Ctrl-C."""
    secret, _ = create_token(desk, f"{origin.actor}-{origin.at:%Y%m%d%H%M%S}", "analyst", None, origin.at + timedelta(days=1), origin)
    address = urlsplit(settings.service)
    config = uvicorn.Config(create_app(desk, settings), host=address.hostname, port=address.port or 80, log_level="warning", access_log=False)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    with noted(service_note(desk.store.path), settings.service):
        thread.start()
        while not server.started and thread.is_alive():
            time.sleep(0.05)
        try:
            show_pages(settings.service, secret, say, f"Token       {secret} (analyst, for one day; a command on this store takes it as DIVERSION_TOKEN)\nCtrl-C stops both.")
        finally:
            server.should_exit = True
            thread.join(timeout=10)


def show_pages(service: str, token: str | None, say: Callable[[str], None], more: str) -> None:
    """Open the dashboards on a service that runs, say where they are, close them on Ctrl-C; without a token they ask for one."""
    port = _free_port(DASHBOARD_PORT)
    pages = subprocess.Popen(
        [sys.executable, "-m", "dashboards", "--port", str(port)],
        env=os.environ | {"DIVERSION_SERVICE": service} | ({"DIVERSION_TOKEN": token} if token else {}),
    )
    signal.signal(signal.SIGTERM, _interrupt)
    say(f"\nDashboards  http://127.0.0.1:{port}\nService     {service} (its routes: {service}/openapi.json)\n{more}")
    try:
        pages.wait()
    except KeyboardInterrupt:
        pass
    finally:
        pages.terminate()
        pages.wait(timeout=10)


def _free_port(first: int) -> int:
    """The first port from here on that nothing listens on, so that a second pair does not talk to the first one's pages."""
    for port in range(first, first + 50):
        with socket.socket() as tried:
            if tried.connect_ex(("127.0.0.1", port)) != 0:
                return port
    raise NotReady(f"no free port from {first} to {first + 49} on 127.0.0.1. Stop another dashboard first.")


def _interrupt(*_: object) -> None:
    """Being told to stop is the same as Ctrl-C: both children end and the store is closed whole."""
    raise KeyboardInterrupt
