"""Tells what is odd about an event that was taken in all the same, or missing from it. Refuses nothing and writes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from engine.store.database import first
from engine.wire import Event, Review, Visit
from engine.wire.events import ONE_DAY
from engine.workflows.evidence import not_kept
from engine.workflows.possible_days import days_to_come

if TYPE_CHECKING:
    import duckdb

    from engine.workflows.desk import Desk

FIRST_LEFT = """
select min(shipped_on) from shipment
where
    (application_id = $id or licence_number in (select licence_number from licence where application_id = $id))
    and not coalesce(withdrawn, false) and event_id not in (select corrects from shipment where corrects is not null)
"""
NAMED = """
select distinct unnest(evidence) from visit
where visit_id = ? and not coalesce(withdrawn, false) and event_id not in (select corrects from visit where corrects is not null)
"""


def warnings_of(desk: Desk, event: Event, recorded_at: datetime) -> tuple[str, ...]:
    """What whoever sent an event should know of it, each with what to do.

    A file may come after the report that names it, as a phone with no connection sends them; and a visit whose shipment is not named may
    be of one that is not on record. So neither is refused.
    """
    if event.withdrawn:
        return ()
    cursor = desk.store.cursor()
    try:
        return tuple(_warnings(desk, cursor, event, recorded_at))
    finally:
        cursor.close()


def _warnings(desk: Desk, cursor: duckdb.DuckDBPyConnection, event: Event, recorded_at: datetime) -> Iterator[str]:
    for name in days_to_come(event, recorded_at):
        yield f"{name}: it lies in the future, and tells what has happened. Expected a day that has come. Correct it, if it was mistyped."
    if isinstance(event, Visit):
        yield from _files(desk, event.evidence or ())
        yield from _before_any_shipment(cursor, event)
    if isinstance(event, Review) and event.about == "visit" and event.result == "confirmed":
        yield from _files(desk, [sha256 for (sha256,) in cursor.execute(NAMED, [event.subject]).fetchall()])


def _files(desk: Desk, named: tuple[str, ...] | list[str]) -> Iterator[str]:
    yield from (
        f"evidence: the file {sha256} is named and its bytes are not here. Expected before the visit is reviewed. Send it with `PUT /v1/evidence/{sha256}`."
        for sha256 in not_kept(desk, named)
    )


def _before_any_shipment(cursor: duckdb.DuckDBPyConnection, visit: Visit) -> Iterator[str]:
    if visit.shipment_id or visit.stage != "post_shipment" or visit.visited_on is None:
        return
    left = first(cursor, FIRST_LEFT, {"id": visit.application_id})[0]
    if left is not None and visit.visited_on < left - ONE_DAY:
        yield (
            f"visited_on: the visit is one after shipment, and the first shipment on record left later ({left}). Expected a later day, or another `stage`. "
            "Correct the visit, or record the shipment that it looked at."
        )
