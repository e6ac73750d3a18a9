"""The parts of a case on screen: what is asked, by whom, on which papers, along which way, and what is known of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

import streamlit as st

from dashboards import charts, tables, words
from dashboards.places import country
from engine.wire import Application, Document, Leg, Party


def asked(filing: Application) -> None:
    """What is asked for, in one paragraph and one table of goods."""
    facts = [
        f"**{words.say(filing.kind)}**, {words.say(filing.authorisation)}",
        words.say(filing.transaction) if filing.transaction else "transaction not given",
        f"filed {words.day(filing.filed_at)} with {country(filing.authority)}, revision {filing.revision}",
    ]
    if filing.temporary_until:
        facts.append(f"temporary, due back by {words.day(filing.temporary_until)}")
    st.markdown(" · ".join(facts))
    end_use = filing.end_use
    if end_use:
        where = ", ".join(part for part in (end_use.site, country(end_use.country) if end_use.country else None) if part)
        st.markdown(f"**End use** {words.say(end_use.purpose)}" + (f", {plain(where)}" if where else ""))
        if end_use.statement:
            st.markdown(f"> {plain(end_use.statement)}")
    else:
        st.markdown("**End use** not stated")
    tables.show(goods(filing), "The goods applied for, line by line")
    if filing.payment:
        pay = filing.payment
        st.markdown(
            f"**Payment** {words.say(pay.method)} from {plain(pay.payer_name) if pay.payer_name else 'payer not named'}, "
            f"{country(pay.payer_country)}" + (f", {pay.prepaid_share:.0%} before delivery" if pay.prepaid_share is not None else "")
        )
    if filing.replaced_stock:
        st.markdown(
            "**Replaced stock** "
            + "; ".join(
                f"{words.quantity(stock.quantity)} × {plain(stock.description or stock.control_code or 'not described')}: "
                f"{words.say(stock.plan) if stock.plan else 'no plan given'}"
                for stock in filing.replaced_stock
            )
        )


def plain(text: str | None) -> str:
    """The applicant's text with nothing in it read as markdown: a name cannot become a link, an image or a heading."""
    if not text:
        return "–"
    return "".join(f"\\{sign}" if sign in "\\`*_{}[]()<>#+-.!|$~:" else sign for sign in " ".join(text.split()))


def goods(filing: Application) -> list[dict[str, Any]]:
    """The goods, one row a line."""
    return [
        {
            "Line": item.line,
            "Control": item.control_code or "none given",
            "Description": item.description or words.say(item.form),
            "Quantity": words.quantity(item.quantity, item.unit),
            "Value": words.money(item.value, item.currency),
            "Origin": item.origin or "–",
            "Model": item.model or "–",
        }
        for item in filing.items
    ]


def everyone(filing: Application) -> list[tuple[str, Party]]:
    """Every party with its part, from who sends to who uses; further ones after."""
    named = [
        ("exporter", filing.exporter),
        ("applicant", filing.applicant),
        ("consignee", filing.consignee),
        ("end user", filing.end_user),
    ]
    found = [(part, party) for part, party in named if party is not None]
    found += [(f"{words.say(party.role)} end user", party) for party in filing.end_users or ()]
    return found + [(words.say(party.role), party) for party in filing.intermediaries or ()]


def names(filing: Application) -> list[tuple[str, str | None, str]]:
    """Each distinct name with its country and the parts it plays, owners too: what is held against the lists."""
    found: dict[tuple[str, str | None], list[str]] = {}
    for part, party in everyone(filing):
        if party.name:
            found.setdefault((party.name, party.country), []).append(part)
        for owner in party.owners or ():
            if owner.name:
                found.setdefault((owner.name, owner.country), []).append(f"owner of the {part}")
    return [(name, code, ", ".join(dict.fromkeys(parts))) for (name, code), parts in found.items()]


def parties(filing: Application) -> list[dict[str, Any]]:
    """The parties, one row each."""
    return [
        {
            "Part": part,
            "Name": party.name,
            "Country": country(party.country),
            "Kind": words.say(party.kind),
            "Register": party.registration or party.lei or "–",
            "Registered": words.day(party.registered_on),
            "Address": party.address or "–",
            "Owners": "; ".join(
                f"{owner.name or 'not named'} {owner.country or ''} {'' if owner.share is None else f'{owner.share:.0%}'}".strip()
                for owner in party.owners or ()
            )
            or "–",
        }
        for part, party in everyone(filing)
    ]


FILES = {"none_declared": "no file declared", "not_on_record": "✗ declared, not on record", "no_text": "on record; a scan without text", "read": "on record and read"}
# A check of the file -> the row it stands in.
CHECKED = {"quantity": "items"}


