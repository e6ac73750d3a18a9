"""Reads the licences: what each authorises, what was shipped and is left, its state at a moment, and shipments outside. Writes nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from importlib import resources

import duckdb

from engine.compute.run import lay_corrections, lay_known


@dataclass(frozen=True)
class LicenceLine:
    """One line of a licence; `authorised` and `left` are None where no quantity was ever said.

    What came back does not fill the licence up again: `left` is the authorised less the shipped.
    """

    line: int | None
    unit: str | None
    authorised: Decimal | None
    shipped: Decimal
    returned: Decimal
    left: Decimal | None


@dataclass(frozen=True)
class LicenceState:
    """A licence at a moment.

    Args:
        licence: its number, or `application ID` where it has none.
        told_by: `licence` events, or the `decision` where the system sends none.
        state: `open`, `not_yet_valid`, `expired`, `exhausted`, `suspended`, `revoked` or `surrendered`.
        change: the newest change, in effect since `since`.
    """

    licence: str
    application_id: str | None
    told_by: str
    state: str
    change: str
    since: date
    valid_from: date | None
    valid_to: date | None
    lines: tuple[LicenceLine, ...]


@dataclass(frozen=True)
class ShipmentOutside:
    """A shipment that no open licence covered on the day it left, with every reason why."""

    shipment_id: str
    application_id: str | None
    licence: str | None
    shipped_on: date
    why: tuple[str, ...]


@dataclass(frozen=True)
class Licences:
    """All licences and all shipments outside, as known by a moment."""

    licences: tuple[LicenceState, ...]
    outside: tuple[ShipmentOutside, ...]


def licences(cursor: duckdb.DuckDBPyConnection, as_of: datetime) -> Licences:
    """Licences and shipments outside as known by `as_of` (UTC): a shipment outside is recorded and listed here, never refused."""
    lay_licences(cursor, as_of)
    states: dict[str, LicenceState] = {}
    lines: dict[str, list[LicenceLine]] = {}
    for licence, *told, line, unit, authorised, shipped, returned, left in cursor.execute(monitoring_sql("licences")).fetchall():
        states.setdefault(licence, LicenceState(licence, *told, ()))
        if shipped is not None:
            lines.setdefault(licence, []).append(LicenceLine(line, unit, authorised, shipped, returned, left))
    outside = tuple(ShipmentOutside(*row[:-1], tuple(row[-1])) for row in cursor.execute(monitoring_sql("shipments_outside")).fetchall())
    return Licences(tuple(_with_lines(state, lines.get(licence, [])) for licence, state in states.items()), outside)


def visible_licences(cursor: duckdb.DuckDBPyConnection, found: Licences, visible: tuple[str, ...] | None) -> Licences:
    """What of it concerns the applications of some authorities; None = all. What names no application on record is for those who see all."""
    if visible is None:
        return found
    seen = {application_id for (application_id,) in cursor.execute(
        "select distinct application_id from filing where list_contains(?, authority)", [list(visible)]).fetchall()}
    return Licences(*(tuple(one for one in some if one.application_id in seen) for some in (found.licences, found.outside)))


def of_application(found: Licences, application_id: str) -> Licences:
    """What of it concerns one application."""
    return Licences(*(tuple(one for one in some if one.application_id == application_id) for some in (found.licences, found.outside)))


def _with_lines(state: LicenceState, lines: list[LicenceLine]) -> LicenceState:
    return LicenceState(
        state.licence, state.application_id, state.told_by, state.state, state.change, state.since, state.valid_from, state.valid_to, tuple(lines)
    )


def lay_licences(cursor: duckdb.DuckDBPyConnection, as_of: datetime) -> None:
    """The licences' steps, lines, shipments and returns as known by `as_of`, for whatever else is read beside them."""
    cursor.execute("create or replace temp table licence_moment as select ?::timestamp as as_of", [as_of])
    lay_corrections(cursor)
    lay_known(cursor, "licence_moment")
    for name in ("licence_change", "licence_line", "licence_shipment", "goods_returned"):
        cursor.execute(f"create or replace temp table {name} as {monitoring_sql(name)}")


@cache
def monitoring_sql(name: str) -> str:
    """The select of one file of `engine/monitoring`."""
    return (resources.files("engine.monitoring") / f"{name}.sql").read_text()
