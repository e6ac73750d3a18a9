"""Reads a plan as an auditor asks for it: method, frame, lot, figures, amendments, and why any shipment was chosen or not. Changes nothing."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, datetime

import duckdb
import numpy as np
import polars as pl

from engine.errors import UnknownRecord
from engine.monitoring.choose_visits import LIMITS, Frame, limits_in_the_way
from engine.store.records import body_of
from engine.wire import Capacity
from engine.workflows.planned import planned_visit_in_force
from engine.workflows.visit_list import plan_rows

DATES = ("arrived_on", "window_from", "window_to", "told_by")


@dataclass(frozen=True)
class KeptFrame:
    """A frame and its lot as they were put on record.

    Args:
        order: everything that was put on record with it, without the rows.
        drawn: (n,) bool, the lot.
    """

    plan_id: str
    start: date
    end: date
    frame: Frame
    drawn: np.ndarray
    capacity: Capacity | None
    order: dict


def kept_frame(cursor: duckdb.DuckDBPyConnection, plan_id: str) -> KeptFrame:
    """The frame of a plan.

    Raises:
        UnknownRecord: no such plan, or one made before frames were kept apart.
    """
    frame, lot = (body_of(cursor, f"{kind}:{plan_id}") for kind in ("plan_frame", "plan_lot"))
    if frame is None or lot is None:
        raise UnknownRecord(f"no frame of a plan {plan_id} is on record. Expected the `plan_id` of a plan made with one. Look it up, or plan again.")
    order = json.loads(frame)
    columns, told = order.pop("frame_columns"), order.pop("frame")
    rows = pl.DataFrame(told, orient="row", schema=columns, infer_schema_length=None)
    rows = rows.with_columns(
        *[pl.col(name).cast(pl.String).str.to_date() for name in DATES], pl.col("end_user", "slots", "slots_without_notice").cast(pl.Int64),
        pl.col("risk", "lot_probability", "size", "tier").cast(pl.Float64), pl.col("consent_answer", "region").cast(pl.String),
    )
    drawn = rows["shipment_id"].is_in(json.loads(lot)["drawn"]).to_numpy()
    capacity = None if order["capacity"] is None else Capacity.model_validate(order["capacity"], by_name=True)
    visits = min(order["visits"], len(rows))
    return KeptFrame(plan_id, date.fromisoformat(order["from"]), date.fromisoformat(order["to"]), Frame(rows, order["draws"], visits), drawn, capacity, order)


def plan_told(cursor: duckdb.DuckDBPyConnection, plan_id: str, visible: tuple[str, ...] | None) -> dict:
    """Everything about a plan that the caller may see.

    Raises:
        UnknownRecord: no such plan, or none of its visits may be seen.
    """
    rows = plan_rows(cursor, plan_id, visible)
    framed = body_of(cursor, f"plan_frame:{plan_id}") is not None and body_of(cursor, f"plan:{plan_id}") is not None
    held = kept_frame(cursor, plan_id) if framed else None
    seen = _seen(cursor, held.frame.rows["application_id"].unique().to_list(), visible) if held else set()
    # A plan in which nothing fitted has no visit, and says why; it is no secret to whoever may see part of its frame.
    empty = bool(seen) and not plan_rows(cursor, plan_id, None)
    if not rows and not empty:
        raise UnknownRecord("there is no such plan, or none of its visits is of an authority of this token. Expected the `plan_id` of a plan. Look it up there.")
    shown = [row | {"planned_at": _in_utc(row["planned_at"])} for row in rows]
    told = {"plan_id": plan_id, "visits": [row for row in shown if not row["dropped"]], "taken_out": [row for row in shown if row["dropped"]]}
    if held is None:
        return told
    body = json.loads(body_of(cursor, f"plan:{plan_id}"))
    return told | {
        "method": held.order["method"], "seed": held.order["seed"], "frame": _summary(held),
        "left_out": [left for left in body["left_out"] if left["application_id"] in seen],
        "amendments": [_amendment(json.loads(one), seen) for (one,) in cursor.execute(
            "select body from record where kind = 'plan_amendment' and starts_with(key, ?) order by record_no", [f"plan_amendment:{plan_id}:"]).fetchall()],
    } | {name: body[name] for name in ("objective", "greedy", "bound", "gap", "cut_short", "lowest_risk_chosen", "costs")}


def why(cursor: duckdb.DuckDBPyConnection, plan_id: str, shipment_id: str, visible: tuple[str, ...] | None) -> dict:
    """Why one shipment of a plan's frame is in the plan or not: score, rank, cut, lot, limits in its way, and who overrode what.

    Raises:
        UnknownRecord: no such plan, or the shipment is not in its frame or may not be seen.
    """
    held = kept_frame(cursor, plan_id)
    row = next(held.frame.rows.filter(shipment_id=shipment_id).iter_rows(named=True), None)
    if row is None or not _seen(cursor, [row["application_id"]], visible):
        raise UnknownRecord("that shipment is not in the frame of this plan, or not of an authority of this token. Expected one that was eligible. Look it up.")
    planned_visit_in_force(cursor)
    found = cursor.execute("select * exclude (record_no, seq, channel) from planned_visit where plan_id = ? and shipment_id = ? order by record_no", [plan_id, shipment_id])
    names = [column[0] for column in found.description]
    records = [dict(zip(names, one, strict=True)) for one in found.fetchall()]
    standing = [one for one in records[-1:] if not one["dropped"]]
    drawn = bool(held.drawn[held.frame.rows["shipment_id"].to_list().index(shipment_id)])
    told = {name: row[name] for name in ("shipment_id", "application_id", "risk", "stratum", "rank", "tier", "lot_probability", "mandatory", "consent",
                                         "consent_answer", "arrived_on")}
    window = standing[0] if standing else row  # a planner may have moved it
    told |= {"window_from": window["window_from"], "window_to": window["window_to"], "frame_window_from": row["window_from"], "frame_window_to": row["window_to"]}
    cut = cursor.execute("select min(risk), max(rank) from planned_visit_in_force where plan_id = ? and chosen_by = 'risk'", [plan_id]).fetchall()[0]
    told |= {
        "plan_id": plan_id, "of": len(held.frame.rows), "drawn_by_lot": drawn, "in_plan": bool(standing), "visit_id": records[-1]["visit_id"] if records else None,
        "chosen_by": standing[0]["chosen_by"] if standing else None, "added_by_planner": bool(standing and standing[0]["added_by_planner"]),
        "reason": standing[0]["reason"] if standing else None,
        "lowest_risk_chosen": cut[0], "last_rank_chosen": cut[1], "model_version": held.order["model_version"], "policy_version": held.order["policy_version"],
        "history": [{"planned_at": _in_utc(one["planned_at"]), "in_force": one in standing} | {name: one[name] for name in ("visit_id", "window_from", "window_to", "amendment", "amended_by", "because", "dropped")} for one in records],
    }
    limits: tuple[str, ...] = ()
    if not standing:
        limits = ("dropped",) if records and records[-1]["because"] else _limits(cursor, held, plan_id, shipment_id)
    return told | {"limits": list(limits), "not_chosen_because": "; ".join(LIMITS[limit] for limit in limits) or None}


def _limits(cursor: duckdb.DuckDBPyConnection, held: KeptFrame, plan_id: str, shipment_id: str) -> tuple[str, ...]:
    from engine.monitoring.windows import rounds

    within = rounds(held.start, held.end, held.capacity)
    rows = cursor.execute("select shipment_id, window_from, window_to from planned_visit_in_force where plan_id = ?", [plan_id]).fetchall()
    # A visit lies in the round that it shares most days with: its window was cut to that round when it was planned.
    slot = [max(range(len(within)), key=lambda n: (min(last, within[n][1]) - max(first, within[n][0])).days) for _, first, last in rows]
    chosen = pl.DataFrame({"shipment_id": [row[0] for row in rows], "slot": slot}, schema={"shipment_id": pl.String, "slot": pl.Int64})
    return limits_in_the_way(held.frame.rows, held.frame.visits, held.capacity, chosen, shipment_id)


def _summary(held: KeptFrame) -> dict:
    """The frame in numbers, with what proves that it is the one that was drawn from."""
    rows = held.frame.rows.with_columns(drawn=pl.Series(held.drawn))
    strata = rows.group_by("stratum").agg(
        shipments=pl.len(), mandatory=pl.col("mandatory").sum(), drawn=pl.col("drawn").sum(), expected_draws=pl.col("lot_probability").sum(), mean_risk=pl.col("risk").mean(),
    ).sort("stratum")
    order = held.order
    return {
        "from": order["from"], "to": order["to"], "visits": order["visits"], "shipments": len(rows), "digest": order["digest"], "planned_by": order["planned_by"],
        "planned_at": order["planned_at"], "lot_share": order["lot_share"], "draws": order["draws"],
        "least_lot_probability": rows["lot_probability"].min(), "most_lot_probability": rows["lot_probability"].max(), "strata": strata.to_dicts(),
        "capacity": order["capacity"], "model_version": order["model_version"], "features_version": order["features_version"], "policy_version": order["policy_version"],
    }


def _in_utc(moment: datetime | None) -> str | None:
    """A moment of the store as RFC 3339 has it."""
    return None if moment is None else f"{moment.isoformat()}Z"


def _amendment(body: dict, seen: set[str]) -> dict:
    return body | {"left_out": [left for left in body["left_out"] if left["application_id"] in seen]}


def _seen(cursor: duckdb.DuckDBPyConnection, applications: list[str], visible: tuple[str, ...] | None) -> set[str]:
    """Those of the applications that are of an authority the caller may read."""
    return {row[0] for row in cursor.execute(
        "select distinct application_id from filing where application_id in (select unnest($ids)) and ($visible is null or list_contains($visible, authority))",
        {"ids": applications, "visible": None if visible is None else list(visible)},
    ).fetchall()}
