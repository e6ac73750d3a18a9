"""Gives events their envelope: an id, who recorded them, when they became known. Knows no event's fields."""

from random import Random

from . import clock
from .writer import Ledger

_LETTERS = {
    "decision": "DEC", "licence": "LIC", "shipment": "SHP", "delivery": "DLV", "visit": "VIS", "incident": "INC",
    "denial_notice": "DEN", "destruction": "DST", "request": "REQ", "review": "REV",
}  # fmt: skip
KINDS = tuple(_LETTERS)


class Journal:
    """The events of one world, in the order in which they were thought of; the ledger sorts them."""

    def __init__(self, ledger: Ledger, end: int) -> None:
        self._ledger = ledger
        self._end = end
        self._serial = 0

    def known(self, at: int) -> bool:
        """Whether that time lies before the end of the world."""
        return at < self._end

    def record(self, kind: str, at: int, by: str, **fields: object) -> str:
        """Record one event and return its id; a field that is None is left out."""
        self._serial += 1
        event_id = f"{_LETTERS[kind]}-{self._serial:08d}"
        event: dict = {"event_id": event_id, "recorded_by": by, "at": clock.stamp(at)}
        for name, value in fields.items():
            if value is not None:
                event[name] = value
        self._ledger.add(kind, at, event)
        return event_id


def officer(chance: Random) -> str:
    return f"officer-{1 + int(chance.random() * 24):02d}"


def inspector(chance: Random) -> str:
    return f"inspector-{1 + int(chance.random() * 12):02d}"


def working_hour(chance: Random, at: int) -> int:
    """A time between 7 and 16 hours UTC on that day, or on the Monday after it where that is a weekend."""
    day = at // clock.DAY
    weekday = (day + 3) % 7  # 1970-01-01 was a Thursday
    if weekday > 4:
        day += 7 - weekday
    return day * clock.DAY + 25_200 + int(chance.random() * 32_400)
