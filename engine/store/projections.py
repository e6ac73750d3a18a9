"""Working tables computed from the records: which there are, how they are filled, when they are rebuilt. Owns no record.

An event kind has one working table whose columns are the fields of its pydantic model; an application has seven, one for
each thing on the form (`projections/*.sql`). All of them can be thrown away: `record.body` is the only truth.
"""

from __future__ import annotations

import hashlib
import json
from functools import cache
from importlib import resources

import duckdb

from engine.store.database import put_setting, setting
from engine.wire import EVENTS, Application, json_structure

FILING_TABLES = ("filing", "filing_party", "filing_owner", "filing_item", "filing_leg", "filing_document", "filing_stock")

# Records that the engine itself writes: the columns of their working tables; the rest of a body stays in the record.
OWN_KINDS = {
    "score": {
        "application_id": "VARCHAR", "revision": "BIGINT", "scored_at": "TIMESTAMP", "as_of": "TIMESTAMP", "risk": "DOUBLE",
        "risk_low": "DOUBLE", "risk_high": "DOUBLE", "band": "VARCHAR", "model_version": "VARCHAR", "policy_version": "VARCHAR",
        "referrals": [{"rule_id": "VARCHAR", "subject": "VARCHAR"}],
    },
    "shadow_score": {
        "application_id": "VARCHAR", "revision": "BIGINT", "scored_at": "TIMESTAMP", "as_of": "TIMESTAMP", "risk": "DOUBLE", "band": "VARCHAR",
        "model_version": "VARCHAR", "champion_version": "VARCHAR", "champion_risk": "DOUBLE", "champion_band": "VARCHAR",
    },
    "planned_visit": {
        "plan_id": "VARCHAR", "visit_id": "VARCHAR", "application_id": "VARCHAR", "shipment_id": "VARCHAR", "stage": "VARCHAR",
        "window_from": "DATE", "window_to": "DATE", "chosen_by": "VARCHAR", "inclusion_probability": "DOUBLE",
        "lot_probability": "DOUBLE", "risk": "DOUBLE", "stratum": "VARCHAR", "reason": "VARCHAR", "mode": "VARCHAR", "planned_at": "TIMESTAMP",
        "rank": "BIGINT", "amendment": "BIGINT", "amended_by": "VARCHAR", "because": "VARCHAR", "dropped": "BOOLEAN", "added_by_planner": "BOOLEAN",
    },
    "list_entry": {
        "list": "VARCHAR", "entry_id": "VARCHAR", "kind": "VARCHAR", "name": "VARCHAR",
        "aliases": [{"name": "VARCHAR", "strength": "VARCHAR"}], "countries": ["VARCHAR"], "identifiers": ["VARCHAR"],
        "programmes": ["VARCHAR"], "weight": "VARCHAR", "known_from": "TIMESTAMP", "edition": "DATE", "ended": "BOOLEAN",
    },
    "document_file": {
        "sha256": "VARCHAR", "pages": "BIGINT", "text_key": "VARCHAR", "created_at": "TIMESTAMP", "modified_at": "TIMESTAMP",
        "revisions": "BIGINT", "pictures": ["VARCHAR"], "known_from": "TIMESTAMP",
        "signatures": [{"signed_at": "TIMESTAMP", "intact": "BOOLEAN", "covers_all": "BOOLEAN", "trusted": "BOOLEAN"}],
    },
}
KINDS = ("application", *EVENTS, *OWN_KINDS)


@cache
def structure(kind: str) -> str:
    """The nested type of a record's body, in the JSON form that `json_transform` reads."""
    if kind in OWN_KINDS:
        return json.dumps(OWN_KINDS[kind])
    if kind != "application":
        return json_structure(EVENTS[kind])
    shape = json.loads(json_structure(Application))
    # One shape for every party, so that those with a role in a list and those without stack in one select.
    party = {**shape["exporter"], "role": "VARCHAR"}
    for role in ("exporter", "applicant", "consignee", "end_user"):
        shape[role] = party
    for role in ("end_users", "intermediaries"):
        shape[role] = [party]
    return json.dumps(shape)


@cache
def selects(kind: str) -> dict[str, str]:
    """Working table -> the select that fills it from the relation `parsed(record_no, seq, channel, d)`."""
    if kind != "application":
        return {kind: "select record_no, seq, channel, unnest(d) from parsed"}
    folder = resources.files("engine.store") / "projections"
    return {table: (folder / f"{table}.sql").read_text() for table in FILING_TABLES}


def parse_into(cursor: duckdb.DuckDBPyConnection, kind: str, source: str, target: str = "parsed") -> None:
    """Make the temporary relation `parsed` from a relation with `record_no, seq, channel, body`."""
    cursor.execute(
        f"create or replace temp table {target} as "
        f"select record_no, seq, channel, json_transform(body, '{structure(kind)}') as d from {source} where body is not null"
    )


def fill(cursor: duckdb.DuckDBPyConnection, kind: str) -> None:
    """Append what `parsed` holds to the working tables of a kind."""
    for table, select in selects(kind).items():
        cursor.execute(f"insert into store.main.{table} {select}")


def fingerprint() -> str:
    """A short name for the present shape of all working tables."""
    text = "".join(structure(kind) + "".join(selects(kind).values()) for kind in KINDS)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def ensure_projections(cursor: duckdb.DuckDBPyConnection) -> bool:
    """Build the working tables where they are absent or of an older shape; True if they were built.

    Called once at opening: an old store thereby opens in a newer version with nothing lost.
    """
    if setting(cursor, "projection_fingerprint") == fingerprint():
        return False
    cursor.execute("begin")
    for kind in KINDS:
        cursor.execute("create or replace temp table unparsed (record_no bigint, seq bigint, channel varchar, body varchar)")
        parse_into(cursor, kind, "unparsed")
        for table, select in selects(kind).items():
            cursor.execute(f"create or replace table store.main.{table} as {select}")
        if cursor.execute("select count(*) from record where kind = ?", [kind]).fetchall()[0][0]:
            cursor.execute(
                "create or replace temp view recorded as select record_no, record.seq, channel, body from record "
                f"inner join audit_entry on record.seq = audit_entry.seq where record.kind = '{kind}'"
            )
            parse_into(cursor, kind, "recorded")
            fill(cursor, kind)
    put_setting(cursor, "projection_fingerprint", fingerprint())
    cursor.execute("commit")
    return True
