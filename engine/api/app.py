"""Puts the service together from its parts. Knows no route's work."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import TextIO

from fastapi import FastAPI

from engine.api import openapi, problems
from engine.api.filing import FilingBatches
from engine.api.jobs import Jobs
from engine.api.kept import Kept
from engine.api.limits import Buckets, Limits, limits_for
from engine.api.paths import EncodedSlashes
from engine.api.room import Room, as_stored
from engine.api.routes import (
    afterwards,
    applications,
    audit,
    backups,
    document_files,
    events,
    evidence,
    exports,
    ingests,
    jobs,
    models,
    operators,
    papers,
    parties,
    scores,
    screening,
    tokens,
    visits,
    what_ifs,
)
from engine.api.watch import Counts, Watch, logger
from engine.documents.pdf import certificates_in
from engine.settings import Settings
from engine.workflows.desk import Desk

# In this order: of two routes that fit a path, the first is taken, and an application's id may hold a slash (`paths`).
RESOURCES = (
    what_ifs, scores, papers, afterwards, parties, applications, events, visits, evidence, document_files, screening, models, audit, exports, ingests, jobs, backups, tokens, operators,
)


def utc_now() -> datetime:
    """This moment."""
    return datetime.now(UTC)


def create_app(
    desk: Desk, settings: Settings, clock: Callable[[], datetime] = utc_now, *, limits: Limits | None = None, log: TextIO | None = None
) -> FastAPI:
    """The service over an open desk.

    Args:
        clock: tells the moment; handed in, so that a test can stop it.
        limits: how much and how often.
        log: where the JSON lines go; standard error by default.
    """
    limits = limits or limits_for(settings.requests_per_second)
    work = Jobs()
    line = FilingBatches(desk, lambda: as_stored(clock()))

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        app.openapi()  # each request is held to it, and many at once must not all begin to write it
        yield
        line.close()
        work.close()

    app = FastAPI(title="diversion", version="1", description=openapi.DESCRIPTION, lifespan=lifespan, docs_url=None, redoc_url=None)
    app.state.room = Room(desk, settings, clock, limits, Buckets(limits), work, line, Kept(), tuple(certificates_in(settings.trust_roots)))
    app.state.counts = Counts(waiting=lambda: line.waiting)
    for resource in RESOURCES:
        app.include_router(resource.router)
    problems.install(app)
    app.add_middleware(EncodedSlashes)
    app.add_middleware(Watch, log=logger(log), counts=app.state.counts)
    app.openapi = lambda: openapi.describe(app)
    return app
