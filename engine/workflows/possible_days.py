"""Holds the days and moments of a record against the moment of recording. Records nothing and reads no clock.

Refused, by every way in, is only what lies more than a year ahead: a slip of the year. What is odd stays and is told (`warnings.py`) or is
for the engine to see: a day soon to come, a visit before its shipment, papers dated after the filing, goods shipped before a licence.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import duckdb

from engine.errors import FieldProblem
from engine.wire import Event, event_model
from engine.wire.events import ONE_DAY

ONE_YEAR = timedelta(days=365)
KNOWN_AT = {"application": "filed_at"}  # of an event: `at`


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
    """(position, problem) of each event of the relation `bodies(position, body)` that tells of a day far ahead as past.

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
    return found
