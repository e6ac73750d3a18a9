"""Reads which visits are due, overdue and done, from plans and from what was recorded. Plans none and hides nothing."""

from __future__ import annotations

from datetime import datetime

import duckdb

VISITS = """
with corrected as (
    select corrects as event_id from visit where corrects is not null
),
made as (
    select visit.*, coalesce(visit.application_id, shipment.application_id, licence.application_id) as application from visit
    left join (select shipment_id, min(application_id) as application_id, min(licence_number) as licence_number from shipment group by shipment_id) as shipment
        on visit.shipment_id = shipment.shipment_id
    left join (select licence_number, min(application_id) as application_id from licence group by licence_number) as licence
        on shipment.licence_number = licence.licence_number
    where not coalesce(visit.withdrawn, false) and visit.event_id not in (select event_id from corrected)
    qualify row_number() over (partition by visit.visit_id order by visit.at desc, visit.record_no desc) = 1
),
reviewed as (
    select review.subject as visit_id, max_by(review.result, review.at) as result from review
    where review.about = 'visit' and not coalesce(review.withdrawn, false) group by review.subject
),
planned as (
    select * from (select * from planned_visit qualify row_number() over (partition by visit_id order by record_no desc) = 1) as newest
    where not coalesce(dropped, false)
),
every as (
    select coalesce(planned.visit_id, made.visit_id) as visit_id, coalesce(planned.application_id, made.application) as application_id,
        coalesce(planned.shipment_id, made.shipment_id) as shipment_id, coalesce(planned.stage, made.stage, 'post_shipment') as stage,
        planned.plan_id, planned.window_from, planned.window_to, planned.chosen_by, planned.inclusion_probability, planned.reason,
        case when planned.visit_id is not null then coalesce(planned.added_by_planner, false) end as added_by_planner,
        coalesce(made.mode, planned.mode) as mode, made.visited_on, made.evidence, made.outcome, made.findings, made.signed_by, made.recorded_by,
        coalesce(made.reviewed_by is not null or reviewed.result = 'confirmed', false) as reviewed,
        case when made.visit_id is not null then 'done' when planned.window_to < $today then 'overdue' else 'due' end as state
    from planned full join made on planned.visit_id = made.visit_id
    left join reviewed on made.visit_id = reviewed.visit_id
)
select every.*, filing.authority, filing.destination from every
left join (select application_id, authority, destination from filing
    qualify row_number() over (partition by application_id order by revision desc, record_no desc) = 1) as filing
    on every.application_id = filing.application_id
where ($state is null or every.state = $state) and ($application is null or every.application_id = $application) and ($visible is null or list_contains($visible, filing.authority))
order by
    every.state = 'done', case when every.state <> 'done' then every.window_to end,
    case when every.state = 'done' then coalesce(every.visited_on, every.window_to) end desc, every.visit_id
limit $limit offset $skip
"""


def visit_list(
    cursor: duckdb.DuckDBPyConnection, at: datetime, state: str | None, visible: tuple[str, ...] | None, limit: int, skip: int = 0, *,
    application_id: str | None = None,
) -> list[dict]:
    """Open visits by the end of their window, then those made, the newest first; never by risk, so that the order tells an inspector nothing.

    What is still to be made comes first: behind 5,000 visits made, no planner saw those due.
    """
    found = cursor.execute(VISITS, {
        "today": at.date(), "state": state, "visible": list(visible) if visible is not None else None, "limit": limit, "skip": skip,
        "application": application_id,
    })
    names = [column[0] for column in found.description]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def has_visit(cursor: duckdb.DuckDBPyConnection, application_id: str) -> bool:
    """Whether a visit to this application was ever planned or made: what opens its filing to inspectors."""
    return bool(cursor.execute(
        "select exists (select 1 from planned_visit where application_id = $id) or exists (select 1 from visit where application_id = $id "
        "or shipment_id in (select shipment_id from shipment where application_id = $id))", {"id": application_id}
    ).fetchall()[0][0])


def plan_rows(cursor: duckdb.DuckDBPyConnection, plan_id: str, visible: tuple[str, ...] | None) -> list[dict]:
    """The newest record of each visit of one plan whose applications the caller may see, the riskiest first (visit ids tell no rank); what was taken out is marked."""
    found = cursor.execute(
        "select planned_visit.* exclude (record_no, seq, channel) from planned_visit left join (select application_id, authority from filing "
        "qualify row_number() over (partition by application_id order by revision desc, record_no desc) = 1) as filing "
        "on planned_visit.application_id = filing.application_id where planned_visit.plan_id = $plan "
        "and ($visible is null or list_contains($visible, filing.authority)) "
        "qualify row_number() over (partition by planned_visit.visit_id order by planned_visit.record_no desc) = 1 order by planned_visit.rank nulls last, length(planned_visit.visit_id), planned_visit.visit_id",
        {"plan": plan_id, "visible": list(visible) if visible is not None else None},
    )
    names = [column[0] for column in found.description]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]
