"""Runs the feature families over the subjects and gives one matrix in catalogue order. Opens no database and knows no model."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from importlib import resources

import duckdb
import polars as pl

from features.catalogue import catalogue

# In order of dependency. What is filed about the subjects themselves:
SUBJECT = (
    "coverage", "spine", "spine_application", "spine_party", "spine_item", "spine_leg", "spine_transit", "spine_document", "spine_undertaking",
    "spine_stock", "spine_certified", "spine_owner", "spine_way", "party_zone", "party_trade", "amendment", "code_tier", "conflicts_known", "subject_certificate",
    "spine_document_file", "spine_document_picture", "spine_name",
    "filed_place", "spine_place", "place_member",
)
# What else was on record, each row with the clock from which it may be seen:
HISTORY = (
    "shipment_of_application", "visit_in_force", "incident_in_force", "filing_in_force", "party_named", "exporter_trade",
    "broker_customer", "address_named", "application_event", "party_event", "party_fact", "known_fact", "earlier_filing", "party_record", "country_record", "certificate_filed",
    "certificate_draw", "stock_promised", "stock_destroyed", "party_hit", "list_match", "address_match", "document_file_filed", "country_control",
    "peer_statistics", "item_peer",
    # Looked up by issuer, signatory, hash, carrier and IMO number:
    "issuer_paper", "issuer_series", "signatory_paper", "paper_filed", "carrier_named", "carrier_event", "vessel_named",
    # By authority and destination, by country, by category of goods:
    "lane_leg", "lane_peer", "lane_transit", "lane_mode", "destination_end", "country_practice", "goods_denied",
    # By entity and by owner:
    "ordered_goods", "listed_customer", "received_goods", "supply_chain", "stock_movement", "shipment_proof", "entity_hit", "entity_name", "owner_named",
    "marked_entity", "one_link", "two_links",
)
REFERENCE = (
    "armed_conflict", "arms_embargo", "base_rate", "border", "cutoff", "document_undertaking", "fatf_listing", "force_strength", "free_zone",
    "hs_fit", "index_value", "membership", "place_distance", "priority_item", "purpose_fit", "transshipment_hub", "vague_term",
)
DATED_EVENTS = ("decision", "licence", "shipment", "delivery", "visit", "incident", "denial_notice", "destruction", "request", "review")

# Read by few, and larger than what they count: never laid out, but joined anew by whoever reads them.
ON_DEMAND = frozenset(("known_fact", "earlier_filing", "filed_place"))

# At most this many subjects are featured on a slice of the history that concerns them; more of them on all of it.
SLICE_UP_TO = 64


@cache
def relation_sql(name: str) -> str:
    """The select that defines a relation."""
    return (resources.files("engine.compute") / "relations" / f"{name}.sql").read_text()


@cache
def _statement(sql: str) -> duckdb.Statement:
    """A statement parsed once: of one filing's time a tenth went into reading the same texts again."""
    (statement,) = duckdb.extract_statements(sql)
    return statement


def _lay(cursor: duckdb.DuckDBPyConnection, name: str, sql: str) -> None:
    form = "view" if name in ON_DEMAND else "table"
    cursor.execute(_statement(f"create or replace temp {form} {name} as {sql}"))


def lay_relations(cursor: duckdb.DuckDBPyConnection, progress: Callable[[str], None] | None = None, *, whole: bool = False) -> int:
    """Build every relation that families read, from `subject_filing(subject, record_no, as_of)`; gives the number of subjects.

    With few subjects only the filings that share a party, an address or a website with them are laid out, with what became
    of them and the visits in the same countries: the same values, since a family joins history by nothing else (proven in
    tests/parity: one at a time equals in bulk).

    Args:
        whole: lay out everything however few the subjects, for a reader of other filings' visits and labels.
    """
    for name in SUBJECT:
        _lay(cursor, name, relation_sql(name))
    subjects = cursor.execute("select count(*) from spine").fetchall()[0][0]
    lay_corrections(cursor)
    lay_bases(cursor, sliced=not whole and 0 < subjects <= SLICE_UP_TO)
    for name in HISTORY:
        if progress:
            progress(name)
        _lay(cursor, name, relation_sql(name))
    return subjects


