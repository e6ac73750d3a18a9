"""Checking in several processes: the same verdicts in the same order as in one, and an end without orphans however it ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import polars as pl
import pytest
from bad_files import an_application, aside, on_record, write_lines

from engine.errors import NotReady
from engine.workflows import checking
from engine.workflows.checking import checked

SEVERAL = "from engine.workflows import checking; checking.LARGE_FILE = checking.LARGE_PARQUET = 0; from engine.cli import main; main()"


@pytest.fixture
def several(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every file counts as large, and a process gets a few records at once."""
    for name, value in (("LARGE_FILE", 0), ("LARGE_PARQUET", 0), ("RECORDS_AT_ONCE", 7)):
        monkeypatch.setattr(checking, name, value)
    monkeypatch.setattr(checking.os, "cpu_count", lambda: 2)


def mixed(path: Path, count: int) -> Path:
    """Filings of which some are cut off, some break the contract, some have an unknown field."""

    def line(n: int) -> object:
        if n % 11 == 3:
            return '{"application_id": '
        return an_application(n, **({"authority": "XX"} if n % 13 == 5 else {"extra": n} if n % 17 == 6 else {}))

    return write_lines(path, [line(n) for n in range(count)])


def all_of(path: Path, lenient: bool) -> list[tuple]:
    return [
        ([raw.line for raw in run.raws], run.places, run.keys, run.known_at, run.bodies, run.faults, run.ignored)
        for run in checked(path, "application", lenient, 50, 1_000_000)
    ]


@pytest.mark.parametrize("lenient", [False, True])
def test_several_processes_say_what_one_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, several, lenient: bool) -> None:
    path = mixed(tmp_path / "some.jsonl", 333)
    together = all_of(path, lenient)
    monkeypatch.setattr(checking.os, "cpu_count", lambda: 1)
    assert together == all_of(path, lenient)
    assert sum(len(run[1]) for run in together) == sum(1 for n in range(333) if n % 11 != 3 and n % 13 != 5 and (lenient or n % 17 != 6))


def test_rows_of_parquet_go_through_several_processes_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, several) -> None:
    path = tmp_path / "some.parquet"
    pl.DataFrame([an_application(n) for n in range(60)]).write_parquet(path)
    together = all_of(path, False)
    monkeypatch.setattr(checking.os, "cpu_count", lambda: 1)
    assert together == all_of(path, False)


def test_what_several_processes_find_faulty_is_set_aside_in_the_files_order(tmp_path: Path, several, ingest) -> None:
    path = mixed(tmp_path / "some.jsonl", 200)
    told = ingest(path)
    lines = [row["line"] for row in aside(path)]
    assert lines == sorted(lines)
    assert (told["status"], told["added"] + told["set_aside"], told["set_aside"]) == (1, 200, len(lines))


def _living() -> dict[int, int]:
    """Process -> its parent, of all that run."""
    found = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, parent = stat.read_text().rpartition(")")[2].split()[:2]
        except OSError:
            continue
        if state != "Z":
            found[int(stat.parent.name)] = int(parent)
    return found


def _ended(pids: list[int]) -> bool:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        if not _living().keys() & set(pids):
            return True
        time.sleep(0.05)
    return False


def _reading(path: Path, store: Path) -> tuple[subprocess.Popen, list[int]]:
    """An ingest in several processes that has begun, and those processes."""
    running = subprocess.Popen(
        [sys.executable, "-c", SEVERAL, "ingest", str(path), "--store", str(store)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        start_new_session=True,
    )
    deadline = time.monotonic() + 60
    while len(found := [child for child, parent in _living().items() if parent == running.pid]) < 2 and running.poll() is None and time.monotonic() < deadline:
        time.sleep(0.01)
    assert len(found) >= 2, running.communicate()
    return running, found


needs_proc = pytest.mark.skipif(not Path("/proc/self").exists() or (os.cpu_count() or 1) < 2, reason="needs /proc and two cores to see the processes")


@needs_proc
def test_ctrl_c_ends_the_command_and_its_processes(tmp_path: Path, store: Path) -> None:
    path = write_lines(tmp_path / "many.jsonl", (an_application(n) for n in range(60_000)))
    running, found = _reading(path, store)
    os.killpg(running.pid, signal.SIGINT)  # what a terminal does: to all of the group
    _, err = running.communicate(timeout=60)
    assert running.returncode not in (0, None)
    assert "Traceback" not in err, err
    assert _ended(found)


@needs_proc
def test_a_command_that_is_killed_leaves_no_process_behind(tmp_path: Path, store: Path) -> None:
    path = write_lines(tmp_path / "many.jsonl", (an_application(n) for n in range(60_000)))
    running, found = _reading(path, store)
    running.kill()
    running.communicate()
    assert _ended(found)


@needs_proc
def test_a_checking_process_that_is_killed_is_told_and_the_rest_goes_in(tmp_path: Path, store: Path, ingest) -> None:
    path = write_lines(tmp_path / "many.jsonl", (an_application(n) for n in range(60_000)))
    running, found = _reading(path, store)
    os.kill(found[0], signal.SIGKILL)
    _, err = running.communicate(timeout=120)
    assert running.returncode == 3, err
    assert "a process that checks records ended" in err and "Traceback" not in err
    assert _ended(found)
    assert ingest(path)["status"] == 0
    assert on_record(store, "select count(*) from record where kind = 'application'") == [60_000]


def test_processes_that_cannot_do_their_work_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, several, capfd) -> None:
    path = write_lines(tmp_path / "some.jsonl", [an_application(1)])
    monkeypatch.setattr(checking.sys, "path", [])
    with pytest.raises(NotReady, match="exit status 1"):
        list(checked(path, "application", False, 10, 1_000))
    assert "ModuleNotFoundError" in capfd.readouterr().err
