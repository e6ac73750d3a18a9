"""Puts together what an inspector takes along: what to check, and nothing of why this visit was chosen. Writes nothing.

Read from the records of the licence, never from the plan's choice: of a planned visit only who, what, when and how are read, so
that no score, band, rank, way of choosing or probability can stand on the paper. What its originator controls stays out too: a pack
leaves the house.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

import duckdb

from engine.documents.page import Block, Heading, Page, Paragraph, Picture, Table, as_html, day
from engine.documents.printed_page import as_pdf
from engine.documents.route_map import Stop, route_map
from engine.errors import RefusedInput, UnknownRecord
from engine.monitoring.sampling import CONFIDENCE, pieces_to_look_at
from engine.store.database import first
from engine.wire.quantities import amount
from engine.workflows.afterwards import lay_afterwards, moment_after
from engine.workflows.history import authority_of, filing_body

FORMS = (".html", ".pdf")
CONTROLLED = "originator_controlled"
# Of a planned visit, these columns and no other.
OF_THE_PLAN = "visit_id, application_id, shipment_id, stage, window_from, window_to, mode"
LARGE_LOT = 30  # pieces; below it all are looked at. German practice samples "large quantities" without a number: the compiler's choice
NOTICED = 0.05  # a sample is to notice at least one missing piece, if this share or more is missing

STORAGE = (
    "Building, rooms, who else uses them", "Guard, fence, alarm, lighting", "Locks and seals; who holds the keys", "Ammunition apart from weapons, where it applies",
    "Register of stock: entries match what is there", "Issue and return book; pieces out on loan, to whom", "Last stock-taking: day, by whom, result",
)
PAPERS = {
    "end_user_certificate": "end-user certificate, the end user's copy", "end_user_statement": "end-user statement", "import_certificate": "import certificate",
    "import_licence": "import licence", "contract": "contract", "purchase_order": "purchase order", "invoice": "invoice", "transit_authorisation": "transit authorisation",
    "consignee_statement": "consignee's statement", "re_export_consent": "consent to re-export", "destruction_certificate": "certificate of destruction",
    "delivery_verification": "delivery verification of an earlier delivery",
}
ALWAYS_SIGHTED = ("import entry or customs release of this delivery", "delivery verification or end user's receipt of this delivery", "register of stock", "record of any transfer, loan, loss or destruction since")


@dataclass(frozen=True)
class _Visit:
    visit_id: str
    application_id: str
    shipment_id: str | None
    stage: str
    window_from: date | None
    window_to: date | None
    mode: str | None


def visit_pack(cursor: duckdb.DuckDBPyConnection, visit_id: str, at: datetime) -> Page:
    """The pack of a planned visit, or of one that was made, as known at a moment (UTC).

    Args:
        cursor: one of its own.

    Raises:
        UnknownRecord: no such visit.
        RefusedInput: the filing is its originator's and may not be printed.
    """
    visit = _visit(cursor, visit_id)
    filing = filing_body(cursor, visit.application_id, None)
    if filing.get("handling") == CONTROLLED:
        raise RefusedInput(f"the filing behind visit {visit_id} is originator-controlled. Expected one that may leave the house. Ask its originator, and brief the inspector in person.")
    lay_afterwards(cursor, moment_after(at), visit.application_id)
    blocks: list[Block] = [
        *_subject(cursor, visit, filing), *_goods(cursor, visit, filing), *_conditions(cursor, filing), *_storage(), *_papers(filing), *_replaced(filing), *_way(cursor, visit, filing),
        *_host(cursor, visit, filing), *_record(),
    ]
    return Page(
        title=f"Visit pack {visit.visit_id}",
        subtitle=f"{_plain(visit.stage)} check of application {visit.application_id}, authority {filing['authority']}; as known {day(at)}.",
        blocks=tuple(blocks),
        foot=f"Visit {visit.visit_id}. For the inspector; hand it back after the visit. Records that their originator controls are left out.",
    )


def render(page: Page, form: str, at: datetime) -> bytes:
    """The page in a form, `.html` or `.pdf`.

    Raises:
        RefusedInput: another form.
    """
    check_form(form)
    return as_html(page).encode() if form == ".html" else as_pdf(page, at)


def check_form(form: str) -> None:
    """Refuse an ending that is not known.

    Raises:
        RefusedInput.
    """
    if form not in FORMS:
        raise RefusedInput(f"the form {form or '(none)'} is not known. Expected {' or '.join(FORMS)}. Name another ending.")


def application_of_visit(cursor: duckdb.DuckDBPyConnection, visit_id: str) -> str:
    """The application that a visit checks.

    Raises:
        UnknownRecord: no such visit.
    """
    return _visit(cursor, visit_id).application_id


def unknown_visit(visit_id: str) -> UnknownRecord:
    """The one answer for a visit that is not there and for one that the caller may not see."""
    return UnknownRecord(f"no visit {visit_id} is planned or made. Expected the `visit_id` of one. List them with `GET /v1/visits`, or plan visits first.")


def _visit(cursor: duckdb.DuckDBPyConnection, visit_id: str) -> _Visit:
    row = first(cursor, f"select {OF_THE_PLAN} from planned_visit where visit_id = ? order by record_no desc limit 1", [visit_id]) or first(
        cursor,
        "select visit.visit_id, coalesce(visit.application_id, shipment.application_id, licence.application_id), visit.shipment_id, coalesce(visit.stage, 'post_shipment'), null, null, visit.mode "
        "from visit left join shipment on visit.shipment_id = shipment.shipment_id left join licence on shipment.licence_number = licence.licence_number "
        "where visit.visit_id = ? order by visit.at limit 1", [visit_id],
    )
    if row is None or row[1] is None or authority_of(cursor, row[1]) is None:
        raise unknown_visit(visit_id)
    return _Visit(*row)


def _subject(cursor, visit: _Visit, filing: dict) -> Iterable[Block]:
    window = f"{day(visit.window_from)} to {day(visit.window_to)}" if visit.window_from else "not set"
    yield Table(("What", ""), (
        ("Made between", window), ("How", _plain(visit.mode or "on_site")), ("Stage", _plain(visit.stage)), ("Shipment", visit.shipment_id or "all under the licence"),
        ("End use declared", _told((filing.get("end_use") or {}).get("statement"))), ("Purpose", _plain((filing.get("end_use") or {}).get("purpose") or "not given")),
        ("Site declared", _told((filing.get("end_use") or {}).get("site"))),
    ), (1, 3))
    yield Heading("Parties: confirm each name, address and part")
    rows = []
    for role in ("end_user", "consignee", "exporter", "applicant"):
        if party := filing.get(role):
            rows.append(_party_row(_plain(role), party))
    for group in ("end_users", "intermediaries"):
        rows += [_party_row(_plain(party.get("role") or group), party) for party in filing.get(group) or ()]
    yield Table(("Part", "Name", "Country", "Address", "Confirmed?"), tuple(rows), (2, 4, 1, 5, 2))
    yield Paragraph("Anyone met with who is on none of these lines: write the name, the part they play and how they came to it.")


def _party_row(part: str, party: dict) -> tuple[str, ...]:
    return part, party["name"], party.get("country") or "?", party.get("address") or "not given", ""


def _goods(cursor, visit: _Visit, filing: dict) -> Iterable[Block]:
    shipped = cursor.execute(
        "select shipment_id, shipped_on, item.line, item.quantity from (select shipment_id, shipped_on, unnest(items) as item from licence_shipment) "
        "where ? is null or shipment_id = ? order by shipped_on, shipment_id, item.line", [visit.shipment_id, visit.shipment_id],
    ).fetchall()
    yield Heading("Goods")
    total: dict[int | None, float] = {}
    for _, _, line, quantity in shipped:
        total[line] = total.get(line, 0.0) + float(quantity or 0)
    yield Table(("Line", "Goods", "Code", "Filed", "Shipped", "Seen"), tuple(
        (str(item.get("line", "")), " ".join(filter(None, (item.get("description"), item.get("manufacturer"), item.get("model")))) or "not described", item.get("control_code") or "none",
         amount(item.get("quantity"), item.get("unit")), amount(total.get(item.get("line")), item.get("unit")) if shipped else "no shipment on record", "")
        for item in filing["items"]
    ), (1, 5, 2, 2, 2, 2))
    yield Table(("Shipment", "Left on", "Line", "Quantity"), tuple((s, day(left), str(line or ""), amount(q, None)) for s, left, line, q in shipped), (4, 2, 1, 2), "No shipment is on record.")
    for line, quantity in sorted(total.items(), key=lambda pair: pair[0] or 0):
        if quantity >= LARGE_LOT:
            lot = int(quantity)
            missing = max(1, round(lot * NOTICED))
            count = pieces_to_look_at(lot, missing)
            yield Paragraph(
                f"Line {line}: where not all {lot:,} pieces can be seen, draw {count:,} by lot over all places of storage: if {missing:,} or more are missing, at least one of them shows with "
                f"{CONFIDENCE:.0%} confidence (hypergeometric). Pieces laid out beforehand are no sample. Write down how they were drawn."
            )
    serials = cursor.execute(
        "select serial, line, state, told_on from serial_state where shipped_here and (? is null or shipment_id = ?) order by line, serial", [visit.shipment_id, visit.shipment_id],
    ).fetchall()
    yield Heading("Serial numbers shipped: tick or write seen, not shown, destroyed, consumed, lost, stolen, in repair, built in, handed on")
    yield Table(("Line", "Serial number", "Known so far", "State found"), tuple(
        (str(line or ""), serial, "" if state == "not_yet_seen" else f"{_plain(state)} {day(told_on)}".strip(), "") for serial, line, state, told_on in serials
    ), (1, 4, 3, 4), "No serial numbers were filed. Write down those found: plate by hand where a scanner fails.")


def _conditions(cursor, filing: dict) -> Iterable[Block]:
    told = cursor.execute(
        "select licence_number, condition.condition_id, condition.code, condition.text, condition.due_days, condition.due_from from ("
        "select coalesce(licence.licence_number, '') as licence_number, licence.at as known_at, unnest(licence.conditions) as condition "
        f"from known_licence as licence where licence.handling is distinct from '{CONTROLLED}') "
        "qualify row_number() over (partition by licence_number, coalesce(condition.condition_id, condition.code, condition.text) order by known_at desc) = 1 order by licence_number, condition.condition_id"
    ).fetchall()
    rows = [(f"{number} {ident or ''}".strip(), text or _plain(code or "not worded"), f"{days} days from {source}" if days is not None else "", "") for number, ident, code, text, days, source in told]
    if not rows:
        decided = cursor.execute(
            f"select unnest(conditions) from (select * from known_decision where outcome = 'granted' and handling is distinct from '{CONTROLLED}' "
            "order by known_decision.at desc limit 1)"
        ).fetchall()
        rows = [(str(n), text, "", "") for n, (text,) in enumerate(decided, 1)]
    yield Heading("Conditions of the licence: each one, met or not, and by what it shows")
    yield Table(("Condition", "Words", "Due", "Met: yes, no, not checked"), tuple(rows), (2, 6, 2, 3), "The licence has no conditions on record.")
    promised = sorted({one for paper in filing.get("documents") or () if paper.get("handling") != CONTROLLED for one in paper.get("undertakings") or ()})
    yield Paragraph("The end user also undertook: " + "; ".join(map(_plain, promised)) + "." if promised else "No undertakings of the end user are on record.")


def _storage() -> Iterable[Block]:
    yield Heading("Storage")
    yield Table(("Look at", "Found"), tuple((line, "") for line in (*STORAGE, "Secure on the whole: yes or no")), (3, 4))


def _papers(filing: dict) -> Iterable[Block]:
    yield Heading("Papers to sight: number, day and signature against what was filed")
    rows = [
        (PAPERS.get(paper["kind"], _plain(paper["kind"])), _told(paper.get("number")), " ".join(filter(None, (paper.get("issuer"), paper.get("issuer_country")))) or "not given", day(paper.get("issued_on")), "")
        for paper in filing.get("documents") or () if paper.get("handling") != CONTROLLED
    ]
    yield Table(("Paper", "Number", "Issuer", "Of", "Sighted"), (*rows, *((paper, "", "", "", "") for paper in ALWAYS_SIGHTED)), (4, 2, 3, 2, 2))


def _replaced(filing: dict) -> Iterable[Block]:
    if stock := filing.get("replaced_stock"):
        yield Heading("Replaced stock: what became of it")
        yield Table(("Stock", "Quantity", "Plan declared", "Found"), tuple(
            (one.get("description") or one.get("control_code") or "not described", amount(one.get("quantity"), None), _plain(one.get("plan") or "undeclared"), "") for one in stock
        ), (4, 2, 2, 4))


def _way(cursor, visit: _Visit, filing: dict) -> Iterable[Block]:
    route = filing.get("route") or ()
    told = first(cursor, "select to_json(route)::varchar from shipment where route is not null and (? is null or shipment_id = ?) order by shipped_on desc limit 1", [visit.shipment_id, visit.shipment_id])
    legs = json.loads(told[0]) if told and told[0] and json.loads(told[0]) else list(route)
    yield Heading("Route")
    yield Table(("From", "To", "By", "Carrier"), tuple(
        (leg.get("from") or leg.get("from_text") or "?", leg.get("to") or leg.get("to_text") or "?", _plain(leg.get("mode") or "?"), leg.get("carrier") or "") for leg in legs
    ), (2, 2, 2, 4), "No route was filed.")
    places = [code for leg in legs for code in (leg.get("from"), leg.get("to")) if code]
    known = {place: Stop(name, latitude, longitude) for place, name, latitude, longitude in cursor.execute(
        "select place, name, latitude, longitude from place where list_contains(?, place) and latitude is not null", [places]).fetchall()}
    stops = [known[place] for n, place in enumerate(places) if place in known and (n == 0 or places[n - 1] != place)]
    if drawn := route_map(stops):
        yield Picture(drawn, "; ".join(f"{n} {stop.name}" for n, stop in enumerate(stops, 1)) + ". Straight lines between the places named; outlines for orientation only.")


def _host(cursor, visit: _Visit, filing: dict) -> Iterable[Block]:
    answers = cursor.execute(
        "select coalesce(name, ''), coalesce(country, ''), sent_on, answer, answered_on from request where \"for\" = 'visit_consent' "
        f"and handling is distinct from '{CONTROLLED}' and (visit_id = ? or application_id = ? or shipment_id = ?) order by request.at", [visit.visit_id, visit.application_id, visit.shipment_id],
    ).fetchall()
    end_user = filing.get("end_user") or filing.get("consignee") or {}
    yield Heading("Host and consent")
    yield Paragraph(f"Received by: {end_user.get('name', 'to be named')}, {end_user.get('address') or 'address not given'}. Name and post of whoever receives you: ____________________")
    yield Table(("Asked", "Country", "Sent", "Answer", "On"), tuple(
        (name or "host state", country, day(sent), _plain(answer) if answer else "none yet", day(on)) for name, country, sent, answer, on in answers
    ), (4, 1, 2, 3, 2), "No consent has been asked for yet: without it the visit does not begin.")


def _record() -> Iterable[Block]:
    yield Heading("To record on the spot")
    yield Table(("What", ""), (
        ("Day, place, coordinates", ""), ("Access: full, limited, none; limited by whom or what", ""), ("End use seen against end use declared", ""), ("Photographs and papers taken (files by their hash)", ""),
        ("What could not be established", ""), ("What the party says to it", ""), ("Signature of the host", ""), ("Signature of the inspector", ""),
    ), (2, 4))


def _plain(code: str) -> str:
    return code.replace("_", " ")


def _told(text) -> str:
    return str(text) if text else "not given"
