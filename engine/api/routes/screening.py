"""Names against the watch lists, and the lists themselves."""

from __future__ import annotations

import lzma
import zipfile
import zlib
from contextlib import closing
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Query, Response
from fastapi import Path as FromPath

from engine.api.answers.jobs import JobAnswer
from engine.api.answers.screening import HeldLists, ListAnswer, ListDifference
from engine.api.openapi import takes_bytes
from engine.api.room import CallerDep, FileDep, OriginDep, Room, RoomDep
from engine.api.routes.jobs import answer_to
from engine.errors import NotPermitted, RefusedInput, TooLarge
from engine.store.records import Origin
from engine.wire import Country, ScreenRow
from engine.workflows.editions import difference, lists_held, new_hits
from engine.workflows.screen import import_list, screen_names

router = APIRouter(prefix="/v1", tags=["screening"])
MOST_NAME = 100  # letters of a file's name that are kept
# What reading a damaged archive raises: of the zip itself, of each way of packing (bz2 raises OSError), an unknown way, a password, a place before the start.
DAMAGED = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, OSError, EOFError, NotImplementedError, RuntimeError, ValueError)
NOT_UNPACKED = "the zip cannot be unpacked. Expected the list's files, neither encrypted nor damaged. Zip them again."
LAST_DAY = date(9999, 12, 30)  # the day after it is one too
REJECTED_SHOWN, REJECTED_AT_MOST = 100, 1_000_000


@router.get("/screen")
def screen(
    name: Annotated[list[str], Query(min_length=1, max_length=100)], caller: CallerDep, room: RoomDep,
    country: Annotated[Country, Query()] | None = None,
) -> list[ScreenRow]:
    """Every list entry that comes near a name, best first, as the lists stand now; a match is a question, not a finding."""
    return [ScreenRow(**row) for row in screen_names(room.desk, [(one, country) for one in name], room.now())]


@router.get("/lists")
def list_lists(caller: CallerDep, room: RoomDep) -> HeldLists:
    """Every watch list held: its editions, how many entries stand, and how old it is."""
    with room.cursor() as cursor:
        return HeldLists(lists=tuple(asdict(one) for one in lists_held(cursor, room.now())))


@router.get("/lists/{code}/diff")
def compare_editions(
    code: Annotated[str, FromPath(max_length=100)], caller: CallerDep, room: RoomDep, start: Annotated[date, Query(alias="from", le=LAST_DAY)], end: Annotated[date, Query(alias="to", le=LAST_DAY)],
) -> ListDifference:
    """What was added to a list, ended on it and changed on it between the ends of two days."""
    return ListDifference(**asdict(difference(room.desk, code, start, end)))


@router.post("/lists/{format}", openapi_extra=takes_bytes("application/octet-stream", "application/zip"))
def take_list(
    format: str, received: FileDep, caller: CallerDep, origin: OriginDep, room: RoomDep, response: Response,
    as_of: date | None = None, filename: str = "list",
    shown: Annotated[int, Query(ge=0, le=REJECTED_AT_MOST, description="Of how many rows that could not be read to tell.")] = REJECTED_SHOWN,
) -> ListAnswer | JobAnswer:
    """Takes one edition of a watch list in; `as_of` is the edition's day, by default today. `filename` tells the file's name.

    A list of several files comes as a zip: the first in it is the list, the others are its companions.
    """
    if caller.authorities is not None:  # new hits name the applications of every authority
        raise NotPermitted("a list concerns every authority's applications; this token names some. Expected one for all of them. Ask an admin for one.")
    received.job = room.jobs.start(caller.name, "import list", lambda: _import(room, received.path, format, as_of, origin, shown))
    return answer_to(received.job, room.limits.patience, response, ListAnswer)


def _import(room: Room, path: Path, format: str, as_of: date | None, origin: Origin, shown: int) -> dict:
    told = import_list(room.desk, _unpacked(path, room.limits.file) if zipfile.is_zipfile(path) else path, format, as_of or origin.at.date(), origin)
    return {
        "lists": list(told.lists), "entries": told.entries, "new_or_changed": told.new_or_changed, "ended": told.ended,
        "edition": told.edition.isoformat(), "rejected": len(told.rejected), "new_hits": [asdict(hit) for hit in new_hits(room.desk, told, origin.at)],
        "rejected_rows": [{"line": row.line, "reason": row.reason} for row in told.rejected[:shown]],
    }


def _unpacked(path: Path, most: int) -> Path:
    """The first file of a zip, laid with the others into a folder beside it.

    Raises:
        RefusedInput: it cannot be unpacked, or holds nothing.
        TooLarge: it holds more bytes than are taken at once.
    """
    folder = path.with_name("unpacked")
    folder.mkdir()
    laid: list[Path] = []
    with closing(_opened(path)) as zipped:
        files = [one for one in zipped.infolist() if not one.is_dir()]
        if sum(one.file_size for one in files) > most:
            raise TooLarge(f"the zip holds more than is taken at once. Expected at most {most:,} bytes. Send the list alone.")
        for one in files:
            name = Path(one.filename).name[-MOST_NAME:]
            laid.append(folder / (name if name not in ("", ".", "..") else "list"))
            laid[-1].write_bytes(_bytes_of(zipped, one))
    if not laid:
        raise RefusedInput("the zip is empty. Expected the list's files, the list itself first. Zip them again.")
    return laid[0]


def _opened(path: Path) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(path)
    except DAMAGED as error:
        raise RefusedInput(NOT_UNPACKED) from error


def _bytes_of(zipped: zipfile.ZipFile, one: zipfile.ZipInfo) -> bytes:
    try:
        return zipped.read(one)
    except DAMAGED as error:
        raise RefusedInput(NOT_UNPACKED) from error
