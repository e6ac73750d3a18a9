"""`python -m tests.speed.spark`: every feature of every filing of a world of 20,000 applications, on Spark and on DuckDB, with the times.

The comparison is a test too (tests/parity/test_spark_at_size.py), beside the one on a world of 400 applications made dense with random facts
(tests/parity/test_spark_is_duckdb.py). Ends with status 1 where a value differs by more than 1e-9 of itself, or is missing on one side only.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from data.world import write_world
from engine.compute import spark
from engine.compute.run import features, lay_relations
from engine.store.records import Origin
from engine.wire import EVENTS
from engine.workflows.assess import Subject, lay_subjects
from engine.workflows.desk import open_desk
from engine.workflows.ingest import ingest_file
from engine.workflows.screen import import_list
from features.catalogue import catalogue

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

END = date(2026, 8, 31)
ORIGIN = Origin("bench", "ingest", datetime(2026, 9, 30))
WITHIN = 1e-9  # relative


@dataclass(frozen=True)
class Compared:
    """What both engines made of the same filings."""

    filings: int
    same: int  # features equal to the last bit
    apart: dict[str, int]
    seconds: dict[str, float]


def main() -> None:
    """Make the world, compute its features on both engines, compare and tell the times."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--applications", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=17)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch, spark.local_session() as session:
        compared = on_both_engines(Path(scratch), session, asked.applications, asked.seed)
    print(f"{compared.filings:,} filings, {len(catalogue().columns)} features: {compared.same} equal to the last bit, "
          f"{len(compared.apart)} apart by more than {WITHIN:g}; "
          + ", ".join(f"{engine} {took:.0f} s" for engine, took in compared.seconds.items()))
    for column, rows in compared.apart.items():
        print(f"  {column}: {rows:,} filings")
    sys.exit(1 if compared.apart else 0)


def on_both_engines(folder: Path, session: SparkSession, applications: int, seed: int = 17) -> Compared:
    """Every feature of every filing of a world made in a folder, on DuckDB and on Spark."""
    with open_desk(folder / "store.duckdb", ORIGIN, create=True) as desk:
        cursor = desk.store.cursor()
        _fill(desk, folder, applications, seed)
        lay_subjects(cursor, [Subject(*row) for row in cursor.execute("select record_no, filed_at, filed_at from filing order by record_no").fetchall()])
        filings = lay_relations(cursor)
        frames, seconds = [], {}
        for engine, compute in {"DuckDB": features, "Spark": lambda cursor: spark.features(cursor, session=session)}.items():
            began = time.perf_counter()
            frames.append(compute(cursor))
            seconds[engine] = time.perf_counter() - began
    ours, theirs = frames
    return Compared(filings, sum(ours[column].equals(theirs[column]) for column in catalogue().columns), apart(ours, theirs), seconds)


def _fill(desk, folder: Path, applications: int, seed: int) -> None:
    write_world(folder, applications=applications, seed=seed, end=END)
    for kind in ("application", *EVENTS):
        if (folder / f"{kind}.jsonl").is_file():
            ingest_file(desk, folder / f"{kind}.jsonl", kind, ORIGIN)
    import_list(desk, folder / "watchlist.csv", "opensanctions-csv", END, ORIGIN)
    # Reference data that ships without rows, so that the features read from it are compared too.
    with desk.store.writing() as cursor:
        cursor.execute("insert into store.main.force_strength by name select country, 2023 as year, 20000 + length(name) as personnel, '2024-02-01'::date as known_from, 'bench' as source from country")
        cursor.execute("insert into store.main.index_value by name select country, 'gdi' as index, 2023 as year, (length(name) * 7) % 100 as value, '2024-02-01'::date as known_from, 'bench' as source from country")


def apart(one: pl.DataFrame, other: pl.DataFrame) -> dict[str, int]:
    """Feature -> how many rows differ by more than `WITHIN`, or are missing on one side only; both sorted by subject."""
    assert one["subject"].equals(other["subject"])
    found = {}
    for column in catalogue().columns:
        here, there = one[column], other[column]
        differ = (here.is_null() != there.is_null()) | ((here - there).abs() > WITHIN * here.abs().clip(1e-300)).fill_null(False)
        if rows := int(differ.sum()):
            found[column] = rows
    return found


if __name__ == "__main__":
    main()
