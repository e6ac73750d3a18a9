"""The files behind declared documents, one at a time, by their hash."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Query, Response
from pydantic import AwareDatetime

from engine.api.answers.document_files import DocumentFileAnswer
from engine.api.answers.jobs import JobAnswer
from engine.api.openapi import takes_bytes
from engine.api.room import Caller, CallerDep, OriginDep, PaperDep, Received, Room, RoomDep, as_stored
from engine.api.routes.evidence import Hash
from engine.api.routes.jobs import answer_to
from engine.store.records import Origin
from engine.workflows.document_files import take_file
from engine.workflows.history import authority_of

router = APIRouter(prefix="/v1", tags=["ingest"])
Since = Annotated[AwareDatetime | None, Query(ge=datetime(1970, 1, 1, tzinfo=UTC), description=(
    "When the run began in which this token sent the filings that the file came with, at most a day ago: it then counts from their filing on. Without it a file counts from now on."))]


# One file a request, and no archive of many: nothing to unpack, no name to be laid under, and what is wrong with one keeps no other out.
@router.put("/document-files/{sha256}", status_code=201, openapi_extra=takes_bytes("application/pdf", "application/octet-stream"), responses={
    200: {"model": DocumentFileAnswer, "description": "On record already."}, 202: {"model": JobAnswer, "description": "Still at work: ask for the job."}})
def put_document_file(
    sha256: Hash, received: PaperDep, caller: CallerDep, origin: OriginDep, room: RoomDep, response: Response, since: Since = None,
) -> DocumentFileAnswer | JobAnswer:
    """Takes in the PDF file of the documents that declare this hash, and holds it to what they say; the same file again changes nothing."""
    received.job = room.jobs.start(caller.name, "take in a document file", lambda: _take(room, received, sha256, caller, origin, since))
    told = answer_to(received.job, room.limits.patience, response, DocumentFileAnswer, created=201)
    if isinstance(told, DocumentFileAnswer) and told.stored == "unchanged":
        response.status_code = 200
    return told


def _take(room: Room, received: Received, sha256: str, caller: Caller, origin: Origin, since: datetime | None) -> dict:
    told = take_file(
        room.desk, received.path, sha256, received.sha256, Origin(origin.actor, "ingest", origin.at), since=since and as_stored(since), trust_roots=room.trust_roots)
    with room.cursor() as cursor:
        declared = any(caller.may_see(authority_of(cursor, application_id)) for application_id in told.declared_by)
    return {"sha256": sha256, "stored": "new" if told.new else "unchanged", "declared": declared}