def papers(documents: Sequence[Document], checks: Sequence[Mapping[str, Any]] = ()) -> list[dict[str, Any]]:
    """Each document with every field it has: one row a field, one column a document, so that two papers lie side by side.

    Args:
        checks: what the service says of each document's file, in the same order; each result stands beside the field it concerns.
    """
    told = [paper(document) for document in documents]
    for one, check in zip(told, checks, strict=False):
        for field, found in check["fields"].items():
            row = words.say(CHECKED.get(field, field))
            one[row] = f"{one.get(row, '')} {'✓ in the file' if found else '✗ NOT FOUND in the file'}".strip()
        one |= _file(check)
    names = list(dict.fromkeys(name for one in told for name in one))
    return [
        {
            "Field": name,
            **{f"{n} {words.say(d.kind)}": one.get(name, "–") for n, (d, one) in enumerate(zip(documents, told, strict=True), 1)},
        }
        for name in names
    ]


def _file(check: Mapping[str, Any]) -> dict[str, str]:
    """What a document's file says of itself."""
    told = {"file": FILES[check["file"]] + (f", {check['pages']} pages" if check["pages"] else "")}
    if check["saved_again"] is not None:
        told["written"] = f"{words.day(check['created_at'])} with {check['producer'] or 'an unnamed program'}; " + ("✗ saved into again" + (f" {words.day(check['modified_at'])}" if check["modified_at"] else "") if check["saved_again"] else "✓ saved once")
        signed = [
            f"{one['signer']}: {'✓ unchanged' if one['intact'] else '✗ CHANGED since'}, {'all of the file' if one['covers_all'] else '✗ not all of the file'}, "
            + {True: "✓ trusted root", False: "✗ root not trusted", None: "root not compared"}[one["trusted"]]
            for one in check["signatures"]
        ]
        told["signatures"] = "; ".join(signed) or "none in the file"
    return told


def paper(document: Document) -> dict[str, str]:
    """One document's fields in words; what it does not say is left out."""
    told: dict[str, str] = {}
    for name in type(document).model_fields:
        value = getattr(document, name)
        if name in ("kind", "currency") or value is None or value == ():
            continue
        if isinstance(value, bool):
            said = words.yes_no(value)
        elif name == "items":
            said = "; ".join(f"{words.quantity(i.quantity)} × {i.description or i.control_code or '?'}" for i in value)
        elif name == "undertakings":
            said = ", ".join(words.say(one) for one in value)
        elif name in ("issuer_country", "final_country"):
            said = country(value)
        elif name in ("submitted_by", "authentication", "handling"):
            said = words.say(value)
        elif name == "value":
            said = words.money(value, document.currency)
        else:
            said = str(value)
        told[words.say(name)] = said
    return told


def legs(route: Sequence[Leg], measured: Sequence[Mapping[str, Any]] = ()) -> list[dict[str, Any]]:
    """The legs in order, as filed, each with how long it is and what is known of where it ends.

    Args:
        measured: what the service says of each leg, where it says anything.
    """
    known = {stop["code"]: stop["name"] for stop in charts.way(route).stops}
    return [
        {
            "Leg": number,
            "From": known.get(leg.from_ or "", "") + (f" {leg.from_}" if leg.from_ else leg.from_text or "–"),
            "To": known.get(leg.to or "", "") + (f" {leg.to}" if leg.to else leg.to_text or "–"),
            "By": words.say(leg.mode),
            "Carrier": leg.carrier or "–",
            "Vessel or flight": leg.conveyance or leg.imo or leg.aircraft_registration or "–",
            "Planned": words.day(leg.planned_on),
            "Free zone": words.yes_no(leg.free_zone),
            "Stored, days": "–" if leg.storage_days is None else str(leg.storage_days),
            **(_measured(measured[number - 1]) if number <= len(measured) else {}),
        }
        for number, leg in enumerate(route, 1)
    ]


def _measured(leg: Mapping[str, Any]) -> dict[str, str]:
    how = {"sea": "by sea", "great_circle": "straight"}.get(leg["measured_by"] or "", "")
    notes = [told for told, holds in (("goes by sea to a place inland", leg["inland"]), ("third country on the way", leg["on_the_way"])) if holds]
    return {
        "km": f"{leg['km']:,} {how}" if leg["km"] is not None else tables.NONE, "Hub": f"⚑ {leg['hub_named_by']}" if leg["hub_named_by"] else tables.NONE,
        "Listed zone": f"⚑ {leg['free_zone_listed']}" if leg["free_zone_listed"] else tables.NONE, "Note": "; ".join(notes) or tables.NONE,
    }  # fmt: skip


def stops(route: Sequence[Leg]) -> list[str]:
    """The places of a route in order, by name where the name is held."""
    known = {stop["code"]: stop["name"] for stop in charts.way(route).stops}
    said = [known.get(code or "") or code or text or "?" for leg in route for code, text in ((leg.from_, leg.from_text), (leg.to, leg.to_text))]
    return [plain(one) for n, one in enumerate(said) if n == 0 or said[n - 1] != one]


