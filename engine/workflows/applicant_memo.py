"""Puts together what may be given to the applicant: their own filing, what is addressed to them, and what is marked releasable.

Nothing else is ever read into it, so nothing else can leave the house by it: no score, no referral, no list, no rationale, no paper
that somebody else handed in. What stands here was chosen by what a record is and how it is handled, never by who asks.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import duckdb

from engine.documents.page import Block, Heading, Page, Paragraph, Table, day
from engine.errors import RefusedInput
from engine.wire.quantities import amount
from engine.workflows.history import Entry, filing_body, history

RELEASABLE, CONTROLLED = "releasable", "originator_controlled"
# What the authority writes to the applicant, field by field; of a request only those put to the applicant.
ADDRESSED: Mapping[str, tuple[str, ...]] = {
    "decision": ("outcome", "basis", "conditions", "reasons_for_applicant"),
    "licence": ("licence_number", "change", "effective_on", "valid_from", "valid_to", "conditions"),
    "request": ("for", "text", "sent_on", "due_on", "answer", "answered_on"),
}
NEVER = frozenset({"application", "score", "planned_visit"})  # the filing has its own place; the other two are the house's
OFFICERS_OWN = frozenset({"event_id", "at", "recorded_by", "approved_by", "reviewed_by", "corrects", "withdrawn", "handling", "reference", "score_seen", "application_id"})
OWN_PAPERS = ("exporter", "broker")
A_DAY = re.compile(r"\d{4}-\d\d-\d\d(T[\d:.]+Z)?")


def applicant_memo(cursor: duckdb.DuckDBPyConnection, application_id: str, at: datetime) -> Page:
    """The memo for the applicant as things stand at a moment (UTC).

    Raises:
        UnknownApplication: no such application.
        RefusedInput: the filing itself is its originator's.
    """
    filing = filing_body(cursor, application_id, None)
    if filing.get("handling") == CONTROLLED:
        raise RefusedInput(f"application {application_id} is originator-controlled. Expected a filing that may leave the house. Ask its originator, and write by hand.")
    entries = _in_force(history(cursor, application_id))
    return Page(
        title=f"Application {application_id}",
        subtitle=f"Revision {filing.get('revision', 1)}, filed {day(filing['filed_at'])} with the licensing authority of {filing['authority']}; as it stands on {day(at)}.",
        blocks=(*_asked(filing), *_papers(filing), *_decided(entries), *_licensed(entries), *_requested(entries), *_released(entries)),
        foot=f"Application {application_id}. For the applicant. It holds what they filed, what is addressed to them and what is released, and nothing else.",
    )


def _in_force(entries: Sequence[Entry]) -> list[Entry]:
    """Without what was corrected, taken back, erased or is its originator's."""
    replaced = {entry.body["corrects"] for entry in entries if entry.body and entry.body.get("corrects")}
    return [
        entry for entry in entries
        if entry.body is not None and entry.handling != CONTROLLED and not entry.body.get("withdrawn") and entry.body.get("event_id") not in replaced
    ]


def _asked(filing: dict) -> Iterable[Block]:
    yield Heading("What was applied for")
    parties = [(part, filing.get(name)) for name, part in (("exporter", "Exporter"), ("consignee", "Consignee"), ("end_user", "End user"))]
    yield Table(("Part", "Name", "Country"), tuple((part, one["name"], one.get("country") or "") for part, one in parties if one), (2, 6, 2))
    yield Table(("Line", "Goods", "Control entry", "Quantity"), tuple(
        (str(item.get("line", "")), item.get("description") or "not described", item.get("control_code") or "none given", amount(item.get("quantity"), item.get("unit"))) for item in filing["items"]
    ), (1, 6, 2, 2))


def _papers(filing: dict) -> Iterable[Block]:
    yield Heading("Papers that you handed in")
    rows = [
        (_plain(paper["kind"]), paper.get("number") or "", day(paper.get("issued_on"))) for paper in filing.get("documents") or ()
        if paper.get("handling") == RELEASABLE or (paper.get("handling") != CONTROLLED and paper.get("submitted_by") in OWN_PAPERS)
    ]
    yield Table(("Paper", "Number", "Of"), tuple(rows), (4, 4, 2), "None on record as handed in by you.")


def _decided(entries: Sequence[Entry]) -> Iterable[Block]:
    yield Heading("Decision")
    told = [entry.body for entry in entries if entry.kind == "decision"]
    if not told:
        yield Paragraph("None yet, or none that may be told.")
    for body in told:
        said = _addressed("decision", body)
        yield Paragraph(f"{_plain(said['outcome']).capitalize()} on {day(body['at'])}" + (f", on {_plain(said['basis'])}" if said.get("basis") and said["basis"] != "first" else "") + ".", strong=True)
        yield Paragraph(said.get("reasons_for_applicant") or "No reasons are on record for the applicant.")
        if conditions := said.get("conditions"):
            yield Table(("Conditions",), tuple((one,) for one in conditions), (1,))


def _licensed(entries: Sequence[Entry]) -> Iterable[Block]:
    rows = []
    for entry in entries:
        if entry.kind == "licence":
            said = _addressed("licence", entry.body)
            conditions = "; ".join(one.get("text") or _plain(one.get("code") or "") for one in said.get("conditions") or ())
            rows.append((said.get("licence_number") or "", _plain(said["change"]), day(said.get("effective_on") or entry.body["at"]), day(said.get("valid_to")), conditions))
    if rows:
        yield Heading("Licence")
        yield Table(("Number", "What", "From", "Valid to", "Conditions"), tuple(rows), (3, 2, 2, 2, 5))


def _requested(entries: Sequence[Entry]) -> Iterable[Block]:
    """What the authority asked of the applicant, with the newest answer; what was asked of anybody else is not theirs to know."""
    asked: dict[str, dict[str, Any]] = {}
    for entry in entries:
        if entry.kind == "request":
            body = entry.body
            asked[body["request_id"]] = asked.get(body["request_id"], {}) | {name: value for name, value in body.items() if value is not None}
    rows = []
    for body in asked.values():
        if body.get("to") == "applicant":
            said = _addressed("request", body)
            rows.append((_plain(said.get("for") or "information"), said.get("text") or "", day(said.get("sent_on")), day(said.get("due_on")), _plain(said.get("answer") or "open")))
    if rows:
        yield Heading("Asked of you")
        yield Table(("For", "Words", "Sent", "Due", "Answer"), tuple(rows), (2, 5, 2, 2, 2))


def _released(entries: Sequence[Entry]) -> Iterable[Block]:
    rows = [
        (day(entry.at), _plain(entry.kind), "; ".join(f"{_plain(name)}: {_said(value)}" for name, value in entry.body.items() if name not in OFFICERS_OWN and value not in (None, "", [], {})))
        for entry in entries
        if entry.handling == RELEASABLE and entry.kind not in NEVER and entry.kind not in ADDRESSED
    ]
    if rows:
        yield Heading("Also released")
        yield Table(("Known", "What", "It says"), tuple(rows), (2, 2, 8))


def _addressed(kind: str, body: Mapping[str, Any]) -> dict[str, Any]:
    return {name: body[name] for name in ADDRESSED[kind] if body.get(name) is not None}


def _said(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{_plain(name)} {_said(one)}" for name, one in value.items() if one is not None)
    if isinstance(value, (list, tuple)):
        return ", ".join(map(_said, value))
    return day(value) if isinstance(value, str) and A_DAY.fullmatch(value) else _plain(str(value))


def _plain(code: str) -> str:
    return code.replace("_", " ")
