"""Tells what is odd about an event that was taken in all the same, or missing from it. Refuses nothing and writes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from engine.store.database import first
from engine.wire import Delivery, Event, Request, Review, Visit
from engine.wire.events import ONE_DAY
from engine.workflows.evidence import not_kept

if TYPE_CHECKING:
    import duckdb

    from engine.workflows.desk import Desk

# The first day told, by a record that stands, of what an event must follow.
LEFT = """
select min(shipped_on) from shipment
where shipment_id = $id and not coalesce(withdrawn, false) and event_id not in (select corrects from shipment where corrects is not null)
"""
FIRST_LEFT = """
select min(shipped_on) from shipment
where
    (application_id = $id or licence_number in (select licence_number from licence where application_id = $id))
    and not coalesce(withdrawn, false) and event_id not in (select corrects from shipment where corrects is not null)
"""
ASKED = """
select min(sent_on) from request
where request_id = $id and not coalesce(withdrawn, false) and event_id not in (select corrects from request where corrects is not null)
"""
NAMED = """
select distinct unnest(evidence) from visit
where visit_id = ? and not coalesce(withdrawn, false) and event_id not in (select corrects from visit where corrects is not null)
"""


def warnings_of(desk: Desk, event: Event, recorded_at: datetime) -> tuple[str, ...]:
    """What whoever sent an event should know of it, each with what to do.

    A file may come after the report that names it, as a phone with no connection sends them; of two days that contradict each other the one
    on record may be the wrong one; and what is arranged is written down ahead. So none is refused: the contract records what is odd.

    Args:
        recorded_at: the moment of recording, UTC.
    """
    if event.withdrawn:
        return ()
    cursor = desk.store.cursor()
    try:
        return tuple(_warnings(desk, cursor, event, recorded_at))
    finally:
        cursor.close()


def _warnings(desk: Desk, cursor: duckdb.DuckDBPyConnection, event: Event, recorded_at: datetime) -> Iterator[str]:
    for name in _to_come(event, recorded_at):
        yield f"{name}: it lies in the future, and tells what has happened. Expected a day that has come. Correct it, if it was mistyped."
    yield from _before_what_it_follows(cursor, event)
    if isinstance(event, Visit):
        yield from _files(desk, event.evidence or ())
    if isinstance(event, Review) and event.about == "visit" and event.result == "confirmed":
        yield from _files(desk, [sha256 for (sha256,) in cursor.execute(NAMED, [event.subject]).fetchall()])


def _to_come(event: Event, recorded_at: datetime) -> tuple[str, ...]:
    """The fields that tell as past what is still to come; a day more is taken, for time zones and clocks that differ."""
    until = recorded_at + ONE_DAY
    ahead = ("at",) if event.at.astimezone(UTC).replace(tzinfo=None) > until else ()
    return (*ahead, *(name for name in event.happened if (day := getattr(event, name)) is not None and day > until.date()))


def _files(desk: Desk, named: tuple[str, ...] | list[str]) -> Iterator[str]:
    yield from (
        f"evidence: the file {sha256} is named and its bytes are not here. Expected before the visit is reviewed. Send it with `PUT /v1/evidence/{sha256}`."
        for sha256 in not_kept(desk, named)
    )


def _before_what_it_follows(cursor: duckdb.DuckDBPyConnection, event: Event) -> Iterator[str]:
    match event:
        case Visit(stage="post_shipment"):
            name, earlier, said = "visited_on", LEFT if event.shipment_id else FIRST_LEFT, "the shipment left"
            subject = event.shipment_id or event.application_id
        case Delivery():
            name, earlier, subject, said = "on", LEFT, event.shipment_id, "the shipment left"
        case Request():
            name, earlier, subject, said = "answered_on", ASKED, event.request_id, "the question was sent"
        case _:
            return
    day, since = getattr(event, name), first(cursor, earlier, {"id": subject})[0]
    if day is not None and since is not None and day < since - ONE_DAY:
        yield f"{name}: it lies before the day on which {said} ({since}). Expected that day or a later one. Correct whichever of the two is wrong."
