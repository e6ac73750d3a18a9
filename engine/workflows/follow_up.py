"""Reads what a finding sets in motion: alerts, re-scored licences of the same parties, proposals and their settlement. Makes none of them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import TYPE_CHECKING

import duckdb
import polars as pl

from engine.compute.run import SLICE_UP_TO
from engine.workflows.afterwards import lay_findings
from engine.workflows.assess import Subject, score_stored
from engine.workflows.licences import lay_licences, monitoring_sql

if TYPE_CHECKING:
    from engine.wire import Score
    from engine.workflows.desk import Desk

FOUND_HERE = "the finding was made on this application: what a score foretells has been looked at here"
NOT_ASKED = "asked for without scoring anew"
TOO_MANY = "more alerts than are scored anew at once: ask for a smaller page"
# What `alerts` and `proposals` read of what was laid; of a filing no more than whose it is.
READ = {"alert": "select * from alert", "proposal": "select * from proposal", "filing_standing": "select application_id, authority from filing_standing"}
RESCORED = 200  # alerts of one page that are scored anew; more are listed without


@dataclass(frozen=True)
class Alert:
    """A finding, or a list entry that is new, that an officer must hear of, against one application.

    Args:
        raised_at: the moment the finding counted, or the application came in, whichever was later; of an entry, when it was known and on record.
        found_by, source, event_id: `visit`, `incident` or `list`; the visit's or event's id, or the list and its entry; and the record that says so.
        found_on: the application on which it was found.
        why: `found here`, `open licence` or `undecided`.
        shared_as: the parts that the parties in common, or the names that come near the entry, play in this application.
        subject: of an entry, what a review that settles it names.
        licences: those of the application that are open; None = none is.
        risk, band: scored now; None where it was not scored anew, and `not_scored` says why.
        risk_before, band_before: of the newest score on record.
    """

    alert_id: str
    raised_at: datetime
    found_by: str
    source: str
    event_id: str
    found_on: str | None
    findings: tuple[str, ...]
    diversion: bool
    application_id: str
    why: str
    licences: str | None
    shared_as: str
    authority: str
    destination: str | None
    subject: str | None = None
    risk: float | None = None
    band: str | None = None
    risk_before: float | None = None
    band_before: str | None = None
    not_scored: str | None = None


@dataclass(frozen=True)
class Proposal:
    """What a finding puts before an approver.

    Args:
        action: of `follow_up_action`; `target`: whom or what it concerns.
        state: `open`; `done` once a review confirmed it; `not_done` once one dismissed it, with its reason in `because`.
    """

    proposal_id: str
    action: str
    target: str
    found_by: str
    source: str
    application_id: str
    proposed_at: datetime
    state: str
    because: str | None
    settled_by: str | None
    settled_on: date | None


def lay_follow_up(cursor: duckdb.DuckDBPyConnection, as_of: datetime) -> None:
    """`finding_standing`, `alert`, `proposal` and what they stand on, as known by `as_of` (UTC)."""
    lay_licences(cursor, as_of)
    lay_findings(cursor)
    for name, file in {"filing_standing": "filing_standing", "licence_state": "licences", "party_standing": "party_standing",
                       "finding_standing": "finding_standing", "list_question": "list_question", "alert": "alert", "proposal": "proposal"}.items():
        cursor.execute(f"create or replace temp table {name} as {monitoring_sql(file)}")


def laid(cursor: duckdb.DuckDBPyConnection) -> dict[str, pl.DataFrame]:
    """What `lay_follow_up` laid, to be read on another cursor: laying it takes seconds over 10^5 applications, reading it milliseconds."""
    return {name: cursor.sql(select).pl() for name, select in READ.items()}


def lay_again(cursor: duckdb.DuckDBPyConnection, found: dict[str, pl.DataFrame]) -> None:
    """What was `laid` once, in the place of `lay_follow_up`, for `alerts` and `proposals`."""
    for name, frame in found.items():
        cursor.execute(f"drop table if exists temp.main.{name}")  # laid on this very cursor: no view can take its place
        cursor.register(name, frame)


def alerts(
    desk: Desk, cursor: duckdb.DuckDBPyConnection, at: datetime, visible: tuple[str, ...] | None, *, since: datetime | None = None, limit: int = 200, skip: int = 0,
    scored: bool = True,
) -> list[Alert]:
    """Alerts, the newest first; undecided applications and open licences with their score as of now beside the one on record. After `lay_follow_up`.

    Nothing is stored: the score on record stays the one that was given.

    Args:
        at: the moment of scoring.
        visible: the authorities whose filings the caller may read; None = all.
        since: only what was raised from then on.
        scored: score anew; otherwise only what is on record is told, which takes no scoring.
    """
    rows = cursor.execute(
        "select alert.* exclude (record_no), record_no from alert where ($visible is null or list_contains($visible, authority)) and ($since is null or raised_at >= $since) "
        "order by raised_at desc, alert_id limit $limit offset $skip",
        {"visible": list(visible) if visible is not None else None, "since": since, "limit": limit, "skip": skip},
    ).fetchall()
    found = [(Alert(*row[:6], tuple(row[6] or ()), *row[7:-1]), row[-1]) for row in rows]
    found = [(_with_the_found_application_hidden(one, cursor, visible), record_no) for one, record_no in found]
    anew = sorted({record_no for one, record_no in found if one.why != "found here"})[:RESCORED]
    scores = _scored(desk, anew, at) if scored else {}
    before = _on_record(cursor, [one.application_id for one, _ in found])
    told = []
    for one, record_no in found:
        risk_before, band_before = before.get(one.application_id, (None, None))
        now = scores.get(record_no) if one.why != "found here" else None
        why_not = None if now else FOUND_HERE if one.why == "found here" else NOT_ASKED if not scored else TOO_MANY
        told.append(replace(one, risk=now and now.risk, band=now and now.band, risk_before=risk_before, band_before=band_before, not_scored=why_not))
    return told


def _scored(desk: Desk, filings: list[int], at: datetime) -> dict[int, Score]:
    """Filings scored as of a moment, so many at a time that the history is read in slices."""
    scores: dict[int, Score] = {}
    for start in range(0, len(filings), SLICE_UP_TO):
        part = filings[start : start + SLICE_UP_TO]
        scores |= zip(part, score_stored(desk, [Subject(record_no, at, at) for record_no in part], at), strict=True)
    return scores


def proposals(cursor: duckdb.DuckDBPyConnection, visible: tuple[str, ...] | None, *, state: str | None = None, source: str | None = None) -> list[Proposal]:
    """Proposals, the oldest open first; after `lay_follow_up`."""
    rows = cursor.execute(
        "select proposal.* from proposal inner join filing_standing on proposal.application_id = filing_standing.application_id "
        "where ($visible is null or list_contains($visible, authority)) and ($state is null or state = $state) and ($source is null or source = $source) "
        "order by state <> 'open', proposed_at, action, proposal_id",
        {"visible": list(visible) if visible is not None else None, "state": state, "source": source},
    ).fetchall()
    return [Proposal(*row) for row in rows]


def _with_the_found_application_hidden(alert: Alert, cursor: duckdb.DuckDBPyConnection, visible: tuple[str, ...] | None) -> Alert:
    """Another authority's filing counts, its text is not shown: neither is its id."""
    if visible is None or alert.found_on is None or alert.why == "found here":
        return alert
    row = cursor.execute("select authority from filing_standing where application_id = ?", [alert.found_on]).fetchall()
    return alert if row and row[0][0] in visible else replace(alert, found_on=None, source="(another authority's)", event_id="(another authority's)")


def _on_record(cursor: duckdb.DuckDBPyConnection, applications: list[str]) -> dict[str, tuple[float, str]]:
    rows = cursor.execute(
        "select application_id, risk, band from score where list_contains(?, application_id) "
        "qualify row_number() over (partition by application_id order by revision desc, record_no desc) = 1", [applications]
    ).fetchall()
    return {application_id: (risk, band) for application_id, risk, band in rows}
