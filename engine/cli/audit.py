"""What an auditor asks for: `audit verify`, `audit erase`, and tables to take away with `export`."""

from __future__ import annotations

import json
import re
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from engine.cli.door import DONE, REFUSED, JsonOption, StoreOption, asking, at_store, errors_told
from engine.errors import NotReady
from engine.store import audit
from engine.workflows import export as exporting

if TYPE_CHECKING:
    from engine.cli.service import Service

HEAD = re.compile("[0-9a-f]{64}")


def verify(
    expect: Annotated[str | None, typer.Option(help="A head printed earlier; the chain must contain it.")] = None,
    store: StoreOption = None, as_json: JsonOption = False,
) -> None:
    """Prove that no record was changed, removed or reordered; name the first that was."""
    if expect is not None and not HEAD.fullmatch(expect):
        raise typer.BadParameter("--expect is a head as `diversion audit verify` prints it: 64 lower-case hexadecimal digits")
    with errors_told():
        verdict = at_store(store, asking(), here=lambda desk: audit.verify(desk.store.cursor(), expect), there=lambda service: _verdict(service, expect))
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

    origin = asking()
    with errors_told():
        approved_by = at_store(
            store, origin, here=lambda desk: erase_record(desk, key, order, approved_by, origin) or approved_by,
            there=lambda service: _erased(service.ask("POST", "audit", "erasures", json={"key": key, "order": order}), approved_by),
        )
    typer.echo(f"{key} was erased under order {order}, approved by {approved_by}.")


def export(
    table: Annotated[str, typer.Argument(help=f"One of {', '.join((*exporting.OF_FILINGS, *exporting.OF_EVERYBODY))}, or a reference table such as country.")],
    out: Annotated[Path, typer.Option(help=".parquet, .csv or .jsonl")], store: StoreOption = None,
) -> None:
    """Export a table; CSV cells that a spreadsheet would run as formulas are made text."""
    with errors_told():
        rows = at_store(store, asking(), here=lambda desk: exporting.export_table(desk.store.cursor(), table, out), there=lambda service: _fetch(service, table, out))
    typer.echo(f"{rows:,} rows of {table} written to {out}")


def _erased(told: dict, approved_by: str) -> str:
    """Who approved it, as the service knows it from the token.

    Raises:
        NotReady: an approver has yet to do so.
    """
    if told["state"] == "awaiting_approval":
        raise NotReady(f"{told['key']} is not erased yet: {told['asked_by']} asked for it, and an approver, another person, has to send the same command with their own token.")
    if told["approved_by"] != approved_by:
        typer.echo(f"approved_by: left out, since the service takes names from tokens alone; approved by {told['approved_by']}.", err=True)
    return told["approved_by"]


def _verdict(service: Service, expect: str | None) -> audit.Verdict:
    told = service.ask("POST", "audit", "verify", params={"expect": expect} if expect else {})
    return audit.Verdict(told["entries"], told["records"], told["head"], tuple(told["erased"]), told["first_fault"])


def _fetch(service: Service, table: str, out: Path) -> int:
    exporting.check_form(out)
    with tempfile.TemporaryFile() as received:  # so that what is at `out` stays where the service has nothing to give
        headers = service.fetch("GET", "export", table, into=received, params={"format": out.suffix.removeprefix(".")})
        received.seek(0)
        with out.open("wb") as file:
            shutil.copyfileobj(received, file)
    return int(headers["diversion-rows"])
