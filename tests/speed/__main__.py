"""`python -m tests.speed` (make bench): speed, memory and growth, each figure from a process of its own. Never part of the tests.

Stages: ingest (files to store), features (all filings of the store), score (a file read, featured, scored, explained and written, on
top of a store with a trained model), latency (one new filing against 10^5 stored, through the library and over HTTP).
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

NOW = datetime(2026, 11, 22)
END = date(2026, 9, 30)
MEMORY = "3GB"  # for DuckDB; the rest of a process is Python, Arrow and the trees


def origin(channel: str = "ingest"):
    from engine.store.records import Origin

    return Origin("bench", channel, NOW)


def world(folder: Path, rows: int) -> Path:
    """A generated world of this many applications, made once."""
    from data.world import write_world

    made = folder / f"world-{rows}"
    if not (made / "done").exists():
        write_world(made, applications=rows, end=END, seed=11)
        (made / "done").touch()
    return made


def store_of(folder: Path, rows: int) -> Path:
    """A store holding that world's applications and events, made once."""
    from engine.wire import EVENTS
    from engine.workflows.desk import open_desk
    from engine.workflows.ingest import ingest_file

    path = folder / f"store-{rows}.duckdb"
    if not path.exists():
        made = world(folder, rows)
        with open_desk(path, origin(), create=True, memory_limit=MEMORY) as desk:
            for kind in ("application", *EVENTS):
                if (made / f"{kind}.jsonl").exists():
                    ingest_file(desk, made / f"{kind}.jsonl", kind, origin())
    return path


def trained_store(folder: Path) -> Path:
    """A store of 20,000 applications with a model in use, made once."""
    import shutil

    from engine.workflows.desk import open_desk
    from engine.workflows.train import train

    path = folder / "trained.duckdb"
    if not path.exists():
        shutil.copy(store_of(folder, 20_000), path)
        with open_desk(path, origin()) as desk:
            train(desk, origin("command"))
    return path


def ingest(folder: Path, rows: int) -> dict:
    """Applications a second from JSON Lines to a durable store."""
    from engine.workflows.desk import open_desk
    from engine.workflows.ingest import ingest_file

    file = world(folder, rows) / "application.jsonl"
    with tempfile.TemporaryDirectory(dir=folder) as here, open_desk(Path(here) / "s.duckdb", origin(), create=True, memory_limit=MEMORY) as desk:
        begun = time.perf_counter()
        done = ingest_file(desk, file, "application", origin())
        return {"rows": done.added, "seconds": time.perf_counter() - begun}


def features(folder: Path, rows: int) -> dict:
    """Feature rows a second over every filing of a store."""
    from engine.compute.run import features as run_families
    from engine.compute.run import lay_relations
    from engine.workflows.desk import open_desk

    with open_desk(store_of(folder, rows), origin(), memory_limit=MEMORY) as desk:
        cursor = desk.store.cursor()
        begun = time.perf_counter()
        cursor.execute("create temp table subject_filing as select row_number() over (order by record_no) as subject, record_no, filed_at as as_of from filing")
        lay_relations(cursor)
        frame = run_families(cursor)
        return {"rows": len(frame), "seconds": time.perf_counter() - begun}


def score(folder: Path, rows: int) -> dict:
    """A file read, featured, scored, explained and written; with where the time goes."""
    from engine.workflows.desk import open_desk
    from engine.workflows.score_file import score_file

    file = world(folder, rows) / "application.jsonl"
    stages: dict[str, float] = {}
    now_in = ["start", time.perf_counter()]

    def tell(stage: str, done: int, of: int) -> None:
        name = stage if stage in ("reading", "parties", "scores", "evidence", "referrals", "explained") else "features"
        moment = time.perf_counter()
        stages[now_in[0]] = stages.get(now_in[0], 0) + moment - now_in[1]
        now_in[:] = [name, moment]

    with tempfile.TemporaryDirectory(dir=folder) as here, open_desk(trained_store(folder), origin("command"), memory_limit=MEMORY) as desk:
        begun = time.perf_counter()
        done = score_file(desk, file, Path(here) / "scores.parquet", progress=tell)
        tell("end", 0, 0)
        return {"rows": done.scored, "seconds": time.perf_counter() - begun, "stages": {k: round(v, 1) for k, v in stages.items() if v > 0.05}}


def _new_filings(folder: Path, rows: int, count: int) -> list[dict]:
    lines = (world(folder, rows) / "new_application.jsonl").read_text().splitlines()
    told = [json.loads(lines[n % len(lines)]) for n in range(count)]
    for n, document in enumerate(told):
        document["application_id"] = f"BENCH-{os.getpid()}-{n}"
        document["revision"] = 1
    return told


