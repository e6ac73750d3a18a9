"""Holds a visit that someone records against what is on record of the same goods. Records nothing."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import duckdb

from engine.errors import Conflict, InvalidRecord
from engine.monitoring.visit_rules import VisitFacts, visit_problems
from engine.store.database import first
from engine.wire.events import Visit
from engine.workflows.afterwards import lay_afterwards, moment_after
from engine.workflows.history import applications_of

if TYPE_CHECKING:
    from engine.workflows.desk import Desk

SETTLED = ("destroyed", "consumed", "returned")  # of a serial number: nobody needs to see it again


def check_visit(desk: Desk, visit: Visit, at: datetime) -> None:
    """The rules of a visit made through the system: its rating follows from what it recorded, and it is closed once.

    Raises:
        InvalidRecord: the rating does not follow.
        Conflict: the visit was completed before, and this is no correction of it.
    """
    cursor = desk.store.cursor()
    try:
        application_id = min(applications_of(cursor, visit), default=None)
        lay_afterwards(cursor, moment_after(at), application_id or "")
        _check_open(cursor, visit)
        problems = visit_problems(visit, _facts(cursor, visit, application_id))
    finally:
        cursor.close()
    if problems:
        raise InvalidRecord("The visit", problems)


def _check_open(cursor: duckdb.DuckDBPyConnection, visit: Visit) -> None:
    row = first(
        cursor, "select event_id from visit_standing where visit_id = ? and completes and event_id is distinct from ? and event_id <> ? limit 1",
        [visit.visit_id, visit.corrects, visit.event_id],
    )
    if row:
        raise Conflict(f"visit {visit.visit_id} was completed by {row[0]}. Expected a correction of it, or a visit of its own. "
                       f"Send what changes with `corrects`: {row[0]!r} and `because`, or give the new visit another visit_id.")


def _facts(cursor: duckdb.DuckDBPyConnection, visit: Visit, application_id: str | None) -> VisitFacts:
    told = {"shipment": visit.shipment_id}
    serials = cursor.execute(
        "select serial_key, serial from serial_state where shipped_here and ($shipment is null or shipment_id = $shipment) "
        f"and state not in {SETTLED} order by serial_key", told,
    ).fetchall()
    received, consented = first(
        cursor,
        "select coalesce(bool_or(milestone = 'received_by_end_user' and proof in ('delivery_verification', 'end_user_receipt', 'customs_record')), false), "
        "coalesce(bool_or(milestone = 'transferred_with_consent'), false) from delivery left join correction on delivery.event_id = correction.event_id "
        "where correction.event_id is null and not coalesce(withdrawn, false) and ($shipment is null or shipment_id = $shipment)", told,
    )
    needs = [why for (why,) in cursor.execute("select why from physical_need where application_id = ? order by place", [application_id]).fetchall()]
    planned = first(cursor, "select mode from planned_visit where visit_id = ? order by record_no desc limit 1", [visit.visit_id])
    if planned and planned[0] == "on_site":
        needs.append("it was planned as a visit on site")
    corrected = first(cursor, "select outcome from store.main.visit where event_id = ?", [visit.corrects]) if visit.corrects else None
    return VisitFacts(dict(serials), received, consented, tuple(needs), corrected[0] if corrected else None)
