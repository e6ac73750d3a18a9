"""Holds the days and moments of a record against the moment of recording, and against what it follows. Records nothing and reads no clock.

Refused is what cannot be, by every way in: what comes before what it follows, and what lies more than a year ahead, which is a slip of the
year. What is only odd stays: a day soon to come is told back as a warning, papers dated after the filing and goods shipped before a licence
(listed as outside it) are for the engine to see.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import duckdb

from engine.errors import FieldProblem
from engine.wire import Event, event_model
from engine.wire.events import ONE_DAY

ONE_YEAR = timedelta(days=365)
KNOWN_AT = {"application": "filed_at"}  # of an event: `at`

# The day of each shipment's first record that stands, of those that the events speak of.
LEFT = """
select shipment_id, min(shipped_on) as day from shipment
where
    shipment_id in (select json_extract_string(body, '$.shipment_id') from {bodies})
    and not coalesce(withdrawn, false) and event_id not in (select corrects from shipment where corrects is not null)
group by shipment_id
"""
ASKED = """
select request_id, min(sent_on) as day from request
where
    request_id in (select json_extract_string(body, '$.request_id') from {bodies})
    and not coalesce(withdrawn, false) and event_id not in (select corrects from request where corrects is not null)
group by request_id
"""
# Kind -> its day, what it follows and by which id, what else must hold, and how that is said.
FOLLOWS = {
    "delivery": ("on", "shipment_id", LEFT, "true", "the shipment left"),
    "visit": ("visited_on", "shipment_id", LEFT, "coalesce(json_extract_string(body, '$.stage'), 'post_shipment') = 'post_shipment'", "the shipment left, and the visit is one after it"),
    "request": ("answered_on", "request_id", ASKED, "true", "the question was sent"),
}


def latest(recorded_at: datetime) -> datetime:
    """Up to when something may be known or have happened that is recorded at a moment: a year more, for those who write down what is arranged."""
    return recorded_at + ONE_YEAR


def moment_to_come(kind: str) -> FieldProblem:
    """What is wrong with a record that became known long after it was recorded."""
    return FieldProblem(
        KNOWN_AT.get(kind, "at"), "it lies more than a year in the future of the moment of recording", "a moment that has passed",
        "Correct it: check the year, or send the record when it is true.",
    )


def days_to_come(event: Event, recorded_at: datetime) -> tuple[str, ...]:
    """The fields of an event that tell as past what is still to come; a day more is taken, for time zones and clocks that differ.

    Args:
        recorded_at: the moment of recording, UTC.
    """
    until = recorded_at + ONE_DAY
    ahead = ("at",) if event.at.astimezone(UTC).replace(tzinfo=None) > until else ()
    return (*ahead, *(name for name in event.happened if (day := getattr(event, name)) is not None and day > until.date()))


def impossible_days(cursor: duckdb.DuckDBPyConnection, kind: str, bodies: str, recorded_at: datetime) -> list[tuple[int, FieldProblem]]:
    """(position, problem) of each event of the relation `bodies(position, body)` that tells of a day far ahead as past, or of one before what it follows.

    Args:
        recorded_at: the moment of recording, UTC.
    """
    stands = "not coalesce(json_extract(body, '$.withdrawn')::boolean, false)"
    found = []
    for name in event_model(kind).happened:
        rows = cursor.execute(
            f"select position from {bodies} where {stands} and json_extract_string(body, '$.{name}') > ? order by position", [latest(recorded_at).date().isoformat()]
        ).fetchall()
        found += [(position, FieldProblem(
            name, "it lies more than a year in the future of the moment of recording, and tells what has happened", "a day that has come",
            "Correct it: check the year, or send the event when it has happened.",
        )) for (position,) in rows]
    if kind in FOLLOWS:
        name, by, earlier, where, said = FOLLOWS[kind]
        rows = cursor.execute(
            f"select position, followed.day from {bodies} inner join ({earlier.format(bodies=bodies)}) as followed on json_extract_string(body, '$.{by}') = followed.{by} "
            f"where {stands} and {where} and json_extract_string(body, '$.{name}')::date < followed.day - 1 order by position"
        ).fetchall()
        found += [(position, FieldProblem(
            name, f"it lies before the day on which {said} ({day})", "that day or a later one", "Correct it; or, where that day is wrong, correct the record of it first: an event with `corrects` and the right day.",
        )) for position, day in rows]
    return found
