"""`make soak`: the service is killed with SIGKILL at random moments under load; nothing acknowledged is lost, nothing is there twice.

Each round starts the service on the same store, lets several clients file applications and record shipments, kills the process at a
moment drawn by lot, and then looks into the file itself. What was sent and not answered is sent again in the next round, as a licensing
system would. `tests/journeys/test_killed_service.py` runs a few rounds.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import httpx

from engine.store import audit
from engine.store.records import Origin
from engine.workflows.desk import open_desk
from engine.workflows.tokens import create_token

ANSWERS_WITHIN = 180  # seconds; a service that takes longer to begin is broken


@dataclass
class Sent:
    """What the clients sent and what they were told.

    Args:
        scores: application -> the risk that was acknowledged.
        events: the shipments that were acknowledged.
        unanswered: (path, body) of what was sent and never answered.
    """

    scores: dict[str, float] = field(default_factory=dict)
    events: set[str] = field(default_factory=set)
    unanswered: list[tuple[str, dict]] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Tally:
    """What a soak came to."""

    rounds: int
    filed: int
    events: int
    sent_again: int
    known_again: int
    head: str


def soak(folder: Path, rounds: int, *, clients: int = 8, seed: int = 0, longest: float = 5.0, say: Callable[[str], None] = lambda text: None) -> Tally:
    """Kill the service so many times and look each time into what it left.

    Args:
        longest: seconds of load after which it is killed at the latest.
        say: told after each round how things stand.

    Raises:
        AssertionError: something acknowledged is not there, is there twice, or is not what was told; or the chain is broken.
    """
    lot, store, numbers, sent = random.Random(seed), folder / "soak.duckdb", count(1), Sent()
    with open_desk(store, at(), create=True) as desk:
        secret, _ = create_token(desk, "soak", "analyst", None, at().at + timedelta(days=2), at())
    again, known, head = 0, 0, None
    for number in range(1, rounds + 1):
        with served(store) as (serving, address):
            before, sent.unanswered = sent.unanswered, []
            again += len(before)
            known += sum(send(address, secret, path, body, sent) == 200 for path, body in before)
            stop = threading.Event()
            at_work = [threading.Thread(target=_client, args=(address, secret, numbers, sent, stop)) for _ in range(clients)]
            for one in at_work:
                one.start()
            time.sleep(lot.uniform(0.05, longest))
            os.kill(serving.pid, signal.SIGKILL)
            stop.set()
            for one in at_work:
                one.join()
        head = looked_into(store, sent, head)
        say(f"{number} of {rounds}: {len(sent.scores):,} filings, {len(sent.events):,} events acknowledged and there")
    return Tally(rounds, len(sent.scores), len(sent.events), again, known, head or "")


def at() -> Origin:
    return Origin("soak", "command", datetime.now(UTC).replace(tzinfo=None))


@contextmanager
def served(store: Path) -> Iterator[tuple[subprocess.Popen, str]]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{free.getsockname()[1]}"
    said = store.with_suffix(".log")
    with said.open("wb") as log:
        serving = subprocess.Popen(
            [sys.executable, "-c", "from engine.cli import main; main()", "serve", "--store", str(store), "--service", address], stdout=log, stderr=log)
    try:
        until = time.monotonic() + ANSWERS_WITHIN
        while True:
            try:
                if httpx.get(f"{address}/readyz", timeout=ANSWERS_WITHIN, trust_env=False).status_code == 200:
                    break
            except httpx.HTTPError:
                assert serving.poll() is None, f"the service ended with status {serving.returncode} on what the kill had left: {said.read_text()[-2000:]}"
                assert time.monotonic() < until, f"the service did not answer within {ANSWERS_WITHIN} seconds on what the kill had left"
                time.sleep(0.05)
        yield serving, address
    finally:
        serving.kill()
        serving.wait()


def _client(address: str, secret: str, numbers: Iterator[int], sent: Sent, stop: threading.Event) -> None:
    while not stop.is_set():
        number = next(numbers)
        application_id, shipment_id = f"SOAK/{number}", f"S-{number}"
        send(address, secret, "/v1/applications", a_filing(application_id, number), sent)
        if application_id in sent.scores:
            send(address, secret, "/v1/events/shipment", {
                "event_id": shipment_id, "at": "2026-11-01T10:00:00Z", "shipment_id": shipment_id, "application_id": application_id, "shipped_on": "2026-11-01"}, sent)


def send(address: str, secret: str, path: str, body: dict, sent: Sent) -> int | None:
    """Send one record; what is acknowledged is kept, and what is not answered is to be sent again."""
    try:
        answer = httpx.post(f"{address}{path}", json=body, headers={"Authorization": f"Bearer {secret}"}, timeout=120, trust_env=False)
    except httpx.HTTPError:
        sent.unanswered.append((path, body))
        return None
    if answer.status_code not in (200, 201):
        sent.wrong.append(f"{answer.status_code} {answer.text[:300]}")
    elif path.endswith("applications"):
        sent.scores[body["application_id"]] = answer.json()["risk"]
    else:
        sent.events.add(body["event_id"])
    return answer.status_code


def a_filing(application_id: str, number: int) -> dict:
    return {
        "application_id": application_id, "authority": "SE", "filed_at": f"2026-{number % 9 + 1:02}-{number % 27 + 1:02}T09:00:00Z", "kind": "export",
        "exporter": {"name": f"Nordic Optics {number % 7} AB", "country": "SE", "kind": "commercial"},
        "end_user": {"name": f"Border Guard Service {number % 11}", "country": "FI", "kind": "police"},
        "items": [{"line": 1, "control_code": "6A003.b.4.b", "quantity": number % 50 + 1, "unit": "C62", "value": 1000 * (number % 90 + 1), "currency": "EUR"}],
        "end_use": {"statement": "Border surveillance.", "purpose": "border_security", "country": "FI"},
    }


def looked_into(store: Path, sent: Sent, head: str | None) -> str:
    """Every acknowledged record is on record once, a filing with the one score that was told; the chain holds what it held before.

    Returns:
        The head of the chain.
    """
    assert not sent.wrong, sent.wrong
    with open_desk(store, at()) as desk:
        cursor = desk.store.cursor()
        held = dict(cursor.execute("select key, count(*) from record where kind in ('application', 'shipment') group by key").fetchall())
        assert set(held.values()) <= {1}, "a record is there twice"
        lost = [one for one in sent.scores if f"application:{one}#1" not in held] + [one for one in sent.events if f"event:{one}" not in held]
        assert not lost, f"acknowledged and lost: {lost}"
        filed, scored = (cursor.execute(f"select count(*) from record where kind = '{kind}'").fetchall()[0][0] for kind in ("application", "score"))
        assert filed == scored, f"{filed} filings have {scored} scores"
        bodies = [json.loads(body) for (body,) in cursor.execute("select body from record where kind = 'score'").fetchall()]
        told = {body["application_id"]: body["risk"] for body in bodies}
        assert len(told) == filed and all(told[one] == risk for one, risk in sent.scores.items()), "a score is not the one that was told"
        verdict = audit.verify(cursor, head)
    assert verdict.first_fault is None, verdict.first_fault
    return verdict.head


def main() -> None:
    """Soak, and say what it came to."""
    given = argparse.ArgumentParser(description=__doc__)
    given.add_argument("--rounds", type=int, default=100)
    given.add_argument("--clients", type=int, default=8)
    given.add_argument("--seed", type=int, default=0)
    asked = given.parse_args()
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="diversion-soak-") as folder:
        done = soak(Path(folder), asked.rounds, clients=asked.clients, seed=asked.seed, say=lambda text: print(text, file=sys.stderr, flush=True))
    print(f"{done.rounds} kills in {time.monotonic() - began:.0f} s: {done.filed:,} filings and {done.events:,} events acknowledged, each there once; "
          f"{done.sent_again:,} sent again of which {done.known_again:,} had been on record; audit whole, head {done.head}")


if __name__ == "__main__":
    main()
