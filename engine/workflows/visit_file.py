"""Puts together what an auditor asks of one visit: how it was chosen, what the rating rests on, every change of it, what was done before closing.

Writes nothing. What is not on record is said to be missing, never left out.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import duckdb

from engine.errors import UnknownRecord
from engine.workflows.afterwards import lay_visits, moment_after
from engine.workflows.evidence import evidence
from engine.workflows.follow_up import Proposal, lay_follow_up, proposals
from engine.workflows.serials import Reconciliation, reconciliation_laid
from engine.workflows.visit_pack import application_of_visit

if TYPE_CHECKING:
    from engine.workflows.desk import Desk


@dataclass(frozen=True)
class Rating:
    """One rating that the visit had, in time order.

    Args:
        recorded_at: when it was put on record here.
        corrects: the record it replaced; `because`: why.
        in_force: whether it is the rating as it now stands.
    """

    event_id: str
    at: datetime
    recorded_at: datetime
    outcome: str | None
    findings: tuple[str, ...]
    recorded_by: str | None
    signed_by: str | None
    corrects: str | None
    because: str | None
    withdrawn: bool
    in_force: bool


@dataclass(frozen=True)
class Signature:
    """What another person made of the visit."""

    event_id: str
    at: datetime
    result: str
    because: str | None
    recorded_by: str | None
    approved_by: str | None


@dataclass(frozen=True)
class Evidence:
    """A file that the rating rests on; `kept` tells whether its bytes are here under their hash."""

    sha256: str
    kept: bool
    media_type: str | None


@dataclass(frozen=True)
class VisitFile:
    """Everything on record of one visit.

    Args:
        chosen: the plan's own record of the visit, with its way of choosing, probability, score, stratum and reason; None for one that no plan chose.
        evidence: of the final rating; before the review, of the rating as it stands.
        final: the rating in force and the record it stands on in full; None where there is none or nobody reviewed it.
        missing: what an auditor will ask for and will not find, in words.
    """

    visit_id: str
    application_id: str
    chosen: dict[str, Any] | None
    ratings: tuple[Rating, ...]
    signatures: tuple[Signature, ...]
    final: dict[str, Any] | None
    evidence: tuple[Evidence, ...]
    receipts: tuple[dict[str, Any], ...]
    serials: Reconciliation
    proposals: tuple[Proposal, ...]
    closed_by: Signature | None
    missing: tuple[str, ...]


def visit_file(desk: Desk, cursor: duckdb.DuckDBPyConnection, visit_id: str, at: datetime) -> VisitFile:
    """The file of a visit, planned or made, as known at a moment (UTC).

    Args:
        cursor: one of its own.

    Raises:
        UnknownRecord: no such visit.
    """
    application_id = application_of_visit(cursor, visit_id)
    lay_follow_up(cursor, moment_after(at))
    lay_visits(cursor, "visit_standing", "serial_state")
    chosen = _rows(cursor, "select record.body from record inner join planned_visit on record.record_no = planned_visit.record_no where planned_visit.visit_id = ? order by record.record_no desc limit 1", visit_id)
    reviewed = {row[0] for row in cursor.execute(
        "select event_id from visit_in_force cross join licence_moment where visit_id = ? and known_from < as_of and (known_to is null or known_to >= as_of)", [visit_id]).fetchall()}
    standing = {row[0] for row in cursor.execute("select event_id from visit_standing where visit_id = ?", [visit_id]).fetchall()}
    bodies = cursor.execute(
        "select record.body, audit_entry.made_at from record inner join visit on record.record_no = visit.record_no inner join audit_entry on record.seq = audit_entry.seq "
        "where (visit.visit_id = $id or visit.corrects in (select event_id from visit where visit_id = $id)) and record.body is not null order by record.known_at, record.record_no", {"id": visit_id},
    ).fetchall()
    told = [(json.loads(body), made_at) for body, made_at in bodies]
    ratings = tuple(_rating(body, made_at, body["event_id"] in standing) for body, made_at in told)
    final = next((body for body, _ in reversed(told) if body["event_id"] in reviewed and body["event_id"] in standing), None)
    signatures = tuple(Signature(*row) for row in cursor.execute(
        "select event_id, review.at, result, because, recorded_by, approved_by from review where about = 'visit' and subject = ? and not coalesce(withdrawn, false) order by review.at, record_no", [visit_id]).fetchall())
    # Before the review too: what is named and not here is to be asked for while the inspector still has it.
    rated = final or next((body for body, _ in reversed(told) if body["event_id"] in standing), {})
    files = tuple(_evidence(desk, sha256) for sha256 in rated.get("evidence") or ())
    receipts = tuple(json.loads(row[0]) for row in cursor.execute(
        "select record.body from record inner join delivery on record.record_no = delivery.record_no left join correction on delivery.event_id = correction.event_id "
        "where correction.event_id is null and not coalesce(delivery.withdrawn, false) and record.body is not null and delivery.shipment_id in (select shipment_id from licence_shipment where application_id = ?) "
        "order by record.known_at", [application_id]).fetchall())
    proposed = tuple(proposals(cursor, None, source=visit_id))
    closed_by = next((one for one in reversed(signatures) if one.result == "ended"), None)
    return VisitFile(
        visit_id, application_id, chosen[0] if chosen else None, ratings, signatures, final, files, receipts, reconciliation_laid(cursor, application_id), proposed, closed_by,
        tuple(_missing(chosen, ratings, final, files, proposed, closed_by)),
    )


def _missing(chosen, ratings, final, files, proposed, closed_by):
    if not chosen:
        yield "No plan chose this visit: there is no frame, score or probability behind its selection."
    if not ratings:
        yield "The visit was not made."
    elif final is None:
        yield "No other person has reviewed the rating: it is not final."
    elif not files:
        yield "The final rating names no file as evidence."
    yield from (f"The file {one.sha256} is named and its bytes are not here." for one in files if not one.kept)
    yield from (f"The change by {one.event_id} gives no reason." for one in ratings if one.corrects and not one.because)
    if final is not None and not final.get("conditions"):
        yield "No condition of the licence was checked one by one."
    if count := sum(one.state == "open" for one in proposed):
        yield f"{count} action(s) proposed after the finding are neither taken nor turned down."
    if final is not None and closed_by is None:
        yield "The visit is not closed."


def _rating(body: dict, made_at: datetime, in_force: bool) -> Rating:
    return Rating(
        body["event_id"], datetime.fromisoformat(body["at"].replace("Z", "+00:00")), made_at, body.get("outcome"), tuple(body.get("findings") or ()), body.get("recorded_by"), body.get("signed_by"),
        body.get("corrects"), body.get("because"), bool(body.get("withdrawn")), in_force,
    )


def _evidence(desk: Desk, sha256: str) -> Evidence:
    try:
        return Evidence(sha256, True, evidence(desk, sha256).media_type)
    except UnknownRecord:
        return Evidence(sha256, False, None)


def _rows(cursor: duckdb.DuckDBPyConnection, sql: str, visit_id: str) -> list[dict]:
    return [json.loads(row[0]) for row in cursor.execute(sql, [visit_id]).fetchall() if row[0]]
