"""Makes a store and takes files in: `init`, `ingest`."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict
from difflib import get_close_matches
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from engine.cli.door import DONE, REFUSED, SET_ASIDE, JsonOption, StoreOption, asking, at_store, desk_at, errors_told, progress_shown
from engine.documents.pdf import certificates_in, check_length
from engine.errors import EngineError, FieldProblem, RefusedInput
from engine.settings import from_environment
from engine.wire import EVENTS
from engine.workflows import ingest as filing
from engine.workflows.checking import CONTRACT, LITE, checked
from engine.workflows.document_files import TakenFiles, papers_in, sha256_of, take_files

if TYPE_CHECKING:
    from engine.cli.service import Service
    from engine.store.records import Origin
    from engine.workflows.desk import Desk


def init(store: StoreOption = None) -> None:
    """Make an empty store with the reference data loaded."""
    with desk_at(store, create=True) as (desk, _):
        tables = desk.store.cursor().execute("select count(*) from audit_entry").fetchall()[0][0]
        typer.echo(f"{desk.store.path} is ready, {tables} audit entr{'y' if tables == 1 else 'ies'}. Next: diversion ingest FILE, diversion lists import FILE --format FORMAT.")


def ingest(
    files: Annotated[list[Path] | None, typer.Argument(help=".json, .jsonl or .parquet files.")] = None,
    kind: Annotated[str, typer.Option(help=f"application, or an event: {', '.join(EVENTS)}.")] = "application",
    lenient: Annotated[bool, typer.Option("--lenient", help="Ignore unknown fields (counted) instead of setting the record aside.")] = False,
    form: Annotated[str, typer.Option("--format", help="contract, or lite: the application documents of the United Kingdom's LITE.")] = CONTRACT,
    papers: Annotated[Path | None, typer.Option("--files", help="A folder of the documents' PDF files, told by their declared sha256.")] = None,
    store: StoreOption = None, as_json: JsonOption = False,
) -> None:
    """Take files in: good records exactly once, bad ones set aside in a file beside the input."""
    if not files and papers is None:
        raise typer.BadParameter("give at least one FILE, or --files DIR")
    if kind != "application" and kind not in EVENTS:
        near = get_close_matches(kind, ("application", *EVENTS), n=1)
        raise typer.BadParameter(f"--kind is application, {', '.join(EVENTS)}" + (f". Did you mean {near[0]}?" if near else ""))
    check_form(form)
    outcomes, refused = [], {}
    origin = asking("ingest")
    with errors_told(), progress_shown() as tell:

        def each(take: Callable[..., filing.Ingested]) -> None:
            for path in files or ():
                try:
                    outcomes.append(take(path, kind, lenient=lenient, form=form, progress=lambda n, path=path: tell(f"reading {path.name}", n)))
                except RefusedInput as error:  # one file that cannot be used keeps no other out
                    refused[str(path)] = str(error)
                except EngineError as error:
                    refused[str(path)] = str(error)
                    break

        def both(desk: Desk) -> TakenFiles | None:
            each(partial(filing.ingest_file, desk, origin=origin))
            return papers and take_files(desk, papers, origin, trust_roots=roots, progress=read)

        def both_sent(service: Service) -> TakenFiles | None:
            each(partial(_send, service))
            return papers and _send_papers(service, papers, origin, read)

        def read(n: int, of: int) -> None:
            tell(f"reading {papers.name}", n, of)

        roots = certificates_in(from_environment().trust_roots) if papers is not None else []
        taken = at_store(store, origin, here=both, there=both_sent)
    if as_json:
        typer.echo(json.dumps([
            {"file": str(o.path), "added": o.added, "unchanged": o.unchanged, "set_aside": o.set_aside, "ignored_fields": o.ignored_fields,
             "set_aside_file": str(o.set_aside_file) if o.set_aside_file else None}
            | ({"unmapped": o.unmapped, "unmapped_file": str(o.unmapped_file) if o.unmapped_file else None} if form != CONTRACT else {}) for o in outcomes
        ] + [{"file": file, "refused": why} for file, why in refused.items()] + ([{"files": str(papers)} | asdict(taken)] if taken else [])))
    else:
        for o in outcomes:
            aside = f", {o.set_aside:,} set aside in {o.set_aside_file}" if o.set_aside else ""
            ignored = f"; unknown fields ignored: {', '.join(f'{k} ({n})' for k, n in sorted(o.ignored_fields.items()))}" if o.ignored_fields else ""
            typer.echo(f"{o.path}: {o.added:,} taken in, {o.unchanged:,} already on record{aside}{ignored}{unmapped_told(o.unmapped, o.unmapped_file)}")
        if taken:
            typer.echo(f"{papers}: {taken.read:,} document files taken in, {taken.unchanged:,} already on record, {len(taken.unreadable):,} could not be read, "
                       f"{len(taken.undeclared):,} that no filing declares")
    for name, why in taken.unreadable if taken else ():
        typer.echo(f"  {name}: {why}", err=True)
    for why in refused.values():
        typer.echo(f"diversion: {why}", err=True)
    raise typer.Exit(REFUSED if refused else SET_ASIDE if any(o.set_aside for o in outcomes) or (taken and taken.unreadable) else DONE)


def check_form(form: str) -> None:
    """Refuse a form of application that is not known."""
    if form not in (CONTRACT, LITE):
        raise typer.BadParameter(f"--format is {CONTRACT} or {LITE}")


def unmapped_told(count: int, file: Path | None) -> str:
    """The end of a closing line: what another system's form said and the contract has no place for."""
    return f"; {count:,} fields have no place in the contract, listed in {file}" if count else ""


