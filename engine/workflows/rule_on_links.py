"""Puts an officer's word on links on record: two entities are one party, or a form is another than the rest. Weighs nothing."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import uuid4

import duckdb

from engine.errors import FieldProblem, InvalidRecord
from engine.store.records import Origin
from engine.wire import parse_event
from engine.workflows.links import entity_shown, merging, parting
from engine.workflows.record_event import record_event

if TYPE_CHECKING:
    from engine.workflows.desk import Desk


@dataclass(frozen=True)
class Ruled:
    """The review that was put on record, and of which entity each form it names now is."""

    event_id: str
    entity_of: dict[int, int]


def merge_parties(
    desk: Desk, one: int, other: int, because: str, origin: Origin, *, recorded_by: str | None = None, visible: tuple[str, ...] | None = None
) -> Ruled:
    """Say that two entities, each named by its id or a form's, are one party; no later link undoes it.

    Args:
        recorded_by: who says so; default whoever asks.
        visible: the authorities whose forms that person may see; None = all.

    Raises:
        UnknownRecord: no such entity. RefusedInput: they are one already. InvalidRecord: no reason is given.
    """
    return _rule(desk, lambda cursor: merging(cursor, one, other, visible), because, recorded_by, origin)


def split_party(
    desk: Desk, form_id: int, because: str, origin: Origin, *, recorded_by: str | None = None, visible: tuple[str, ...] | None = None
) -> Ruled:
    """Say that one form is another party than the rest of its entity; no later link undoes it.

    Raises:
        UnknownRecord: no such form. RefusedInput: it stands alone. InvalidRecord: no reason is given.
    """
    return _rule(desk, lambda cursor: parting(cursor, form_id, visible), because, recorded_by, origin)


def _rule(desk: Desk, told: Callable[[duckdb.DuckDBPyConnection], dict], because: str, recorded_by: str | None, origin: Origin) -> Ruled:
    if not because.strip():
        raise InvalidRecord("The word on a link", [FieldProblem("because", "it is missing", "why, in the officer's own words", "Say it: it stands on record beside the name.")])
    with desk.store.writing():  # the lock only: no other word comes between what is looked at and what is said of it
        review = told(desk.store.cursor()) | {
            "event_id": f"review:{uuid4().hex[:16]}", "at": origin.at.strftime("%Y-%m-%dT%H:%M:%S.%fZ"), "recorded_by": recorded_by or origin.actor, "because": because,
        }
        record_event(desk, "review", parse_event("review", json.dumps(review)).model, origin)
        cursor = desk.store.cursor()
        return Ruled(review["event_id"], {form: entity_shown(cursor, form).entity_id for form in map(int, review["subject"].split(":"))})
