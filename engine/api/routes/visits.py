"""Visits that are due, overdue and done, and the plans that chose them."""

from __future__ import annotations

from dataclasses import asdict
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Literal
from urllib.parse import quote

from fastapi import APIRouter, Path, Query, Response
from fastapi.encoders import jsonable_encoder

from engine.api.answers.jobs import JobAnswer
from engine.api.answers.visits import Amended, NewPlan, Plan, Selection, VisitRows
from engine.api.openapi import takes
from engine.api.orders import AmendmentOrder, PlanChange, PlanOrder
from engine.api.room import BodyDep, Caller, CallerDep, OriginDep, Room, RoomDep
from engine.api.routes.afterwards import OneApplication
from engine.api.routes.jobs import answer_to
from engine.api.views import visit_for
from engine.errors import FieldProblem, InvalidRecord
from engine.store.records import Origin
from engine.wire import parse
from engine.workflows.apart import apart
from engine.workflows.evidence import not_kept
from engine.workflows.read_plan import plan_told, why
from engine.workflows.visit_list import visit_list

if TYPE_CHECKING:
    from engine.workflows.amend_plan import Change

router = APIRouter(prefix="/v1", tags=["visits"])
LONGEST_PLAN = timedelta(days=3 * 366)


@router.get("/visits")
def list_visits(
    caller: CallerDep, room: RoomDep, state: Literal["due", "overdue", "done"] | None = None, application_id: OneApplication = None,
    limit: Annotated[int, Query(ge=1, le=5000)] = 200, skip: Annotated[int, Query(ge=0)] = 0,
) -> VisitRows:
    """Open visits by the end of their window, then those made, the newest first; before sign-off an inspector is not told why one was chosen."""
    with room.cursor() as cursor:
        rows = visit_list(cursor, room.now(), state, caller.authorities, limit + 1, skip, application_id=application_id)
    rows = [row | {"evidence_missing": len(not_kept(room.desk, row["evidence"] or ()))} for row in rows]
    return VisitRows(visits=tuple(visit_for(caller, row) for row in rows[:limit]), next_skip=skip + limit if len(rows) > limit else None)


@router.post("/plans", status_code=201, openapi_extra=takes(PlanOrder), responses={202: {"description": "Still at work: ask for the job."}})
def make_plan(body: BodyDep, caller: CallerDep, origin: OriginDep, room: RoomDep, response: Response) -> NewPlan | JobAnswer:
    """Chooses visits by risk and by lot; answers the plan, or a job where it takes long."""
    order = _checked(parse(PlanOrder, body).model)
    job = room.jobs.start(caller.name, "plan visits", lambda: _plan(room, caller, order, origin))
    return answer_to(job, room.limits.patience, response, NewPlan, created=201, at=lambda plan: f"/v1/plans/{quote(plan.plan_id, safe='')}")


def _checked(order: PlanOrder) -> PlanOrder:
    if not order.from_ <= order.to <= order.from_ + LONGEST_PLAN:
        raise InvalidRecord("The plan", [FieldProblem("to", "the plan ends before it begins, or is longer than three years", "a day on or after `from`", "Check the two days.")])
    return order


def _plan(room: Room, caller: Caller, order: PlanOrder, origin: Origin) -> dict:
    from engine.workflows.plan_visits import plan_visits

    more = {} if order.lot_share is None else {"lot_share": order.lot_share}
    plan = apart(room.desk, plan_visits, order.from_, order.to, order.visits, origin, memory_limit=room.settings.memory_limit, seed=order.seed,
                 capacity=order.capacity, **more)
    with room.cursor() as cursor:
        told = jsonable_encoder(plan_told(cursor, plan.plan_id, caller.authorities))
    return told | {"eligible": plan.eligible, "without_consent": plan.without_consent, "mandatory_left_out": plan.mandatory_left_out}


@router.post("/plans/{plan_id:id}/amendments", status_code=201, openapi_extra=takes(AmendmentOrder), responses={202: {"description": "Still at work: ask for the job."}})
def amend(
    plan_id: Annotated[str, Path(max_length=64)], body: BodyDep, caller: CallerDep, origin: OriginDep, room: RoomDep, response: Response
) -> Amended | JobAnswer:
    """Drops, adds and moves visits for a stated reason and solves the rest again around what stays."""
    order = parse(AmendmentOrder, body).model
    with room.cursor() as cursor:
        plan_told(cursor, plan_id, caller.authorities)
        for shipment_id in _shipments(order, cursor, plan_id):
            why(cursor, plan_id, shipment_id, caller.authorities)  # what a token may not see it may not move
    job = room.jobs.start(caller.name, "amend a plan", lambda: _amend(room, plan_id, order, origin))
    return answer_to(job, room.limits.patience, response, Amended, created=201, at=lambda done: f"/v1/plans/{quote(done.plan_id, safe='')}")


def _shipments(order: AmendmentOrder, cursor, plan_id: str) -> set[str]:
    named = {change.visit_id for change in order.changes if change.visit_id}
    every = plan_told(cursor, plan_id, None)["visits"]
    return {change.shipment_id for change in order.changes if change.shipment_id} | {row["shipment_id"] for row in every if row["visit_id"] in named}


def _amend(room: Room, plan_id: str, order: AmendmentOrder, origin: Origin) -> dict:
    from engine.workflows.amend_plan import amend_plan

    return asdict(amend_plan(room.desk, plan_id, [_change(change) for change in order.changes], order.because, origin, keep=order.keep))


def _change(change: PlanChange) -> Change:
    from engine.workflows.amend_plan import Change

    window = None if change.window_from is None or change.window_to is None else (change.window_from, change.window_to)
    return Change(change.action, change.visit_id, change.shipment_id, window)


@router.get("/plans/{plan_id:id}/shipments/{shipment_id:id}")
def explain_selection(
    plan_id: Annotated[str, Path(max_length=64)], shipment_id: Annotated[str, Path(max_length=64)], caller: CallerDep, room: RoomDep
) -> Selection:
    """Why a shipment of the plan's frame was chosen or not: score, rank, cut, lot, limits, and who overrode what."""
    with room.cursor() as cursor:
        return Selection(**why(cursor, plan_id, shipment_id, caller.authorities))


@router.get("/plans/{plan_id:id}")
def read_plan(plan_id: Annotated[str, Path(max_length=64)], caller: CallerDep, room: RoomDep) -> Plan:
    """A plan: its visits, the method and analysis behind them, what its limits cost, and every amendment with its author."""
    with room.cursor() as cursor:
        return Plan(**jsonable_encoder(plan_told(cursor, plan_id, caller.authorities)))
