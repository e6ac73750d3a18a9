"""One real service over a small generated world, on a port of its own, with a client for each role."""

import io
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import uvicorn
from api_service import GENEROUS, LATER, NOW, Clock, Service
from desks import an_empty_store

from data.world import write_world
from engine.api import create_app
from engine.api.limits import Limits
from engine.settings import Settings
from engine.store.records import Origin
from engine.wire import EVENTS
from engine.workflows.assess import score_unscored
from engine.workflows.desk import open_desk
from engine.workflows.ingest import ingest_file
from engine.workflows.tokens import ROLES, create_token


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("world")
    write_world(folder, applications=300, months=24, seed=3)
    return folder


@pytest.fixture(scope="session")
def start(tmp_path_factory: pytest.TempPathFactory, world: Path) -> Iterator[Callable[..., Service]]:
    """Starts services over stores of their own, and stops them all at the end."""
    running = []

    def started(limits: Limits = GENEROUS, filled: bool = True, settings: Settings = Settings()) -> Service:
        origin = Origin("test", "ingest", NOW)
        desk = open_desk(an_empty_store(tmp_path_factory.mktemp("store") / "diversion.duckdb"), origin)
        if filled:
            for kind in ("application", *EVENTS):
                if (world / f"{kind}.jsonl").is_file():
                    ingest_file(desk, world / f"{kind}.jsonl", kind, origin)
            score_unscored(desk, origin)
        secrets = {role: create_token(desk, f"{role}-one", role, None, LATER, origin)[0] for role in ROLES}
        log, clock = io.StringIO(), Clock()
        config = uvicorn.Config(create_app(desk, settings, clock, limits=limits, log=log), port=0, log_level="critical", access_log=False)
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, daemon=True)
        thread.start()
        while not server.started:
            time.sleep(0.01)
        port = server.servers[0].sockets[0].getsockname()[1]
        running.append((server, thread, desk))
        return Service(desk, f"http://127.0.0.1:{port}", log, secrets, clock)

    yield started
    for server, thread, desk in running:
        server.should_exit = True
        thread.join()
        desk.close()


@pytest.fixture(scope="session")
def service(start: Callable[..., Service]) -> Service:
    """The service most tests share; each test files under ids of its own."""
    return start()
