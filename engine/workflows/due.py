"""Reads what is due after the licences and who must act next: clocks, balances, unverified parties, cooperation. Writes nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

import duckdb

from engine.errors import FieldProblem, InvalidRecord
from engine.workflows.afterwards import lay_visits
from engine.workflows.follow_up import lay_follow_up
from engine.workflows.licences import monitoring_sql

OBLIGATIONS = (
    "receipt_confirmation", "delivery_verification", "first_visit", "later_visit", "planned_visit", "visit_review", "replaced_stock_destruction",
    "temporary_return", "licence_condition", "host_state_response", "party_response", "request_answer", "unverified_status", "follow_up",
)
STATES = ("due", "overdue", "met", "met_late")
ORDERS = {"age": "due_on, value_eur desc nulls last, obligation, subject", "value": "value_eur desc nulls last, due_on, obligation, subject"}


@dataclass(frozen=True)
class Obligation:
    """What someone owes.

    Args:
        subject: the shipment, visit, request, condition or application it is about.
        since, due_on, met_on: days; `met_on` is None while it is open.
        next_actor: exporter, end_user, planner, inspector, approver, or whoever a request was put to.
        value_eur: worth of the goods concerned, in EUR of the filing's month; None where it was not said.
        days_over: days past `due_on`, negative before it; None once met.
    """

    obligation: str
    subject: str
    application_id: str | None
    shipment_id: str | None
    authority: str | None
    destination: str | None
    since: date | None
    due_on: date
    met_on: date | None
    state: str
    next_actor: str
    what: str
    value_eur: Decimal | None
    days_over: int | None


@dataclass(frozen=True)
class Unverified:
    """An end user whose check could not be completed: proposed, or made so by an approver."""

    subject: str
    application_id: str
    silence_of: str
    since: date
    proposed_on: date
    why: str
    state: str
    because: str | None
    recorded_by: str | None
    approved_by: str | None
    settled_on: date | None
    valid_to: date | None
    completed_on: date | None


@dataclass(frozen=True)
class Cooperation:
    """How a country or a party answered requests for consent to visits; days late are over the time allowed."""

    whose: str
    subject: str
    name: str | None
    asked: int
    given: int
    refused: int
    open: int
    late: int
    days_late: int


@dataclass(frozen=True)
class Asked:
    """What of the due list is wanted; None leaves a filter out.

    Args:
        states: of `STATES`.
        order: `age`, the longest overdue first, or `value`, the dearest first.
        application_id: what concerns that application alone.
        visible: the authorities whose filings the caller may read; None = all.
    """

    states: tuple[str, ...] = ("due", "overdue")
    obligation: str | None = None
    next_actor: str | None = None
    until: date | None = None
    order: str = "age"
    visible: tuple[str, ...] | None = None
    limit: int = 1000
    skip: int = 0
    application_id: str | None = None


def lay_due(cursor: duckdb.DuckDBPyConnection, as_of: datetime) -> None:
    """`obligation`, `unverified`, `cooperation` and what they stand on, as known by `as_of` (UTC)."""
    lay_follow_up(cursor, as_of)
    lay_visits(cursor, "visit_standing", "physical_need")
    for name in ("shipment_fate", "condition_standing", "request_standing", "unverified", "cooperation", "obligation"):
        cursor.execute(f"create or replace temp table {name} as {monitoring_sql(name)}")


def due(cursor: duckdb.DuckDBPyConnection, as_of: datetime, asked: Asked) -> list[Obligation]:
    """The due list; after `lay_due` on the same cursor.

    Raises:
        InvalidRecord: a filter is none of the words known.
    """
    _check(asked)
    rows = cursor.execute(
        "select * from obligation where list_contains($states, state) and ($obligation is null or obligation = $obligation) and ($actor is null or next_actor = $actor) "
        f"and ($until is null or due_on <= $until) and ($application is null or application_id = $application) and ($visible is null or list_contains($visible, authority)) order by {ORDERS[asked.order]} limit $limit offset $skip",
        {"states": list(asked.states), "obligation": asked.obligation, "actor": asked.next_actor, "until": asked.until, "application": asked.application_id,
         "visible": list(asked.visible) if asked.visible is not None else None, "limit": asked.limit, "skip": asked.skip},
    ).fetchall()
    return [Obligation(*row) for row in rows]


def unverified(cursor: duckdb.DuckDBPyConnection, visible: tuple[str, ...] | None) -> list[Unverified]:
    """Unverified end users, proposed and made; after `lay_due`."""
    rows = cursor.execute(
        "select unverified.* from unverified inner join filing_standing on unverified.application_id = filing_standing.application_id "
        "where $visible is null or list_contains($visible, authority) order by proposed_on, subject", {"visible": list(visible) if visible is not None else None},
    ).fetchall()
    return [Unverified(*row) for row in rows]


def cooperation(cursor: duckdb.DuckDBPyConnection) -> list[Cooperation]:
    """The record of cooperation of each country and party asked; after `lay_due`."""
    return [Cooperation(*row) for row in cursor.execute("select * from cooperation").fetchall()]


def _check(asked: Asked) -> None:
    for name, given, known in (("order", asked.order, tuple(ORDERS)), ("obligation", asked.obligation, OBLIGATIONS), *(("state", state, STATES) for state in asked.states)):
        if given is not None and given not in known:
            raise InvalidRecord("The query", [FieldProblem(name, f"{str(given)[:40]!r} is not known", ", ".join(known), "Name one of these.")])
