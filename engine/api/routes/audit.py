"""The audit chain: its entries, and the proof that nothing was changed or removed."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response

from engine.api.answers import AuditEntry, AuditPage, JobAnswer, VerdictAnswer
from engine.api.room import CallerDep, Room, RoomDep
from engine.api.routes.jobs import answer_to
from engine.workflows.audit_trail import audit_page, verify_store

router = APIRouter(prefix="/v1", tags=["audit"])
Head = Annotated[str, Query(pattern=r"^[0-9a-f]{64}$", description="A head printed earlier: it must still be in the chain.")]


@router.get("/audit")
def read_audit(caller: CallerDep, room: RoomDep, after: Annotated[int, Query(ge=0)] = 0, limit: Annotated[int, Query(ge=1, le=1000)] = 100) -> AuditPage:
    """Entries in the order of writing, after a number; notes only for tokens that read every authority."""
    with room.cursor() as cursor:
        rows, head, more = audit_page(cursor, after, limit)
    entries = tuple(AuditEntry(**(row if caller.authorities is None else row | {"note": None})) for row in rows)
    return AuditPage(entries=entries, head=head, next_after=entries[-1].seq if more else None)


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
