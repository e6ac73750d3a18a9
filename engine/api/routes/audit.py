"""The audit chain: its entries, the proof that nothing was changed or removed, and lawful erasures."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Query, Response

from engine.api.answers.audit import AuditEntry, AuditPage, ErasureAnswer, ErasuresAnswer, VerdictAnswer
from engine.api.answers.jobs import JobAnswer
from engine.api.openapi import takes
from engine.api.orders import ErasureOrder
from engine.api.permissions import MAY_SIGN
from engine.api.room import BodyDep, Caller, CallerDep, OriginDep, Room, RoomDep
from engine.api.routes.jobs import answer_to
from engine.errors import NotPermitted
from engine.wire import parse
from engine.workflows.audit_trail import audit_page, verify_store
from engine.workflows.erase import Erasure, erasures_waiting, submit_erasure

router = APIRouter(prefix="/v1", tags=["audit"])
Head = Annotated[str, Query(pattern=r"^[0-9a-f]{64}$", description="A head printed earlier: it must still be in the chain.")]


@router.get("/audit")
def read_audit(caller: CallerDep, room: RoomDep, after: Annotated[int, Query(ge=0)] = 0, limit: Annotated[int, Query(ge=1, le=1000)] = 100) -> AuditPage:
    """Entries in the order of writing, after a number; notes only for tokens that read every authority."""
    with room.cursor() as cursor:
        rows, head, more = audit_page(cursor, after, limit)
    entries = tuple(AuditEntry(**(row if caller.authorities is None else row | {"note": None})) for row in rows)
    return AuditPage(entries=entries, head=head, next_after=entries[-1].seq if more else None)


@router.get("/audit/erasures")
def list_erasures(caller: CallerDep, room: RoomDep) -> ErasuresAnswer:
    """Erasures that wait for an approver."""
    _check_sees_all(caller)
    with room.cursor() as cursor:
        return ErasuresAnswer(waiting=tuple(_erasure(one) for one in erasures_waiting(cursor)))


@router.post("/audit/erasures", openapi_extra=takes(ErasureOrder), responses={202: {"description": "Awaits an approver; nothing is erased yet."}})
def erase(body: BodyDep, caller: CallerDep, origin: OriginDep, room: RoomDep, response: Response) -> ErasureAnswer:
    """Erases a record's content under a lawful order: an admin asks, and an approver, another person, sends the same to approve it."""
    _check_sees_all(caller)
    order = parse(ErasureOrder, body).model
    done = submit_erasure(room.desk, order.key, order.order, origin, may_sign=caller.role in MAY_SIGN)
    response.status_code = 202 if done.approved_by is None else 200
    return _erasure(done)


def _erasure(one: Erasure) -> ErasureAnswer:
    return ErasureAnswer(**asdict(one), state="erased" if one.approved_by else "awaiting_approval")


def _check_sees_all(caller: Caller) -> None:
    if caller.authorities is not None:
        raise NotPermitted("an erasure can concern any authority's record; this token names some. Expected one for all of them. Ask an admin for one.")


@router.post("/audit/verify")
def verify(caller: CallerDep, room: RoomDep, response: Response, expect: Head | None = None) -> VerdictAnswer | JobAnswer:
    """Proves that no record was changed or removed; names the first fault if one was."""
    job = room.jobs.start(caller.name, "verify the audit chain", lambda: _verify(room, expect))
    return answer_to(job, room.limits.patience, response, VerdictAnswer)


def _verify(room: Room, expect: str | None) -> dict:
    verdict = verify_store(room.desk, expect)
    return VerdictAnswer(
        whole=verdict.first_fault is None, entries=verdict.entries, records=verdict.records, head=verdict.head, erased=verdict.erased,
        first_fault=verdict.first_fault,
    ).model_dump(mode="json")
