"""Reads the queue: each application's newest filing, its newest score, its state and what is still open. Writes nothing."""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import duckdb

from engine.errors import FieldProblem, InvalidRecord
from engine.risk.policy import policy_in_force
from engine.workflows.licences import monitoring_sql

LONGEST_PAGE = 5_000  # each page reads the whole queue once; ten pages of 500 took ten times as long

QUEUE = """
with newest as (
    select * from filing where {one} qualify row_number() over (partition by application_id order by revision desc, record_no desc) = 1
),
first_filed as (
    select application_id, min(filed_at) as filed_at from filing where {one} group by application_id
),
scored as (
    select * from score where {one} qualify row_number() over (partition by application_id, revision order by record_no desc) = 1
),
corrected as (
    select corrects as event_id from decision where corrects is not null
    union all
    select corrects as event_id from review where corrects is not null
),
decided as (
    select application_id, outcome, decision.at as decided_at from decision
    where {one} and not coalesce(withdrawn, false) and event_id not in (select event_id from corrected)
    qualify row_number() over (partition by application_id order by decision.at desc, record_no desc) = 1
),
settled as (
    select application_id, subject, result, valid_to from review
    where about in ('referral', 'list_match') and not coalesce(withdrawn, false) and event_id not in (select event_id from corrected)
    qualify row_number() over (partition by application_id, subject order by review.at desc, record_no desc) = 1
),
raised as ( -- what the lists ask is asked as they stand now
    select application_id, unnest(referrals) as referral from scored inner join newest using (application_id, revision)
),
licence_moment as (select $now as as_of),
filing_standing as (select application_id, record_no, authority from newest),
asked as (
    select raised.application_id from raised
    left join settled on raised.application_id = settled.application_id and raised.referral.subject = settled.subject
    where
        raised.referral.rule_id <> 'listed_party'
        and not coalesce(settled.result in ('dismissed', 'exempted', 'ended') and (settled.valid_to is null or settled.valid_to >= $today), false)
    union all
    select list_question.application_id from (list_question_sql) as list_question where not list_question.settled
),
open_referral as (
    select application_id, count(*) as referrals from asked group by application_id
),
named as (
    select record_no, min_by(name, party_no) filter (where role_group = 'exporter') as exporter,
        min_by(name, party_no) filter (where role_group = 'end_user') as end_user
    from filing_party where {one} group by record_no
),
queue as (
    select
        newest.application_id, newest.revision, newest.authority, newest.kind, newest.authorisation, newest.destination,
        first_filed.filed_at as first_filed_at, newest.filed_at, coalesce(decided.outcome, 'undecided') as state, decided.decided_at,
        scored.risk, scored.risk_low, scored.risk_high, scored.band, scored.scored_at, scored.as_of, scored.model_version,
        scored.policy_version, coalesce(open_referral.referrals, 0) as open_referrals, named.exporter, named.end_user
    from newest
    inner join first_filed on newest.application_id = first_filed.application_id
    left join scored on newest.application_id = scored.application_id and newest.revision = scored.revision
    left join decided on newest.application_id = decided.application_id
    left join open_referral on newest.application_id = open_referral.application_id
    left join named on newest.record_no = named.record_no
)
select * from queue
where
    ($band is null or band = $band)
    and ($authority is null or authority = $authority)
    and ($visible is null or list_contains($visible, authority))
    and ($destination is null or destination = $destination)
    and ($state is null or state = $state)
    and ($from is null or filed_at >= $from)
    and ($before is null or filed_at < $before)
    and ($find is null or contains(lower(concat_ws(chr(10), application_id, exporter, end_user)), $find))
"""
QUEUE = QUEUE.replace("list_question_sql", monitoring_sql("list_question"))

# The two orders, and where the next page begins in each; the id breaks ties, so no row is skipped or shown twice.
ORDERS = {
    "newest": ("filed_at::varchar", "desc"),
    "risk": ("coalesce(risk, -1.0)", "desc"),
}


@dataclass(frozen=True)
class Asked:
    """What the queue is asked for; None leaves a filter out.

    Args:
        filed_from, filed_to: days, both included.
        application_id: that one alone; the rest of the queue is then not worked out.
        find: a part of the application's id, the exporter's or the end user's name, in whatever case.
        visible: the authorities whose filings the caller may read; None = all.
        order: `newest` by filing, or `risk`, highest first, unscored last.
        cursor: where the page before ended.
    """

    band: str | None = None
    authority: str | None = None
    destination: str | None = None
    state: str | None = None
    filed_from: date | None = None
    filed_to: date | None = None
    find: str | None = None
    application_id: str | None = None
    visible: tuple[str, ...] | None = None
    order: str = "newest"
    limit: int = 50
    cursor: str | None = None


@dataclass(frozen=True)
class Page:
    """One page of rows, and the cursor of the next; None at the end."""

    rows: list[dict]
    next_cursor: str | None


def queue(cursor: duckdb.DuckDBPyConnection, asked: Asked, at: datetime) -> Page:
    """One page of the queue as it stands at a moment (UTC).

    Open referrals are those of the newest score on record less those settled since, and what the lists ask now; scoring anew finds others.
    """
    value, direction = ORDERS[asked.order]
    told = {
        "now": at + timedelta(microseconds=1), "today": at.date(), "band": asked.band, "authority": asked.authority, "destination": asked.destination, "state": asked.state, "find": asked.find.lower() if asked.find else None,
        "visible": list(asked.visible) if asked.visible is not None else None, "from": asked.filed_from,
        "before": asked.filed_to + timedelta(days=1) if asked.filed_to else None,
    }
    one = "true"
    if asked.application_id is not None:
        one, told["id"] = "application_id = $id", asked.application_id
    sql = f"select *, {value} as place from ({QUEUE.format(one=one)}) as q"
    if asked.cursor:
        told["place"], told["after"] = _place(asked)
        sql += " where place < $place or (place = $place and application_id > $after)"
    sql += f" order by place {direction}, application_id limit {asked.limit + 1}"
    found = cursor.execute(sql, told)
    names = [column[0] for column in found.description]
    rows = [dict(zip(names, row, strict=True)) for row in found.fetchall()]
    more = len(rows) > asked.limit
    rows = rows[: asked.limit]
    days = policy_in_force().decision_days
    next_cursor = _cursor(asked.order, rows[-1]) if more else None
    for row in rows:
        row.pop("place")
        row["age_days"] = ((row["decided_at"] or at).date() - row["first_filed_at"].date()).days
        row["late"] = row["state"] == "undecided" and row["age_days"] > days
    return Page(rows, next_cursor)


def _cursor(order: str, row: dict) -> str:
    return base64.urlsafe_b64encode(json.dumps([order, row["place"], row["application_id"]]).encode()).decode().rstrip("=")


def _place(asked: Asked) -> tuple[object, str]:
    try:
        order, place, after = json.loads(base64.urlsafe_b64decode(asked.cursor + "=" * (-len(asked.cursor) % 4)))
        right = order == asked.order and isinstance(after, str) and isinstance(place, str if order == "newest" else float)
    except (ValueError, TypeError, binascii.Error):
        right = False
    if not right:
        raise InvalidRecord("The query", [FieldProblem(
            "cursor", "it is not one of this queue in this order", "the `next_cursor` of the page before", "Begin again without a cursor.")])
    return place, after
