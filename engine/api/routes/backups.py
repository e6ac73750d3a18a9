"""The whole store as one file, for the admin who keeps copies."""

from __future__ import annotations

import json
import tempfile
from dataclasses import asdict
from pathlib import Path

from fastapi import APIRouter
from fastapi.responses import FileResponse
from starlette.background import BackgroundTask

from engine.api.room import CallerDep, OriginDep, RoomDep
from engine.errors import NotPermitted
from engine.workflows.backup import back_up

router = APIRouter(prefix="/v1", tags=["backup"])


@router.post("/backup", response_class=FileResponse)
def make_backup(caller: CallerDep, origin: OriginDep, room: RoomDep) -> FileResponse:
    """A copy of the store at this moment, for `diversion restore`; filing goes on meanwhile. `Diversion-Backup` tells its head and counts."""
    if caller.authorities is not None:
        raise NotPermitted("a backup holds every authority's records; this token names some. Expected one for all of them. Ask an admin for one.")
    folder = tempfile.TemporaryDirectory(prefix=".diversion-", dir=room.desk.store.path.absolute().parent)
    out = Path(folder.name) / "backup.tar"
    try:
        told = room.jobs.start(caller.name, "back up", lambda: back_up(room.desk, out, origin)).future.result()
    except BaseException:
        folder.cleanup()
        raise
    return FileResponse(
        out, media_type="application/x-tar", filename="backup.tar", headers={"Diversion-Backup": json.dumps(asdict(told))}, background=BackgroundTask(folder.cleanup))
