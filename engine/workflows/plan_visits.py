"""Plans the verification visits of a period: frame, lot, rules and risk, each step on record before the next is taken."""

from __future__ import annotations

import hashlib
import json
import time
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

import duckdb
import numpy as np
import polars as pl

from engine.compute.run import features, lay_relations
from engine.errors import Conflict, RefusedInput
from engine.monitoring.choose_visits import LOT_SHARE, METHOD, Choice, Frame, draw, freeze, settle
from engine.monitoring.windows import SETTLE_DAYS, STALE_DAYS, regions_of, rounds, with_windows
from engine.risk.explain import assess_matrix
from engine.risk.policy import policy_in_force
from engine.store import records
from engine.store.records import Origin
from engine.wire import Capacity
from engine.workflows.assess import Subject, lay_subjects
from engine.workflows.planned import planned_visit_in_force
from features.catalogue import catalogue

if TYPE_CHECKING:
    from engine.workflows.desk import Desk

PLAN_COLUMNS = (
    "application_id", "shipment_id", "stage", "window_from", "window_to", "chosen_by", "inclusion_probability", "reason", "mode",
)
# What of a frame is put on record: enough to draw the lot again and to say why each shipment was chosen or not.
FRAME_COLUMNS = (
    "shipment_id", "application_id", "risk", "stratum", "rank", "tier", "size", "lot_probability", "mandatory", "asked", "demanded", "country", "place", "region",
    "end_user", "consent", "consent_answer", "arrived_on", "window_from", "window_to", "told_by", "slots", "slots_without_notice", "stratum_of_lot",
)
SECONDS_FOR_COSTS = 25.0  # what each limit costs is told as far as it can be found in this time; the visits do not depend on it

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
planned as (select shipment_id from planned_visit_in_force where window_to >= $from),
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
),
consent_request as (
    select request_id, max_by(application_id, request.at) as application_id, max_by(shipment_id, request.at) as shipment_id,
        max(answered_on) as answered_on, max_by(answer, request.at) as answer
    from request where not coalesce(withdrawn, false) and request.at < $now
    group by request_id having bool_or("for" = 'visit_consent') and max_by(answer, request.at) is not null
),
demanded as (
    select distinct record_no from filing_item, (select unnest($codes::varchar[]) as code) as mandatory where starts_with(control_code, code)
),
last_leg as (select record_no, max_by(to_place, leg_no) as place from filing_leg group by record_no)
select
    shipment_of_application.shipment_id, newest.application_id, newest.record_no, newest.filed_at, coalesce(newest.destination, '') as country, arrived.arrived_on,
    consent.record_no is not null as consent, asked.application_id is not null as asked, demanded.record_no is not null as demanded,
    coalesce(by_shipment.answer, by_application.answer) as consent_answer,
    case when starts_with(last_leg.place, newest.destination) then last_leg.place else '' end as place
from shipment_of_application
inner join newest on shipment_of_application.application_id = newest.application_id
inner join arrived on shipment_of_application.shipment_id = arrived.shipment_id
left join consent on newest.record_no = consent.record_no
left join asked on newest.application_id = asked.application_id
left join demanded on newest.record_no = demanded.record_no
left join last_leg on newest.record_no = last_leg.record_no
left join (select shipment_id, max_by(answer, answered_on) as answer from consent_request group by shipment_id) as by_shipment
    on shipment_of_application.shipment_id = by_shipment.shipment_id
left join (select application_id, max_by(answer, answered_on) as answer from consent_request where shipment_id is null group by application_id) as by_application
    on newest.application_id = by_application.application_id
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
    left_out: tuple[dict, ...] = ()
    objective: float | None = None
    greedy: float | None = None
    bound: float | None = None