def lay_corrections(cursor: duckdb.DuckDBPyConnection) -> None:
    """`correction(event_id, known_at)`: each event that another replaced or took back, and when that became known."""
    corrections = " union all ".join(
        f"select {kind}.corrects as event_id, {kind}.at as known_at from {kind} where corrects is not null" for kind in DATED_EVENTS
    )
    _lay(cursor, "correction", f"select event_id, min(known_at) as known_at from ({corrections}) as c group by event_id")


def lay_findings(cursor: duckdb.DuckDBPyConnection) -> None:
    """`shipment_of_application`, `visit_in_force` and `incident_in_force` of all applications: what labels are read from, without features."""
    lay_corrections(cursor)
    lay_bases(cursor, parties=False)
    for name in ("shipment_of_application", "visit_in_force", "incident_in_force"):
        _lay(cursor, name, relation_sql(name))


def lay_known(cursor: duckdb.DuckDBPyConnection, moment: str) -> None:
    """`known_decision`, `known_visit` ...: each event known by a moment that no other had replaced or taken back by then.

    And `known_planned_visit`: the newest record of each planned visit by then, without those that a planner had taken out.

    Args:
        moment: the relation that holds it as `as_of`; after `lay_corrections`.
    """
    for kind in DATED_EVENTS:
        cursor.execute(_statement(
            f"create or replace temp view known_{kind} as select {kind}.* from {kind} cross join {moment} left join correction on {kind}.event_id = correction.event_id "
            f"where not coalesce({kind}.withdrawn, false) and {kind}.at < {moment}.as_of and (correction.known_at is null or correction.known_at >= {moment}.as_of)"
        ))
    cursor.execute(_statement(
        "create or replace temp view known_planned_visit as select newest.* from ("
        f"select planned_visit.* from planned_visit cross join {moment} where planned_visit.planned_at < {moment}.as_of "
        "qualify row_number() over (partition by planned_visit.visit_id order by planned_visit.record_no desc) = 1) as newest where not coalesce(newest.dropped, false)"
    ))


# What history is read from, one relation a working table, and which of its rows concern few subjects.
BASES = {
    "filing": "application_id in (select application_id from concerned_application)",
    "visit": "event_id in (select event_id from concerned_visit)",
    "shipment": "shipment_id in (select shipment_id from concerned_shipment)",
    "licence": "licence_number in (select licence_number from concerned_licence)",
    "incident": (
        "application_id is null or application_id in "
        "(select application_id from concerned_application union all select application_id from concerned_carriage)"
    ),
    "decision": "application_id in (select application_id from concerned_application)",
    "destruction": "application_id in (select application_id from concerned_application)",
    "party_form": "form_id in (select form_id from concerned_form)",
}
# The subjects' own parties and those that share an address or a website with them; then the filings that name any of these,
# and the visits to these, in the same countries or of what the same carriers carried. Joins on numbers where there are any (over 411,000 parties 4 ms, on
# application ids 10 ms), and never one of two conditions, which would read every row (42 ms against 8).
CONCERNED = {
    "concerned_entity": (
        "with near as (select form_id from filing_party where address_key in (select address_key from spine_party) "
        "union all select form_id from filing_party where website_key in (select website_key from spine_party)) "
        "select entity_id from spine_party union select entity_id from party_entity where form_id in (select form_id from near) "
        "union select entity_id from place_member"
    ),
    "concerned_form": "select form_id from party_entity where entity_id in (select entity_id from concerned_entity)",
    "concerned_application": "select distinct application_id from filing_party where form_id in (select form_id from concerned_form)",
    "concerned_carriage": "select distinct application_id from filing_leg where carrier_key in (select carrier_key from spine_leg)",
    # A visit may name only its shipment, and a shipment only its licence.
    "concerned_visit": (
        "select event_id from visit where application_id in (select application_id from concerned_application union all "
        "select application_id from concerned_carriage union all select application_id from filing where revision = 1 and destination in (select destination from spine_application)) "
        "union all select event_id from visit where application_id is null"
    ),
    "concerned_shipment": (
        "select shipment_id from visit where application_id is null and shipment_id is not null "
        "union select shipment_id from shipment where application_id in (select application_id from concerned_application) "
        "union select shipment_id from shipment where application_id is null and licence_number in "
        "(select licence_number from licence where application_id in (select application_id from concerned_application))"
    ),
    "concerned_licence": "select licence_number from shipment where shipment_id in (select shipment_id from concerned_shipment)",
}
FILING_COLUMNS = "record_no, application_id, revision, filed_at, authority, destination, kind"


