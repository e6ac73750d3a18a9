"""Reads what became of the serial numbers and quantities of a licence: shipped against seen. Writes nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

import duckdb

from engine.monitoring.sampling import CONFIDENCE, most_missing
from engine.workflows.afterwards import lay_afterwards, moment_after
from engine.workflows.history import authority_of, unknown_application


@dataclass(frozen=True)
class Serial:
    """One serial number and what was last known of it.

    Args:
        state: the contract's states of a visit's item, `returned`, or `not_yet_seen`.
        shipped_here: it was shipped under this application; a number found and never shipped here is a discrepancy.
        shipped_under: the other application under which it was shipped, where that is so.
    """

    serial: str
    line: int | None
    shipment_id: str | None
    state: str
    told_by: str | None
    told_on: date | None
    shipped_here: bool
    shipped_under: str | None


@dataclass(frozen=True)
class LotSample:
    """What a sample of a lot tells.

    Args:
        most_missing: the most pieces of the lot that may be missing, at `confidence`; None where the numbers do not allow to say.
    """

    visit_id: str
    visited_on: date
    lot_size: int
    seen: int
    not_there: int
    method: str | None
    confidence: float
    most_missing: int | None


@dataclass(frozen=True)
class Reconciliation:
    """All serial numbers of an application with how many are in each state, and its samples."""

    application_id: str
    states: dict[str, int]
    serials: tuple[Serial, ...]
    samples: tuple[LotSample, ...]


def reconcile(cursor: duckdb.DuckDBPyConnection, application_id: str, at: datetime) -> Reconciliation:
    """Shipped against seen, as known at a moment (UTC).

    Args:
        cursor: one of its own.

    Raises:
        UnknownApplication: no such application.
    """
    if authority_of(cursor, application_id) is None:
        raise unknown_application(application_id)
    lay_afterwards(cursor, moment_after(at), application_id)
    found = reconciliation_laid(cursor, application_id)
    if all(one.shipped_here for one in found.serials):
        return found
    # Only a number that was found and never shipped here can have been shipped under any other application: then all are looked through.
    lay_afterwards(cursor, moment_after(at))
    return reconciliation_laid(cursor, application_id)


def reconciliation_laid(cursor: duckdb.DuckDBPyConnection, application_id: str) -> Reconciliation:
    """Shipped against seen; after `lay_afterwards`."""
    serials = tuple(Serial(*row) for row in cursor.execute(
        "select serial, line, shipment_id, state, told_by, told_on, shipped_here, shipped_under from serial_state where application_id = ? order by line, serial", [application_id]).fetchall())
    samples = tuple(_sample(*row) for row in cursor.execute(
        "select visit_id, visited_on, \"sample\".lot_size, \"sample\".seen, \"sample\".method, "
        "coalesce(list_sum(list_transform(list_filter(items, lambda i: i.state in ('not_presented', 'lost', 'stolen')), lambda i: coalesce(i.quantity, 1))), 0) "
        "from visit_standing where application_id = ? and \"sample\".lot_size is not null and \"sample\".seen is not null order by visited_on, visit_standing.at", [application_id]).fetchall())
    states: dict[str, int] = {}
    for one in serials:
        name = one.state if one.shipped_here else "never_shipped_here"
        states[name] = states.get(name, 0) + 1
    return Reconciliation(application_id, dict(sorted(states.items())), serials, samples)


def _sample(visit_id: str, visited_on: date, lot: int, seen: int, method: str | None, not_there: float) -> LotSample:
    gone = int(not_there)
    fits = 0 < seen + gone <= lot
    return LotSample(visit_id, visited_on, lot, seen, gone, method, CONFIDENCE, most_missing(lot, seen + gone, gone) if fits else None)
