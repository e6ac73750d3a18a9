"""Filings: taken in and scored, listed, read. Scores come from the workflows."""

from __future__ import annotations

from asyncio import wrap_future
from dataclasses import asdict
from datetime import date
from typing import Annotated, Literal
from urllib.parse import quote

from fastapi import APIRouter, Path, Query, Response
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel, ConfigDict, Field

from engine.api.answers.applications import BatchAnswer, BatchRow, FiledScore, FiledScoreForSystem, History, MeasuredRoute, QueuePage, RouteLeg
from engine.api.answers.scores import ScoreForSystem
from engine.api.batch import documents_of
from engine.api.openapi import takes, takes_many
from engine.api.problems import problem_of
from engine.api.room import BatchBodyDep, BodyDep, Caller, CallerDep, OriginDep, RoomDep
from engine.api.views import filed_for, filing_for, history_for, queue_row_for, score_for
from engine.errors import EngineError
from engine.wire import Application, BandName, Country, Score, Unmapped, parse_application, parse_lite
from engine.workflows.file_batch import file_batch
from engine.workflows.history import filing_body, history, unknown_application
from engine.workflows.measured_route import measured_route
from engine.workflows.queue import LONGEST_PAGE, Asked, queue
from engine.workflows.visit_list import has_visit

router = APIRouter(prefix="/v1", tags=["applications"])
ApplicationId = Annotated[str, Path(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9._:/-]+$")]


ApplicationForm = Literal["contract", "lite"]


@router.post(
    "/applications", status_code=201, openapi_extra=takes(Application),
    responses={200: {"description": "On record already, with this score."}},
)
async def file_one(
    body: BodyDep, caller: CallerDep, origin: OriginDep, room: RoomDep, response: Response,
    form: Annotated[ApplicationForm, Query(alias="format", description="`lite`: a document of the United Kingdom's LITE, as its API serves it.")] = "contract",
) -> FiledScore | FiledScoreForSystem | Score | ScoreForSystem:
    """Files one application and scores it; the same filing again gives the same score, with another content it is a conflict.

    What comes while others are being scored is scored together with the next. It is waited for without a thread, so that many who
    file keep nobody from reading.
    """
    application, unmapped = await run_in_threadpool(_read_one, body, form)
    caller.check_files_for(application.authority)
    filed = await wrap_future(room.filing.file(application, origin))
    response.status_code = 201 if filed.created else 200
    if filed.created:
        response.headers["Location"] = f"/v1/applications/{quote(application.application_id, safe='')}"
    return filed_for(caller, filed.score, unmapped)


def _read_one(body: bytes, form: str) -> tuple[Application, tuple[Unmapped, ...] | None]:
    if form == "contract":
        return parse_application(body).model, None
    read = parse_lite(body)
    return read.application, read.unmapped


@router.post("/applications/batch", openapi_extra=takes_many(Application), response_model_exclude_none=True)
def file_many(body: BatchBodyDep, caller: CallerDep, origin: OriginDep, room: RoomDep) -> BatchAnswer:
    """Files up to 1,000 applications at once; each is answered at its place, as it would have been alone."""
    read = [_read(document, caller) for document in documents_of(body, room.limits.batch_records)]
    good = [one for one in read if isinstance(one, Application)]
    filed = iter(file_batch(room.desk, good, [origin] * len(good)))
    outcome = [next(filed) if isinstance(one, Application) else one for one in read]
    return BatchAnswer(results=tuple(_row(position, one, caller) for position, one in enumerate(outcome)))


def _read(document: str, caller: Caller) -> Application | EngineError:
    try:
        application = parse_application(document).model
        caller.check_files_for(application.authority)
    except EngineError as error:
        return error
    return application


def _row(position: int, outcome: object, caller: Caller) -> BatchRow:
    if isinstance(outcome, EngineError):
        problem = problem_of(outcome, caller.role)
        return BatchRow(position=position, status=problem.status, problem=problem)
    return BatchRow(position=position, status=201 if outcome.created else 200, score=score_for(caller, outcome.score))


class QueueQuery(BaseModel):
    """What the queue is asked for; a name that is not here is refused."""

    model_config = ConfigDict(extra="forbid")

    band: BandName | None = None
    authority: Country | None = None
    destination: Country | None = None
    state: Literal["undecided", "granted", "denied", "withdrawn", "returned"] | None = None
    filed_from: date | None = Field(None, alias="from", description="First day of filing.")
    filed_to: date | None = Field(None, alias="to", description="Last day of filing.")
    application_id: Annotated[str, Field(max_length=64)] | None = Field(None, description="That application alone, however it stands.")
    find: Annotated[str, Field(max_length=200)] | None = Field(None, description="A part of the id, the exporter's or the end user's name.")
    order: Literal["newest", "risk"] = "newest"
    limit: Annotated[int, Field(ge=1, le=LONGEST_PAGE)] = 50
    cursor: Annotated[str, Field(max_length=500)] | None = None


@router.get("/applications")
def list_queue(asked: Annotated[QueueQuery, Query()], caller: CallerDep, room: RoomDep) -> QueuePage:
    """The queue: each application's newest filing and score, its age and what is open; page by page."""
    with room.cursor() as cursor:
        page = queue(cursor, Asked(visible=caller.authorities, **asked.model_dump()), room.now())
    return QueuePage(applications=tuple(queue_row_for(caller, row) for row in page.rows), next_cursor=page.next_cursor)


@router.get("/applications/{application_id:id}/history")
def read_history(application_id: ApplicationId, caller: CallerDep, room: RoomDep) -> History:
    """Everything known of an application in time order: filings, scores, events, and what a partner notified of its parties."""
    with room.cursor() as cursor:
        _check_open_to(cursor, caller, application_id)
        return History(application_id=application_id, entries=history_for(caller, history(cursor, application_id)))


@router.get("/applications/{application_id:id}/route")
def read_route(application_id: ApplicationId, caller: CallerDep, room: RoomDep, revision: Annotated[int, Query(ge=1)] | None = None) -> MeasuredRoute:
    """How long each leg of a filing's route is, by sea or straight, and which hubs and free zones it touches."""
    with room.cursor() as cursor:
        _check_open_to(cursor, caller, application_id)
        filing_for(caller, filing_body(cursor, application_id, revision))
        found, legs = measured_route(cursor, application_id, revision)
    km = sum(leg.km for leg in legs) if legs and all(leg.km is not None for leg in legs) else None
    return MeasuredRoute(application_id=application_id, revision=found, km=km, legs=tuple(RouteLeg(**asdict(leg)) for leg in legs))


@router.get("/applications/{application_id:id}", openapi_extra={"responses": {"200": {"description": "The filing as it was sent."}}})
def read_one(application_id: ApplicationId, caller: CallerDep, room: RoomDep, revision: Annotated[int, Query(ge=1)] | None = None) -> dict:
    """A filing as it was sent: the newest revision, or the one asked for."""
    with room.cursor() as cursor:
        _check_open_to(cursor, caller, application_id)
        return filing_for(caller, filing_body(cursor, application_id, revision))


def _check_open_to(cursor, caller: Caller, application_id: str) -> None:
    """Another authority's filing is not there; an inspector sees those that are visited.

    Raises:
        UnknownApplication.
    """
    caller.check_sees(cursor, application_id)
    if caller.role == "inspector" and not has_visit(cursor, application_id):
        raise unknown_application(application_id)
