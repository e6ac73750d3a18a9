"""Scores: of an application on record, as of a moment, and of one that is not filed."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Query

from engine.api.answers import ScoreForSystem
from engine.api.openapi import takes
from engine.api.room import BodyDep, CallerDep, OriginDep, Room, RoomDep
from engine.api.routes.applications import ApplicationId
from engine.api.views import score_for
from engine.errors import FieldProblem, InvalidRecord
from engine.wire import Application, Score, parse_application
from engine.workflows.assess import score_application
from engine.workflows.file_application import score_unfiled

router = APIRouter(prefix="/v1", tags=["scores"])
AsOf = Annotated[str, Query(max_length=40, description="RFC 3339, or `now`; without it, the time of filing.")]


@router.post("/score", openapi_extra=takes(Application))
def score_one(body: BodyDep, caller: CallerDep, origin: OriginDep, room: RoomDep) -> Score | ScoreForSystem:
    """Scores an application without filing it; only the audit entry stays."""
    application = parse_application(body).model
    caller.check_files_for(application.authority)
    return score_for(caller, score_unfiled(room.desk, application, origin))


@router.get("/applications/{application_id:path}/score")
def read_score(application_id: ApplicationId, caller: CallerDep, room: RoomDep, as_of: AsOf | None = None) -> Score | ScoreForSystem:
    """The score as of filing, or of another moment; referrals always as of now."""
    with room.cursor() as cursor:
        caller.check_sees(cursor, application_id)
    return score_for(caller, score_application(room.desk, application_id, room.now(), as_of=_moment(as_of, room)))


def _moment(as_of: str | None, room: Room) -> datetime | None:
    """The moment asked for, in UTC.

    Raises:
        InvalidRecord: no time with an offset, or one to come.
    """
    if as_of is None:
        return None
    if as_of == "now":
        return room.now()
    try:
        moment = datetime.fromisoformat(as_of.replace(" ", "+"))
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise InvalidRecord("The query", [FieldProblem("as_of", "it is no time that can be read", "RFC 3339 in UTC such as 2026-11-22T09:30:00Z, or `now`", "Write it so.")])
    moment = moment.astimezone(UTC).replace(tzinfo=None)
    if moment > room.now():
        raise InvalidRecord("The query", [FieldProblem("as_of", "it is a moment to come", "a moment that has passed, or `now`", "Ask for an earlier one.")])
    return moment
