"""Names against the watch lists, and the lists themselves."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query, Response

from engine.api.answers import JobAnswer, ListAnswer
from engine.api.openapi import takes_bytes
from engine.api.room import CallerDep, FileDep, OriginDep, Received, Room, RoomDep
from engine.api.routes.jobs import answer_to
from engine.store.records import Origin
from engine.wire import Country, ScreenRow
from engine.workflows.editions import new_hits
from engine.workflows.screen import import_list, screen_names

router = APIRouter(prefix="/v1", tags=["screening"])
REJECTED_SHOWN = 100


@router.get("/screen")
def screen(
    name: Annotated[list[str], Query(min_length=1, max_length=100)], caller: CallerDep, room: RoomDep,
    country: Annotated[Country, Query()] | None = None,
) -> list[ScreenRow]:
    """Every list entry that comes near a name, best first, as the lists stand now; a match is a question, not a finding."""
    return [ScreenRow(**row) for row in screen_names(room.desk, [(one, country) for one in name], room.now())]


@router.post("/lists/{format}", openapi_extra=takes_bytes("application/octet-stream", "application/zip"))
def take_list(
    format: str, received: FileDep, caller: CallerDep, origin: OriginDep, room: RoomDep, response: Response,
    as_of: date | None = None, filename: str = "list",
) -> ListAnswer | JobAnswer:
    """Takes one edition of a watch list in; `as_of` is the edition's day, by default today. `filename` tells the file's name."""
    job = room.jobs.start(caller.name, "import list", lambda: _import(room, received, format, as_of, origin))
    return answer_to(job, room.limits.patience, response, ListAnswer)


def _import(room: Room, received: Received, format: str, as_of: date | None, origin: Origin) -> dict:
    with received.consumed() as path:
        told = import_list(room.desk, path, format, as_of or origin.at.date(), origin)
    hits = new_hits(room.desk, told, origin.at)
    return {
        "lists": list(told.lists), "entries": told.entries, "new_or_changed": told.new_or_changed, "ended": told.ended,
        "edition": told.edition.isoformat(), "rejected": len(told.rejected),
        "new_hits": [asdict(hit) for hit in hits],
        "rejected_rows": [{"line": row.line, "reason": row.reason} for row in told.rejected[:REJECTED_SHOWN]],
    }
