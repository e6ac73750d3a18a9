"""The files of visits, by their hash."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Response
from fastapi.responses import FileResponse

from engine.api.answers.evidence import FileAnswer
from engine.api.openapi import takes_bytes
from engine.api.room import Caller, CallerDep, EvidenceDep, OriginDep, RoomDep
from engine.api.views import CONTROLLED
from engine.workflows.evidence import evidence, keep_evidence, named_by, unknown_evidence
from engine.workflows.history import authority_of

router = APIRouter(prefix="/v1", tags=["evidence"])
Hash = Annotated[str, Path(pattern=r"^[0-9a-f]{64}$")]


@router.put("/evidence/{sha256}", status_code=201, openapi_extra=takes_bytes("application/pdf", "image/jpeg", "image/png", "text/plain", "text/csv"))
def put_file(sha256: Hash, received: EvidenceDep, caller: CallerDep, origin: OriginDep, room: RoomDep, response: Response) -> FileAnswer:
    """Keeps a file if its bytes have this hash and are PDF, JPEG, PNG, plain text or CSV."""
    new = keep_evidence(room.desk, sha256, received.sha256, received.path, origin)
    response.status_code = 201 if new else 200
    if new:
        response.headers["Location"] = f"/v1/evidence/{sha256}"
    return FileAnswer(sha256=sha256, stored="new" if new else "unchanged")


@router.get("/evidence/{sha256}", response_class=FileResponse)
def get_file(sha256: Hash, caller: CallerDep, room: RoomDep) -> FileResponse:
    """A file to save, never to open in place."""
    _check_sees(room, caller, sha256)
    file = evidence(room.desk, sha256)
    return FileResponse(file.path, media_type=file.media_type, filename=sha256, content_disposition_type="attachment", headers={"Content-Security-Policy": "sandbox"})


def _check_sees(room, caller: Caller, sha256: str) -> None:
    """A file is seen by whoever sees a record that names it; one that no record names yet, by tokens for every authority.

    Raises:
        UnknownRecord.
    """
    with room.cursor() as cursor:
        naming = named_by(cursor, sha256)
        seen = [(application_id, handling) for application_id, handling in naming
                if caller.authorities is None or (application_id and caller.may_see(authority_of(cursor, application_id)))]
    controlled = any(handling == CONTROLLED for _, handling in naming) and not caller.reads_all
    if controlled or (not seen and (naming or caller.authorities is not None)):
        raise unknown_evidence()
