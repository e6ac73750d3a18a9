"""Reads what is known of one application: its filings, scores and events in time order. Writes nothing and decides who sees what nowhere."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime

import duckdb

from engine.errors import UnknownApplication
from engine.store.database import first
from engine.wire import EVENTS, Event


@dataclass(frozen=True)
class Entry:
    """One record of an application's history.

    Args:
        at: when it became known, UTC.
        kind: `application`, `score`, `planned_visit` or an event's name.
        record: its key in the store.
        handling: who may see the body.
        body: canonical JSON; None once erased.
    """

    at: datetime
    kind: str
    record: str
    recorded_at: datetime
    handling: str
    body: dict | None


def authority_of(cursor: duckdb.DuckDBPyConnection, application_id: str) -> str | None:
    """The authority that received an application; None where there is none of this id."""
    row = first(cursor, "select authority from filing where application_id = ? order by revision desc limit 1", [application_id])
    return row[0] if row else None


def unknown_application(application_id: str, by: datetime | None = None) -> UnknownApplication:
    """The one answer for an application that does not exist and for one that the caller may not see; with `by`, for one not filed by then."""
    return UnknownApplication(
        f"application {application_id} is not on record" + (f" by {by:%Y-%m-%d %H:%M}" if by else "")
        + ". Expected the id of a filed application. List them with `GET /v1/applications` or `diversion export filing`, or file it first."
    )


def filing_body(cursor: duckdb.DuckDBPyConnection, application_id: str, revision: int | None) -> dict:
    """One filing as it was sent; the newest revision where none is named.

    Raises:
        UnknownApplication: no such filing, or it was erased.
    """
    row = first(
        cursor,
        "select record.body from filing inner join record on filing.record_no = record.record_no "
        "where filing.application_id = ? and (?::bigint is null or filing.revision = ?) order by filing.revision desc limit 1",
        [application_id, revision, revision],
    )
    if row is None or row[0] is None:
        raise unknown_application(application_id)
    return json.loads(row[0])


# Which records speak of an application: they name it, one of its shipments or visits, its licence, a request about it or one of its parties.
ABOUT = """
with shipped as (
    select shipment.shipment_id from shipment
    where
        shipment.application_id = $id
        or shipment.licence_number in (select licence_number from licence where application_id = $id and licence_number is not null)
),
visited as (
    select visit.visit_id from visit
    where visit.application_id = $id or visit.shipment_id in (select shipment_id from shipped)
),
asked as (
    select request.request_id from request
    where
        request.application_id = $id or request.shipment_id in (select shipment_id from shipped)
        or request.visit_id in (select visit_id from visited)
),
party_entities as (
    select distinct party_entity.entity_id from filing_party
    inner join party_entity on filing_party.form_id = party_entity.form_id and party_entity.known_to is null
    where filing_party.application_id = $id
),
party_names as (
    select party_form.name, party_form.country from party_form
    inner join party_entity on party_form.form_id = party_entity.form_id and party_entity.known_to is null
    where party_entity.entity_id in (select entity_id from party_entities)
),
about as (
    select record_no from filing where application_id = $id
    union
    select record_no from score where application_id = $id
    union
    select record_no from planned_visit where application_id = $id
    union
    select record_no from decision where application_id = $id
    union
    select record_no from licence where application_id = $id
        or licence_number in (select licence_number from licence where application_id = $id and licence_number is not null)
    union
    select record_no from shipment where shipment_id in (select shipment_id from shipped)
    union
    select record_no from delivery where shipment_id in (select shipment_id from shipped)
    union
    select record_no from visit where visit_id in (select visit_id from visited)
    union
    select record_no from incident where application_id = $id
        or (application_id is null and (party.name, coalesce(party.country, '')) in (select (name, coalesce(country, '')) from party_names))
    union
    select record_no from denial_notice where (party, coalesce(country, '')) in (select (name, coalesce(country, '')) from party_names)
    union
    select record_no from destruction where application_id = $id
    union
    select record_no from request where request_id in (select request_id from asked)
    union
    select record_no from review where application_id = $id or (about = 'visit' and subject in (select visit_id from visited))
)
select record.known_at, record.kind, record.key, audit_entry.made_at, record.body from record
inner join about on record.record_no = about.record_no
inner join audit_entry on record.seq = audit_entry.seq
order by record.known_at, record.record_no
"""


def history(cursor: duckdb.DuckDBPyConnection, application_id: str) -> list[Entry]:
    """Everything on record of one application, in the order in which it became known; corrected records stand beside their corrections."""
    entries = []
    for at, kind, key, made_at, body in cursor.execute(ABOUT, {"id": application_id}).fetchall():
        told = json.loads(body) if body is not None else None
        entries.append(Entry(at, kind, key, made_at, _handling(kind, told), told))
    return entries


def _handling(kind: str, body: dict | None) -> str:
    given = (body or {}).get("handling")
    return given or ("originator_controlled" if kind == "denial_notice" else "internal")


def applications_of(cursor: duckdb.DuckDBPyConnection, event: Event) -> set[str]:
    """The ids of the applications that an event speaks of, however it names them."""
    told = {name: getattr(event, name, None) for name in ("application_id", "shipment_id", "licence_number", "visit_id", "request_id", "corrects")}
    if getattr(event, "about", None) == "visit":
        told["visit_id"] = getattr(event, "subject", None)
    corrected = " union ".join(
        f"select application_id, shipment_id, null as licence_number from {kind} where event_id = $corrects" if kind == "visit"
        else f"select {_or_null('application_id', kind)}, {_or_null('shipment_id', kind)}, {_or_null('licence_number', kind)} from {kind} where event_id = $corrects"
        for kind in EVENTS
    )
    rows = cursor.execute(
        "with named as ("
        "select $application_id::varchar as application_id, $shipment_id::varchar as shipment_id, $licence_number::varchar as licence_number "
        f"union all select * from ({corrected}) as c "
        "union all select application_id, shipment_id, null from visit where visit_id = $visit_id "
        "union all select request.application_id, coalesce(request.shipment_id, visit.shipment_id), null from request "
        "left join visit on request.visit_id = visit.visit_id where request.request_id = $request_id "
        "union all select visit.application_id, null, null from request inner join visit on request.visit_id = visit.visit_id where request.request_id = $request_id), "
        "shipped as (select named.application_id, named.licence_number from named union all "
        "select shipment.application_id, shipment.licence_number from named inner join shipment on named.shipment_id = shipment.shipment_id) "
        "select distinct application_id from (select application_id from shipped union all "
        "select licence.application_id from shipped inner join licence on shipped.licence_number = licence.licence_number) as found "
        "where application_id is not null",
        told,
    ).fetchall()
    return {row[0] for row in rows}


def _or_null(name: str, kind: str) -> str:
    return name if name in EVENTS[kind].model_fields else f"null as {name}"
