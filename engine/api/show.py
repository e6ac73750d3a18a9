"""Runs the service and the dashboards side by side on loopback, with a token for a day, until Ctrl-C."""

from __future__ import annotations

import os
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
        pages = subprocess.Popen(
            [sys.executable, "-m", "dashboards"], env=os.environ | {"DIVERSION_SERVICE": settings.service, "DIVERSION_TOKEN": secret}
        )
        say(
            f"\nDashboards  http://127.0.0.1:{DASHBOARD_PORT}\nService     {settings.service} (its routes: {settings.service}/openapi.json)\n"
            f"Token       {secret} (analyst, for one day)\nCtrl-C stops both."
        )
        try:
            pages.wait()
        except KeyboardInterrupt:
            pass
        finally:
            pages.terminate()
            server.should_exit = True
            thread.join(timeout=10)