def _send(service: Service, path: Path, kind: str, *, lenient: bool, form: str, progress: Callable[[int], None]) -> filing.Ingested:
    """Take one file in through the service, chunk by chunk as `ingest_file` does at the store.

    The file is read and checked here, and only its good records are sent, one a line: the service repeats no record, so what it refuses is found
    again by its line, and set aside beside the input with what it says.
    """
    outcome, aside, over, seen = filing.Ingested(path), filing.SetAside(path), filing.LeftOver(path), 0
    try:
        for run in checked(path, kind, lenient, filing.CHUNK_RECORDS, filing.CHUNK_BYTES, form):
            run.count_ignored(outcome.ignored_fields)
            over.add(run)
            faults = dict(run.faults)
            if run.places:
                body = "".join(body + "\n" for body in run.bodies).encode()
                told = service.ask("POST", "ingest", kind, params={"filename": "chunk.jsonl", "shown": len(run.places)}, content=body)
                outcome.added += told["added"]
                outcome.unchanged += told["unchanged"]
                faults |= {run.places[row["line"] - 1]: [FieldProblem(**one) for one in row["problems"]] for row in told["set_aside_records"]}
            for place in sorted(faults):
                aside.add(run.raws[place], faults[place])
            seen += len(run.raws)
            progress(seen)
        aside.finish()
    finally:
        aside.close()
    outcome.set_aside = aside.count
    outcome.set_aside_file = aside.path if aside.count else None
    over.into(outcome)
    return outcome


def _send_papers(service: Service, folder: Path, origin: Origin, progress: Callable[[int, int], None]) -> TakenFiles:
    """Take in every PDF file of a folder through the service, one a request, as `take_files` does at the store.

    The names of files stay here: the service knows a file by its hash.
    """
    paths = papers_in(folder)
    hashes = {path: sha256_of(path) for path in paths}
    told: dict[str, dict] = {}
    unreadable: dict[str, tuple[str, str]] = {}
    for n, (path, sha256) in enumerate(hashes.items(), 1):
        if sha256 in told or sha256 in unreadable:
            continue
        try:
            check_length(path.stat().st_size)
            with path.open("rb") as content:
                told[sha256] = service.ask("PUT", "document-files", sha256, params={"since": f"{origin.at.isoformat()}Z"}, content=content)
        except RefusedInput as error:  # one file that cannot be used keeps no other out
            unreadable[sha256] = (path.name, str(error))
        progress(n, len(paths))
    stored = [one["stored"] for one in told.values()]
    undeclared = tuple(path.name for path in paths if hashes[path] in told and not told[hashes[path]]["declared"])
    return TakenFiles(stored.count("new"), stored.count("unchanged"), tuple(unreadable.values()), undeclared)
