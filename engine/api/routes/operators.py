"""For operators: alive, ready, counted. Tells of no record."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from engine.api.room import RoomDep
from engine.workflows.audit_trail import audit_page

router = APIRouter(tags=["operators"])


@router.get("/healthz")
async def healthz() -> dict[str, str]:
    """The process answers; not on the thread pool, where many filings may wait for the one writer."""
    return {"status": "alive"}


@router.get("/readyz")
def readyz(room: RoomDep) -> dict[str, str]:
    """The store answers and a model, or the expert card, is in force."""
    with room.cursor() as cursor:
        _, head, _ = audit_page(cursor, 0, 1)
        return {"status": "ready", "model": room.desk.model(cursor).version, "head": head}


@router.get("/metrics", response_class=Response)
def metrics(request: Request) -> Response:
    """Counts and times for Prometheus."""
    return Response(generate_latest(request.app.state.counts.registry), media_type=CONTENT_TYPE_LATEST)
