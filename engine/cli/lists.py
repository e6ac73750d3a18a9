"""Watch lists: `lists import` takes an edition in, `lists held` says which there are, `lists diff` tells two apart, `screen` asks names of them."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from datetime import UTC, date, datetime
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, BinaryIO

import typer

from engine.cli.door import DONE, SET_ASIDE, JsonOption, StoreOption, asking, at_store, errors_told, progress_shown
from engine.errors import RefusedInput
from engine.screening.entries import RejectedRow
from engine.screening.readers import read_list
from engine.store.records import Origin
from engine.wire import COUNTRIES
from engine.workflows import editions
from engine.workflows import screen as screening
from engine.workflows.desk import Desk

if TYPE_CHECKING:
    from engine.cli.service import Service

HITS_SHOWN = 20
REJECTED_AT_MOST = 1_000_000  # rows of one list file that the service tells of
NAMES_AT_ONCE, LONGEST_QUESTION = 100, 4_000  # names and their bytes in one request, whose line a server takes up to 64 KiB of


def import_(
    file: Path, format: Annotated[str, typer.Option("--format", help="ofac-sdn-csv, csl-json, csl-csv, un-xml, eu-xml, eu-csv, opensanctions-csv, ftm-json.")],
    as_of: Annotated[datetime | None, typer.Option("--as-of", formats=["%Y-%m-%d"], help="Day of this edition; default the file's own date.")] = None,
    store: StoreOption = None, as_json: JsonOption = False,
) -> None:
    """Import one edition of a watch list and screen every party on record against it."""
    origin = asking("ingest")
    with errors_told(), progress_shown() as tell:
        edition = as_of.date() if as_of else datetime.fromtimestamp(file.stat().st_mtime, UTC).date() if file.is_file() else origin.at.date()
        tell(f"importing {file.name}")
        done, hits = at_store(
            store, origin,
            here=lambda desk: _imported_here(desk, file, format, edition, origin),
            there=lambda service: _send(service, file, format, edition),
        )
    if as_json:
        typer.echo(json.dumps({"lists": done.lists, "entries": done.entries, "new_or_changed": done.new_or_changed, "ended": done.ended,
                               "rejected": [{"line": r.line, "reason": r.reason} for r in done.rejected], "edition": str(done.edition),
                               "new_hits": [asdict(hit) for hit in hits]}, ensure_ascii=False))
    else:
        typer.echo(f"{', '.join(done.lists)}: {done.entries:,} entries, edition {done.edition}; {done.new_or_changed:,} new or changed, "
                   f"{done.ended:,} ended, {len(done.rejected):,} rows set aside")
        for row in done.rejected[:10]:
            typer.echo(f"  line {row.line}: {row.reason}", err=True)
        concerned = {why: len({hit.application_id for hit in hits if hit.why == why}) for why in ("open licence", "undecided")}
        typer.echo(f"{len(hits):,} new hit(s): on {concerned['open licence']:,} open licence(s) and {concerned['undecided']:,} undecided application(s)")
        for hit in hits[:HITS_SHOWN]:
            typer.echo(f"  {hit.application_id} ({hit.why}): the {hit.role} {'may be' if hit.subject else 'resembles'} {hit.list} {hit.entry_id} "
                       f"({hit.matched_name}, {hit.score:.2f})" + (f", settle {hit.subject}" if hit.subject else ""))
    raise typer.Exit(SET_ASIDE if done.rejected else DONE)


def _imported_here(desk: Desk, file: Path, format: str, edition: date, origin: Origin) -> tuple[screening.Imported, tuple[editions.NewHit, ...]]:
    done = screening.import_list(desk, file, format, edition, origin)
    return done, editions.new_hits(desk, done, origin.at)


def diff(
    code: Annotated[str, typer.Argument(metavar="LIST", help="Code of the list, such as UN-SC.")],
    start: Annotated[datetime, typer.Option("--from", formats=["%Y-%m-%d"], help="The list as it stood at the end of this day.")],
    end: Annotated[datetime, typer.Option("--to", formats=["%Y-%m-%d"], help="And of this day.")],
    store: StoreOption = None, as_json: JsonOption = False,
) -> None:
    """Show what was added to a list, ended on it and changed on it between two days."""
    with errors_told():
        told = at_store(
            store, asking(), here=lambda desk: editions.difference(desk, code, start.date(), end.date()),
            there=lambda service: _difference(service.ask("GET", "lists", code, "diff", params={"from": str(start.date()), "to": str(end.date())})),
        )
    if as_json:
        change = {"added": told.added, "ended": told.ended, "changed": told.changed}
        typer.echo(json.dumps({"list": told.list, "from": str(told.from_day), "to": str(told.to_day),
                               **{what: [asdict(one) for one in of] for what, of in change.items()}}, ensure_ascii=False))
        return
    typer.echo(f"{told.list} from {told.from_day} to {told.to_day}: {len(told.added):,} added, {len(told.ended):,} ended, {len(told.changed):,} changed")
    for sign, of in (("+", told.added), ("-", told.ended), ("~", told.changed)):
        for one in of:
            typer.echo(f"  {sign} {one.entry_id}  {one.name}" + (f"  ({', '.join(one.fields)})" if one.fields else ""))


def held(store: StoreOption = None, as_json: JsonOption = False) -> None:
    """Every watch list held: how many entries stand, its newest edition, and how old that is."""
    origin = asking()

    def here(desk: Desk) -> list[dict]:
        return json.loads(json.dumps([asdict(one) for one in editions.lists_held(desk.store.cursor(), origin.at)], default=lambda told: f"{told.isoformat()}Z" if isinstance(told, datetime) else str(told)))

    with errors_told():
        told = at_store(store, origin, here=here, there=lambda service: service.ask("GET", "lists")["lists"])
    if as_json:
        typer.echo(json.dumps(told, ensure_ascii=False))
        return
    for one in told:
        typer.echo(f"{one['list']:14} {one['entries']:>8,} entries  edition {one['edition']}, {one['age_days']:,} days old, {len(one['editions']):,} held  {one['title']} ({one['effect']})")
    if not told:
        typer.echo("No list is held. Import one with `diversion lists import FILE --format FORMAT`.")


def screen(
    names: Annotated[list[str] | None, typer.Argument(help="Names to screen.")] = None,
    file: Annotated[Path | None, typer.Option(help="One name a line, or CSV with the header name,country.")] = None,
    country: Annotated[str | None, typer.Option(help="Country of the names, alpha-2.")] = None,
    store: StoreOption = None, as_json: JsonOption = False,
) -> None:
    """Screen names against the watch lists, with score and reason."""
    with errors_told():
        asked = [(name, country) for name in names or []] + (_names_of(file, country) if file else [])
        if unknown := next((told for _, told in asked if told not in (None, *COUNTRIES)), None):
            raise RefusedInput(f"country {unknown[:40]!r} is not known. Expected an ISO 3166-1 alpha-2 code in capitals, such as DE. Correct it, or leave it out.")
    if not asked:
        raise typer.BadParameter("give at least one NAME, or --file")
    origin = asking()
    with errors_told():
        rows = at_store(store, origin, here=lambda desk: screening.screen_names(desk, asked, origin.at), there=lambda service: _asked_of(service, asked))
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
        return [(row["name"], (row.get("country") or "").strip() or country) for row in csv.DictReader(lines) if row.get("name")]
    return [(line, country) for line in lines if line.strip()]


def _send(service: Service, file: Path, format: str, edition: date) -> tuple[screening.Imported, tuple[editions.NewHit, ...]]:
    """Import one edition through the service: the same file, zipped with its companions where the list has some."""
    read_list(file, format)  # what is wrong with the format or the path is told before anything is sent
    asked = {"as_of": str(edition), "shown": REJECTED_AT_MOST}
    with _zipped(file) if format == "ofac-sdn-csv" else file.open("rb") as content:
        told = service.ask("POST", "lists", format, params=asked | {"filename": file.name}, content=content)
    rejected = tuple(RejectedRow(file.name, row["line"], row["reason"]) for row in told["rejected_rows"])
    done = screening.Imported(tuple(told["lists"]), told["entries"], told["new_or_changed"], told["ended"], rejected, date.fromisoformat(told["edition"]))
    return done, tuple(editions.NewHit(**hit) for hit in told["new_hits"])


def _difference(told: dict) -> editions.Difference:
    added, ended, changed = (tuple(editions.Change(one["entry_id"], one["name"], tuple(one["fields"])) for one in told[what]) for what in ("added", "ended", "changed"))
    return editions.Difference(told["list"], date.fromisoformat(told["from"]), date.fromisoformat(told["to"]), added, ended, changed)


def _zipped(file: Path) -> BinaryIO:
    """OFAC's file with those beside it whose names differ only in the first three letters: `sdn`, `add`, `alt`."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as zipped:
        zipped.write(file, file.name)
        for path in sorted(file.parent.iterdir()):
            if path != file and path.name[3:].casefold() == file.name[3:].casefold():
                zipped.write(path, path.name)
    return packed


def _asked_of(service: Service, asked: list[tuple[str, str | None]]) -> list[dict]:
    """The rows of each name in the order asked; a request asks many names of one country, each once."""
    rows: dict[tuple[str, str], list[dict]] = {(name, country or ""): [] for name, country in asked}
    for country, names in _questions(rows):
        for row in service.ask("GET", "screen", params={"name": names} | ({"country": country} if country else {})):
            rows[row["query"], country].append(row)
    return [row for name, country in asked for row in rows[name, country or ""]]


def _questions(asked: Iterable[tuple[str, str]]) -> Iterator[tuple[str, list[str]]]:
    """(country, names) of each request."""
    country_of = itemgetter(1)
    for country, group in groupby(sorted(asked, key=country_of), key=country_of):
        names: list[str] = []
        for name, _ in group:
            if names and (len(names) == NAMES_AT_ONCE or len("".join((*names, name)).encode()) > LONGEST_QUESTION):
                yield country, names
                names = []
            names.append(name)
        yield country, names
