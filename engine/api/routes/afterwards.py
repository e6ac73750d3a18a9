"""What comes after a licence: packs, serial numbers, due lists, alerts, proposals, an auditor's file of a visit, yearly reports."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query, Response

from engine.api.answers.afterwards import Alerts, DueAnswer, LicencesAnswer, Proposals
from engine.api.room import Caller, CallerDep, Cursor, Room, RoomDep
from engine.errors import NotPermitted
from engine.workflows import due as clocks
from engine.workflows import follow_up, report
from engine.workflows import licences as licensing
from engine.workflows.afterwards import moment_after
from engine.workflows.history import authority_of, unknown_application
from engine.workflows.serials import reconcile
from engine.workflows.visit_file import visit_file
from engine.workflows.visit_list import has_visit
from engine.workflows.visit_pack import application_of_visit, render, unknown_visit, visit_pack

router = APIRouter(prefix="/v1", tags=["afterwards"])
VisitId = Annotated[str, Path(max_length=64)]
MEDIA_TYPES = {"html": "text/html; charset=utf-8", "pdf": "application/pdf", "json": "application/json", "csv": "text/csv; charset=utf-8"}
AS_A_FILE = {"Content-Security-Policy": "sandbox", "X-Content-Type-Options": "nosniff"}
# What an obligation says of findings and of conditions is for officers; a planner sees what visits and papers are due.
NOT_FOR_PLANNERS = frozenset({"follow_up", "unverified_status", "licence_condition"})
OneApplication = Annotated[str | None, Query(max_length=64, description="Only what concerns this application.")]
FOLLOW_UP = "follow up"
Moment = Annotated[datetime, Query(description="RFC 3339, UTC.")]


def plain(told: Any) -> Any:
    """Dataclasses' values as JSON has them: moments in UTC, amounts as numbers."""
    if isinstance(told, dict):
        return {name: plain(value) for name, value in told.items()}
    if isinstance(told, (list, tuple)):
        return [plain(one) for one in told]
    if isinstance(told, datetime):
        return (told.astimezone(UTC) if told.tzinfo else told.replace(tzinfo=UTC)).strftime("%Y-%m-%dT%H:%M:%SZ")
    return told.isoformat() if isinstance(told, date) else float(told) if isinstance(told, Decimal) else told


