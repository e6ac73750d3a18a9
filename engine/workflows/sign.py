"""Takes events in where people have roles: who recorded comes from the caller, and what needs a second person waits for one.

A second signature is the same event sent by an approver. Until then it is kept as `pending:EVENT_ID`: on record and in
the audit chain, but in no working table, so that it grants nothing, labels nothing and counts in no feature.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime

import duckdb

from engine.errors import Conflict, FieldProblem, InvalidRecord, NotPermitted, SignatureNeeded, UnknownRecord
from engine.store import records
from engine.store.database import first
from engine.store.records import Origin
from engine.wire import canonical, event_model
from engine.wire.events import Event, Review
from engine.workflows.desk import Desk
from engine.workflows.record_event import record_event, same_person
from engine.workflows.settle import settles_proposal

FROM_THE_CALLER = ("recorded_by", "approved_by", "reviewed_by")


@dataclass(frozen=True)
class Submitted:
    """What became of an event: `recorded`, `unchanged` or `awaiting_signature`, and what was left out of it."""

    state: str
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True)
class Pending:
    """An event that waits for its second signature."""

    event_id: str
    kind: str
    event: Event
    since: datetime


def submit_event(desk: Desk, kind: str, event: Event, origin: Origin, *, may_sign: bool) -> Submitted:
    """Put one event on record under the caller's name, or keep it until another person signs.

    Args:
        may_sign: the caller may give a second signature.

    Raises:
        NotPermitted: a visit confirmed by the person who recorded it.
        Conflict: the event's id is taken by other content, or a signature was refused.
        InvalidRecord, OpenReferral: as `record_event`.
    """
    left_out = tuple(name for name in FROM_THE_CALLER if name != "recorded_by" and getattr(event, name, None) is not None)
    event = event.model_copy(update={"recorded_by": origin.actor} | dict.fromkeys(left_out))
    with desk.store.writing():  # the lock only: nothing is written on this cursor, and no other sender comes between
        state = _submit(desk, kind, event, origin, may_sign)
    return Submitted(state, left_out)


def _submit(desk: Desk, kind: str, event: Event, origin: Origin, may_sign: bool) -> str:
    cursor = desk.store.cursor()
    try:
        known = records.body_of(cursor, f"event:{event.event_id}")
        waiting = _pending(cursor, event.event_id)
        _check_reviewer(cursor, event, may_sign)
    finally:
        cursor.close()
    if known is not None:
        if _content(known) == _content(canonical(event)):
            return "unchanged"
        raise Conflict(f"event {event.event_id} is on record with other content. Expected the same content, or a new event_id. "
                       "Send the change as a new event with `corrects` naming this one.")
    if waiting is None:
        try:
            record_event(desk, kind, event, origin)
        except SignatureNeeded:
            _hold(desk, kind, event, origin)
            return "awaiting_signature"
        return "recorded"
    if waiting.kind != kind or _content(canonical(waiting.event)) != _content(canonical(event)):
        raise Conflict(f"event {event.event_id} awaits a signature with other content. Expected the same content, or a new event_id. "
                       "Sign it as it stands, or send the change under another id.")
    if not may_sign or same_person(waiting.event.recorded_by, origin.actor):
        return "awaiting_signature"
    return _sign(desk, waiting, origin)


def settle_signature(desk: Desk, event_id: str, origin: Origin, *, sign: bool, because: str | None = None) -> str:
    """Sign what waits, or refuse to; gives `recorded` or `refused`.

    Raises:
        UnknownRecord: nothing of this id waits.
        NotPermitted: the person who recorded it asks.
    """
    with desk.store.writing():
        waiting = _pending(desk.store.cursor(), event_id)
        if waiting is None:
            raise nothing_waits(event_id)
        if same_person(waiting.event.recorded_by, origin.actor):
            raise NotPermitted("The second signature comes from another person than the one who recorded the event. Ask another approver.")
        return _sign(desk, waiting, origin) if sign else _refuse(desk, waiting, origin, because)


def nothing_waits(event_id: str) -> UnknownRecord:
    """The one answer for an event that does not wait and for one that the caller may not see."""
    return UnknownRecord(f"no event {event_id} awaits a signature. Expected one of `GET /v1/signatures`. Look it up there.")


def _sign(desk: Desk, waiting: Pending, origin: Origin) -> str:
    """Record it with both names, after every check anew: a referral raised since still stands in the way."""
    record_event(desk, waiting.kind, waiting.event.model_copy(update={"approved_by": origin.actor}), origin)
    return "recorded"


def _refuse(desk: Desk, waiting: Pending, origin: Origin, because: str | None) -> str:
    if not (because or "").strip():
        raise InvalidRecord("The refusal of a signature", [
            FieldProblem("because", "it is missing", "why the signature is refused", "Say what the recorder is to change.")])
    body = json.dumps({"event_id": waiting.event_id, "refused_by": origin.actor, "because": because}, ensure_ascii=False, sort_keys=True)
    with desk.store.writing() as cursor:
        records.append_one(cursor, "refused_signature", f"refused:{waiting.event_id}", origin.at, body, origin, f"refuse to sign {waiting.kind}")
    return "refused"


def _hold(desk: Desk, kind: str, event: Event, origin: Origin) -> None:
    body = json.dumps({"kind": kind, "event": json.loads(canonical(event))}, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    at = event.at.astimezone(UTC).replace(tzinfo=None)
    with desk.store.writing() as cursor:
        records.append_one(cursor, "pending_event", f"pending:{event.event_id}", at, body, origin, f"ask for a signature on {kind}")


def _content(body: str) -> dict:
    return {name: value for name, value in json.loads(body).items() if name not in FROM_THE_CALLER}


def _check_reviewer(cursor: duckdb.DuckDBPyConnection, event: Event, may_sign: bool) -> None:
    """A visit's final rating comes from an approver, who is another person than the one who made or recorded the visit; so does what follows a finding."""
    if not isinstance(event, Review) or event.withdrawn:
        return
    if settles_proposal(event) and not may_sign:
        raise NotPermitted("What a finding proposes is settled by an approver. Expected a token with role approver. Ask an approver to settle it.")
    if event.about != "visit":
        return
    if not may_sign:
        raise NotPermitted("The final rating of a visit is an approver's. Expected a token with role approver. Ask an approver to review it.")
    rows = cursor.execute("select distinct recorded_by, signed_by from visit where visit_id = ?", [event.subject]).fetchall()
    if any(same_person(name, event.recorded_by) for row in rows for name in row):
        raise NotPermitted("A visit is reviewed by another person than the one who made or recorded it. Ask another approver.")


