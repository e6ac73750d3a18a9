"""Tables to take away."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from fastapi.responses import FileResponse
from starlette.background import BackgroundTask

from engine.api.room import CallerDep, RoomDep
from engine.workflows.export import export_table

router = APIRouter(prefix="/v1", tags=["export"])
MEDIA_TYPES = {"parquet": "application/vnd.apache.parquet", "csv": "text/csv; charset=utf-8", "jsonl": "application/x-ndjson"}


@router.get("/export/{table}", response_class=FileResponse)
def export(
    table: str, caller: CallerDep, room: RoomDep, form: Annotated[Literal["parquet", "csv", "jsonl"], Query(alias="format")] = "parquet",
) -> FileResponse:
    """A table as Parquet, CSV or JSON Lines: only the rows of the token's authorities; in CSV no text that a spreadsheet would run. `Diversion-Rows` counts them."""
    folder = tempfile.TemporaryDirectory(prefix="diversion-")
    out = Path(folder.name) / f"export.{form}"
    try:
        with room.cursor() as cursor:
            rows = export_table(cursor, table, out, caller.authorities)
    except BaseException:
        folder.cleanup()
        raise
    return FileResponse(out, media_type=MEDIA_TYPES[form], filename=f"{table}.{form}", headers={"Diversion-Rows": str(rows)}, background=BackgroundTask(folder.cleanup))
