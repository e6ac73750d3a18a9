"""What is printed and what is checked of one application: memos, and the files behind its documents."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Response

from engine.api.answers.papers import PaperChecks
from engine.api.room import CallerDep, RoomDep
from engine.api.routes.afterwards import AS_A_FILE, MEDIA_TYPES
from engine.api.routes.applications import ApplicationId
from engine.wire import parse_application
from engine.workflows.applicant_memo import applicant_memo
from engine.workflows.assess import score_application
from engine.workflows.history import filing_body
from engine.workflows.memo import memo_page
from engine.workflows.paper_checks import paper_checks
from engine.workflows.visit_pack import render

router = APIRouter(prefix="/v1", tags=["applications"])


@router.get("/applications/{application_id:id}/memo", response_class=Response)
def read_memo(
    application_id: ApplicationId, caller: CallerDep, room: RoomDep,
    audience: Annotated[Literal["internal", "applicant"], Query(description="`applicant`: with releasable records only, made here, so that no other leaves the service.")] = "internal",
    form: Literal["html", "pdf"] = "html",
) -> Response:
    """A memo to print: for the file, or for the applicant."""
    with room.cursor() as cursor:
        caller.check_sees(cursor, application_id)
        if audience == "applicant":
            page = applicant_memo(cursor, application_id, room.now())
        else:
            filing = parse_application(json.dumps(filing_body(cursor, application_id, None)), lenient=True).model
            page = memo_page(filing, score_application(room.desk, application_id, room.now()))
    name = f'attachment; filename="memo-{audience}.{form}"'
    return Response(render(page, f".{form}", room.now()), media_type=MEDIA_TYPES[form], headers=AS_A_FILE | {"Content-Disposition": name})


@router.get("/applications/{application_id:id}/documents")
def read_documents(application_id: ApplicationId, caller: CallerDep, room: RoomDep) -> PaperChecks:
    """Each document of the newest filing with what its file says of each declared field, and of its signatures."""
    with room.cursor() as cursor:
        caller.check_sees(cursor, application_id)
        found: list[dict[str, Any]] = [asdict(one) for one in paper_checks(cursor, application_id)]
    return PaperChecks(application_id=application_id, documents=tuple(found))
