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
    "spine", "spine_application", "spine_party", "spine_item", "spine_leg", "spine_document", "spine_undertaking",
    "spine_stock", "spine_certified", "spine_owner", "spine_way", "party_zone", "amendment", "code_tier", "subject_certificate",
)
# What else was on record, each row with the clock from which it may be seen:
HISTORY = (
    "shipment_of_application", "visit_in_force", "incident_in_force", "filing_in_force", "party_named", "exporter_trade",
    "broker_customer", "address_named", "application_event", "party_event", "country_record", "certificate_filed",
    "certificate_draw", "stock_promised", "stock_destroyed", "party_hit", "coverage", "country_control", "peer_statistics", "item_peer",
    # Looked up by issuer, signatory, hash, carrier and IMO number:
    "issuer_paper", "issuer_series", "signatory_paper", "paper_filed", "carrier_named", "carrier_event", "vessel_named",
    # By authority and destination, by country, by category of goods:
    "lane_peer", "lane_transit", "country_practice", "goods_denied",
    # By entity and by owner:
    "ordered_goods", "supply_chain", "stock_movement", "shipment_proof", "entity_hit", "entity_name", "owner_named",
)
REFERENCE = (
    "armed_conflict", "arms_embargo", "base_rate", "border", "cutoff", "document_undertaking", "fatf_listing", "force_strength", "free_zone",
    "hs_fit", "index_value", "membership", "place_distance", "priority_item", "purpose_fit", "transshipment_hub", "vague_term",
)
DATED_EVENTS = ("decision", "licence", "shipment", "delivery", "visit", "incident", "denial_notice", "destruction", "request", "review")

# At most this many subjects are featured on a slice of the history that concerns them; more of them on all of it.
SLICE_UP_TO = 64


@cache
def relation_sql(name: str) -> str:
    """The select that defines a relation."""
    return (resources.files("engine.compute") / "relations" / f"{name}.sql").read_text()


def _lay(cursor: duckdb.DuckDBPyConnection, name: str, sql: str) -> None:
    cursor.execute(f"create or replace temp table {name} as {sql}")


def lay_relations(cursor: duckdb.DuckDBPyConnection, progress: Callable[[str], None] | None = None) -> int:
    """Build every relation that families read, from `subject_filing(subject, record_no, as_of)`; gives the number of subjects.

    With few subjects only the filings that share a party, an address or a website with them are laid out: the same
    values, since a family joins history by nothing else (measured in tests/parity: one at a time equals in bulk).
    """
    for name in SUBJECT:
        _lay(cursor, name, relation_sql(name))
    subjects = cursor.execute("select count(*) from spine").fetchall()[0][0]
    lay_corrections(cursor)
    _lay_bases(cursor, sliced=subjects <= SLICE_UP_TO)
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


def _lay_bases(cursor: duckdb.DuckDBPyConnection, *, sliced: bool) -> None:
    """`history_party` and `history_filing`: everything, or what concerns the subjects."""
    party = (
        "select filing_party.record_no, filing_party.application_id, filing_party.revision, filing_party.filed_at, "
        "filing_party.role_group, filing_party.role, filing_party.form_id, party_entity.entity_id, filing_party.country, filing_party.address_key, filing_party.website_key "
        "from filing_party inner join party_entity on filing_party.form_id = party_entity.form_id and party_entity.known_to is null"
    )
    filing = "select record_no, application_id, revision, filed_at, authority, destination, kind from filing"
    if not sliced:
        _lay(cursor, "history_party", party)
        cursor.execute(f"create or replace temp view history_filing as {filing}")
        return
    near = (
        "select record_no from filing_party where address_key in (select address_key from spine_party where address_key is not null) "
        "union all select record_no from filing_party where website_key in (select website_key from spine_party where website_key is not null)"
    )
    _lay(cursor, "near_record", near)
    _lay(
        cursor, "concerned_form",
        "select form_id from party_entity where known_to is null and entity_id in (select entity_id from spine_party union "
        "select party_entity.entity_id from filing_party inner join party_entity on filing_party.form_id = party_entity.form_id "
        "where filing_party.record_no in (select record_no from near_record))",
    )
    _lay(
        cursor, "concerned_application",
        "select distinct application_id from filing_party where form_id in (select form_id from concerned_form) "
        "or record_no in (select record_no from near_record)",
    )
    _lay(cursor, "history_party", f"{party} where filing_party.application_id in (select application_id from concerned_application)")
    # A view in both cases: on one cursor a table could not take the place of a view, nor the other way round.
    _lay(cursor, "concerned_filing", f"{filing} where application_id in (select application_id from concerned_application)")
    cursor.execute("create or replace temp view history_filing as select * from concerned_filing")


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
