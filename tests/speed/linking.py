"""`python -m tests.speed.linking`: how well and how fast parties are linked, on generated worlds. Never part of the tests.

Quality: pairwise precision and recall against the world's true parties, also by what was done to the form, by the weights
that come with the engine. Speed: linking all parties of a store, and of one new filing at a time on top of it.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from datetime import datetime
from pathlib import Path

from engine.linking import forget, shipped_weights
from engine.store import records
from engine.store.database import first
from engine.store.records import Origin
from engine.workflows.desk import open_desk
from engine.workflows.fit_links import as_told, try_links
from engine.workflows.ingest import ingest_file
from engine.workflows.links import link_parties

NOW = datetime(2026, 11, 28)
NEW = 40  # filings that come in one by one


def world(folder: Path, rows: int, seed: int) -> Path:
    from data.world import write_world

    made = folder / f"linked-world-{rows}-{seed}"
    if not (made / "done").exists():
        write_world(made, applications=rows, seed=seed)
        (made / "done").touch()
    return made


def quality(folder: Path, rows: int, seed: int) -> dict:
    """Precision and recall over pairs of forms."""
    evaluation, _ = try_links(world(folder, rows, seed), shipped_weights(), Origin("bench", "ingest", NOW))
    return {"seed": seed, "weights": shipped_weights().version} | as_told(evaluation, None, f"{rows} applications, seed {seed}")


def speed(folder: Path, rows: int) -> dict:
    """Seconds for a store, milliseconds for one new filing of which every party is written as never before."""
    made = world(folder, rows, 11)
    path = folder / f"linked-{rows}.duckdb"
    origin = Origin("bench", "ingest", NOW)
    with open_desk(path, origin, create=True) as desk:
        ingest_file(desk, made / "application.jsonl", "application", origin)
        with desk.store.writing() as cursor:
            forget(cursor)
            began = time.perf_counter()
            forms = link_parties(cursor, 0)
            bulk = time.perf_counter() - began
        documents = [json.loads(line) for line in (made / "application.jsonl").read_text("utf-8").splitlines()[-NEW:]]
        took, spent = [], []
        for n, document in enumerate(documents):
            document |= {"application_id": f"new-{n}", "revision": 1, "filed_at": "2026-11-20T10:00:00Z"}
            for party in (document[role] for role in ("exporter", "consignee", "end_user") if role in document):
                party["name"] = party["name"].replace(" ", "  ", 1) + f" {chr(97 + n % 26)}"
            with desk.store.writing() as cursor:
                body = json.dumps(document)
                newest = first(cursor, "select max(record_no) from record")[0]
                records.append_one(cursor, "application", f"application:new-{n}#1", NOW, body, origin, "file")
                began, worked = time.perf_counter(), time.process_time()
                link_parties(cursor, newest)
                took.append((time.perf_counter() - began) * 1000)
                spent.append((time.process_time() - worked) * 1000)
    return {"rows": rows, "forms": forms, "all_s": round(bulk, 2), "one_new_filing_ms_median": round(statistics.median(took), 1), "p90": round(sorted(took)[int(0.9 * NEW)], 1), "processor_ms_median": round(statistics.median(spent), 1)}


def main() -> None:
    command = argparse.ArgumentParser(prog="python -m tests.speed.linking", description=__doc__)
    command.add_argument("--folder", type=Path, help="keep worlds and stores here; by default a temporary one")
    command.add_argument("--rows", type=int, nargs="*", default=[20_000], help="sizes of the stores to time")
    command.add_argument("--seeds", type=int, nargs="*", default=[8, 9], help="worlds to judge by; the shipped weights were fitted on seed 7")
    order = command.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = order.folder or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        for seed in order.seeds:
            print(json.dumps(quality(folder, 20_000, seed)), flush=True)
        for rows in order.rows:
            print(json.dumps(speed(folder, rows)), flush=True)


if __name__ == "__main__":
    main()
