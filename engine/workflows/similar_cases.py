"""The past applications that the model saw for the same reasons, with what became of them. Weighs nothing and files nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from engine.compute.run import features, lay_relations
from engine.workflows.assess import Subject, filing_in_force, lay_subjects
from engine.workflows.train import label_frame
from features.catalogue import catalogue

if TYPE_CHECKING:
    import duckdb

    from engine.workflows.desk import Desk

REASONS_SHARED = 3
MOST_CASES = 5_000  # of the newest; the matrix of these is kept at hand


@dataclass(frozen=True)
class PastCase:
    """A past application with a known outcome.

    Args:
        likeness: 1 where every feature moves the score alike, 0 where nothing is shared.
        diverted: what was found; contract section 2.
        found_by: `visit` or `incident`. learned_on: when it became known.
        shared: sentences of the features that move both scores most in the same direction.
    """

    application_id: str
    authority: str
    filed_at: datetime
    likeness: float
    diverted: bool
    found_by: str
    learned_on: datetime
    shared: tuple[str, ...]


@dataclass(frozen=True)
class Labelled:
    """Every past application with an outcome, as filed, and how the model in force sees it; kept at hand until either changes.

    Args:
        rows: `application_id`, `authority`, `filed_at`, `label`, `found_by`, `learned_from`, in the order of the matrix.
        contributions: (n, columns) log-odds.
    """

    rows: pl.DataFrame
    contributions: np.ndarray


def similar_cases(
    desk: Desk, application_id: str, now: datetime, *, count: int = 5, visible: tuple[str, ...] | None = None
) -> list[PastCase]:
    """The nearest past applications by what moves the score, not by what they look like.

    Two filings are near where the same features move the score alike (the distance between their contributions): so a likeness
    is one that the model goes by, and can be told in the sentences that both share. Outcomes as known now; both as filed.

    Args:
        visible: the authorities whose cases may be shown; None = all.

    Raises:
        UnknownApplication: no such application.

    Source:
        Caruana et al. (1999), Case-based explanation of non-case-based learning methods, AMIA Symposium 212-215.
    """
    cursor = desk.store.cursor()
    record_no, _, filed_at = filing_in_force(cursor, application_id, None)
    past = desk.past_cases(cursor, now, _labelled)
    keep = (past.rows["application_id"] != application_id).to_numpy()
    if visible is not None:
        keep &= past.rows["authority"].is_in(list(visible)).to_numpy()
    if not keep.any():
        return []
    (asked,), values = _seen(desk, cursor, [Subject(record_no, filed_at, filed_at)])
    others = past.contributions[keep]
    scale = np.linalg.norm(asked) + np.linalg.norm(others, axis=1)
    likeness = 1 - np.linalg.norm(others - asked, axis=1) / np.maximum(scale, 1e-12)
    nearest = np.argsort(-likeness, kind="stable")[:count]
    rows = past.rows.filter(pl.Series(keep))
    return [
        PastCase(
            row["application_id"], row["authority"], row["filed_at"], round(float(likeness[n]), 4), bool(row["label"]), row["found_by"], row["learned_from"],
            _shared(asked, others[n], values[0]),
        )
        for n in nearest.tolist() for row in [rows.row(n, named=True)]
    ]


def _shared(asked: np.ndarray, other: np.ndarray, values: np.ndarray) -> tuple[str, ...]:
    book = catalogue()
    alike = np.where(asked * other > 0, np.minimum(np.abs(asked), np.abs(other)), 0.0)
    largest = [n for n in np.argsort(-alike, kind="stable")[:REASONS_SHARED] if alike[n] > 0.01]
    return tuple(book.features[n].sentence(None if np.isnan(values[n]) else float(values[n])) for n in largest)


def _labelled(desk: Desk, cursor: duckdb.DuckDBPyConnection, now: datetime) -> Labelled:
    labels = label_frame(cursor, now).sort("learned_from", descending=True).head(MOST_CASES)
    filings = cursor.sql(
        "select application_id, record_no, filed_at, authority from filing "
        "qualify row_number() over (partition by application_id order by revision desc) = 1"
    ).pl()
    rows = labels.join(filings, on="application_id").sort("filed_at", "application_id")
    if rows.is_empty():
        return Labelled(rows, np.zeros((0, len(catalogue().columns))))
    subjects = [Subject(record_no, filed_at, filed_at) for record_no, filed_at in rows.select("record_no", "filed_at").iter_rows()]
    return Labelled(rows, _seen(desk, cursor, subjects)[0])


def _seen(desk: Desk, cursor: duckdb.DuckDBPyConnection, subjects: list[Subject]) -> tuple[np.ndarray, np.ndarray]:
    """(n, columns) contributions and values of filings as filed."""
    lay_subjects(cursor, subjects)
    lay_relations(cursor)
    matrix = features(cursor).select(catalogue().columns).to_numpy().astype(np.float64)
    return desk.model(cursor).contributions(matrix)[:, :-1], matrix
