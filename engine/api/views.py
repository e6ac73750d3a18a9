"""What each role is shown of a record: the one place where anything is left out. Reads nothing."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any

from engine.api.answers.applications import FiledScore, FiledScoreForSystem, HistoryEntry, QueueRow, UnmappedField
from engine.api.answers.parties import Crowded, LeftOut, NetworkAnswer, NetworkEdge, NetworkNode, PartyAnswer, PartyForm
from engine.api.answers.scores import ScoreForSystem
from engine.api.answers.visits import VisitRow
from engine.api.room import Caller
from engine.errors import NotPermitted
from engine.wire import Score, Unmapped
from engine.workflows.history import Entry
from engine.workflows.links import EntityShown, FormShown, seen_by, unknown_party
from engine.workflows.network import Network

CONTROLLED = "originator_controlled"

# Kinds of records in an application's history that a role may know of at all; those not named here see every kind.
# Reviews quote what they settle, which can be a partner's denial: a system never gets one.
KINDS_SHOWN: Mapping[str, frozenset[str]] = {
    "system": frozenset({"application", "score", "decision", "licence", "shipment", "delivery"}),
    "inspector": frozenset({"application", "licence", "shipment", "delivery", "visit", "destruction", "request"}),
}
DECISION_FOR_SYSTEM = frozenset({"event_id", "at", "application_id", "outcome", "basis", "conditions", "reasons_for_applicant", "corrects", "withdrawn"})
BEFORE_SIGN_OFF = ("chosen_by", "inclusion_probability", "reason", "added_by_planner", "plan_id")


def score_for(caller: Caller, score: Score) -> Score | ScoreForSystem:
    """A score in full, or without reasons, evidence and the text of referrals."""
    return score if caller.reads_all else ScoreForSystem.of(score)


def filed_for(caller: Caller, score: Score, unmapped: tuple[Unmapped, ...] | None) -> Score | ScoreForSystem | FiledScore | FiledScoreForSystem:
    """The score of a filing just made; where it came in another system's form, with what of it was left over."""
    told = score_for(caller, score)
    if unmapped is None:
        return told
    shape = FiledScoreForSystem if isinstance(told, ScoreForSystem) else FiledScore
    return shape(**{name: getattr(told, name) for name in type(told).model_fields}, unmapped=tuple(UnmappedField(**asdict(one)) for one in unmapped))


def filing_for(caller: Caller, body: dict[str, Any]) -> dict[str, Any]:
    """A filing; of a paper that its originator controls, others learn that it is there.

    Raises:
        NotPermitted: the whole filing is controlled.
    """
    if caller.reads_all:
        return body
    if body.get("handling") == CONTROLLED:
        raise NotPermitted("this filing is originator-controlled. Expected a token of an analyst, approver or auditor. Ask one of them.")
    papers = body.get("documents")
    if not papers:
        return body
    kept = [{"kind": paper["kind"], "handling": CONTROLLED} if paper.get("handling") == CONTROLLED else paper for paper in papers]
    return body | {"documents": kept}


def history_for(caller: Caller, entries: Iterable[Entry]) -> tuple[HistoryEntry, ...]:
    """The entries that a caller may know of, those that may be read with what they say."""
    shown = KINDS_SHOWN.get(caller.role)
    return tuple(_entry_for(caller, entry) for entry in entries if shown is None or entry.kind in shown)


def _entry_for(caller: Caller, entry: Entry) -> HistoryEntry:
    withheld = entry.handling == CONTROLLED and not caller.reads_all
    body = None if withheld or entry.body is None else _body_for(caller, entry)
    return HistoryEntry(
        at=entry.at, recorded_at=entry.recorded_at, kind=entry.kind, record=None if withheld else entry.record, handling=entry.handling, withheld=withheld, body=body,
    )


def _body_for(caller: Caller, entry: Entry) -> dict[str, Any]:
    if caller.reads_all:
        return entry.body
    if entry.kind == "application":
        return filing_for(caller, entry.body)
    if entry.kind == "score":
        return ScoreForSystem.of(Score.model_validate_json(json.dumps(entry.body))).model_dump(mode="json")
    if entry.kind == "decision" and caller.role == "system":
        return {name: value for name, value in entry.body.items() if name in DECISION_FOR_SYSTEM}
    return entry.body


def queue_row_for(caller: Caller, row: dict[str, Any]) -> QueueRow:
    """One row of the queue; a system learns only whether a referral is open."""
    return QueueRow(**(row | {"open_referrals": row["open_referrals"] > 0} if caller.role == "system" else row))


def visit_for(caller: Caller, row: dict[str, Any]) -> VisitRow:
    """A visit; why it was chosen stays from inspectors until one of them has signed it off, so that nobody finds what was expected."""
    told = {name: row[name] for name in VisitRow.model_fields}
    if caller.role == "inspector" and not row["signed_by"]:
        told |= dict.fromkeys(BEFORE_SIGN_OFF)
    return VisitRow(**told)


def party_for(caller: Caller, shown: EntityShown) -> PartyAnswer:
    """An entity; of a form that another authority was sent it is told that there is one, and an officer's words on a link only to who reads all.

    Raises:
        UnknownRecord: no form of it may be seen.
    """
    if not any(seen_by(form, caller.authorities) for form in shown.forms):
        raise unknown_party()
    return PartyAnswer(entity_id=str(shown.entity_id), forms=tuple(_form_for(caller, form) for form in shown.forms), former=tuple(map(str, shown.former)))


RULINGS = ("joined by ", "parted by ")  # how `engine.linking.bodies` quotes a person: name and reason


def _form_for(caller: Caller, form: FormShown) -> PartyForm:
    if not seen_by(form, caller.authorities):
        return PartyForm(withheld=True, **dict.fromkeys(set(PartyForm.model_fields) - {"withheld"}))
    told = asdict(form) | {"form_id": str(form.form_id), "withheld": False}
    if caller.authorities is not None and form.reason.startswith(RULINGS) and not form.reason.startswith(tuple(f"{said}{caller.name}" for said in RULINGS)):
        told["reason"] = form.reason[: len(RULINGS[0])] + "an officer"
    return PartyForm(**told)


def network_for(told: Network) -> NetworkAnswer:
    """The graph as it is answered: whose text is withheld in it was settled where it was read."""
    return NetworkAnswer(
        application_id=told.application_id, revision=told.revision, as_of=told.as_of, nodes=tuple(NetworkNode(**asdict(node)) for node in told.nodes),
        edges=tuple(NetworkEdge(**asdict(edge)) for edge in told.edges),
        left_out=LeftOut(parties=told.parties_left_out, crowded=tuple(Crowded(id=thing, parties=parties) for thing, parties in told.crowded)), caveat=told.caveat,
    )
