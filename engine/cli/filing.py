"""Makes a store and takes files in: `init`, `ingest`."""

from __future__ import annotations

import json
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated

import typer

from engine.cli.door import DONE, REFUSED, SET_ASIDE, JsonOption, StoreOption, desk_at, progress_shown
from engine.errors import EngineError, RefusedInput
from engine.wire import EVENTS
from engine.workflows import ingest as filing


def init(store: StoreOption = None) -> None:
    """Make an empty store with the reference data loaded."""
    with desk_at(store, create=True) as (desk, _):
        tables = desk.store.cursor().execute("select count(*) from audit_entry").fetchall()[0][0]
        typer.echo(f"{desk.store.path} is ready, {tables} audit entr{'y' if tables == 1 else 'ies'}. Next: diversion ingest FILE, diversion lists import FILE --format FORMAT.")


def ingest(
    files: Annotated[list[Path], typer.Argument(help=".json, .jsonl or .parquet files.")],
    kind: Annotated[str, typer.Option(help=f"application, or an event: {', '.join(EVENTS)}.")] = "application",
    lenient: Annotated[bool, typer.Option("--lenient", help="Ignore unknown fields (counted) instead of setting the record aside.")] = False,
    store: StoreOption = None, as_json: JsonOption = False,
) -> None:
    """Take files in: good records exactly once, bad ones set aside in a file beside the input."""
    if kind != "application" and kind not in EVENTS:
        near = get_close_matches(kind, ("application", *EVENTS), n=1)
        raise typer.BadParameter(f"--kind is application, {', '.join(EVENTS)}" + (f". Did you mean {near[0]}?" if near else ""))
    outcomes, refused = [], {}
    with desk_at(store, channel="ingest") as (desk, origin), progress_shown() as tell:
        for path in files:
            try:
                outcomes.append(filing.ingest_file(desk, path, kind, origin, lenient=lenient, progress=lambda n, path=path: tell(f"reading {path.name}", n)))
            except RefusedInput as error:  # one file that cannot be used keeps no other out
                refused[str(path)] = str(error)
            except EngineError as error:
                refused[str(path)] = str(error)
                break
    if as_json:
        typer.echo(json.dumps([
            {"file": str(o.path), "added": o.added, "unchanged": o.unchanged, "set_aside": o.set_aside, "ignored_fields": o.ignored_fields,
             "set_aside_file": str(o.set_aside_file) if o.set_aside_file else None} for o in outcomes
        ] + [{"file": file, "refused": why} for file, why in refused.items()]))
    else:
        for o in outcomes:
            aside = f", {o.set_aside:,} set aside in {o.set_aside_file}" if o.set_aside else ""
            ignored = f"; unknown fields ignored: {', '.join(f'{k} ({n})' for k, n in sorted(o.ignored_fields.items()))}" if o.ignored_fields else ""
            typer.echo(f"{o.path}: {o.added:,} taken in, {o.unchanged:,} already on record{aside}{ignored}")
    for why in refused.values():
        typer.echo(f"diversion: {why}", err=True)
    raise typer.Exit(REFUSED if refused else SET_ASIDE if any(o.set_aside for o in outcomes) else DONE)