def _without_offset(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment


@router.get("/applications/{application_id:id}/serials")
def read_serials(application_id: Annotated[str, Path(max_length=64)], caller: CallerDep, room: RoomDep) -> dict[str, Any]:
    """Serial numbers shipped against seen, and what samples of large lots tell."""
    with room.cursor() as cursor:
        caller.check_sees(cursor, application_id)
        if caller.role == "inspector" and not has_visit(cursor, application_id):
            raise unknown_application(application_id)
        return plain(asdict(reconcile(cursor, application_id, room.now())))


@router.get("/visits/{visit_id:id}/pack", response_class=Response)
def read_pack(visit_id: VisitId, caller: CallerDep, room: RoomDep, form: Literal["html", "pdf"] = "pdf") -> Response:
    """What an inspector takes along, to print: nothing of score, band, rank or how the visit was chosen."""
    with room.cursor() as cursor:
        _check_sees(cursor, caller, visit_id)
        made = render(visit_pack(cursor, visit_id, room.now()), f".{form}", room.now())
    return Response(made, media_type=MEDIA_TYPES[form], headers=AS_A_FILE | {"Content-Disposition": f'attachment; filename="visit-pack.{form}"'})


@router.get("/visits/{visit_id:id}/file")
def read_file(visit_id: VisitId, caller: CallerDep, room: RoomDep) -> dict[str, Any]:
    """What an auditor asks of a visit: its selection, the evidence behind the rating, each change of it, what was done before closing, and what is missing."""
    with room.cursor() as cursor:
        _check_sees(cursor, caller, visit_id)
        return plain(asdict(visit_file(room.desk, cursor, visit_id, room.now())))


def _check_sees(cursor: Cursor, caller: Caller, visit_id: str) -> None:
    """A visit of another authority is answered as none.

    Raises:
        UnknownRecord.
    """
    if not caller.may_see(authority_of(cursor, application_of_visit(cursor, visit_id))):
        raise unknown_visit(visit_id)


@router.get("/licences")
def list_licences(
    caller: CallerDep, room: RoomDep, as_of: Moment | None = None, outside: Annotated[bool, Query(description="Only the shipments outside a licence.")] = False,
    application_id: OneApplication = None, limit: Annotated[int, Query(ge=1, le=10_000)] = 1000, skip: Annotated[int, Query(ge=0)] = 0,
) -> LicencesAnswer:
    """What was licensed, shipped and left, and what was shipped outside: over-drawn, after expiry, while suspended."""
    moment = _without_offset(as_of) if as_of else moment_after(room.now())
    with room.cursor() as cursor:
        found = licensing.visible_licences(cursor, licensing.licences(cursor, moment), caller.authorities)
    if application_id is not None:
        found = licensing.of_application(found, application_id)
    page = () if outside else found.licences[skip : skip + limit]
    return LicencesAnswer(
        as_of=moment, licences=tuple(plain(asdict(one)) for one in page), outside=tuple(plain(asdict(one)) for one in found.outside),
        next_skip=skip + limit if not outside and len(found.licences) > skip + limit else None,
    )


@router.get("/due")
def list_due(
    caller: CallerDep, room: RoomDep, state: Annotated[list[Literal["due", "overdue", "met", "met_late"]] | None, Query()] = None, obligation: str | None = None,
    next_actor: str | None = None, until: date | None = None, order: Literal["age", "value"] = "age", as_of: Moment | None = None,
    application_id: OneApplication = None, limit: Annotated[int, Query(ge=1, le=5000)] = 1000, skip: Annotated[int, Query(ge=0)] = 0,
) -> DueAnswer:
    """What is due and overdue, by age or by value, each with who must act next. What speaks of findings or conditions is for officers."""
    if obligation in NOT_FOR_PLANNERS and not caller.reads_all:
        raise NotPermitted(f"{obligation} is for officers to read; this token's role is {caller.role}. Expected a role that reads applications. Ask for another obligation.")
    asked = clocks.Asked(tuple(state or ("due", "overdue")), obligation, next_actor, until, order, caller.authorities, limit + 1, skip, application_id)

    def made(cursor: Cursor, now: datetime) -> DueAnswer:
        clocks.lay_due(cursor, _without_offset(as_of) if as_of else moment_after(now))
        if not caller.reads_all:
            cursor.execute("delete from obligation where list_contains(?, obligation)", [sorted(NOT_FOR_PLANNERS)])
        rows = clocks.due(cursor, now, asked)
        unverified = [one for one in clocks.unverified(cursor, caller.authorities) if application_id in (None, one.application_id)] if caller.reads_all else []
        cooperation = clocks.cooperation(cursor) if caller.reads_all and caller.authorities is None and application_id is None else []
        return DueAnswer(
            obligations=tuple(plain(asdict(one)) for one in rows[:limit]), unverified=tuple(plain(asdict(one)) for one in unverified),
            cooperation=tuple(plain(asdict(one)) for one in cooperation), next_skip=skip + limit if len(rows) > limit else None,
        )

    with room.cursor() as cursor:
        return room.kept.answer(cursor, ("due", asked, as_of, caller.reads_all), room.now(), made)


def follow_up_laid(cursor: Cursor, now: datetime) -> dict[str, Any]:
    """What alerts and proposals are read from, whoever asks for which of them."""
    follow_up.lay_follow_up(cursor, moment_after(now))
    return follow_up.laid(cursor)


def _lay_kept(room: Room, cursor: Cursor, now: datetime) -> None:
    follow_up.lay_again(cursor, room.kept.answer(cursor, FOLLOW_UP, now, follow_up_laid))


@router.get("/alerts")
def list_alerts(
    caller: CallerDep, room: RoomDep, since: Moment | None = None, limit: Annotated[int, Query(ge=1, le=500)] = 100, skip: Annotated[int, Query(ge=0)] = 0,
    scored: Annotated[bool, Query(description="Score each application as of now; `false` tells the score on record alone, at once.")] = True,
) -> Alerts:
    """Findings that touch undecided applications and open licences, each scored as of now beside the score on record."""

    def made(cursor: Cursor, now: datetime) -> Alerts:
        _lay_kept(room, cursor, now)
        found = follow_up.alerts(room.desk, cursor, now, caller.authorities, since=_without_offset(since) if since else None, limit=limit, skip=skip, scored=scored)
        return Alerts(alerts=tuple(plain(asdict(one)) for one in found))

    with room.cursor() as cursor:
        return room.kept.answer(cursor, ("alerts", caller.authorities, since, limit, skip, scored), room.now(), made)


@router.get("/proposals")
def list_proposals(
    caller: CallerDep, room: RoomDep, state: Literal["open", "done", "not_done"] | None = None,
    limit: Annotated[int | None, Query(ge=1, le=10_000, description="The newest so many; without it all, the oldest open first.")] = None,
) -> Proposals:
    """What findings put before an approver: settled by a review with the proposal's id as subject."""

    def made(cursor: Cursor, now: datetime) -> Proposals:
        _lay_kept(room, cursor, now)
        found = follow_up.proposals(cursor, caller.authorities, state=state)
        if limit is not None:
            found = sorted(found, key=lambda one: (one.proposed_at, one.proposal_id), reverse=True)[:limit]
        return Proposals(proposals=tuple(plain(asdict(one)) for one in found))

    with room.cursor() as cursor:
        return room.kept.answer(cursor, ("proposals", caller.authorities, state, limit), room.now(), made)


@router.get("/reports/{year}", response_class=Response)
def read_report(
    year: Annotated[int, Path(ge=1990, le=2200)], caller: CallerDep, room: RoomDep, form: Literal["html", "json", "csv"] = "json",
    inspector_days: Annotated[float | None, Query(ge=0)] = None, authority: Annotated[str | None, Query(pattern=r"^[A-Z]{2}$")] = None,
) -> Response:
    """The year's report: coverage, punctuality, findings, diversions, cost, the estimate from visits by lot, and what may not be inferred."""
    if authority and not caller.may_see(authority):
        raise NotPermitted("the token does not name this authority. Expected one of its own. Use a token for that authority.")
    visible = (authority,) if authority else caller.authorities
    with room.cursor() as cursor:
        told = room.kept.answer(
            cursor, ("report", year, visible, inspector_days), room.now(), lambda cursor, now: report.yearly_report(cursor, year, now, visible, inspector_days)
        )
    return Response(report.render(told, f".{form}"), media_type=MEDIA_TYPES[form], headers=AS_A_FILE | {"Content-Disposition": f'attachment; filename="verification-{year}.{form}"'})
