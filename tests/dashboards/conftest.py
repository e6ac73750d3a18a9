"""A small invented jurisdiction behind a real service on loopback, with a token for each role."""

from __future__ import annotations

import importlib.util
import io
import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import httpx
import pytest

EVENTS_OF_THE_WORLD = ("decision", "licence", "shipment", "delivery", "visit", "incident", "destruction", "request", "review")


@dataclass(frozen=True)
class Served:
    """A running service: its address and a token for each role."""

    address: str
    tokens: dict[str, str]

    def queue(self) -> list[dict]:
        """The whole queue as the analyst gets it."""
        page = self.get("applications?limit=500")
        rows = page["applications"]
        while cursor := page["next_cursor"]:
            page = self.get(f"applications?limit=500&cursor={cursor}")
            rows += page["applications"]
        return rows

    def get(self, path: str, role: str = "analyst") -> dict:
        """One answer of the service."""
        headers = {"Authorization": f"Bearer {self.tokens[role]}"}
        return httpx.get(f"{self.address}/v1/{path}", headers=headers, timeout=30).raise_for_status().json()


def serve_world(folder: Path, applications: int = 600, port: int = 0) -> Iterator[Served]:
    """Make the world, take it in, score what is undecided, plan visits and serve it until the caller is done."""
    import uvicorn

    from data.world import write_world
    from engine.api import create_app
    from engine.settings import Settings
    from engine.store.records import Origin
    from engine.workflows.assess import score_unscored
    from engine.workflows.desk import open_desk
    from engine.workflows.ingest import ingest_file
    from engine.workflows.plan_visits import plan_visits
    from engine.workflows.screen import import_list
    from engine.workflows.tokens import create_token

    now = datetime.now(UTC).replace(tzinfo=None)
    origin = Origin("tester", "test", now)
    end = (now.date().replace(day=1) - timedelta(days=1)).replace(day=1) - timedelta(days=1)
    world = write_world(folder / "world", applications=applications, months=36, end=end, seed=7)
    desk = open_desk(folder / "served.duckdb", origin, create=True)
    import_list(desk, world.paths["watchlist"], "opensanctions-csv", end, origin)
    for kind in ("application", *EVENTS_OF_THE_WORLD, "new_application"):
        if kind in world.paths:  # a small world has no file of what never happened in it
            ingest_file(desk, world.paths[kind], kind.removeprefix("new_"), origin, lenient=True)
    score_unscored(desk, origin)
    start = now.date()
    plan_visits(desk, start, start + timedelta(days=60), 8, origin)
    tokens = {
        role: create_token(desk, f"{role}-one", role, None, now + timedelta(days=1), origin)[0]
        for role in ("analyst", "approver", "inspector", "planner", "auditor", "admin")
    }
    config = uvicorn.Config(create_app(desk, Settings(), log=io.StringIO()), host="127.0.0.1", port=port, log_level="error", access_log=False)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    until = time.monotonic() + 30
    while not server.started and time.monotonic() < until:
        time.sleep(0.05)
    taken = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield Served(f"http://127.0.0.1:{taken}", tokens)
    finally:
        server.should_exit = True
        thread.join(timeout=30)
        desk.close()


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The service, anew for each file of tests: what one decides, the next would find decided."""
    if importlib.util.find_spec("engine.api") is None:
        pytest.skip("the HTTP service, engine.api, is not part of this installation")
    yield from serve_world(tmp_path_factory.mktemp("served"))


@pytest.fixture
def a_score():
    """Builds a score of which a test says only what matters to it."""
    from engine.wire import Score

    def build(**told) -> Score:
        usual = {
            "application_id": "A-1", "revision": 1, "scored_at": "2026-11-22T10:00:00Z", "as_of": "2026-11-01T10:00:00Z",
            "risk": 0.013, "risk_low": 0.004, "risk_high": 0.041, "band": "low", "model_version": "m1",
            "features_version": "f1", "rules_version": "r1", "policy_version": "p1", "reference_as_of": str(date(2026, 11, 1)),
        }  # fmt: skip
        return Score.model_validate_json(json.dumps(usual | told))

    return build


@pytest.fixture
def answers():
    """A client whose service answers as the test says, without a network: a map from `METHOD path` to (status, body)."""
    from dashboards.client import Client

    def build(told: dict[str, tuple[int, object]]):
        asked: list[httpx.Request] = []

        def answer(request: httpx.Request) -> httpx.Response:
            asked.append(request)
            status, body = told[f"{request.method} {request.url.path.removeprefix('/v1/')}"]
            return httpx.Response(status, json=body)

        return SimpleNamespace(client=Client("http://service", "t", httpx.MockTransport(answer)), asked=asked)

    return build
