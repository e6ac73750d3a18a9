"""Writes a working table out as Parquet, CSV or JSON Lines, whole or only what one authority may see. Changes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path

import duckdb

from engine.errors import NotPermitted, RefusedInput, UnknownRecord
from engine.store.database import storage_error
from engine.store.projections import FILING_TABLES
from engine.store.reference import tables as reference_tables
from engine.wire import EVENTS

# What can be exported. Never the tokens, the salts of the records, or anything derived that names people across filings.
OF_FILINGS = (*FILING_TABLES, "score", "planned_visit", *(kind for kind in EVENTS if kind != "denial_notice"))
OF_EVERYBODY = ("denial_notice", "list_entry", "audit_entry")
MEANT = {"application": "filing", "applications": "filing"}  # the table of the applications by the word of the contract
FORMULA_SIGNS = "=+-@\t\r\n|%"  # a cell that begins with one of these is run by a spreadsheet
FORMULA = ", ".join(f"chr({ord(sign)})" for sign in FORMULA_SIGNS)
FORMS = {".parquet": "format parquet", ".csv": "format csv, header true", ".jsonl": "format json"}


def exportable() -> tuple[str, ...]:
    """The tables that can be exported."""
    return (*OF_FILINGS, *OF_EVERYBODY, *sorted(reference_tables()))


def check_form(out: Path) -> None:
    """Refuse what could not be written: an ending that is not known, a folder that is not there.

    Raises:
        RefusedInput.
    """
    if out.suffix not in FORMS:
        raise RefusedInput(f"the form {out.suffix or '(none)'} is not known. Expected {' or '.join(FORMS)}. Name another ending.")
    if not out.parent.is_dir():
        raise RefusedInput(f"--out {out}: the folder {out.parent} is not there. Expected an existing folder. Make it, or name another.")


def export_table(cursor: duckdb.DuckDBPyConnection, table: str, out: Path, authorities: Sequence[str] | None = None) -> int:
    """Write one table, ordered as recorded; gives the number of rows.

    In CSV a text that a spreadsheet would run as a formula gets an apostrophe before it, nested values are JSON text. Moments
    are RFC 3339 in UTC; in Parquet, timestamps.

    Args:
        out: where to; its ending says the form.
        authorities: leave out what belongs to another authority's filings; None = everything.

    Raises:
        UnknownRecord: no such table, or none that may leave.
        RefusedInput: an ending that is not known, or no such folder.
        NotReady: the disk is full, or the place cannot be written.
        NotPermitted: a table that cannot be told apart by authority was asked for with `authorities`.
    """
    if table not in exportable():
        near = get_close_matches(MEANT.get(table, table)[:60], exportable(), n=1)
        raise UnknownRecord(
            f"no table {table[:60]!r} can be exported. Expected one of: {', '.join(exportable())}. " + (f"Did you mean `{near[0]}`?" if near else "Name one of these.")
        )
    check_form(out)
    cursor.execute("create or replace temp table visible_authority as select unnest(?::varchar[]) as authority", [list(authorities or ())])
    where = "" if authorities is None else f" where {_visible(cursor, table)}"
    described = cursor.execute(f"describe select * from store.main.{table}").fetchall()
    columns = [(name, kind) for name, kind, *_ in described]
    told = ", ".join(_cell(name, kind, out.suffix) for name, kind in columns)
    names = {name for name, _ in columns}
    order = next((f" order by {key}" for key in ("record_no", "seq") if key in names), "")
    target = str(out).replace("'", "''")
    try:
        rows = cursor.execute(f"copy (select {told} from store.main.{table}{where}{order}) to '{target}' ({FORMS[out.suffix]})").fetchall()
    except duckdb.IOException as error:
        raise storage_error(error) from error
    return rows[0][0]


def as_cell(text: str) -> str:
    """A text for a CSV cell that no spreadsheet runs: an apostrophe before what looks like a formula."""
    return f"'{text}" if text[:1] in FORMULA_SIGNS and text else text


def _cell(name: str, kind: str, form: str) -> str:
    if kind == "TIMESTAMP" and form != ".parquet":
        return f"""replace("{name}"::varchar, ' ', 'T') || 'Z' as "{name}\""""
    return _csv(name, kind) if form == ".csv" else f'"{name}"'


def _csv(name: str, kind: str) -> str:
    nested = kind.endswith("]") or kind.startswith(("STRUCT", "MAP"))
    if not nested and kind != "VARCHAR":
        return f'"{name}"'
    text = f'to_json("{name}")::varchar' if nested else f'"{name}"'
    return f"case when left({text}, 1) in ({FORMULA}) then '''' || {text} else {text} end as \"{name}\""


def _visible(cursor: duckdb.DuckDBPyConnection, table: str) -> str:
    """The condition under which a row belongs to a visible filing, or to none."""
    if table in reference_tables() or table in ("list_entry", "denial_notice"):
        return "true"
    if table not in OF_FILINGS:
        raise NotPermitted(f"table {table} holds every authority's; this token may read only some. Ask with a token for all of them.")
    columns = {name for name, *_ in cursor.execute(f"describe select * from store.main.{table}").fetchall()}
    if table in FILING_TABLES:
        return "record_no in (select record_no from filing where authority in (select authority from visible_authority))"
    cursor.execute(
        "create or replace temp table visible_application as select application_id from filing where authority in (select authority from visible_authority)"
    )
    cursor.execute(
        "create or replace temp table visible_shipment as select shipment_id from shipment where application_id in (from visible_application) "
        "or licence_number in (select licence_number from licence where application_id in (from visible_application))"
    )
    cursor.execute(
        "create or replace temp table visible_visit as select visit_id from visit where application_id in (from visible_application) "
        "or shipment_id in (from visible_shipment)"
    )
    ways = {
        "application_id": "application_id in (from visible_application)", "shipment_id": "shipment_id in (from visible_shipment)",
        "visit_id": "visit_id in (from visible_visit)",
        "licence_number": "licence_number in (select licence_number from licence where application_id in (from visible_application))",
    }
    return "(" + " or ".join(f"coalesce({way}, false)" for name, way in ways.items() if name in columns) + ")"
