"""Watch lists: `lists import` takes an edition in, `screen` asks names of them."""

from __future__ import annotations

import csv
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from engine.cli.door import DONE, SET_ASIDE, JsonOption, StoreOption, desk_at, errors_told, progress_shown
from engine.errors import RefusedInput
from engine.workflows import screen as screening


def import_(
    file: Path, format: Annotated[str, typer.Option("--format", help="ofac-sdn-csv, csl-json, csl-csv, un-xml, eu-xml, eu-csv, opensanctions-csv, ftm-json.")],
    as_of: Annotated[datetime | None, typer.Option("--as-of", formats=["%Y-%m-%d"], help="Day of this edition; default the file's own date.")] = None,
    store: StoreOption = None, as_json: JsonOption = False,
) -> None:
    """Import one edition of a watch list and screen every party on record against it."""
    with desk_at(store, channel="ingest") as (desk, origin), progress_shown() as tell:
        edition = as_of.date() if as_of else datetime.fromtimestamp(file.stat().st_mtime, UTC).date() if file.is_file() else origin.at.date()
        tell(f"importing {file.name}")
        done = screening.import_list(desk, file, format, edition, origin)
    if as_json:
        typer.echo(json.dumps({"lists": done.lists, "entries": done.entries, "new_or_changed": done.new_or_changed, "ended": done.ended,
                               "rejected": [{"line": r.line, "reason": r.reason} for r in done.rejected], "edition": str(done.edition)}))
    else:
        typer.echo(f"{', '.join(done.lists)}: {done.entries:,} entries, edition {done.edition}; {done.new_or_changed:,} new or changed, "
                   f"{done.ended:,} ended, {len(done.rejected):,} rows set aside")
        for row in done.rejected[:10]:
            typer.echo(f"  line {row.line}: {row.reason}", err=True)
    raise typer.Exit(SET_ASIDE if done.rejected else DONE)


def screen(
    names: Annotated[list[str] | None, typer.Argument(help="Names to screen.")] = None,
    file: Annotated[Path | None, typer.Option(help="One name a line, or CSV with the header name,country.")] = None,
    country: Annotated[str | None, typer.Option(help="Country of the names, alpha-2.")] = None,
    store: StoreOption = None, as_json: JsonOption = False,
) -> None:
    """Screen names against the watch lists, with score and reason."""
    with errors_told():
        asked = [(name, country) for name in names or []] + (_names_of(file, country) if file else [])
    if not asked:
        raise typer.BadParameter("give at least one NAME, or --file")
    with desk_at(store) as (desk, origin):
        rows = screening.screen_names(desk, asked, origin.at)
    if as_json:
        typer.echo(json.dumps(rows, ensure_ascii=False))
        return
    for row in rows:
        if row["result"] == "no_list_match":
            typer.echo(f"{row['query']}: no list match ({row['why']})")
        else:
            typer.echo(f"{row['query']}: {row['result'].replace('_', ' ')} {row['score']:.2f}  {row['list']} {row['entry_id']}  {row['matched_name']}\n    {row['why']}")


def _names_of(file: Path, country: str | None) -> list[tuple[str, str | None]]:
    try:
        text = file.read_text("utf-8-sig")
    except UnicodeDecodeError as error:
        raise RefusedInput(f"{file.name} is not UTF-8 text (byte {error.start}). Expected one name a line, or CSV with the header name,country. Save it as UTF-8.") from error
    lines = text.splitlines()
    if lines and lines[0].strip().lower() == "name,country":
        return [(row["name"], row.get("country") or country) for row in csv.DictReader(lines) if row.get("name")]
    return [(line, country) for line in lines if line.strip()]
