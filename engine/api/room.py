"""What a request finds in the service: the desk, the clock, who is calling, and its body within bounds. Opens no database."""

from __future__ import annotations

import hashlib
import re
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any

from fastapi import Depends, Request

from engine.api import permissions
from engine.api.filing import FilingBatches
from engine.api.jobs import Job, Jobs
from engine.api.kept import Kept
from engine.api.limits import Buckets, Limits
from engine.api.openapi import query_of
from engine.errors import FieldProblem, InvalidRecord, NotAuthenticated, NotPermitted, TooLarge
from engine.settings import Settings
from engine.store.records import Origin
from engine.workflows.desk import Desk
from engine.workflows.history import authority_of, unknown_application
from engine.workflows.tokens import look_up

LONGEST_NAME = 60  # characters of an unknown parameter's name that are told
Cursor = Any  # of the store's own library, which only the store knows by name


def as_stored(moment: datetime) -> datetime:
    """A moment in UTC, without offset."""
    return moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment


@dataclass(frozen=True)
class Room:
    """What every request shares."""

    desk: Desk
    settings: Settings
    clock: Callable[[], datetime]
    limits: Limits
    buckets: Buckets
    jobs: Jobs
    filing: FilingBatches
    kept: Kept
    trust_roots: tuple[bytes, ...] = ()  # certificates (DER) that signatures on document files are trusted by

    def now(self) -> datetime:
        """This moment in UTC, without offset, as the store keeps times."""
        return as_stored(self.clock())

    @contextmanager
    def cursor(self) -> Iterator[Cursor]:
        """A cursor of its own for one reader."""
        cursor = self.desk.store.cursor()
        try:
            yield cursor
        finally:
            cursor.close()


@dataclass(frozen=True)
class Caller:
    """Who is asking, as the token says."""

    token_id: str
    name: str
    role: str
    authorities: tuple[str, ...] | None

    @property
    def reads_all(self) -> bool:
        """Whether reasons, evidence and what its originator controls are shown."""
        return self.role in permissions.READS_ALL

    def may_see(self, authority: str | None) -> bool:
        """Whether another authority's filing stays hidden."""
        return self.authorities is None or authority in self.authorities

    def check_files_for(self, authority: str) -> None:
        """Refuse to file for an authority that the token does not name.

        Raises:
            NotPermitted.
        """
        if not self.may_see(authority):
            raise NotPermitted("the token does not name the authority of this filing. Expected one of its own. Use a token for that authority.")

    def check_sees(self, cursor: Cursor, application_id: str) -> None:
        """Answer for another authority's application exactly as for none.

        Raises:
            UnknownApplication.
        """
        authority = authority_of(cursor, application_id)
        if authority is None or not self.may_see(authority):
            raise unknown_application(application_id)


def room(request: Request) -> Room:
    """What the service shares."""
    return request.app.state.room


RoomDep = Annotated[Room, Depends(room)]


def caller(request: Request, here: RoomDep) -> Caller:
    """Who is asking: known, allowed here, not too often, and in words that the route knows. Runs before any body is read.

    Raises:
        NotAuthenticated, NotPermitted, TooManyRequests.
        InvalidRecord: a query parameter that the route does not take.
    """
    scheme, _, secret = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not secret.strip():
        raise NotAuthenticated("the request carries no bearer token. Expected `Authorization: Bearer TOKEN`. Ask an admin for a token.")
    with here.cursor() as cursor:
        token = look_up(cursor, secret.strip(), here.now())
    if token is None:
        raise NotAuthenticated("the bearer token is not known, has ended or was revoked. Expected a valid one. Ask an admin for a new token.")
    asking = Caller(token.token_id, token.name, token.role, token.authorities)
    request.state.caller = asking
    here.buckets.take(asking.token_id)
    permissions.check(asking.role, request.method, route_of(request), request.path_params)
    _check_query(request)
    return asking


def _check_query(request: Request) -> None:
    """Refuse a query parameter that the route does not take: ignored, a mistyped filter would answer as if it had been applied.

    Raises:
        InvalidRecord.
    """
    known = query_of(request.app, request.method, route_of(request))
    expected = f"one of {', '.join(f'`{name}`' for name in known)}" if known else "a path without a query"
    unknown = [name for name in dict.fromkeys(request.query_params) if name not in known]
    if unknown:
        near = {name: get_close_matches(name[:LONGEST_NAME], known, n=1) for name in unknown}
        raise InvalidRecord("The query", [FieldProblem(
            name[:LONGEST_NAME], "this route takes no such query parameter", expected, f"Did you mean `{near[name][0]}`?" if near[name] else "Leave it out.",
        ) for name in unknown])


