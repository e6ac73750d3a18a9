"""Lays out what followed the licences, as known by a moment: shipments, visits, serial numbers. Judges nothing and writes nothing."""

from __future__ import annotations

from datetime import datetime, timedelta

import duckdb

from engine.compute.run import lay_bases, relation_sql
from engine.workflows.licences import lay_licences, monitoring_sql

# What belongs to one application, laid over the working tables of the same names where only that one is asked for.
OF_ONE = {
    "licence": "application_id = $id or licence_number in (select licence_number from store.main.licence where application_id = $id)",
    "decision": "application_id = $id",
    "shipment": (
        "application_id = $id or (application_id is null and licence_number in "
        "(select licence_number from store.main.licence where application_id = $id))"
    ),
    "delivery": "shipment_id in (select shipment_id from shipment)",
    "visit": "application_id = $id or shipment_id in (select shipment_id from shipment)",
    "destruction": "application_id = $id",
    "filing": "application_id = $id",
    "filing_item": "application_id = $id",
}


def lay_afterwards(cursor: duckdb.DuckDBPyConnection, as_of: datetime, application_id: str | None = None) -> None:
    """`licence_moment`, `licence_shipment`, `goods_returned`, `visit_standing`, `serial_state`, `physical_need` and what they stand on.

    Args:
        cursor: one of its own, closed afterwards: for one application its working tables are laid over those of the store. Asked for all
            on the same cursor, they are taken off again.
        as_of: facts known strictly before it count, UTC.
    """
    for table in OF_ONE:
        cursor.execute(f"drop table if exists temp.main.{table}")
    if application_id is not None:
        for table, belongs in OF_ONE.items():
            cursor.execute(f"create or replace temp table {table} as select * from store.main.{table} where {belongs}".replace("$id", "?"),
                           [application_id] * belongs.count("$id"))
    lay_licences(cursor, as_of)
    lay_visits(cursor, "visit_standing", "serial_state", "physical_need")


def lay_visits(cursor: duckdb.DuckDBPyConnection, *names: str) -> None:
    """Some of `visit_standing`, then `serial_state` and `physical_need`; after `lay_licences`. Over 10^5 applications all serial numbers take half a second."""
    for name in names:
        cursor.execute(f"create or replace temp table {name} as {monitoring_sql(name)}")


def moment_after(at: datetime) -> datetime:
    """The moment by which everything recorded up to and with `at` is known: facts count strictly before a moment."""
    return at + timedelta(microseconds=1)


def lay_findings(cursor: duckdb.DuckDBPyConnection) -> None:
    """`visit_in_force` and `incident_in_force`, each row with the moments between which it counts; after `lay_licences`."""
    lay_bases(cursor, parties=False)
    for name in ("shipment_of_application", "visit_in_force", "incident_in_force"):
        cursor.execute(f"create or replace temp table {name} as {relation_sql(name)}")
