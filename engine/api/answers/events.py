"""What is answered of events and of those that wait for a signature."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from engine.api.answers import Instant, Told


class EventAnswer(Told):
    """What became of an event."""

    event_id: str
    kind: str
    state: Literal["recorded", "unchanged", "awaiting_signature", "refused"]
    recorded_by: str
    left_out: tuple[str, ...] = Field((), description="Fields that come from tokens alone and were not taken over.")
    todo: str | None = Field(None, description="What must happen before it has its effect.")
    warnings: tuple[str, ...] = Field((), description="What is odd about it or missing from it, and what to do; it was taken in all the same.")


class PendingEvent(Told):
    """An event that waits for a second signature."""

    event_id: str
    kind: str
    since: Instant
    recorded_by: str | None
    event: dict[str, Any]


class PendingEvents(Told):
    """Everything that waits, the oldest first."""

    pending: tuple[PendingEvent, ...]
