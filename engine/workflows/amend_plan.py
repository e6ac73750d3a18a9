"""Changes a plan for a stated reason, each change a new record with its author; solves it again around what stays. Erases nothing."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Literal

import duckdb
import polars as pl

from engine.errors import Conflict, RefusedInput
from engine.monitoring.choose_visits import Choice, Frame, settle
from engine.monitoring.windows import rounds, slots_between
from engine.store import records
from engine.store.records import Origin
from engine.workflows.plan_visits import figures_told, left_out_told, told_visits, visit_body
from engine.workflows.planned import planned_visit_in_force
from engine.workflows.read_plan import KeptFrame, kept_frame

if TYPE_CHECKING:
    from engine.workflows.desk import Desk


@dataclass(frozen=True)
class Change:
    """One thing a planner does to a plan.

    Args:
        action: `drop` or `move` a visit, or `add` a shipment of the frame.
        visit_id: the visit, for `drop` and `move`.
        shipment_id: the shipment, for `add`.
        window: first and last day, for `move`, and where wanted for `add`.
    """

    action: Literal["drop", "add", "move"]
    visit_id: str | None = None
    shipment_id: str | None = None
    window: tuple[date, date] | None = None


@dataclass(frozen=True)
class Amended:
    """What an amendment did.

    Args:
        amendment: its number within the plan.
        dropped, added, moved, filled: visit ids; `filled` came in because there was room.
        displaced: visits by risk that made room, where the plan was solved anew.
    """

    plan_id: str
    amendment: int
    dropped: tuple[str, ...]
    added: tuple[str, ...]
    moved: tuple[str, ...]
    filled: tuple[str, ...]
    displaced: tuple[str, ...]


def amend_plan(
    desk: Desk, plan_id: str, changes: Sequence[Change], because: str, origin: Origin, *, keep: Literal["all", "fixed"] = "all"
) -> Amended:
    """Drop, add and move visits of a plan and solve the rest again.

    A lot visit that is dropped is non-response: it keeps its probability on record and no other is drawn for it. Room that
    comes free goes first to lot and mandatory visits that found none, then to risk.

    Args:
        because: the planner's reason, kept with every visit it touched.
        keep: `all` visits not named stay as they are; `fixed`: those by lot, by rule, moved, added or already made do, and risk is chosen anew.

    Raises:
        RefusedInput: no reason or change is given, a visit or shipment is not of this plan, or the change does not fit; the message says which limit is in the way.
        Conflict: the visit was already made, or the plan was amended meanwhile.
        UnknownRecord: no such plan.
    """
    if not because.strip() or not changes:
        raise RefusedInput("an amendment needs a reason and at least one change. Expected both: they are what an auditor will read. Give them.")
    cursor = desk.store.cursor()
    held = kept_frame(cursor, plan_id)
    planned_visit_in_force(cursor)
    standing = cursor.sql(
        "select visit_id, shipment_id, chosen_by, window_from, window_to, amendment, visit_id in (select visit_id from visit where visit_id is not null) as made "
        "from planned_visit_in_force where plan_id = $plan order by visit_id", params={"plan": plan_id},
    ).pl()
    number = _amendments(cursor, plan_id) + 1
    drops, moves, adds = _checked(held, standing, changes)
    gone = set(drops)
    stays = standing.filter(~pl.col("visit_id").is_in(list(gone)))
    touched = stays["visit_id"].is_in(list(moves)) | stays["made"] | stays["amendment"].is_not_null() | (stays["chosen_by"] != "risk")
    fixed = stays if keep == "all" else stays.filter(touched)
    windows = {row["shipment_id"]: (row["window_from"], row["window_to"]) for row in fixed.iter_rows(named=True)}
    windows |= {shipment: moves[visit] for visit, shipment in stays.select("visit_id", "shipment_id").iter_rows() if visit in moves}
    windows |= {shipment: window for shipment, window in adds.items() if window is not None}
    frame = _rewindowed(held, windows)
    rows = frame.rows
    kept = rows["shipment_id"].is_in([*fixed["shipment_id"], *adds]).to_numpy()
    out_before = {row[0] for row in cursor.execute("select distinct shipment_id from planned_visit where plan_id = ? and dropped and because is not null", [plan_id]).fetchall()}
    dropped_shipments = set(standing.filter(pl.col("visit_id").is_in(drops))["shipment_id"])
    barred = rows["shipment_id"].is_in(list((out_before | dropped_shipments) - set(adds) - set(fixed["shipment_id"]))).to_numpy()
    choice = settle(frame, held.drawn, held.capacity, kept=kept, barred=barred)
    _refuse_what_does_not_fit(choice)
    return _keep(desk, held, standing, choice, drops, moves, adds, because, number, windows, origin)


def _checked(held: KeptFrame, standing: pl.DataFrame, changes: Sequence[Change]) -> tuple[list[str], dict[str, tuple[date, date]], dict[str, tuple[date, date] | None]]:
    """The changes sorted by what they do."""
    drops, moves, adds = [], {}, {}
    by_visit = {row["visit_id"]: row for row in standing.iter_rows(named=True)}
    known, planned = set(held.frame.rows["shipment_id"]), set(standing["shipment_id"])
    for change in changes:
        if change.action in ("drop", "move"):
            visit = by_visit.get(change.visit_id or "")
            if visit is None:
                raise RefusedInput(f"visit {change.visit_id} does not stand in plan {held.plan_id}. Expected a visit of it that was not taken out. Look it up in the plan.")
            if visit["made"]:
                raise Conflict(f"visit {change.visit_id} was made already. Expected one still to come. What was found is corrected by a new visit record.")
            if change.visit_id in drops or change.visit_id in moves:
                raise RefusedInput(f"visit {change.visit_id} is named twice. Expected one change a visit. Leave one out.")
        if change.action == "drop":
            drops.append(change.visit_id)
        elif change.action == "move":
            moves[change.visit_id] = _window(held, change)
        else:
            if change.shipment_id not in known:
                raise RefusedInput(
                    f"shipment {change.shipment_id} is not in the frame of plan {held.plan_id}. Expected one that could be visited when the plan was made. "
                    "Plan another period for what arrived since."
                )
            if change.shipment_id in planned or change.shipment_id in adds:
                raise RefusedInput(f"shipment {change.shipment_id} stands in plan {held.plan_id} already. Expected another. Leave it out.")
            adds[change.shipment_id] = _window(held, change) if change.window else None
    return drops, moves, adds


def _window(held: KeptFrame, change: Change) -> tuple[date, date]:
    window = change.window
    if window is None or not held.start <= window[0] <= window[1] <= held.end:
        raise RefusedInput(f"a window of this plan lies between {held.start} and {held.end}, its first day not after its last. Give both days so.")
    return window


def _rewindowed(held: KeptFrame, windows: dict[str, tuple[date, date]]) -> Frame:
    """The frame with the windows of what stays: a planner's window goes before notice and default."""
    rows = held.frame.rows
    if not windows:
        return held.frame
    within = rounds(held.start, held.end, held.capacity)
    given = pl.DataFrame(
        [(shipment, first, last) for shipment, (first, last) in windows.items()], orient="row",
        schema={"shipment_id": pl.String, "given_from": pl.Date, "given_to": pl.Date},
    )
    joined = rows.join(given, on="shipment_id", how="left", maintain_order="left")
    named = pl.col("given_from").is_not_null()
    joined = joined.with_columns(
        slots=pl.when(named).then(slots_between(pl.col("given_from"), pl.col("given_to"), within)).otherwise(pl.col("slots")),
        window_from=pl.coalesce("given_from", "window_from"), window_to=pl.coalesce("given_to", "window_to"),
        told_by=pl.when(named).then(pl.col("given_from")).otherwise(pl.col("told_by")),
    )
    return replace(held.frame, rows=joined.drop("given_from", "given_to"))


