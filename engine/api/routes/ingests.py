"""Whole files of records, for when the service holds the store."""

from __future__ import annotations

import json
from itertools import islice
from pathlib import Path as FilePath
from typing import Annotated

from fastapi import APIRouter, Path, Query, Response

from engine.api.answers.ingests import IngestAnswer
from engine.api.answers.jobs import JobAnswer
from engine.api.openapi import takes_bytes
from engine.api.room import CallerDep, FileDep, OriginDep, Room, RoomDep
from engine.api.routes.jobs import answer_to
from engine.errors import NotPermitted
from engine.store.records import Origin
from engine.workflows.ingest import ingest_file

router = APIRouter(prefix="/v1", tags=["ingest"])
SET_ASIDE_SHOWN, SET_ASIDE_AT_MOST = 100, 20_000


@router.post("/ingest/{kind}", openapi_extra=takes_bytes("application/x-ndjson", "application/json", "application/vnd.apache.parquet"))
def ingest(
    kind: Annotated[str, Path(max_length=40)], received: FileDep, caller: CallerDep, origin: OriginDep, room: RoomDep, response: Response,
    lenient: bool = False, filename: Annotated[str, Query(max_length=300, description="Its ending tells the form: .jsonl, .json, .parquet.")] = "upload.jsonl",
    shown: Annotated[int, Query(ge=0, le=SET_ASIDE_AT_MOST, description="Of how many records that were not taken in to tell.")] = SET_ASIDE_SHOWN,
) -> IngestAnswer | JobAnswer:
    """Takes a file in: the good records go in, the bad ones are answered with their line, what is wrong and what to do."""
    if caller.authorities is not None:
        raise NotPermitted("a whole file can hold every authority's records; this token names some. Expected one for all of them. Send records one by one.")
    received.job = room.jobs.start(caller.name, f"ingest {kind}", lambda: _ingest(room, received.path, kind, origin, lenient, shown))
    return answer_to(received.job, room.limits.patience, response, IngestAnswer)


def _ingest(room: Room, path: FilePath, kind: str, origin: Origin, lenient: bool, shown: int) -> dict:
    told = ingest_file(room.desk, path, kind, Origin(origin.actor, "ingest", origin.at), lenient=lenient)
    aside = []
    if told.set_aside_file:
        with told.set_aside_file.open(encoding="utf-8") as lines:
            aside = [{"line": row["line"], "problems": row["problems"]} for row in map(json.loads, islice(lines, shown))]
    return {
        "kind": kind, "added": told.added, "unchanged": told.unchanged, "set_aside": told.set_aside, "set_aside_records": aside,
        "ignored_fields": told.ignored_fields,
    }
