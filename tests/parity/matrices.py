"""Feature matrices of stores, and how they differ: bit for bit, column by column."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import polars as pl
from desks import a_desk
from facts import Facts

from engine.compute.run import features, lay_relations
from engine.store.records import Origin
from engine.wire import EVENTS
from engine.workflows.assess import Subject, lay_subjects
from engine.workflows.desk import Desk
from engine.workflows.ingest import ingest_file
from engine.workflows.screen import import_list
from features.catalogue import catalogue

ORIGIN = Origin("test", "ingest", datetime(2027, 6, 1))
KEY = ["application_id", "revision", "as_of"]
IN_ORDER = ("application", *EVENTS)


@contextmanager
def a_store() -> Iterator[Desk]:
    """An empty store, with editions in the slots of the reference data that ship without rows."""
    with TemporaryDirectory() as folder, a_desk(Path(folder)) as desk:
        _load_editions(desk)
        yield desk


def _load_editions(desk: Desk) -> None:
    with desk.store.writing() as cursor:
        for edition, known_from in ((2023, "2024-02-01"), (2025, "2026-03-01")):
            cursor.execute(
                "insert into store.main.force_strength by name select country, ? as year, 20000 + 1000 * (? - 2020) + length(name) as personnel, "
                "?::date as known_from, 'test' as source from country",
                [edition, edition, known_from],
            )
            cursor.execute(
                "insert into store.main.index_value by name select country, 'gdi' as index, ? as year, (length(name) * 7 + ?) % 100 as value, "
                "?::date as known_from, 'test' as source from country",
                [edition, edition, known_from],
            )


def take(desk: Desk, facts: Facts, *, order: Sequence[str] = IN_ORDER, lenient: bool = False) -> None:
    """Ingest facts, a file for each kind; all of them must be good."""
    with TemporaryDirectory() as folder:
        for kind in (kind for kind in order if facts.get(kind)):
            path = Path(folder, f"{kind}.jsonl")
            path.write_text("".join(json.dumps(document) + "\n" for document in facts[kind]), encoding="utf-8")
            done = ingest_file(desk, path, kind, ORIGIN, lenient=lenient)
            assert done.set_aside == 0, done.set_aside_file.read_text()[:2_000]


def take_list(desk: Desk, path: Path, edition: date) -> None:
    import_list(desk, path, "opensanctions-csv", edition, ORIGIN)


def filings(desk: Desk, *, until: datetime | None = None) -> list[Subject]:
    """Every filing on record as of its own filing."""
    return [
        Subject(record_no, filed_at, filed_at) for record_no, filed_at in desk.store.cursor().execute(
            "select record_no, filed_at from filing where filed_at <= coalesce(?::timestamp, filed_at) order by application_id, revision", [until]
        ).fetchall()
    ]


def matrix(desk: Desk, subjects: Sequence[Subject]) -> pl.DataFrame:
    """Features of subjects, computed together, sorted by application, revision and moment."""
    cursor = desk.store.cursor()
    lay_subjects(cursor, subjects)
    assert lay_relations(cursor) == len(subjects)
    frame = features(cursor)
    assert len(frame) == len(subjects)
    return frame.drop("subject").sort(KEY)


def differing(one: pl.DataFrame, other: pl.DataFrame) -> dict[str, list[tuple]]:
    """Feature -> (application, as of, value here, value there) of the rows that are not the same to the last bit."""
    assert one.select(KEY).equals(other.select(KEY))
    found = {}
    for column in catalogue().columns:
        here, there = (frame[column].fill_null(float("nan")).to_numpy().view(np.int64) for frame in (one, other))
        nulls = one[column].is_null() == other[column].is_null()
        rows = np.flatnonzero((here != there) | ~nulls.to_numpy())
        if len(rows):
            found[column] = [(*one.select(KEY).row(n), one[column][n], other[column][n]) for n in map(int, rows[:3])]
    return found