def _refuse_what_does_not_fit(choice: Choice) -> None:
    unfit = [left for left in choice.left_out if left.chosen_by == "kept"]
    if unfit:
        told = " ".join(f"Shipment {left.shipment_id}: {left.because}." for left in unfit[:5])
        raise RefusedInput(f"the change does not fit. {told} Expected room within the plan's limits. Drop another visit in the same amendment, or let risk be chosen anew (keep: fixed).")


def _amendments(cursor: duckdb.DuckDBPyConnection, plan_id: str) -> int:
    return cursor.execute("select count(*) from record where kind = 'plan_amendment' and starts_with(key, ?)", [f"plan_amendment:{plan_id}:"]).fetchall()[0][0]


def _keep(
    desk: Desk, held: KeptFrame, standing: pl.DataFrame, choice: Choice, drops: list[str], moves: dict, adds: dict, because: str, number: int,
    windows: dict[str, tuple[date, date]], origin: Origin,
) -> Amended:
    """The amendment and every visit it touched, in one transaction."""
    plan_id = held.plan_id
    chosen = {row["shipment_id"]: row for row in told_visits(choice, held.start, held.end, held.capacity).iter_rows(named=True)}
    by_shipment = {row["shipment_id"]: row["visit_id"] for row in standing.iter_rows(named=True)}
    # Each record says since when the visit stands so: with the plan's own moment a drop would be known before it was made.
    signed = {"amendment": number, "amended_by": origin.actor, "because": because, "planned_at": f"{origin.at.isoformat()}Z"}
    moved = {shipment for shipment, visit in by_shipment.items() if visit in moves}
    bodies: list[tuple[str, str]] = []
    displaced = [visit for shipment, visit in by_shipment.items() if shipment not in chosen and visit not in drops]
    with desk.store.writing() as writer:
        if _amendments(writer, plan_id) != number - 1:
            raise Conflict(f"plan {plan_id} was amended meanwhile. Expected the plan as read. Read it again and repeat the change.")
        for visit_id in [*drops, *displaced]:
            told = signed if visit_id in drops else signed | {"because": None, "reason": f"made room when amendment {number} was solved anew"}
            bodies.append((visit_id, json.dumps(_body_of(writer, visit_id) | {"dropped": True} | told, sort_keys=True)))
        for shipment in sorted(moved):
            first, last = windows[shipment]
            bodies.append((by_shipment[shipment], json.dumps(
                _body_of(writer, by_shipment[shipment]) | {"window_from": first.isoformat(), "window_to": last.isoformat()} | signed, sort_keys=True)))
        count = writer.execute("select count(distinct visit_id) from planned_visit where plan_id = ?", [plan_id]).fetchall()[0][0]
        added, filled = [], []
        for shipment in sorted(name for name in chosen if name not in by_shipment):  # by shipment: in the order of the choice a visit's number would tell its rank
            row, count = chosen[shipment], count + 1
            visit_id = f"{plan_id}-{count:03d}"
            if shipment in adds:
                row |= {"reason": f"added by the planner: {because}"}
                if row["chosen_by"] == "risk":  # a person's choice is certain as a rule's is; the contract has no word of its own for it, so `added_by_planner` tells
                    row |= {"chosen_by": "mandatory"}
                added.append(visit_id)
                bodies.append((visit_id, visit_body(row, plan_id, visit_id, origin.at, added_by_planner=True, **signed)))
            else:
                filled.append(visit_id)
                bodies.append((visit_id, visit_body(row, plan_id, visit_id, origin.at, amendment=number, amended_by=origin.actor)))
        amended = Amended(plan_id, number, tuple(drops), tuple(added), tuple(by_shipment[s] for s in sorted(moved)), tuple(filled), tuple(displaced))
        body = {
            "plan_id": plan_id, "amendment": number, "amended_by": origin.actor, "amended_at": f"{origin.at.isoformat()}Z", "because": because,
            "dropped": drops, "added": added, "moved": amended.moved, "filled": filled, "displaced": displaced, "left_out": left_out_told(choice),
        } | figures_told(choice)
        records.append_one(writer, "plan_amendment", f"plan_amendment:{plan_id}:{number}", origin.at, json.dumps(body, sort_keys=True), origin, f"amend plan {plan_id}")
        staged = [(n, f"planned_visit:{visit_id}:{number}", origin.at, body) for n, (visit_id, body) in enumerate(bodies)]
        if staged:
            records.stage(writer, pl.DataFrame(staged, orient="row", schema=records.STAGED_SCHEMA))
            records.append(writer, "planned_visit", origin, f"amend plan {plan_id}")
    return amended


def _body_of(cursor: duckdb.DuckDBPyConnection, visit_id: str) -> dict:
    """The newest record of a planned visit."""
    (body,) = cursor.execute(
        "select body from record where record_no = (select max(record_no) from planned_visit where visit_id = ?)", [visit_id]
    ).fetchall()[0]
    return json.loads(body)
