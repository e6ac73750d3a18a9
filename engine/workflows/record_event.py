"""Records one event of what happened afterwards, under the rules that people must keep: grounds, referrals, second signatures."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from engine.errors import Conflict, FieldProblem, InvalidRecord, OpenReferral, SignatureNeeded
from engine.risk.policy import policy_in_force
from engine.store import records
from engine.store.database import first
from engine.store.records import Origin
from engine.wire import canonical
from engine.wire.events import Decision, Event, Review, Visit
from engine.workflows.assess import Subject, filing_in_force, referrals_at, score_stored
from engine.workflows.check_visit import check_visit
from engine.workflows.derive import derive
from engine.workflows.ingest import conflict_problem, unknown_subjects
from engine.workflows.settle import check_settlement, settles_proposal

if TYPE_CHECKING:
    from engine.workflows.desk import Desk


# What a score is named by, and the words that stand about it: a text of nothing else gives no reason of the case.
NAMES_OF_A_SCORE = frozenset("score scores scored risk risks rating band model probability prediction algorithm computer critical elevated high".split())
ABOUT_A_SCORE = NAMES_OF_A_SCORE | frozenset(
    "a above an and as at based because by case cent computed diversion diversions due engine for given gives has higher highest in interval is it its level "
    "number of on only or out over per percent predicted predicts result said says shows system than that the therefore this threshold to too very was with".split()
)


def record_event(desk: Desk, kind: str, event: Event, origin: Origin) -> bool:
    """Put one event on record; False if it already was, word for word.

    Raises:
        InvalidRecord: it speaks of something not on record, lacks what a decision must have, or is a visit whose rating does not follow from it.
        OpenReferral: a grant while a referral is unsettled.
        Conflict: the event's id is taken by other content, or the visit was completed before.
    """
    at = event.at.astimezone(UTC).replace(tzinfo=None)
    with desk.store.writing() as cursor:
        known = records.body_of(cursor, f"event:{event.event_id}")
        body = canonical(event)
        if known == body:
            return False
        cursor.execute("create or replace temp table one_event as select 0 as position, ?::varchar as body", [body])
        problems = [problem for _, problem in unknown_subjects(cursor, kind, "one_event")]
        if problems:
            raise InvalidRecord(f"The {kind.replace('_', ' ')}", problems)
        if isinstance(event, Decision) and not event.withdrawn:
            check_decision(desk, event, origin, cursor)
        if isinstance(event, Review) and not event.withdrawn:
            check_review(event)
            check_raised(cursor, event, max(at, origin.at))
            check_settlement(desk, event, max(at, origin.at))
        if isinstance(event, Visit) and not event.withdrawn:
            check_visit(desk, event, max(at, origin.at))
        appended = records.append_one(cursor, kind, f"event:{event.event_id}", at, body, origin, f"record {kind}")
        if appended.conflicting:
            raise Conflict(str(conflict_problem(kind, appended.conflicting[0][1])))
        if kind in ("denial_notice", "incident") or (isinstance(event, Review) and event.about == "link"):
            derive(cursor, desk)
    return True


def check_decision(desk: Desk, decision: Decision, origin: Origin, cursor) -> None:
    """The rules of a decision made here: its own rationale, no grant over an open referral, a second signature where the policy asks.

    Raises:
        InvalidRecord, OpenReferral.
    """
    problems = []
    if decision.outcome in ("granted", "denied") and not (decision.rationale or "").strip():
        problems.append(FieldProblem("rationale", "a decision was given without its rationale", "why, in the officer's own words",
                                     "Write what weighed in this case; the score is advice and no reason by itself."))
    if decision.outcome == "denied" and not decision.grounds:
        problems.append(FieldProblem("grounds", "a refusal was given without grounds", "at least one ground of the law",
                                     "Name the grounds; a refusal cannot rest on the score alone."))
    if decision.outcome == "denied" and _cites_only_a_score(decision.rationale or ""):
        problems.append(FieldProblem("rationale", "a refusal was given that cites only the score", "why, in the officer's own words",
                                     "Write what weighed in this case: the facts that the score rests on can, the score itself cannot."))
    if problems:
        raise InvalidRecord("The decision", problems)
    if decision.outcome != "granted" or decision.application_id is None:
        return
    record_no, _, filed_at = filing_in_force(cursor, decision.application_id, None)
    score = score_stored(desk, [Subject(record_no, filed_at, origin.at)], origin.at, cursor=cursor)[0]
    still_open = [referral for referral in score.referrals if not referral.settled]
    if still_open:
        raise OpenReferral(
            f"application {decision.application_id} cannot be granted: {len(still_open)} referral(s) unsettled: "
            + "; ".join(f"{r.rule_id} ({r.subject})" for r in still_open)
            + ". Each must be settled by a `review` event about it (about: referral, application_id, subject: the id in brackets).",
            [(r.subject, r.handling) for r in still_open],
        )
    if policy_in_force().needs_second_signature(score.band) and not signed_by_another(decision):
        raise SignatureNeeded("The decision", [FieldProblem(
            "approved_by", f"a grant in band {score.band} needs a second person's signature", "the name of another person than recorded_by",
            "Have an approver sign.",
        )])


def _cites_only_a_score(rationale: str) -> bool:
    """Whether a text, not blank, holds nothing but a score and the words about one."""
    words = set(re.findall(r"[^\W\d_]+", rationale.casefold()))
    return bool(rationale.strip()) and words <= ABOUT_A_SCORE and (not words or bool(words & NAMES_OF_A_SCORE))


def check_review(review: Review) -> None:
    """A settlement says of which application and why; an exemption and an unverified status are countersigned by another person.

    Raises:
        InvalidRecord, SignatureNeeded.
    """
    if review.about in ("referral", "list_match") and review.application_id is None:
        raise InvalidRecord("The review", [FieldProblem(
            "application_id", "it is missing, and a referral is settled for one application only", "the application whose referral this is",
            "Name the application.",
        )])
    if review.about in ("referral", "list_match") and review.result != "escalated" and not (review.because or "").strip():
        raise InvalidRecord("The review", [FieldProblem(
            "because", "it is missing, and what is settled is not asked again", "why, in the officer's own words: what tells two parties apart, or makes them one", "Say it.",
        )])
    if (review.result == "exempted" or review.about == "unverified_status") and not signed_by_another(review):
        raise SignatureNeeded("The review", [FieldProblem(
            "approved_by", "an exemption or an unverified status needs a second person's signature",
            "the name of another person than recorded_by", "Have an approver sign.",
        )])


def check_raised(cursor, review: Review, at: datetime) -> None:
    """A referral is settled only where one was raised: of this application, now or in a score on record. What is settled by a mistyped name stays open unseen.

    Raises:
        InvalidRecord: it names none; the message lists those that stand.
    """
    if review.about != "referral" or settles_proposal(review):
        return
    scored = "select 1 from score where application_id = ? and list_contains(list_transform(referrals, lambda one: one.subject), ?)"
    raised = [referral.subject for referral in referrals_at(cursor, review.application_id, at)]
    if review.subject in raised or first(cursor, scored, [review.application_id, review.subject]):
        return
    raise InvalidRecord("The review", [FieldProblem(
        "subject", "no such referral of this application is on record", f"one of {', '.join(f'`{subject}`' for subject in raised)}" if raised else "a referral of this application, and none stands",
        "Name a referral as the score does, its `subject` whole; `GET /v1/applications/{application_id}/score` tells them.",
    )])


def signed_by_another(event: Decision | Review) -> bool:
    """Whether a second person signed: never the one who recorded, however the name is written."""
    return bool(event.approved_by) and not same_person(event.approved_by, event.recorded_by)


def same_person(one: str | None, other: str | None) -> bool:
    """Whether two names of tokens or people are one, without regard to case and spaces."""
    return " ".join((one or "").split()).casefold() == " ".join((other or "").split()).casefold()


def open_state(cursor, application_id: str) -> str:
    """What an application waits for: `undecided`, or the newest decision's outcome."""
    row = first(
        cursor,
        "select decision.outcome from decision left join decision as later on later.corrects = decision.event_id "
        "where decision.application_id = ? and not coalesce(decision.withdrawn, false) and later.event_id is null "
        "order by decision.at desc limit 1",
        [application_id],
    )
    return row[0] if row else "undecided"


