"""Plans the verification visits of a period: frame, lot, rules and risk, each choice on record with its reason and probability."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from engine.compute.run import features, lay_relations
from engine.errors import RefusedInput
from engine.monitoring.choose_visits import LOT_SHARE, choose_visits
from engine.risk.explain import assess_matrix
from engine.risk.policy import policy_in_force
from engine.store import records
from engine.store.database import first
from engine.store.records import Origin
from engine.workflows.assess import Subject, lay_subjects
from features.catalogue import catalogue

if TYPE_CHECKING:
    from engine.workflows.desk import Desk

# Default windows [D, domain 2.5]: a first visit of use from a month after arrival; after two years it no longer verifies delivery.
SETTLE_DAYS, STALE_DAYS = 30, 730
PLAN_COLUMNS = (
    "application_id", "shipment_id", "stage", "window_from", "window_to", "chosen_by", "inclusion_probability", "reason", "mode",
)

ELIGIBLE = """
with arrived as (
    select shipment_id, min(arrived_on) as arrived_on
    from (
        select shipment_id, arrived_on from shipment where arrived_on is not null and shipment.at < $now
        union all
        select shipment_id, "on" as arrived_on from delivery
        where milestone in ('arrived', 'released_by_customs', 'received_by_end_user') and "on" is not null and delivery.at < $now
    ) as reports
    group by shipment_id
),
verified as (
    select shipment_id, application_id from visit_in_force
    where stage = 'post_shipment' and outcome in ('favourable', 'unfavourable') and known_from < $now
),
planned as (select shipment_id from planned_visit where window_to >= $from),
consent as (
    select distinct record_no from filing_document where list_contains(undertakings, 'on_site_verification')
),
newest as (
    select record_no, application_id, filed_at, destination from filing
    qualify row_number() over (partition by application_id order by revision desc) = 1
),
asked as (
    select distinct application_id from licence
    where list_has_any(list_transform(conditions, lambda c: c.code), ['delivery_verification', 'on_site_verification', 'post_shipment_verification'])
)
select
    shipment_of_application.shipment_id, newest.application_id, newest.record_no, newest.filed_at, newest.destination, arrived.arrived_on,
    consent.record_no is not null as consent, asked.application_id is not null as asked
from shipment_of_application
inner join newest on shipment_of_application.application_id = newest.application_id
inner join arrived on shipment_of_application.shipment_id = arrived.shipment_id
left join consent on newest.record_no = consent.record_no
left join asked on newest.application_id = asked.application_id
where arrived.arrived_on between $earliest and $latest
    and shipment_of_application.shipment_id not in (select shipment_id from verified where shipment_id is not null)
    and newest.application_id not in (select application_id from verified where shipment_id is null and application_id is not null)
    and shipment_of_application.shipment_id not in (select shipment_id from planned where shipment_id is not null)
order by 1
"""


@dataclass(frozen=True)
class Plan:
    """A plan on record: its visits in the contract's columns, and the counts a planner and an auditor ask for."""

    plan_id: str
    visits: pl.DataFrame
    eligible: int
    without_consent: int
    mandatory_left_out: int


def plan_visits(
    desk: Desk, start: date, end: date, visits: int, origin: Origin, *, seed: int = 1, lot_share: float = LOT_SHARE
) -> Plan:
    """Choose and record the visits of a period.

    Every shipment that arrived in time, was not yet verified and is in no other plan is eligible. One whose end user gave no
    undertaking to tolerate checks stays in the frame; its reason says that consent must be asked for first.

    Raises:
        RefusedInput: the period ends before it begins, or nothing can be visited.
    """
    if end < start:
        raise RefusedInput(f"the period ends ({end}) before it begins ({start}). Give --from and --to in that order.")
    if visits < 1:
        raise RefusedInput(f"{visits} visits cannot be planned; expected at least 1. Give --visits N.")
    cursor = desk.store.cursor()
    cursor.execute("create or replace temp table subject_filing as select 0::bigint as subject, 0::bigint as record_no, ?::timestamp as as_of limit 0", [origin.at])
    lay_relations(cursor)
    days = {"earliest": start - timedelta(days=STALE_DAYS), "latest": end - timedelta(days=SETTLE_DAYS)}
    eligible = cursor.sql(ELIGIBLE, params={"now": origin.at, "from": start} | days).pl()
    if eligible.is_empty():
        raise RefusedInput(
            f"no shipment can be visited between {start} and {end}: expected shipments that arrived by {end - timedelta(days=SETTLE_DAYS)} and are not "
            "yet verified. Ingest shipments and deliveries with their arrival, or choose another period."
        )
    eligible = eligible.with_columns(_risks(desk, cursor, eligible, origin.at))
    choice = choose_visits(eligible, visits, seed, lot_share)
    earlier = first(cursor, "select count(*) from record where kind = 'plan'")[0]
    plan_id = f"P-{start:%Y%m%d}-{earlier + 1:03d}"
    told = choice.chosen.with_columns(
        stage=pl.lit("post_shipment"),
        window_from=pl.max_horizontal(pl.lit(start), pl.col("arrived_on") + pl.duration(days=SETTLE_DAYS)),
        window_to=pl.lit(end), mode=pl.lit("on_site"),
    )
    told = told.with_columns(reason=pl.Series([_reason(row, len(eligible)) for row in told.iter_rows(named=True)], dtype=pl.String))
    _keep(desk, plan_id, told, choice.frame, seed, lot_share, origin)
    return Plan(plan_id, told.select(PLAN_COLUMNS), len(eligible), int((~eligible["consent"]).sum()), choice.mandatory_left_out)


