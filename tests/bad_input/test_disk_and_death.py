"""A process killed in mid-ingest, a disk that fills, a folder that cannot be written: nothing is lost, nothing is twice."""

from __future__ import annotations

import json
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from bad_files import ORIGIN, Run, an_application, apart, aside, on_record, write_lines
from desks import an_empty_store

from engine.store import audit
from engine.workflows.desk import open_desk

SMALL_CHUNKS = [sys.executable, str(Path(__file__).with_name("ingest_in_small_chunks.py"))]
DERIVED = (
    "select count(*) from (select form_id from filing_party except select form_id from party_form) as missing",
    "select count(*) - count(distinct form_id) from party_form",
)


def many(path: Path, count: int) -> Path:
    """That many filings, each with parties of its own, one in a thousand bad."""
    return write_lines(path, (
        an_application(n, exporter={"name": f"Exporter {n % 500} GmbH", "country": "DE"}, end_user={"name": f"User {n}", "country": "PL" if n % 1_000 else "??"})
        for n in range(count)
    ))


@pytest.mark.parametrize("moment", range(3))
def test_a_killed_ingest_is_whole_and_the_rest_goes_in(tmp_path: Path, store: Path, moment: int) -> None:
    count = 16_000
    path = many(tmp_path / "many.jsonl", count)
    running = subprocess.Popen([*SMALL_CHUNKS, "1000", "ingest", str(path), "--store", str(store)], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    log, before = store.with_name(store.name + ".wal"), store.stat().st_size
    deadline = time.monotonic() + 60
    while running.poll() is None and store.stat().st_size == before and not (log.exists() and log.stat().st_size) and time.monotonic() < deadline:
        time.sleep(0.005)  # until the first chunk is being written
    time.sleep(random.Random(moment).random() * 2)
    running.send_signal(signal.SIGKILL)
    running.communicate()
    stands = _records_of_a_whole_store(store)
    assert stands % 999 == 0  # whole chunks, each with one bad record
    done = apart("ingest", path, "--store", store, "--json")
    told = json.loads(done.out)[0]
    assert done.status == 1
    assert (told["added"] + told["unchanged"], told["unchanged"], told["set_aside"]) == (count - count // 1_000, stands, count // 1_000)
    assert _records_of_a_whole_store(store) == count - count // 1_000
    assert len(aside(path)) == count // 1_000


def _records_of_a_whole_store(store: Path) -> int:
    """How many records there are, where none is twice, the proof holds, and each party form is derived once."""
    with open_desk(store, ORIGIN) as desk:
        cursor = desk.store.cursor()
        assert audit.verify(cursor).first_fault is None
        counts = [cursor.execute(sql).fetchall()[0][0] for sql in (*DERIVED, "select count(*) - count(distinct key) from record")]
        assert counts == [0, 0, 0]
        return cursor.execute("select count(*) from record").fetchall()[0][0]


def test_what_a_killed_ingest_left_underived_is_derived_at_the_next_opening(tmp_path: Path, store: Path) -> None:
    path = write_lines(tmp_path / "some.jsonl", [an_application(n, end_user={"name": f"User {n}", "country": "PL"}) for n in range(10)])
    script = (
        "import os, sys; from engine.workflows import ingest; ingest.derive = lambda *_: os._exit(9); "
        "from engine.cli import main; sys.argv[0] = 'diversion'; main()"
    )
    assert subprocess.run([sys.executable, "-c", script, "ingest", str(path), "--store", str(store)]).returncode == 9
    assert on_record(store, "select count(*) from record") == [10]
    assert on_record(store, DERIVED[0]) == [0]
    assert on_record(store, "select count(*) from party_form") == [11]


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 40 MiB of one's own; only root may mount one."""
    folder = tmp_path / "disk"
    folder.mkdir()
    if shutil.which("mount") is None or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=40m", "tmpfs", folder], capture_output=True).returncode:
        pytest.skip("no file system can be mounted here; the test with a limit on the size of files says the same")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", folder], check=True)


def test_a_full_disk_is_told_and_the_rest_goes_in_when_there_is_space(tmp_path: Path, small_disk: Path) -> None:
    store = an_empty_store(small_disk / "store.duckdb")
    ballast = small_disk / "ballast"
    ballast.write_bytes(b"x" * (34 * 1024 * 1024 - Path(store).stat().st_size))
    path = many(tmp_path / "many.jsonl", 7_000)
    done = subprocess.run([*SMALL_CHUNKS, "1000", "ingest", str(path), "--store", str(store)], capture_output=True, text=True, timeout=120)
    assert done.returncode == 3, done.stderr
    assert "disk is full" in done.stderr and "Free some space" in done.stderr and "Traceback" not in done.stderr
    ballast.unlink()
    _rest_goes_in(store, path, 7_000)


def test_a_limit_on_the_size_of_files_is_told_like_a_full_disk(tmp_path: Path, store: Path) -> None:
    path = many(tmp_path / "many.jsonl", 7_000)
    limit = Path(store).stat().st_size * 2 // 3  # the log beside it reaches it before the records are all in
    script = (
        f"import resource, signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN); resource.setrlimit(resource.RLIMIT_FSIZE, ({limit}, {limit})); "
        "from engine.workflows import ingest; ingest.CHUNK_RECORDS = 1000; from engine.cli import main; main()"
    )
    done = subprocess.run([sys.executable, "-c", script, "ingest", str(path), "--store", str(store)], capture_output=True, text=True, timeout=120)
    assert done.returncode == 3, done.stderr
    assert "disk is full" in done.stderr and "Traceback" not in done.stderr
    _rest_goes_in(store, path, 7_000)


def _rest_goes_in(store: Path, path: Path, count: int) -> None:
    stands = _records_of_a_whole_store(store)
    assert stands < count * 0.999
    done = apart("ingest", path, "--store", store, "--json")
    told = json.loads(done.out)[0]
    assert (done.status, told["added"], told["unchanged"]) == (1, count * 999 // 1_000 - stands, stands)
    assert _records_of_a_whole_store(store) == count * 999 // 1_000


def test_a_folder_that_cannot_be_written_is_told_where_something_must_be_set_aside(tmp_path: Path, store: Path, diversion) -> None:
    path = write_lines(tmp_path / "some.jsonl", [an_application(1), {"x": 1}])
    (tmp_path / "some.jsonl.set-aside.jsonl").mkdir()  # also root cannot write there
    done = diversion("ingest", path)
    assert done.status == 3
    assert "set aside" in done.err and "Copy the input" in done.err
    good = write_lines(tmp_path / "good.jsonl", [an_application(1)])
    (tmp_path / "good.jsonl.set-aside.jsonl").mkdir()
    assert diversion("ingest", good).status == 0


def test_what_was_set_aside_stays_when_the_next_run_is_refused(tmp_path: Path, diversion) -> None:
    path = write_lines(tmp_path / "some.jsonl", [{"x": 1}])
    assert diversion("ingest", path).status == 1
    path.write_bytes(b"\xff\xfe{\x00}\x00")
    assert diversion("ingest", path).status == 3
    assert len(aside(path)) == 1


def test_a_store_that_is_none_is_refused_in_words(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "some.jsonl", [an_application(1)])
    for name, content in (("text.duckdb", b"hello" * 1_000), ("empty.duckdb", b""), ("cut.duckdb", None)):
        if content is not None:
            (tmp_path / name).write_bytes(content)
        done = apart("ingest", path, "--store", tmp_path / name)
        assert "Traceback" not in done.err
        assert done.status == 3


def test_a_store_in_use_is_told_and_left_alone(tmp_path: Path, store: Path) -> None:
    path = write_lines(tmp_path / "some.jsonl", [an_application(1)])
    with open_desk(store, ORIGIN):
        done: Run = apart("ingest", path, "--store", store)
    assert done.status == 3
    assert "in use by another process" in done.err
