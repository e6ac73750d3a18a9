"""Generated worlds with what nobody in them knows laid beside what the engine learns: for benchmarks of the model, never part of the tests.

A world is made and taken in once (minutes) and kept as a few Parquet files in a folder, so that many ways of learning are compared on the same rows.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import polars as pl

from data.world import write_world
from engine.store.records import Origin
from engine.wire import EVENTS
from engine.workflows.desk import open_desk
from engine.workflows.ingest import ingest_file
from engine.workflows.screen import import_list
from engine.workflows.train import _everything, label_frame

END = date(2026, 9, 30)
ORIGIN = Origin("bench", "ingest", datetime(2026, 10, 1))
MOMENTS = (datetime(2023, 10, 1), datetime(2024, 10, 1), datetime(2026, 10, 1))


@dataclass(frozen=True)
class KnownWorld:
    """One world, laid out.

    Args:
        frame: a row for each application that was shipped or looked into: features as of its filing, `entity`.
        labels: moment -> labels as they stood then.
        visits: post-shipment visits that count: `application_id, mode, signed_by, outcome, findings, known_from`.
        truth: `application_id, diverted, would_divert, shipped, visit_chosen_by, risk`.
    """

    frame: pl.DataFrame
    labels: dict[datetime, pl.DataFrame]
    visits: pl.DataFrame
    truth: pl.DataFrame


def known_world(folder: Path, applications: int, seed: int) -> KnownWorld:
    """A world of this seed, made on first use and read back from `folder` afterwards."""
    kept = folder / f"{applications}-{seed}"
    if not (kept / "truth.parquet").is_file():
        _make(kept, applications, seed)
    labels = {moment: pl.read_parquet(kept / f"labels-{moment:%Y-%m-%d}.parquet") for moment in MOMENTS}
    return KnownWorld(*(pl.read_parquet(kept / f"{name}.parquet") if name else labels for name in ("frame", None, "visits", "truth")))


def _make(kept: Path, applications: int, seed: int) -> None:
    kept.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        write_world(folder, applications=applications, end=END, seed=seed)
        with open_desk(folder / "store.duckdb", ORIGIN, create=True) as desk:
            import_list(desk, folder / "watchlist.csv", "opensanctions-csv", END, ORIGIN)
            for kind in ("application", *EVENTS):
                if (folder / f"{kind}.jsonl").is_file():
                    ingest_file(desk, folder / f"{kind}.jsonl", kind, ORIGIN)
            cursor = desk.store.cursor()
            frame = _everything(cursor, ORIGIN.at, lambda stage: None).frame
            filed = cursor.sql("select application_id, min(filed_at) as filed_at, max_by(destination, revision) as destination, max_by(kind, revision) as kind from filing group by application_id").pl()
            for moment in MOMENTS:
                label_frame(cursor, moment).write_parquet(kept / f"labels-{moment:%Y-%m-%d}.parquet")
            cursor.sql(
                "select visit_in_force.application_id, visit_in_force.mode, visit.signed_by, visit_in_force.outcome, visit_in_force.findings, "
                "visit_in_force.known_from, visit_in_force.known_to, visit_in_force.visited_on from visit_in_force "
                "inner join visit on visit_in_force.event_id = visit.event_id where visit_in_force.stage = 'post_shipment'"
            ).pl().write_parquet(kept / "visits.parquet")
            frame.join(filed, on="application_id").write_parquet(kept / "frame.parquet")
        pl.read_ndjson(folder / "truth.jsonl", infer_schema_length=None).select(
            "application_id", "diverted", "diverted_on", "would_divert", "shipped", "found_by", "visit_chosen_by", "risk"
        ).write_parquet(kept / "truth.parquet")