def links(told: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The links of a network, one row each: who, what stands against them, with what, since when and why."""
    nodes = {node["id"]: node for node in told["nodes"]}
    rows = []
    for edge in told["edges"]:
        one, other = nodes[edge["from"]], nodes[edge["to"]]
        rows.append({
            "Party": one["label"] or "another authority's", "Part": ", ".join(words.say(role) for role in one.get("roles") or ()) or ("one hop off" if one["hops"] == 1 else "two hops off"), "Stands against it": charts.sign(one),
            "Shares": words.say(edge["kind"]) if edge["kind"] != "alike" else "may be the same as", "With": other["label"] or "another authority's",
            "Of how many": f"{other['parties']:,} parties" if other.get("parties") else "–", "Since": words.day(edge["since"]), "Why": edge["reason"], "Hops": one["hops"],
        })  # fmt: skip
    return sorted(rows, key=lambda row: (row["Hops"], row["Stands against it"] == "nothing on record"))


def way(filing: Application, measured: Mapping[str, Any] | None = None) -> None:
    """The route on the map, its legs, and the places that could not be drawn.

    Args:
        measured: what the service says of it, where it says anything.
    """
    route = filing.route or ()
    if not route:
        st.info(
            "No route was filed." if filing.kind != "technology" else "An intangible transfer has no route.",
            icon=":material/route:",
        )
        return
    drawn = charts.route_map(route)
    if drawn is not None:
        st.altair_chart(drawn, alt="The route on a map; the table below says the same in words")
        st.caption("Straight lines join the places; they are not the course sailed.")
    if unplaced := charts.way(route).unplaced:
        st.markdown("**Not on the map**, no coordinates held: " + "; ".join(plain(one) for one in unplaced))
    if measured and measured["km"] is not None:
        st.markdown(f"**{measured['km']:,} km** in all")
    tables.show(legs(route, measured["legs"] if measured else ()), "The legs of the route")


def _asked_and_answered(history: Iterable[Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """Each request with the newest that was said of it, by its id."""
    found: dict[str, dict[str, Any]] = {}
    for entry in history:
        body = entry.get("body") or {}
        if entry["kind"] == "request" and body.get("request_id") and not body.get("withdrawn"):
            found[body["request_id"]] = found.get(body["request_id"], {}) | {name: value for name, value in body.items() if value is not None}
    return found


def requests(history: Iterable[Mapping[str, Any]], today: date | None = None) -> list[dict[str, Any]]:
    """What was asked of others, unanswered first, each with its clock."""
    now = today or datetime.now(UTC).date()
    rows = []
    for request_id, one in _asked_and_answered(history).items():
        if one.get("answer"):
            state = f"{words.say(one['answer'])}, {words.day(one.get('answered_on') or one['at'])}"
        elif one.get("due_on"):
            days = (date.fromisoformat(one["due_on"]) - now).days
            state = f"waiting, due in {days} days" if days >= 0 else f"waiting, OVERDUE by {-days} days"
        else:
            state = "waiting, no day set"
        rows.append({
            "Request": request_id, "Asked": f"{words.say(one.get('for'))} of {words.say(one.get('to'))}" + (f" {one['name']}" if one.get("name") else ""),
            "Country": country(one.get("country")), "Sent": words.day(one.get("sent_on") or one["at"]), "State": state,
            "Our clock": "stopped" if one.get("stops_clock") and not one.get("answer") else "runs",
        })  # fmt: skip
    return sorted(rows, key=lambda row: not row["State"].startswith("waiting"))


def open_requests(history: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """Requests that nobody has answered, by id, in words."""
    return {
        request_id: f"{words.say(one.get('for'))} of {words.say(one.get('to'))}, sent {words.day(one.get('sent_on') or one['at'])} ({request_id})"
        for request_id, one in _asked_and_answered(history).items() if not one.get("answer")
    }  # fmt: skip


def moments(history: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The history as rows of `at`, `kind`, `told`, `by` and `record`; the words are the record's own codes and texts."""
    rows = []
    for entry in history:
        body = entry.get("body") or {}
        told = "withheld: its originator controls who may see it" if entry.get("withheld") else _said(entry["kind"], body)
        rows.append(
            {
                "at": entry["at"],
                "kind": words.say(entry["kind"]),
                "told": told,
                "by": body.get("recorded_by") or "–",
                "record": entry["record"] or "–",
            }
        )
    return rows


SAID_FIRST = (
    "outcome",
    "change",
    "milestone",
    "finding",
    "findings",
    "result",
    "answer",
    "for",
    "because",
    "rationale",
    "reason",
    "end_use",
    "text",
    "licence_number",
    "shipment_id",
)


def _said(kind: str, record: Mapping[str, Any]) -> str:
    if kind == "application":
        return f"revision {record.get('revision', 1)} filed"
    if kind == "score" and "band" in record:
        return f"{words.band(record['band'])}, {words.frequency(record['risk'])}, model {record.get('model_version', '–')}"
    told = []
    for name in SAID_FIRST:
        value = record.get(name)
        if value in (None, "", []):
            continue
        coded = name in ("outcome", "change", "milestone", "finding", "result", "answer", "for")
        said = ", ".join(words.say(one) for one in value) if isinstance(value, list) else words.say(value) if coded else str(value)
        told.append(said)
    return " · ".join(told) or "–"