AWAITING = (
    "select pending.body, audit_entry.made_at from record as pending inner join audit_entry on pending.seq = audit_entry.seq "
    "left join record as done on done.key = 'event:' || substr(pending.key, 9) "
    "left join record as refused on refused.key = 'refused:' || substr(pending.key, 9) "
    "where pending.kind = 'pending_event' and pending.body is not null and done.key is null and refused.key is null"
)


def _pending(cursor: duckdb.DuckDBPyConnection, event_id: str) -> Pending | None:
    """What waits under this id.

    Raises:
        Conflict: its signature was refused.
    """
    if records.body_of(cursor, f"refused:{event_id}") is not None:
        raise Conflict(f"a signature on event {event_id} was refused. Expected a new event_id. Change what was asked for and send it anew.")
    row = first(cursor, f"{AWAITING} and pending.key = ?", [f"pending:{event_id}"])
    return _told(row) if row else None


def awaiting_signature(cursor: duckdb.DuckDBPyConnection) -> list[Pending]:
    """Everything that waits for a second person, the oldest first."""
    return [_told(row) for row in cursor.execute(f"{AWAITING} order by pending.record_no").fetchall()]


def _told(row: tuple[str, datetime]) -> Pending:
    told = json.loads(row[0])
    event = event_model(told["kind"]).model_validate_json(json.dumps(told["event"]))
    return Pending(event.event_id, told["kind"], event, row[1])
