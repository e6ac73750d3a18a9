"""Scores: of an application on record, as of a moment, and of one that is not filed."""

from __future__ import annotations

import json
import tempfile
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Response
from fastapi.responses import FileResponse
from starlette.background import BackgroundTask

from engine.api.answers.jobs import JobAnswer
from engine.api.answers.scores import AsScoredAnswer, ScoreForSystem
from engine.api.openapi import takes, takes_bytes
from engine.api.room import BodyDep, Caller, CallerDep, FileDep, OriginDep, Room, RoomDep
from engine.api.routes.applications import ApplicationForm, ApplicationId
from engine.api.routes.jobs import answer_to
from engine.api.views import score_for
from engine.errors import FieldProblem, InvalidRecord, NotPermitted
from engine.store.records import Origin
from engine.wire import Application, Score, canonical, parse_application
from engine.workflows import as_scored as again
from engine.workflows.apart import apart
from engine.workflows.assess import score_application, score_unscored
from engine.workflows.checking import CONTRACT, LARGE_FILE
from engine.workflows.file_application import score_unfiled
from engine.workflows.score_file import score_file

router = APIRouter(prefix="/v1", tags=["scores"])
Form = Literal["parquet", "csv", "jsonl"]
AsOf = Annotated[str, Query(max_length=40, description="RFC 3339, or `now`; without it, the time of filing.")]
AsScored = Annotated[str, Query(max_length=40, description="`newest`, or the `scored_at` of a score on record: that score, computed again from the records before it.")]


@router.post("/score", openapi_extra=takes(Application))
def score_one(body: BodyDep, caller: CallerDep, origin: OriginDep, room: RoomDep) -> Score | ScoreForSystem:
    """Scores an application without filing it; only the audit entry stays."""
    application = parse_application(body).model
    caller.check_files_for(application.authority)
    return score_for(caller, score_unfiled(room.desk, application, origin))


@router.post("/score/file", response_class=FileResponse, openapi_extra=takes_bytes("application/x-ndjson", "application/json", "application/vnd.apache.parquet"))
def score_many(
    received: FileDep, caller: CallerDep, room: RoomDep, form: Annotated[Form, Query(alias="format")] = "parquet", features: Form | None = None,
    lenient: bool = False, filename: Annotated[str, Query(max_length=300, description="Its ending tells the form: .jsonl, .json, .parquet.")] = "upload.jsonl",
    read_as: Annotated[ApplicationForm, Query(description="Of which system the filings are.")] = CONTRACT,
) -> FileResponse:
    """Scores a file's filings as `diversion score FILE` does, and stores nothing.

    Answers a zip: `scores`, `features` if a form for them was given, `set-aside` and `unmapped` where there is one, and `told.json` with the counts.
    """
    if caller.authorities is not None:
        raise NotPermitted("a whole file can hold every authority's filings; this token names some. Expected one for all of them. Send filings one by one.")
    folder = tempfile.TemporaryDirectory(prefix="diversion-")
    try:
        job = room.jobs.start(caller.name, "score a file", lambda: _scored(room, received.path, Path(folder.name), form, features, lenient, read_as))
        packed = job.future.result()
    except BaseException:
        folder.cleanup()
        raise
    return FileResponse(packed, media_type="application/zip", filename="scores.zip", background=BackgroundTask(folder.cleanup))


def _scored(room: Room, path: Path, folder: Path, form: str, features: str | None, lenient: bool, read_as: str) -> Path:
    scores, matrix, packed = folder / f"scores.{form}", folder / f"features.{features}", folder / "scores.zip"
    more = {"features_out": matrix if features else None, "lenient": lenient, "form": read_as}
    if path.stat().st_size < LARGE_FILE:  # a copy of the store would take longer than the scoring
        done = score_file(room.desk, path, scores, **more)
    else:
        done = apart(room.desk, score_file, path, scores, memory_limit=room.settings.memory_limit, **more)
    told = {"scored": done.scored, "set_aside": done.set_aside, "bands": done.bands, "model": done.model_version, "unmapped": done.unmapped}
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as zipped:
        zipped.writestr("told.json", json.dumps(told))
        found = {"scores": scores, "features": matrix if features else None, "set-aside": done.set_aside_file, "unmapped": done.unmapped_file}
        for name, file in found.items():
            if file:
                zipped.write(file, name)
    return packed


