"""Events: what happened after filing, and the second signatures that some of it needs."""

from __future__ import annotations

import json
from typing import Annotated

from fastapi import APIRouter, Path, Response

from engine.api.answers.events import EventAnswer, PendingEvent, PendingEvents
from engine.api.openapi import takes, takes_event
from engine.api.orders import SignatureOrder
from engine.api.permissions import MAY_SIGN
from engine.api.room import BodyDep, Caller, CallerDep, OriginDep, RoomDep
from engine.wire import Event, Visit, canonical, parse, parse_event
from engine.workflows.history import applications_of, authority_of
from engine.workflows.sign import awaiting_signature, nothing_waits, settle_signature, submit_event
from engine.workflows.warnings import warnings_of

router = APIRouter(prefix="/v1", tags=["events"])
STATUS = {"recorded": 201, "unchanged": 200, "awaiting_signature": 202}
WAITS_FOR = "An approver, another person than the one who recorded it, sends the same event again or signs it under /v1/signatures."

REVIEW = (
    "An approver, another person than the one who made or recorded the visit, reviews it: a `review` event about `visit` with its `visit_id` as subject and "
    "result `confirmed`. Until then the rating is not final and teaches nothing."
)


@router.post("/events/{kind}", status_code=201, openapi_extra=takes_event(), responses={
    200: {"description": "On record already."}, 202: {"description": "Awaits a second signature; not in force."},
})
def record(kind: Annotated[str, Path(max_length=40)], body: BodyDep, caller: CallerDep, origin: OriginDep, room: RoomDep, response: Response) -> EventAnswer:
    """Records one event under the token's name; what needs a second person waits for an approver."""
    event = parse_event(kind, body).model
    _check_sees(room, caller, event)
    done = submit_event(room.desk, kind, event, origin, may_sign=caller.role in MAY_SIGN)
    response.status_code = STATUS[done.state]
    return EventAnswer(
        event_id=event.event_id, kind=kind, state=done.state, recorded_by=caller.name, left_out=done.left_out, todo=_todo(event, done.state),
        warnings=warnings_of(room.desk, event, origin.at),
    )


def _todo(event: Event, state: str) -> str | None:
    if state == "awaiting_signature":
        return WAITS_FOR
    return REVIEW if isinstance(event, Visit) and not event.withdrawn else None


def _check_sees(room, caller: Caller, event: Event) -> None:
    """An event about another authority's application is answered as one about none.

    Raises:
        UnknownApplication.
    """
    if caller.authorities is None:
        return
    with room.cursor() as cursor:
        for application_id in sorted(applications_of(cursor, event)):
            caller.check_sees(cursor, application_id)


@router.get("/signatures")
def list_signatures(caller: CallerDep, room: RoomDep) -> PendingEvents:
    """What waits for a second person."""
    with room.cursor() as cursor:
        waiting = [one for one in awaiting_signature(cursor) if _visible(cursor, caller, one.event)]
    return PendingEvents(pending=tuple(
        PendingEvent(event_id=one.event_id, kind=one.kind, since=one.since, recorded_by=one.event.recorded_by, event=json.loads(canonical(one.event)))
        for one in waiting
    ))


def _visible(cursor, caller: Caller, event: Event) -> bool:
    return caller.authorities is None or all(caller.may_see(authority_of(cursor, one)) for one in applications_of(cursor, event))


@router.post("/signatures/{event_id:id}", openapi_extra=takes(SignatureOrder))
def sign(event_id: Annotated[str, Path(max_length=64)], body: BodyDep, caller: CallerDep, origin: OriginDep, room: RoomDep) -> EventAnswer:
    """Signs what waits, after every check anew, or refuses it for good with a reason."""
    order = parse(SignatureOrder, body).model
    with room.cursor() as cursor:
        waiting = next((one for one in awaiting_signature(cursor) if one.event_id == event_id and _visible(cursor, caller, one.event)), None)
    if waiting is None:
        raise nothing_waits(event_id)
    state = settle_signature(room.desk, event_id, origin, sign=order.sign, because=order.because)
    return EventAnswer(event_id=event_id, kind=waiting.kind, state=state, recorded_by=waiting.event.recorded_by)
