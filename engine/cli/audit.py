"""What an auditor asks for: `audit verify`, `audit erase`, and tables to take away with `export`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from engine.cli.door import DONE, REFUSED, JsonOption, StoreOption, desk_at
from engine.store import audit
from engine.workflows import export as exporting


def verify(
    expect: Annotated[str | None, typer.Option(help="A head printed earlier; the chain must contain it.")] = None,
    store: StoreOption = None, as_json: JsonOption = False,
) -> None:
    """Prove that no record was changed, removed or reordered; name the first that was."""
    with desk_at(store) as (desk, _):
        verdict = audit.verify(desk.store.cursor(), expect)
    if as_json:
        typer.echo(json.dumps({"whole": verdict.first_fault is None, "entries": verdict.entries, "records": verdict.records, "head": verdict.head,
                               "erased": verdict.erased, "first_fault": verdict.first_fault}))
    elif verdict.first_fault:
        typer.echo(f"NOT WHOLE: {verdict.first_fault}.\nRestore a copy and compare; nothing of this store proves itself from there on.")
    else:
        typer.echo(f"Whole: {verdict.entries:,} entries, {verdict.records:,} records. Head {verdict.head}")
        for order in verdict.erased:
            typer.echo(f"  erased under an order: {order}")
    raise typer.Exit(REFUSED if verdict.first_fault else DONE)


def erase(
    key: Annotated[str, typer.Argument(help="The record's key, such as application:A-1#1 or event:E-1.")],
    order: Annotated[str, typer.Option(help="Reference of the lawful order.")], approved_by: Annotated[str, typer.Option(help="Who approved it; another person than you.")],
    store: StoreOption = None,
) -> None:
    """Erase one record's content under a lawful order; the proof stays whole and names the order."""
    from engine.workflows.erase import erase_record

    with desk_at(store) as (desk, origin):
        erase_record(desk, key, order, approved_by, origin)
    typer.echo(f"{key} was erased under order {order}, approved by {approved_by}.")


def export(
    table: Annotated[str, typer.Argument(help="A table, such as filing, visit, planned_visit, score, audit_entry.")],
    out: Annotated[Path, typer.Option(help=".parquet, .csv or .jsonl")], store: StoreOption = None,
) -> None:
    """Export a table; CSV cells that a spreadsheet would run as formulas are made text."""
    with desk_at(store) as (desk, _):
        rows = exporting.export_table(desk.store.cursor(), table, out)
    typer.echo(f"{rows:,} rows of {table} written to {out}")