@router.post("/score/unscored", response_class=FileResponse)
def score_the_rest(caller: CallerDep, origin: OriginDep, room: RoomDep) -> FileResponse:
    """Scores every application on record that has no score yet and puts the scores on record; answers them as JSON Lines. `Diversion-Scores` counts them."""
    if caller.authorities is not None:
        raise NotPermitted("what has no score can be any authority's filing; this token names some. Expected one for all of them. Ask an admin for one.")
    folder = tempfile.TemporaryDirectory(prefix="diversion-")
    out = Path(folder.name) / "scores.jsonl"
    try:
        job = room.jobs.start(caller.name, "score what has no score", lambda: _score_the_rest(room, origin, out))
        count = job.future.result()
    except BaseException:
        folder.cleanup()
        raise
    return FileResponse(out, media_type="application/x-ndjson", filename="scores.jsonl", headers={"Diversion-Scores": str(count)}, background=BackgroundTask(folder.cleanup))


def _score_the_rest(room: Room, origin: Origin, out: Path) -> int:
    scores = apart(room.desk, score_unscored, origin, memory_limit=room.settings.memory_limit)
    with out.open("w", encoding="utf-8") as file:
        file.writelines(canonical(score) + "\n" for score in scores)
    return len(scores)


@router.get("/applications/{application_id:id}/score", responses={202: {"description": "A past score is being computed again: ask for the job."}})
def read_score(
    application_id: ApplicationId, caller: CallerDep, room: RoomDep, response: Response, as_of: AsOf | None = None, as_scored: AsScored | None = None,
) -> Score | ScoreForSystem | AsScoredAnswer | JobAnswer:
    """The score as of filing, or of another moment; referrals always as of now. With `as_scored`, a score on record and whether it comes out the same again."""
    with room.cursor() as cursor:
        caller.check_sees(cursor, application_id)
    if as_scored is not None:
        if as_of is not None:
            raise InvalidRecord("The query", [FieldProblem("as_scored", "it stands beside as_of", "one of the two: a score on record has its own moments", "Leave one out.")])
        which = None if as_scored == "newest" else _moment(as_scored, room, "as_scored", "newest")
        job = room.jobs.start(caller.name, "compute a past score again", lambda: _as_scored(room, caller, application_id, which))
        return answer_to(job, room.limits.patience, response, AsScoredAnswer)
    return score_for(caller, score_application(room.desk, application_id, room.now(), as_of=_moment(as_of, room)))


def _as_scored(room: Room, caller: Caller, application_id: str, scored_at: datetime | None) -> dict:
    told = apart(room.desk, again.as_scored, application_id, scored_at, memory_limit=room.settings.memory_limit)
    differences = told.differences if caller.reads_all else ()  # they name reasons and rules
    return {"score": score_for(caller, told.score), "entry": told.entry, "reproduced": told.reproduced, "differences": differences}


def _moment(as_of: str | None, room: Room, name: str = "as_of", word: str = "now") -> datetime | None:
    """The moment asked for, in UTC.

    Raises:
        InvalidRecord: no time with an offset, or one to come.
    """
    if as_of is None:
        return None
    if as_of == word == "now":
        return room.now()
    try:
        moment = datetime.fromisoformat(as_of.replace(" ", "+"))
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise InvalidRecord("The query", [FieldProblem(name, "it is no time that can be read", f"RFC 3339 in UTC such as 2026-11-22T09:30:00Z, or `{word}`", "Write it so.")])
    moment = moment.astimezone(UTC).replace(tzinfo=None)
    if moment > room.now():
        raise InvalidRecord("The query", [FieldProblem(name, "it is a moment to come", f"a moment that has passed, or `{word}`", "Ask for an earlier one.")])
    return moment