def plan_visits(
    desk: Desk, start: date, end: date, visits: int, origin: Origin, *, seed: int = 1, lot_share: float = LOT_SHARE, capacity: Capacity | None = None
) -> Plan:
    """Choose and record the visits of a period.

    Every shipment that arrived in time, was not yet verified and is in no other plan is eligible. One whose end user gave no
    undertaking to tolerate checks stays in the frame; its reason says that consent must be asked for first. A frame that was put on
    record stays there even where no plan came of it, so that nobody draws until a lot pleases.

    Args:
        capacity: what limits the visits beyond their number; missing = nothing.

    Raises:
        RefusedInput: the period ends before it begins, or nothing can be visited.
    """
    if end < start:
        raise RefusedInput(f"the period ends ({end}) before it begins ({start}). Give --from and --to in that order.")
    if visits < 1:
        raise RefusedInput(f"{visits} visits cannot be planned; expected at least 1. Give --visits N.")
    cursor = desk.store.cursor()
    eligible = _eligible(desk, cursor, start, end, origin.at, capacity)
    frame = freeze(eligible, visits, lot_share, capacity)
    order = {"from": start.isoformat(), "to": end.isoformat(), "visits": visits, "lot_share": lot_share, "seed": seed, "draws": frame.draws,
             "capacity": None if capacity is None else capacity.model_dump(mode="json"), "method": METHOD}
    plan_id, digest = _keep_frame(desk, cursor, frame, order, origin)
    drawn = draw(frame, seed)
    _keep_lot(desk, plan_id, frame, drawn, seed, digest, origin)
    stops = time.monotonic() + SECONDS_FOR_COSTS
    choice = settle(frame, drawn, capacity, costs=True, enough=lambda: time.monotonic() > stops)
    told = told_visits(choice, start, end, capacity)
    _keep_plan(desk, plan_id, told, choice, digest, origin)
    return Plan(
        plan_id, told.select(PLAN_COLUMNS), len(eligible), int((~eligible["consent"]).sum()), choice.mandatory_left_out,
        tuple(left_out_told(choice)), choice.objective, choice.greedy, choice.bound,
    )


def _eligible(desk: Desk, cursor: duckdb.DuckDBPyConnection, start: date, end: date, now: datetime, capacity: Capacity | None) -> pl.DataFrame:
    """Every shipment that may be chosen, with its risk, its window and where it is."""
    cursor.execute("create or replace temp table subject_filing as select 0::bigint as subject, 0::bigint as record_no, ?::timestamp as as_of limit 0", [now])
    lay_relations(cursor)
    planned_visit_in_force(cursor)
    days = {"earliest": start - timedelta(days=STALE_DAYS), "latest": end - timedelta(days=SETTLE_DAYS)}
    codes = list(capacity.mandatory_codes) if capacity else []
    eligible = cursor.sql(ELIGIBLE, params={"now": now, "from": start, "codes": codes} | days).pl()
    if eligible.is_empty():
        raise RefusedInput(
            f"no shipment can be visited between {start} and {end}: expected shipments that arrived by {end - timedelta(days=SETTLE_DAYS)} and are not "
            "yet verified. Ingest shipments and deliveries with their arrival, or choose another period."
        )
    eligible = eligible.with_columns(_risks(desk, cursor, eligible, now))
    region = regions_of(capacity, cursor.sql("select distinct country, subregion, region from country").pl())
    if capacity is None or not capacity.regions:
        region |= dict.fromkeys(eligible["country"], "")
    placed = eligible.with_columns(
        region=pl.col("country").replace_strict(region, default=None, return_dtype=pl.String),
        # The lot looks harder at goods whose diversion does most harm, twice as hard at the highest tier as at the lowest; never at risk.
        size=1.0 + pl.col("tier").fill_null(0.0) / 4.0, stratum_of_lot=pl.format("{}/{}", "country", pl.col("tier").fill_null(-1.0).cast(pl.Int64)),
    )
    return with_windows(placed, start, end, now.date(), capacity)