def _risks(desk: Desk, cursor, eligible: pl.DataFrame, now: datetime) -> list[pl.Series]:
    """Risk as of now for each eligible shipment's application, and which visits a rule demands."""
    applications = eligible.unique("application_id", maintain_order=True)
    lay_subjects(cursor, [Subject(record_no, now, now) for record_no in applications["record_no"]])
    lay_relations(cursor)
    frame = features(cursor)
    book = catalogue()
    matrix = frame.select(book.columns).to_numpy().astype(np.float64)
    assessment = assess_matrix(book, desk.model(cursor), policy_in_force(), matrix, exact=False)
    missiles = (matrix[:, book.columns.index("goods_sensitivity_level")] >= 4) & (matrix[:, book.columns.index("goods_small_arms_flag")] == 0)
    scored = frame.select("application_id").with_columns(
        risk=pl.Series(assessment.risk), band=pl.Series(assessment.bands.tolist()), missiles=pl.Series(missiles)
    )
    joined = eligible.select("application_id", "asked").join(scored, on="application_id", how="left", maintain_order="left")
    critical = joined["band"] == "critical"
    return [
        joined["risk"], joined["band"].alias("stratum"),
        ((joined["missiles"] & critical) | joined["asked"]).alias("mandatory"), joined["missiles"].alias("missiles"),
    ]


def _reason(row: dict, eligible: int) -> str:
    if row["chosen_by"] == "lot":
        why = f"drawn by lot from {eligible:,} eligible shipments, each with probability {row['lot_probability']:.4f}"
    elif row["chosen_by"] == "mandatory":
        why = "a licence condition asks for verification" if row["asked"] else "most sensitive goods in the critical band: visited without fail"
    else:
        why = f"risk {row['risk']:.3f}, number {int(row['rank'])} of {eligible:,} eligible shipments"
    consent = "" if row["consent"] else "; no undertaking to tolerate checks is on file, so consent must be asked for first"
    return f"{why}; arrived {row['arrived_on']}{consent}"


def _keep(desk: Desk, plan_id: str, told: pl.DataFrame, frame: pl.DataFrame, seed: int, lot_share: float, origin: Origin) -> None:
    """The frame with every probability first, then the visits, in one transaction."""
    shown = frame.select("shipment_id", "application_id", "risk", "stratum", "lot_probability", "mandatory")
    plan = json.dumps({
        "plan_id": plan_id, "seed": seed, "lot_share": lot_share, "planned_by": origin.actor, "planned_at": origin.at.isoformat(),
        "frame_columns": shown.columns, "frame": [list(row) for row in shown.iter_rows()],
    }, sort_keys=True)
    rows = []
    for n, row in enumerate(told.iter_rows(named=True)):
        visit_id = f"{plan_id}-{n + 1:03d}"
        body = {name: row[name] for name in ("application_id", "shipment_id", "stage", "chosen_by", "inclusion_probability", "lot_probability",
                                             "risk", "stratum", "reason", "mode")}
        body |= {"plan_id": plan_id, "visit_id": visit_id, "window_from": row["window_from"].isoformat(), "window_to": row["window_to"].isoformat(),
                 "planned_at": origin.at.isoformat(sep=" ")}
        rows.append((n, f"planned_visit:{visit_id}", origin.at, json.dumps(body, sort_keys=True)))
    with desk.store.writing() as cursor:
        records.append_one(cursor, "plan", f"plan:{plan_id}", origin.at, plan, origin, f"plan visits {plan_id}")
        records.stage(cursor, pl.DataFrame(rows, orient="row", schema=records.STAGED_SCHEMA))
        records.append(cursor, "planned_visit", origin, f"plan visits {plan_id}")

