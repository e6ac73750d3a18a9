"""Builders of records and files, the command in a process of its own, and what stands in a set-aside file or a store."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from engine.store import audit
from engine.store.records import Origin
from engine.workflows.desk import open_desk

ORIGIN = Origin("tester", "ingest", datetime(2026, 11, 22, 12))
COMMAND = (sys.executable, "-c", "from engine.cli import main; main()")


@dataclass(frozen=True)
class Run:
    """What a command said and how it ended."""

    status: int
    out: str
    err: str

    @property
    def told(self) -> list[dict]:
        return json.loads(self.out)


def apart(*arguments: object, timeout: int = 120, **options: object) -> Run:
    """The command in a process of its own."""
    done = subprocess.run([*COMMAND, *map(str, arguments)], capture_output=True, text=True, timeout=timeout, **options)
    return Run(done.returncode, done.stdout, done.stderr)


def an_application(number: int | str = 1, **changes: object) -> dict:
    """A small filing that keeps the contract; a change to None leaves the field out."""
    told = {
        "application_id": f"A-{number}", "authority": "DE", "filed_at": "2026-01-05T10:00:00Z", "kind": "export",
        "exporter": {"name": "Example Optics GmbH", "country": "DE"}, "end_user": {"name": "Example Border Guard", "country": "PL"},
        "items": [{"line": 1, "control_code": "6A003.b.4.b", "quantity": 12, "unit": "C62", "value": 384000, "currency": "EUR"}],
    }
    return {name: value for name, value in (told | changes).items() if value is not None}


def a_decision(number: int | str = 1, **changes: object) -> dict:
    """A grant of application A-1."""
    told = {"event_id": f"D-{number}", "recorded_by": "officer", "at": "2026-02-01T10:00:00Z", "application_id": "A-1", "outcome": "granted",
            "rationale": "Nothing against it."}
    return {name: value for name, value in (told | changes).items() if value is not None}


def write_lines(path: Path, documents: Iterable[dict | str | bytes]) -> Path:
    """Documents as JSON Lines; text and bytes stand as they are."""
    lines = [one if isinstance(one, bytes) else (one if isinstance(one, str) else json.dumps(one, ensure_ascii=False)).encode() for one in documents]
    path.write_bytes(b"".join(line + b"\n" for line in lines))
    return path


def aside(path: Path) -> list[dict]:
    """What was set aside of a file."""
    beside = path.with_name(path.name + ".set-aside.jsonl")
    return [json.loads(line) for line in beside.read_text("utf-8").splitlines()] if beside.exists() else []


def reasons(path: Path) -> list[tuple[int, str]]:
    """(line, field) of each problem set aside; each must say what is wrong, what was expected and what to do."""
    told = [(row["line"], problem) for row in aside(path) for problem in row["problems"]]
    assert all(problem["reason"] and problem["expected"] and problem["todo"] for _, problem in told)
    return [(line, problem["field"]) for line, problem in told]


def on_record(store: Path, sql: str = "select key from record where kind in ('application', 'decision', 'visit', 'incident', 'shipment') order by key") -> list:
    """One column of what the store holds."""
    with open_desk(store, ORIGIN) as desk:
        return [value for (value,) in desk.store.cursor().execute(sql).fetchall()]


def verdict(store: Path) -> audit.Verdict:
    """Whether the store's proof is whole."""
    with open_desk(store, ORIGIN) as desk:
        return audit.verify(desk.store.cursor())


def peak_memory_of(command: list[object]) -> tuple[Run, int]:
    """Run a command in a process of its own; what it said, and the most bytes it held at once."""
    watched = (
        "import resource, subprocess, sys; done = subprocess.run(sys.argv[1:], capture_output=True, text=True); "
        "sys.stdout.write(done.stdout); sys.stderr.write(done.stderr); "
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, done.returncode, file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", watched, *map(str, command)], capture_output=True, text=True, timeout=120)
    *told, last = done.stderr.splitlines()
    peak, status = map(int, last.split())
    return Run(status, done.stdout, "\n".join(told)), peak * (1 if sys.platform == "darwin" else 1024)