def _risks(desk: Desk, cursor: duckdb.DuckDBPyConnection, eligible: pl.DataFrame, now: datetime) -> list[pl.Series]:
    """Risk as of now for each eligible shipment's application, its tier and end user, and which visits a rule demands."""
    applications = eligible.unique("application_id", maintain_order=True)
    lay_subjects(cursor, [Subject(record_no, now, now) for record_no in applications["record_no"]])
    lay_relations(cursor)
    frame = features(cursor)
    ends = cursor.sql("select subject, min(entity_id) as end_user from spine_party where role_group = 'end_user' group by subject").pl()
    book = catalogue()
    matrix = frame.select(book.columns).to_numpy().astype(np.float64)
    assessment = assess_matrix(book, desk.model(cursor), policy_in_force(), matrix, exact=False)
    tier = matrix[:, book.columns.index("goods_sensitivity_level")]
    missiles = (tier >= 4) & (matrix[:, book.columns.index("goods_small_arms_flag")] == 0)
    scored = frame.select("application_id", "subject").with_columns(
        risk=pl.Series(assessment.risk), band=pl.Series(assessment.bands.tolist()), missiles=pl.Series(missiles), tier=pl.Series(tier).fill_nan(None),
    ).join(ends, on="subject", how="left", maintain_order="left")
    joined = eligible.select("application_id", "asked", "demanded").join(scored, on="application_id", how="left", maintain_order="left")
    critical = joined["band"] == "critical"
    return [
        joined["risk"], joined["band"].alias("stratum"), joined["tier"], joined["end_user"].cast(pl.Int64),
        ((joined["missiles"] & critical) | joined["asked"] | joined["demanded"]).alias("mandatory"),
    ]


def told_visits(choice: Choice, start: date, end: date, capacity: Capacity | None) -> pl.DataFrame:
    """The chosen visits in the contract's columns, each within the round of trips it was given."""
    within = rounds(start, end, capacity)
    first, last = ([one[n] for one in within] for n in (0, 1))
    slot = choice.chosen["slot"]
    told = choice.chosen.with_columns(
        stage=pl.lit("post_shipment"), mode=pl.lit("on_site"),
        window_from=pl.max_horizontal("window_from", "told_by", pl.Series([first[n] for n in slot], dtype=pl.Date)),
        window_to=pl.min_horizontal("window_to", pl.Series([last[n] for n in slot], dtype=pl.Date)),
    )
    cut = choice.chosen.filter(chosen_by="risk")["risk"].min()
    return told.with_columns(reason=pl.Series([_reason(row, len(choice.frame), cut) for row in told.iter_rows(named=True)], dtype=pl.String))


def _reason(row: dict, eligible: int, cut: float | None) -> str:
    if row["chosen_by"] == "lot":
        why = f"drawn by lot from {eligible:,} eligible shipments with probability {row['lot_probability']:.4f}"
    elif row["chosen_by"] == "mandatory" and row["asked"]:
        why = "a licence condition asks for verification"
    elif row["chosen_by"] == "mandatory" and row["demanded"]:
        why = "goods of a class that this authority always visits"
    elif row["chosen_by"] == "mandatory":
        why = "most sensitive goods in the critical band: visited without fail"
    else:
        why = f"risk {row['risk']:.3f}, number {int(row['rank'])} of {eligible:,} eligible shipments (the lowest chosen by risk has {cut:.3f})"
    refused = "; no undertaking to tolerate checks is on file, so consent must be asked for first" if not row["consent"] else ""
    return f"{why}; arrived {row['arrived_on']}{refused}"


def left_out_told(choice: Choice) -> list[dict]:
    """The demanded visits that do not fit, as they are shown and kept."""
    return [
        {"shipment_id": left.shipment_id, "application_id": left.application_id, "chosen_by": left.chosen_by, "limits": list(left.limits),
         "because": left.because, "counts_as": "non-response of the lot; not drawn again" if left.chosen_by == "lot" else "left out"}
        for left in choice.left_out
    ]


def visit_body(row: dict, plan_id: str, visit_id: str, at: datetime, **more: object) -> str:
    """A planned visit as it is put on record."""
    body = {name: row[name] for name in ("application_id", "shipment_id", "stage", "chosen_by", "inclusion_probability", "lot_probability",
                                         "risk", "stratum", "reason", "mode", "rank")}
    body |= {"plan_id": plan_id, "visit_id": visit_id, "window_from": row["window_from"].isoformat(), "window_to": row["window_to"].isoformat(),
             "planned_at": f"{at.isoformat()}Z"}
    return json.dumps(body | more, sort_keys=True)


