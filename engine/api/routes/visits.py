"""Visits that are due, overdue and done, and the plans that chose them."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query, Response
from fastapi.encoders import jsonable_encoder

from engine.api.answers import JobAnswer, NewPlan, Plan, VisitRows
from engine.api.openapi import takes
from engine.api.orders import PlanOrder
from engine.api.room import BodyDep, Caller, CallerDep, OriginDep, Room, RoomDep
from engine.api.routes.jobs import answer_to
from engine.api.views import visit_for
from engine.errors import FieldProblem, InvalidRecord, UnknownRecord
from engine.store.records import Origin
from engine.wire import parse
from engine.workflows.apart import apart
from engine.workflows.visit_list import plan_rows, visit_list

router = APIRouter(prefix="/v1", tags=["visits"])
LONGEST_PLAN = timedelta(days=3 * 366)


@router.get("/visits")
def list_visits(
    caller: CallerDep, room: RoomDep, state: Literal["due", "overdue", "done"] | None = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 200, skip: Annotated[int, Query(ge=0)] = 0,
) -> VisitRows:
    """Visits by the end of their window; before sign-off an inspector is not told why one was chosen."""
    with room.cursor() as cursor:
        rows = visit_list(cursor, room.now(), state, caller.authorities, limit + 1, skip)
    return VisitRows(visits=tuple(visit_for(caller, row) for row in rows[:limit]), next_skip=skip + limit if len(rows) > limit else None)


@router.post("/plans", status_code=201, openapi_extra=takes(PlanOrder), responses={202: {"description": "Still at work: ask for the job."}})
def make_plan(body: BodyDep, caller: CallerDep, origin: OriginDep, room: RoomDep, response: Response) -> NewPlan | JobAnswer:
    """Chooses visits by risk and by lot; answers the plan, or a job where it takes long."""
    order = _checked(parse(PlanOrder, body).model)
    job = room.jobs.start(caller.name, "plan visits", lambda: _plan(room, caller, order, origin))
    return answer_to(job, room.limits.patience, response, NewPlan, created=201)


def _checked(order: PlanOrder) -> PlanOrder:
    if not order.from_ <= order.to <= order.from_ + LONGEST_PLAN:
        raise InvalidRecord("The plan", [FieldProblem("to", "the plan ends before it begins, or is longer than three years", "a day on or after `from`", "Check the two days.")])
    return order


def _plan(room: Room, caller: Caller, order: PlanOrder, origin: Origin) -> dict:
    from engine.workflows.plan_visits import plan_visits

    more = {} if order.lot_share is None else {"lot_share": order.lot_share}
    plan = apart(room.desk, plan_visits, order.from_, order.to, order.visits, origin, memory_limit=room.settings.memory_limit, seed=order.seed, **more)
    with room.cursor() as cursor:
        told = _told(plan.plan_id, plan_rows(cursor, plan.plan_id, caller.authorities))
    return told | {"eligible": plan.eligible, "without_consent": plan.without_consent, "mandatory_left_out": plan.mandatory_left_out}


@router.get("/plans/{plan_id:id}")
def read_plan(plan_id: Annotated[str, Path(max_length=64)], caller: CallerDep, room: RoomDep) -> Plan:
    """A plan's visits in the order planned, each with its reason and its inclusion probability."""
    with room.cursor() as cursor:
        rows = plan_rows(cursor, plan_id, caller.authorities)
    if not rows:
        raise UnknownRecord("there is no such plan, or none of its visits is of an authority of this token. Expected the `plan_id` of a plan. Look it up there.")
    return Plan(**_told(plan_id, rows))


def _told(plan_id: str, rows: list[dict]) -> dict:
    return {"plan_id": plan_id, "visits": jsonable_encoder(rows)}