CallerDep = Annotated[Caller, Depends(caller)]


def route_of(request: Request) -> str:
    """The path of the route as declared, without what stood in its braces."""
    route = request.scope.get("route")
    return getattr(route, "path_format", None) or getattr(route, "path", "unknown")


def origin(asking: CallerDep, here: RoomDep) -> Origin:
    """Who writes, for the record: the token's name, over HTTP, now."""
    return Origin(asking.name, "http", here.now())


OriginDep = Annotated[Origin, Depends(origin)]


async def _chunks(request: Request, most: int) -> AsyncIterator[bytes]:
    """The body piece by piece, refused as soon as it is too long, whatever its header says.

    Raises:
        TooLarge.
    """
    told = request.headers.get("content-length", "")
    size = int(told) if told.isdigit() else 0
    if size <= most:
        size = 0
        async for chunk in request.stream():
            size += len(chunk)
            if size > most:
                break
            yield chunk
    if size > most:
        raise TooLarge(f"the body is longer than is taken at once. Expected at most {most:,} bytes. Send less at a time.")


async def body(request: Request, asking: CallerDep, here: RoomDep) -> bytes:
    """The raw body of one record; parsed by the wire, which also sees a name that stands twice."""
    return b"".join([chunk async for chunk in _chunks(request, here.limits.body)])


async def batch_body(request: Request, asking: CallerDep, here: RoomDep) -> bytes:
    """The raw body of many records."""
    return b"".join([chunk async for chunk in _chunks(request, here.limits.batch)])


BodyDep = Annotated[bytes, Depends(body)]
BatchBodyDep = Annotated[bytes, Depends(batch_body)]


@dataclass
class Received:
    """A file that came in: where it lies until the request ends, and its hash. Long work that reads it is put in `job`: the file then lies until that has ended."""

    path: Path
    sha256: str
    job: Job | None = None


async def _received(request: Request, folder: Path, name: str, most: int) -> Received:
    digest = hashlib.sha256()
    path = folder / name
    with path.open("wb") as file:
        async for chunk in _chunks(request, most):
            digest.update(chunk)
            file.write(chunk)
    return Received(path, digest.hexdigest())


async def received_evidence(request: Request, asking: CallerDep, here: RoomDep) -> AsyncIterator[Received]:
    """An evidence file on the store's own disk, so that it is moved and not copied into place."""
    with tempfile.TemporaryDirectory(prefix=".diversion-", dir=here.desk.store.path.absolute().parent) as folder:
        yield await _received(request, Path(folder), "evidence", here.limits.evidence)


async def received_file(request: Request, asking: CallerDep, here: RoomDep) -> AsyncIterator[Received]:
    """A file for the engine to read; `?filename=` tells its ending, and nothing else of that name is used but letters and digits."""
    name = re.sub(r"[^A-Za-z0-9._-]", "_", Path(request.query_params.get("filename", "upload.jsonl")).name)[-100:].lstrip(".") or "upload"
    async with _received_for_work(request, name, here.limits.file) as received:
        yield received


async def received_paper(request: Request, asking: CallerDep, here: RoomDep) -> AsyncIterator[Received]:
    """The file behind a declared document; as `received_file`, but of no name."""
    async with _received_for_work(request, "paper", here.limits.paper) as received:
        yield received


@asynccontextmanager
async def _received_for_work(request: Request, name: str, most: int) -> AsyncIterator[Received]:
    """A file that is gone with its folder whatever becomes of the request: refused, answered, failed, or left to long work that is itself cut off."""
    folder, received = tempfile.TemporaryDirectory(prefix="diversion-"), None
    try:
        received = await _received(request, Path(folder.name), name, most)
        yield received
    finally:
        if received and received.job:
            received.job.future.add_done_callback(lambda _: folder.cleanup())
        else:
            folder.cleanup()


EvidenceDep = Annotated[Received, Depends(received_evidence)]
FileDep = Annotated[Received, Depends(received_file)]
PaperDep = Annotated[Received, Depends(received_paper)]