def figures_told(choice: Choice) -> dict:
    """What the choice collects, beside what the greedy would and what none can exceed."""
    return {"objective": choice.objective, "greedy": choice.greedy, "bound": choice.bound,
            "gap": 0.0 if choice.bound <= 0 else max(0.0, 1 - choice.objective / choice.bound), "cut_short": choice.cut_short,
            "lowest_risk_chosen": choice.chosen.filter(chosen_by="risk")["risk"].min()}


def _keep_frame(desk: Desk, cursor: duckdb.DuckDBPyConnection, frame: Frame, order: dict, origin: Origin) -> tuple[str, str]:
    """Put the frame on record before anything is drawn from it; gives the plan's id and the frame's digest."""
    shown = frame.rows.select(FRAME_COLUMNS)
    rows = [list(row) for row in shown.with_columns(pl.col(pl.Date).dt.to_string()).iter_rows()]
    digest = hashlib.sha256(json.dumps([shown.columns, rows]).encode()).hexdigest()
    model = desk.model(cursor)
    with desk.store.writing() as writer:
        earlier = writer.execute("select count(distinct split_part(key, ':', 2)) from record where kind in ('plan', 'plan_frame')").fetchall()[0][0]
        plan_id = f"P-{order['from'].replace('-', '')}-{earlier + 1:03d}"
        body = order | {
            "plan_id": plan_id, "planned_by": origin.actor, "planned_at": f"{origin.at.isoformat()}Z", "digest": digest,
            "model_version": model.version if model else None, "features_version": catalogue().version, "policy_version": policy_in_force().version,
            "frame_columns": shown.columns, "frame": rows,
        }
        _append_one(writer, "plan_frame", plan_id, json.dumps(body, sort_keys=True), origin, "freeze the frame of")
    return plan_id, digest


def _keep_lot(desk: Desk, plan_id: str, frame: Frame, drawn: np.ndarray, seed: int, digest: str, origin: Origin) -> None:
    body = {"plan_id": plan_id, "seed": seed, "frame_digest": digest, "drawn": frame.rows["shipment_id"].filter(pl.Series(drawn)).to_list()}
    with desk.store.writing() as writer:
        _append_one(writer, "plan_lot", plan_id, json.dumps(body, sort_keys=True), origin, "draw the lot of")


def _keep_plan(desk: Desk, plan_id: str, told: pl.DataFrame, choice: Choice, digest: str, origin: Origin) -> None:
    """The figures of the plan and its visits, in one transaction."""
    body = {"plan_id": plan_id, "frame_digest": digest, "left_out": left_out_told(choice), "costs": [asdict(cost) for cost in choice.costs]} | figures_told(choice)
    rows = [
        (n, f"planned_visit:{plan_id}-{n + 1:03d}", origin.at, visit_body(row, plan_id, f"{plan_id}-{n + 1:03d}", origin.at))
        # Numbered by shipment: an inspector reads the number, and in the order of the choice it would tell the rank.
        for n, row in enumerate(told.sort("shipment_id", "application_id").iter_rows(named=True))
    ]
    with desk.store.writing() as writer:
        _append_one(writer, "plan", plan_id, json.dumps(body, sort_keys=True), origin, "plan visits")
        if rows:
            records.stage(writer, pl.DataFrame(rows, orient="row", schema=records.STAGED_SCHEMA))
            records.append(writer, "planned_visit", origin, f"plan visits {plan_id}")


def _append_one(writer: duckdb.DuckDBPyConnection, kind: str, plan_id: str, body: str, origin: Origin, action: str) -> None:
    if records.append_one(writer, kind, f"{kind}:{plan_id}", origin.at, body, origin, f"{action} {plan_id}").added != 1:
        raise Conflict(f"{kind}:{plan_id} is on record already with another content. Expected a new plan. Plan again.")
