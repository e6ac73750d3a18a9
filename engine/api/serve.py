"""Runs the service on this machine until told to stop. The note beside the store says where it is, for the other commands."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import sys
import threading
from collections.abc import Hashable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import uvicorn

from engine.api.app import create_app, utc_now
from engine.api.kept import Make, worked_out_ahead
from engine.api.room import Room
from engine.api.routes.afterwards import FOLLOW_UP, follow_up_laid
from engine.errors import RefusedInput
from engine.settings import LOOPBACK, Settings
from engine.store.database import service_note
from engine.store.records import Origin
from engine.workflows.desk import Desk
from engine.workflows.drift import drift
from engine.workflows.tokens import create_token, tokens

STOP_SECONDS = 30  # for what is being answered when the service is told to stop


def serve(desk: Desk, settings: Settings) -> None:
    """Answer until SIGINT or SIGTERM; what is being answered then is answered.

    Raises:
        RefusedInput: the address is not one of this machine alone: tokens travel unencrypted, so anything wider goes through a proxy with TLS;
            or another process listens on it.
    """
    address = urlsplit(settings.service)
    if address.scheme != "http" or address.hostname not in LOOPBACK:
        raise RefusedInput(
            f"the service listens on this machine only. Expected an address such as http://127.0.0.1:8765, not {settings.service}. "
            "Put a proxy with TLS before it to reach it from elsewhere."
        )
    app = create_app(desk, settings)
    room: Room = app.state.room
    config = uvicorn.Config(
        app, host=address.hostname, port=address.port or 80, workers=1, log_level="warning", access_log=False,
        server_header=False, timeout_graceful_shutdown=STOP_SECONDS,
    )
    with _listening(settings.service, config.host, config.port) as listener:
        _first_token(desk, settings)
        if sys.stderr.isatty():
            print(f"Serving {desk.store.path} at {settings.service}, described at {settings.service}/openapi.json. Ctrl-C stops it.", file=sys.stderr)
        with noted(service_note(desk.store.path), settings.service), ended_by_signal(), worked_out_ahead(room.kept, room.cursor, room.now, ahead_of(desk)):
            uvicorn.Server(config).run(sockets=[listener])


def ahead_of(desk: Desk) -> dict[Hashable, Make]:
    """What is worked out before anybody asks: what the follow-up pages and the model page stand on."""
    return {FOLLOW_UP: follow_up_laid, "drift": lambda cursor, now: drift(desk, now)}


def _listening(service: str, host: str, port: int) -> socket.socket:
    """The address taken before anything is promised on it.

    Raises:
        RefusedInput: it cannot be had.
    """
    try:
        return socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET, backlog=2048)
    except OSError as error:
        raise RefusedInput(
            f"the service cannot listen on {service} ({error.strerror}). Expected an address that no other process holds. "
            "Stop the other one, or name another address with --service."
        ) from error


def _first_token(desk: Desk, settings: Settings) -> None:
    """Where no token was ever given out nobody could give one: an admin's for one day is told on standard error, once."""
    with contextlib.closing(desk.store.cursor()) as cursor:
        if tokens(cursor):
            return
    at = utc_now().replace(tzinfo=None)
    origin = Origin(settings.account, "http", at)
    secret, _ = create_token(desk, settings.account, "admin", None, at + timedelta(days=1), origin)
    print(f"No access token was ever given out. Token of role admin for one day, with which to make others under /v1/tokens: {secret}", file=sys.stderr)


@contextmanager
def ended_by_signal() -> Iterator[None]:
    """SIGTERM unwinds like Ctrl-C: the server raises it again once all is answered, and by default that ends the process on the spot."""
    def leave(*_: object) -> None:
        raise SystemExit(0)

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, leave)
    try:
        with contextlib.suppress(KeyboardInterrupt):
            yield
    finally:
        signal.signal(signal.SIGTERM, before)


@contextmanager
def noted(path: Path, address: str) -> Iterator[None]:
    """The note for as long as the service runs; only its owner may read it."""
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        json.dump({"address": address, "pid": os.getpid()}, file)
    try:
        yield
    finally:
        path.unlink(missing_ok=True)
