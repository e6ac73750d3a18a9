"""What each inspector finds against what was to be expected of the same filings: for auditors and approvers, not for the score. Writes nothing.

It is not used in training: on generated worlds whose inspectors were made lax it did not better the order of filings (`engine/risk/README.md`).
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from engine.risk.calibrate import logistic_curve
from engine.risk.strictness import Strictness, strictness
from engine.risk.train import Labelled, crossfit
from engine.workflows.train import FEWEST_POSITIVES, _everything
from features.catalogue import catalogue

if TYPE_CHECKING:
    from engine.workflows.desk import Desk

CAUTION = (
    "Few visits say little of a person: effects are drawn towards 0, and one within twice its error of 0 tells nothing. Who is sent where is allowed for as far as filings show it. "
    "A finding more or less than expected is a question about how visits are made, not an assessment of who made them."
)


@dataclass(frozen=True)
class Inspector:
    """One inspector: visits that give a label, diversions found on them, those expected of anybody, and the shrunk effect (log-odds) with its error."""

    name: str
    visits: int
    found: int
    expected: float
    effect: float
    error: float


@dataclass(frozen=True)
class Inspectors:
    """All of them, the strictest first; `too_few` says why there is nothing."""

    as_of: datetime
    visits: int
    too_few: str | None
    spread: float | None
    by_chance: float | None
    inspectors: tuple[Inspector, ...]
    caution: str = CAUTION


def inspectors(desk: Desk, at: datetime, seed: int = 7) -> Inspectors:
    """Hold what each inspector found against the risk of what they saw, by trees that saw no filing of the same end user."""
    cursor = desk.store.cursor()
    known = _everything(cursor, at, lambda stage: None)
    signed = cursor.sql("select visit_id, max_by(signed_by, record_no) as signed_by from visit where signed_by is not null group by visit_id").pl()
    rows = known.frame.join(known.labels.filter(pl.col("found_by") == "visit"), on="application_id").join(signed, on="visit_id").sort("subject")
    label = rows["label"].to_numpy().astype(int)
    cursor.close()
    if label.sum() < FEWEST_POSITIVES or label.sum() == len(label):
        why = f"{len(label)} signed visits with {int(label.sum())} diversions are too few to tell inspectors apart (at least {FEWEST_POSITIVES} diversions are needed)."
        return Inspectors(at, len(label), why, None, None, ())
    entity = rows.select(pl.col("entity").fill_null(-pl.col("subject"))).to_series().to_numpy()
    learned = Labelled(
        rows.select(catalogue().columns).to_numpy().astype(np.float64), label, np.ones(len(label)), rows["learned_from"].to_numpy(), entity, np.zeros(len(label), dtype=bool)
    )
    raw = crossfit(catalogue(), learned, seed)
    slope, level = logistic_curve(raw, label, learned.weight)
    return _told(strictness(slope * raw + level, label, rows["signed_by"].to_numpy()), at)


def _told(found: Strictness, at: datetime) -> Inspectors:
    order = np.argsort(-found.effect, kind="stable")
    return Inspectors(at, int(found.visits.sum()), None, found.spread, found.by_chance, tuple(
        Inspector(found.inspectors[n], int(found.visits[n]), int(found.found[n]), float(found.expected[n]), float(found.effect[n]), float(found.error[n])) for n in order
    ))


def as_json(told: Inspectors) -> dict:
    """As the service answers it."""
    return asdict(told) | {"as_of": f"{told.as_of:%Y-%m-%dT%H:%M:%SZ}"}
