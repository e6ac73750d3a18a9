"""Brings derived facts up to date with the records: names, entities, distances, list hits. Computes no feature."""

from __future__ import annotations

from typing import TYPE_CHECKING

import duckdb

from engine.linking import resolve_forms
from engine.screening.names import name_key
from engine.store.database import put_setting, setting
from engine.workflows.screen import screen_new_forms

if TYPE_CHECKING:
    from engine.workflows.desk import Desk

AWAITED = "derivation_awaited"
EARTH_RADIUS_KM = 6371.0088  # IUGG mean radius


def derive(cursor: duckdb.DuckDBPyConnection, desk: Desk) -> None:
    """Everything SQL alone cannot say of new records, inside the caller's transaction; the same for one filing or a million."""
    if resolve_forms(cursor, name_key):
        screen_new_forms(cursor, desk, "new_form")
    measure_distances(cursor)
    if setting(cursor, AWAITED) == "yes":
        put_setting(cursor, AWAITED, "no")


def await_derivation(cursor: duckdb.DuckDBPyConnection) -> None:
    """Note, in the transaction that adds records, that their derived facts come in a later one, so that a process killed between is caught up with."""
    if setting(cursor, AWAITED) != "yes":
        put_setting(cursor, AWAITED, "yes")


def catch_up(cursor: duckdb.DuckDBPyConnection, desk: Desk) -> None:
    """Derive what a process that ended in mid-ingest left underived."""
    if setting(cursor, AWAITED) == "yes":
        derive(cursor, desk)


def measure_distances(cursor: duckdb.DuckDBPyConnection, legs: str = "filing_leg", into: str = "store.main") -> None:
    """Great-circle kilometres of each new pair of places on a route, and from each place on it to its end.

    Rounded to whole kilometres, so that an engine with another last digit of a sine gives the same feature.
    """
    cursor.execute(
        "insert into " + into + ".place_distance with pair as ("
        f"select from_place, to_place from {legs} union "
        f"select leg.from_place, ends.to_place from {legs} as leg inner join (select record_no, max_by(to_place, leg_no) as to_place from {legs} "
        "group by record_no) as ends on leg.record_no = ends.record_no), "
        "fresh as (select from_place, to_place from pair where from_place is not null and to_place is not null "
        "and (from_place, to_place) not in (select (from_place, to_place) from place_distance)) "
        "select fresh.from_place, fresh.to_place, cast(round(2 * ? * asin(least(1.0, sqrt("
        "pow(sin(radians(b.latitude - a.latitude) / 2), 2) + cos(radians(a.latitude)) * cos(radians(b.latitude)) "
        "* pow(sin(radians(b.longitude - a.longitude) / 2), 2))))) as integer) "
        "from fresh inner join place as a on fresh.from_place = a.place inner join place as b on fresh.to_place = b.place "
        "where a.latitude is not null and b.latitude is not null order by 1, 2",
        [EARTH_RADIUS_KM],
    )
