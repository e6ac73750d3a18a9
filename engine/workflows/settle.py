"""Holds a review that settles something after a visit to its rules: proposals, closing, unverified status. Records nothing."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import duckdb

from engine.errors import Conflict, FieldProblem, InvalidRecord, NotPermitted
from engine.store.database import first
from engine.wire.events import Review
from engine.workflows.afterwards import moment_after
from engine.workflows.follow_up import lay_follow_up, proposals

if TYPE_CHECKING:
    from engine.workflows.desk import Desk

PROPOSAL = "proposal:"


def settles_proposal(review: Review) -> bool:
    """Whether a review is about something proposed after a finding."""
    return (review.subject or "").startswith(PROPOSAL)


def check_settlement(desk: Desk, review: Review, at: datetime) -> None:
    """A proposal is settled with what was done or why not; a visit is closed once nothing proposed after it is open; an unverified status ends.

    Raises:
        InvalidRecord: a reason or an end day is missing, or no such proposal stands.
        NotPermitted: who made or recorded the visit settles what it set in motion.
        Conflict: a visit is closed over open proposals or before its final rating.
    """
    if review.about == "unverified_status" and review.result == "confirmed":
        _require(review, because="why the party counts as unverified", valid_to="the day on which the status ends")
    if settles_proposal(review):
        _require(review, because="what was done, or why not")
        _check_proposal(desk, review, at)
    elif review.about == "visit" and review.result == "ended":
        _check_closing(desk, review, at)


def _require(review: Review, **expected: str) -> None:
    missing = [FieldProblem(name, "it is missing", what, "Add it.") for name, what in expected.items() if not str(getattr(review, name) or "").strip()]
    if missing:
        raise InvalidRecord("The review", missing)


def _check_proposal(desk: Desk, review: Review, at: datetime) -> None:
    cursor = _laid(desk, at)
    try:
        found = next((one for one in proposals(cursor, None) if one.proposal_id == review.subject), None)
        made_by = _made_by(cursor, found.source) if found else set()
    finally:
        cursor.close()
    if found is None:
        raise InvalidRecord("The review", [FieldProblem("subject", "nothing of this id is proposed", "the id of a proposal", "List them with `GET /v1/proposals` or `diversion proposals`.")])
    if review.application_id != found.application_id or review.about != found.found_by:
        raise InvalidRecord("The review", [FieldProblem(
            "application_id" if review.about == found.found_by else "about", "it is not what the proposal is about", f"about {found.found_by}, application {found.application_id}", "Name both.")])
    if _plain(review.recorded_by) in made_by:
        raise NotPermitted("What a finding proposes is settled by another person than the one who made or recorded the visit. Ask another approver.")


def _check_closing(desk: Desk, review: Review, at: datetime) -> None:
    cursor = _laid(desk, at)
    try:
        still_open = [one for one in proposals(cursor, None, state="open", source=review.subject) if one.found_by == "visit"]
        rated = first(cursor, "select count(*) from visit_in_force cross join licence_moment where visit_id = ? and known_from < as_of and (known_to is null or known_to >= as_of)", [review.subject])[0]
    finally:
        cursor.close()
    if not rated:
        raise Conflict(f"visit {review.subject} cannot be closed: its final rating is missing. Expected a `review` about it with result `confirmed`, by another person. Rate it first.")
    if still_open:
        raise Conflict(
            f"visit {review.subject} cannot be closed: {len(still_open)} proposal(s) open: " + "; ".join(f"{one.action} ({one.proposal_id})" for one in still_open[:10])
            + ". Each must be settled by a `review` with that id as subject: `confirmed` with what was done, `dismissed` with why not."
        )


def _laid(desk: Desk, at: datetime) -> duckdb.DuckDBPyConnection:
    cursor = desk.store.cursor()
    try:
        lay_follow_up(cursor, moment_after(at))
    except BaseException:
        cursor.close()
        raise
    return cursor


def _made_by(cursor: duckdb.DuckDBPyConnection, visit_id: str) -> set[str]:
    rows = cursor.execute("select distinct unnest([recorded_by, signed_by]) from visit where visit_id = ?", [visit_id]).fetchall()
    return {_plain(name) for (name,) in rows if name}


def _plain(name: str | None) -> str:
    return " ".join((name or "").split()).casefold()