def latency(folder: Path, rows: int, count: int = 60) -> dict:
    """One new filing put on record and scored, through the library: milliseconds."""
    import shutil

    from engine.wire import Application
    from engine.workflows.desk import open_desk
    from engine.workflows.file_application import file_application

    copy = folder / f"latency-{rows}.duckdb"
    shutil.copy(store_of(folder, rows), copy)
    times = []
    with open_desk(copy, origin("http")) as desk:
        for document in _new_filings(folder, rows, count + 5):
            application = Application.model_validate(document)
            begun = time.perf_counter()
            file_application(desk, application, origin("http"))
            times.append((time.perf_counter() - begun) * 1000)
    copy.unlink()
    return _spread(times[5:])


def http(folder: Path, rows: int, count: int = 60) -> dict:
    """The same over HTTP from another process: milliseconds."""
    import shutil
    from datetime import timedelta

    import httpx

    from engine.workflows.desk import open_desk
    from engine.workflows.tokens import create_token

    copy = folder / f"http-{rows}.duckdb"
    shutil.copy(store_of(folder, rows), copy)
    moment = datetime.now(UTC).replace(tzinfo=None)
    with open_desk(copy, origin("http")) as desk:
        secret, _ = create_token(desk, "bench", "analyst", None, moment + timedelta(days=1), origin("http"))
    address = "http://127.0.0.1:8797"
    service = subprocess.Popen([sys.executable, "-c", "from engine.cli import main; main()", "serve", "--store", str(copy), "--service", address])
    times = []
    try:
        with httpx.Client(base_url=address, headers={"Authorization": f"Bearer {secret}"}, timeout=60) as client:
            for _ in range(200):
                try:
                    if client.get("/healthz").status_code == 200:
                        break
                except httpx.TransportError:
                    time.sleep(0.1)
            for document in _new_filings(folder, rows, count + 5):
                begun = time.perf_counter()
                client.post("/v1/applications", json=document).raise_for_status()
                times.append((time.perf_counter() - begun) * 1000)
    finally:
        service.terminate()
        service.wait(timeout=30)
    copy.unlink()
    return _spread(times[5:])


def _spread(times: list[float]) -> dict:
    ordered = sorted(times)
    return {"median_ms": round(statistics.median(ordered), 1), "p99_ms": round(ordered[int(len(ordered) * 0.99) - 1], 1), "calls": len(ordered)}


def _peak() -> int:
    """The most kilobytes this process held, and with it the checking processes, each taken for the largest of them."""
    from engine.workflows.checking import MOST_PROCESSES

    own, child = (resource.getrusage(of).ru_maxrss for of in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return own + child * min(os.cpu_count() or 1, MOST_PROCESSES)


STAGES: dict[str, Callable[[Path, int], dict]] = {"ingest": ingest, "features": features, "score": score, "latency": latency, "http": http}


def measured(stage: str, rows: int, folder: Path) -> dict:
    """One measurement in a process of its own, so that its peak memory is its own."""
    command = [sys.executable, "-m", "tests.speed", "--stage", stage, "--rows", str(rows), "--folder", str(folder)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return json.loads(done.stdout.splitlines()[-1])


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="python -m tests.speed", description=__doc__)
    parser.add_argument("--rows", type=int, nargs="*", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--runs", type=int, default=3, help="runs up to 10^5 rows; more rows run once")
    parser.add_argument("--latency-rows", type=int, default=100_000)
    parser.add_argument("--folder", type=Path, help="where worlds and stores are kept between runs")
    parser.add_argument("--stage", choices=STAGES, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.stage:
        told = STAGES[asked.stage](asked.folder, asked.rows[0])
        told["peak_mb"] = _peak() // 1024
        print(json.dumps(told))
        return
    with tempfile.TemporaryDirectory() as scratch:
        folder = asked.folder or Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        trained_store(folder)
        print(f"{'stage':10}{'rows':>10}{'seconds':>10}{'rows/s':>10}{'peak MB':>10}  (median of runs)", flush=True)
        for rows in asked.rows:
            world(folder, rows)
            for stage in ("ingest", "features", "score"):
                if stage == "features":
                    store_of(folder, rows)
                runs = [measured(stage, rows, folder) for _ in range(asked.runs if rows <= 100_000 else 1)]
                seconds = statistics.median(run["seconds"] for run in runs)
                print(f"{stage:10}{runs[0]['rows']:>10,}{seconds:>10.1f}{runs[0]['rows'] / seconds:>10,.0f}{max(run['peak_mb'] for run in runs):>10,}"
                      f"  {runs[-1].get('stages', '')}", flush=True)
        for stage in ("latency", "http"):
            told = measured(stage, asked.latency_rows, folder)
            print(f"{stage:10}{asked.latency_rows:>10,}  one new filing: median {told['median_ms']} ms, 99th percentile {told['p99_ms']} ms "
                  f"({told['calls']} calls), peak {told['peak_mb']:,} MB", flush=True)


if __name__ == "__main__":
    main()