def lay_bases(cursor: duckdb.DuckDBPyConnection, *, sliced: bool = False, parties: bool = True) -> None:
    """`history_filing`, `history_visit` ... one for each of `BASES`, and `history_party`: everything, or what concerns the subjects.

    A party on a filing stands once for each entity that its form ever was, from `linked_from` until `linked_to`. Looked up
    by a subject's entity that needs no test: an entity's id never takes in what was filed before (`engine.linking.bodies`).
    What counts or lists entities must look at the interval.

    Args:
        parties: whether `history_party` is wanted, the only one that is a table.
    """
    if sliced:
        for name, select in CONCERNED.items():
            _lay(cursor, name, select)
        _lay(cursor, "concerned_filing", f"select {FILING_COLUMNS} from filing where {BASES['filing']}")
    for table, concerns in BASES.items():
        # Views in both cases: on one cursor a table could not take the place of a view, nor the other way round.
        rows = table if not sliced else "concerned_filing" if table == "filing" else f"{table} where {concerns}"
        cursor.execute(_statement(f"create or replace temp view history_{table} as select {FILING_COLUMNS if table == 'filing' else '*'} from {rows}"))
    if not parties:
        return
    _lay(
        cursor, "history_party",
        "select filing_party.record_no, filing_party.application_id, filing_party.revision, filing_party.filed_at, "
        "filing_party.party_no, filing_party.role_group, filing_party.role, filing_party.form_id, party_entity.entity_id, "
        "greatest(filing_party.filed_at, party_entity.known_from) as linked_from, party_entity.known_to as linked_to, "
        "filing_party.country, filing_party.address_key, filing_party.website_key "
        "from filing_party inner join party_entity on filing_party.form_id = party_entity.form_id"
        + (" where filing_party.record_no in (select record_no from concerned_filing)" if sliced else ""),
    )


def features(cursor: duckdb.DuckDBPyConnection, progress: Callable[[str], None] | None = None) -> pl.DataFrame:
    """The feature matrix of the relations laid by `lay_relations`.

    Returns:
        (n, 4 + columns): `subject`, `application_id`, `revision`, `as_of`, then the catalogue's columns in its order as
        f64, null where missing; sorted by subject.
    """
    book = catalogue()
    for family in book.families:
        if progress:
            progress(family.name)
        _lay(cursor, f"family_{family.name}", family.sql)
    columns = ", ".join(
        f"cast(family_{family.name}.{feature.name} as double) as {feature.name}" for family in book.families for feature in family.features
    )
    joins = " ".join(f"inner join family_{family.name} on spine.subject = family_{family.name}.subject" for family in book.families)
    return cursor.sql(
        f"select spine.subject, spine.application_id, spine.revision, spine.as_of, {columns} from spine {joins} order by spine.subject"
    ).pl()


def about_filings(cursor: duckdb.DuckDBPyConnection) -> pl.DataFrame:
    """What no feature tells of the subjects laid by `lay_relations`: `subject, kind, authority, region` (of the destination), sorted by subject; null where not told."""
    return cursor.sql(
        "select spine_application.subject, spine_application.kind, spine_application.authority, country.region from spine_application "
        "left join country on spine_application.destination = country.country order by spine_application.subject"
    ).pl()
