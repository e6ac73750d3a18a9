"""The `diversion` command: one verb a function, the clock and the account read here and handed down. Owns no rule."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, NoReturn
from uuid import uuid4

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from engine.errors import EngineError, RefusedInput
from engine.settings import from_environment
from engine.store import audit
from engine.store.records import Origin, body_of
from engine.wire import EVENTS, Application, canonical, parse_event
from engine.workflows import assess, export, frames, ingest, links, memo, plan_visits, record_event, score_file, screen, tokens
from engine.workflows.desk import Desk, open_desk

DONE, SET_ASIDE, USAGE, REFUSED = 0, 1, 2, 3

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help="""
Will these goods end up with someone else? Scores export licence applications for diversion, explains each score,
plans and records verification visits, and learns from what they find.
""")
lists_app = typer.Typer(no_args_is_help=True, help="Watch lists.")
audit_app = typer.Typer(no_args_is_help=True, help="The proof that no record was changed or removed.")
app.add_typer(lists_app, name="lists")
app.add_typer(audit_app, name="audit")
token_app = typer.Typer(no_args_is_help=True, help="Access tokens of the HTTP service; only their hashes are kept.")
app.add_typer(token_app, name="token")

StoreOption = Annotated[Path | None, typer.Option("--store", help="The DuckDB file (or DIVERSION_STORE); default diversion.duckdb here.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]


def now() -> datetime:
    """The moment of the command, UTC without offset: the one clock of the command line."""
    return datetime.now(UTC).replace(tzinfo=None)


def fail(error: Exception) -> NoReturn:
    """End with what went wrong, in one paragraph, and status 3."""
    typer.echo(f"diversion: {error}", err=True)
    raise typer.Exit(REFUSED)


@contextmanager
def errors_told() -> Iterator[None]:
    """Turn the engine's errors into their message and status 3."""
    try:
        yield
    except EngineError as error:
        fail(error)
    except OSError as error:
        fail(RefusedInput(f"{error.strerror or error} ({error.filename or 'no file'}). Check the path, its permissions and the free space."))


@contextmanager
def desk_at(store: Path | None, *, create: bool = False, channel: str = "command") -> Iterator[tuple[Desk, Origin]]:
    """The store opened for one verb, and who asks."""
    settings = from_environment()
    origin = Origin(settings.account, channel, now())
    with errors_told(), open_desk(store or settings.store, origin, create=create, memory_limit=settings.memory_limit) as desk:
        yield desk, origin


@contextmanager
def progress_shown() -> Iterator:
    """A progress line on a terminal; silence when output goes elsewhere."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda stage, done=0, of=0: None
        return
    with Progress(SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), console=console, transient=True) as bar:
        task = bar.add_task("starting", total=None)

        def tell(stage: str, done: int = 0, of: int = 0) -> None:
            bar.update(task, description=stage, completed=done, total=of or None)

        yield tell


@app.command()
def init(store: StoreOption = None) -> None:
    """Make an empty store with the reference data loaded."""
    with desk_at(store, create=True) as (desk, _):
        tables = desk.store.cursor().execute("select count(*) from audit_entry").fetchall()[0][0]
        typer.echo(f"{desk.store.path} is ready, {tables} audit entr{'y' if tables == 1 else 'ies'}. Next: diversion ingest FILE, diversion lists import FILE --format FORMAT.")


@app.command("ingest")
def ingest_command(
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
                outcomes.append(ingest.ingest_file(desk, path, kind, origin, lenient=lenient, progress=lambda n, path=path: tell(f"reading {path.name}", n)))
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


@lists_app.command("import")
def lists_import(
    file: Path, format: Annotated[str, typer.Option("--format", help="ofac-sdn-csv, csl-json, csl-csv, un-xml, eu-xml, eu-csv, opensanctions-csv, ftm-json.")],
    as_of: Annotated[datetime | None, typer.Option("--as-of", formats=["%Y-%m-%d"], help="Day of this edition; default the file's own date.")] = None,
    store: StoreOption = None, as_json: JsonOption = False,
) -> None:
    """Import one edition of a watch list and screen every party on record against it."""
    with desk_at(store, channel="ingest") as (desk, origin), progress_shown() as tell:
        edition = as_of.date() if as_of else datetime.fromtimestamp(file.stat().st_mtime, UTC).date() if file.is_file() else origin.at.date()
        tell(f"importing {file.name}")
        done = screen.import_list(desk, file, format, edition, origin)
    if as_json:
        typer.echo(json.dumps({"lists": done.lists, "entries": done.entries, "new_or_changed": done.new_or_changed, "ended": done.ended,
                               "rejected": [{"line": r.line, "reason": r.reason} for r in done.rejected], "edition": str(done.edition)}))
    else:
        typer.echo(f"{', '.join(done.lists)}: {done.entries:,} entries, edition {done.edition}; {done.new_or_changed:,} new or changed, "
                   f"{done.ended:,} ended, {len(done.rejected):,} rows set aside")
        for row in done.rejected[:10]:
            typer.echo(f"  line {row.line}: {row.reason}", err=True)
    raise typer.Exit(SET_ASIDE if done.rejected else DONE)


@app.command("screen")
def screen_command(
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
        rows = screen.screen_names(desk, asked, origin.at)
    if as_json:
        typer.echo(json.dumps(rows, ensure_ascii=False))
        return
    for row in rows:
        if row["result"] == "no_list_match":
            typer.echo(f"{row['query']}: no list match ({row['why']})")
        else:
            typer.echo(f"{row['query']}: {row['result'].replace('_', ' ')} {row['score']:.2f}  {row['list']} {row['entry_id']}  {row['matched_name']}\n    {row['why']}")


def _names_of(file: Path, country: str | None) -> list[tuple[str, str | None]]:
    import csv

    try:
        text = file.read_text("utf-8-sig")
    except UnicodeDecodeError as error:
        raise RefusedInput(f"{file.name} is not UTF-8 text (byte {error.start}). Expected one name a line, or CSV with the header name,country. Save it as UTF-8.") from error
    lines = text.splitlines()
    if lines and lines[0].strip().lower() == "name,country":
        return [(row["name"], row.get("country") or country) for row in csv.DictReader(lines) if row.get("name")]
    return [(line, country) for line in lines if line.strip()]


@app.command("score")
def score_command(
    file: Annotated[Path | None, typer.Argument(help="Applications to score without storing them; without it, all unscored ones in the store.")] = None,
    out: Annotated[Path | None, typer.Option(help="Where the scores go: .parquet, .csv or .jsonl.")] = None,
    features: Annotated[Path | None, typer.Option(help="Also write the feature matrix.")] = None,
    engine: Annotated[str, typer.Option(help="duckdb or spark.")] = "duckdb",
    lenient: Annotated[bool, typer.Option("--lenient", help="Ignore unknown fields.")] = False,
    store: StoreOption = None, as_json: JsonOption = False,
) -> None:
    """Score a file's applications against all the store knows, or with no file the unscored ones on record."""
    if engine not in ("duckdb", "spark"):
        raise typer.BadParameter("--engine is duckdb or spark")
    if file is not None and out is None:
        raise typer.BadParameter("--out FILE is needed with a file to score")
    create = file is not None and not (store or from_environment().store).exists()
    with desk_at(Path(":memory:") if create else store, create=create) as (desk, origin), progress_shown() as tell:
        if file is None:
            scores = assess.score_unscored(desk, origin, progress=lambda n, of: tell("scoring", n, of))
            if out:
                out.write_text("".join(canonical(score) + "\n" for score in scores)) if out.suffix == ".jsonl" else frames.write_frame(_frame(scores), out)
            told = {"scored": len(scores), "set_aside": 0, "bands": _count(score.band for score in scores)}
        else:
            done = score_file.score_file(desk, file, out, features_out=features, engine=engine, lenient=lenient, progress=tell)
            told = {"scored": done.scored, "set_aside": done.set_aside, "bands": done.bands, "model": done.model_version,
                    "set_aside_file": str(done.set_aside_file) if done.set_aside_file else None}
    if as_json:
        typer.echo(json.dumps(told))
    else:
        bands = ", ".join(f"{n} {memo.BAND_WORDS[band]}" for band, n in sorted(told["bands"].items()))
        typer.echo(f"{told['scored']:,} scored ({bands or 'none'}), {told['set_aside']:,} set aside" + (f", written to {out}" if out else ""))
        if create:
            typer.echo("No store was there: scored on an empty one by the expert points card.", err=True)
        elif told.get("model", "").startswith("expert"):
            typer.echo("No trained model is in use: scored by the expert points card.", err=True)
    raise typer.Exit(SET_ASIDE if told["set_aside"] else DONE)


def _count(values) -> dict[str, int]:
    counts: dict[str, int] = {}
    for value in values:
        counts[value] = counts.get(value, 0) + 1
    return counts


def _frame(scores):
    import polars as pl

    return pl.DataFrame([json.loads(canonical(score)) for score in scores], infer_schema_length=None)


@app.command()
def explain(
    application_id: str,
    as_of: Annotated[datetime | None, typer.Option("--as-of", formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M:%SZ"], help="Count facts known by then; default the filing.")] = None,
    at_now: Annotated[bool, typer.Option("--now", help="Count everything known now.")] = False,
    store: StoreOption = None, as_json: JsonOption = False,
) -> None:
    """One score in full, as a memo to the person who decides."""
    with desk_at(store) as (desk, origin):
        moment = origin.at if at_now else as_of
        score = assess.score_application(desk, application_id, origin.at, as_of=moment)
        cursor = desk.store.cursor()
        body = body_of(cursor, f"application:{application_id}#{score.revision}")
        if as_json:
            typer.echo(score.model_dump_json(by_alias=True, exclude_none=True))
        else:
            typer.echo(memo.memo(Application.model_validate_json(body), score), nl=False)


@app.command("train")
def train_command(
    as_of: Annotated[datetime | None, typer.Option("--as-of", formats=["%Y-%m-%d"], help="Learn only from what was known by then.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would happen; write nothing.")] = False,
    promote: Annotated[str | None, typer.Option("--promote", metavar="REASON", help="Promote whatever the comparison says, for this reason.")] = None,
    store: StoreOption = None, as_json: JsonOption = False,
) -> None:
    """Train, calibrate, compare with the model in use, and promote only if better."""
    from engine.workflows.train import train

    with desk_at(store) as (desk, origin), progress_shown() as tell:
        done = train(desk, origin, as_of=as_of, dry_run=dry_run, promote_because=promote, progress=tell)
    if as_json:
        typer.echo(json.dumps({"version": done.version, "promoted": done.promoted, "because": done.because, "card": done.card}))
        return
    later = done.card["later_period"]
    state = "promoted" if done.promoted else "dry run, nothing written" if dry_run else "not promoted"
    because = done.because.removeprefix("not promoted: ").rstrip(".")
    typer.echo(f"Model {done.version}: {state}. {because[:1].upper()}{because[1:]}.")
    typer.echo(f"Learned from {done.card['labelled']:,} labelled applications ({done.card['diversions']} diverted). Later period {later['from']} to {later['to']}:")
    for name, told in later["by"].items():
        typer.echo(f"  {name:36} average precision {told['average_precision']:28} AUC {told['auc']}")


@app.command("plan")
def plan_command(
    start: Annotated[datetime, typer.Option("--from", formats=["%Y-%m-%d"], help="First day of the period.")],
    end: Annotated[datetime, typer.Option("--to", formats=["%Y-%m-%d"], help="Last day.")],
    visits: Annotated[int, typer.Option(help="How many visits can be made.")],
    out: Annotated[Path, typer.Option(help="Where the plan goes: .parquet, .csv or .jsonl.")],
    seed: Annotated[int, typer.Option(help="Same seed and shipments, same lot.")] = 1,
    lot_share: Annotated[float, typer.Option(min=0, max=1, help="Share of the visits drawn by lot.")] = 0.15,
    store: StoreOption = None, as_json: JsonOption = False,
) -> None:
    """Choose visits by rule, by lot and by risk; each with its reason, window and probability."""
    with desk_at(store) as (desk, origin), progress_shown() as tell:
        tell("planning")
        plan = plan_visits.plan_visits(desk, start.date(), end.date(), visits, origin, seed=seed, lot_share=lot_share)
        frames.write_frame(plan.visits, out)
    told = {"plan_id": plan.plan_id, "visits": len(plan.visits), "eligible": plan.eligible, "without_consent": plan.without_consent,
            "mandatory_left_out": plan.mandatory_left_out, "chosen_by": _count(plan.visits["chosen_by"].to_list())}
    if as_json:
        typer.echo(json.dumps(told))
    else:
        typer.echo(f"{plan.plan_id}: {told['visits']} visits of {plan.eligible:,} eligible shipments ("
                   + ", ".join(f"{n} {how}" for how, n in sorted(told["chosen_by"].items())) + f"), written to {out}")
        if plan.mandatory_left_out:
            typer.echo(f"{plan.mandatory_left_out} mandatory visits found no room: plan more visits or a longer period.", err=True)


EventIdOption = Annotated[str | None, typer.Option("--event-id", help="The event's own id; default a new one. The same id and content again changes nothing.")]
FileOption = Annotated[Path | None, typer.Option("--file", help="The whole event as JSON, in place of the options.")]
PersonOption = Annotated[str | None, typer.Option("--recorded-by", help="Who records it; default this account.")]


def _record(kind: str, told: dict, file: Path | None, event_id: str | None, recorded_by: str | None, store: Path | None, as_json: bool) -> None:
    with desk_at(store) as (desk, origin):
        if file is not None:
            told = json.loads(file.read_text("utf-8"))
        told.setdefault("event_id", event_id or f"{kind}:{uuid4().hex[:16]}")
        told.setdefault("at", origin.at.strftime("%Y-%m-%dT%H:%M:%SZ"))
        told.setdefault("recorded_by", recorded_by or origin.actor)
        event = parse_event(kind, json.dumps({k: v for k, v in told.items() if v not in (None, [], ())})).model
        new = record_event.record_event(desk, kind, event, origin)
    if as_json:
        typer.echo(json.dumps({"event_id": event.event_id, "new": new}))
    else:
        typer.echo(f"{kind} {event.event_id} {'is on record' if new else 'was already on record'}")


@app.command()
def decide(
    application_id: Annotated[str | None, typer.Argument()] = None,
    outcome: Annotated[str | None, typer.Option(help="granted, denied, withdrawn or returned.")] = None,
    rationale: Annotated[str | None, typer.Option(help="Why, in your own words; needed to grant or deny.")] = None,
    ground: Annotated[list[str] | None, typer.Option(help="A ground of the law; needed to deny; may be repeated.")] = None,
    condition: Annotated[list[str] | None, typer.Option(help="A condition of the licence; may be repeated.")] = None,
    reasons_for_applicant: Annotated[str | None, typer.Option(help="What the applicant is told.")] = None,
    approved_by: Annotated[str | None, typer.Option(help="Second signature, another person's.")] = None,
    file: FileOption = None, event_id: EventIdOption = None, recorded_by: PersonOption = None, store: StoreOption = None, as_json: JsonOption = False,
) -> None:
    """Record a decision; a grant with an unsettled referral is refused by its name."""
    told = {"application_id": application_id, "outcome": outcome, "rationale": rationale, "grounds": ground, "conditions": condition,
            "reasons_for_applicant": reasons_for_applicant, "approved_by": approved_by}
    _record("decision", told, file, event_id, recorded_by, store, as_json)


@app.command()
def visit(
    application_id: Annotated[str | None, typer.Argument()] = None,
    shipment: Annotated[str | None, typer.Option(help="The shipment that was checked.")] = None,
    visit_id: Annotated[str | None, typer.Option(help="The planned visit's id; default a new one.")] = None,
    visited_on: Annotated[str | None, typer.Option(help="YYYY-MM-DD; default today.")] = None,
    stage: Annotated[str | None, typer.Option(help="pre_licence, pre_shipment or post_shipment (default).")] = None,
    mode: Annotated[str | None, typer.Option(help="on_site, remote, documentary or delegated.")] = None,
    access: Annotated[str | None, typer.Option(help="full, limited or none.")] = None,
    limited_by: Annotated[str | None, typer.Option(help="host_state, party, security, travel, consent_missing, site_moved or health.")] = None,
    outcome: Annotated[str | None, typer.Option(help="favourable, unfavourable, inconclusive or not_possible.")] = None,
    finding: Annotated[list[str] | None, typer.Option(help="A finding, such as diversion or discrepancy; may be repeated.")] = None,
    item: Annotated[list[str] | None, typer.Option(help="LINE:STATE, LINE:STATE:SERIAL or LINE:STATE:xQUANTITY, such as 1:seen:A123; may be repeated.")] = None,
    reviewed_by: Annotated[str | None, typer.Option(help="Another person who reviewed it; until then it teaches nothing.")] = None,
    limitations: Annotated[str | None, typer.Option(help="What could not be checked and why.")] = None,
    file: FileOption = None, event_id: EventIdOption = None, recorded_by: PersonOption = None, store: StoreOption = None, as_json: JsonOption = False,
) -> None:
    """Record a verification visit."""
    told = {
        "application_id": application_id, "shipment_id": shipment, "visit_id": visit_id or (f"visit:{uuid4().hex[:12]}" if not file else None),
        "visited_on": visited_on or now().date().isoformat(), "stage": stage, "mode": mode, "access": access, "limited_by": limited_by,
        "outcome": outcome, "findings": finding, "items": [_visit_item(text) for text in item or []], "reviewed_by": reviewed_by, "limitations": limitations,
    }
    _record("visit", told, file, event_id, recorded_by, store, as_json)


def _visit_item(text: str) -> dict:
    line, _, rest = text.partition(":")
    state, _, what = rest.partition(":")
    if not line.isdigit() or not state:
        raise typer.BadParameter(f"--item {text}: expected LINE:STATE, LINE:STATE:SERIAL or LINE:STATE:xQUANTITY")
    told: dict = {"line": int(line), "state": state}
    if what.startswith("x") and what[1:].replace(".", "", 1).isdigit():
        told["quantity"] = float(what[1:])
    elif what:
        told["serial"] = what
    return told


@app.command()
def event(
    kind: Annotated[str, typer.Argument(help=", ".join(EVENTS))], file: Annotated[Path, typer.Argument(help="The event as JSON.")],
    store: StoreOption = None, as_json: JsonOption = False,
) -> None:
    """Record any one event of the contract from a JSON file, such as a review that settles a referral."""
    _record(kind, {}, file, None, None, store, as_json)


@audit_app.command("verify")
def audit_verify(
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


@audit_app.command("erase")
def audit_erase(
    key: Annotated[str, typer.Argument(help="The record's key, such as application:A-1#1 or event:E-1.")],
    order: Annotated[str, typer.Option(help="Reference of the lawful order.")], approved_by: Annotated[str, typer.Option(help="Who approved it; another person than you.")],
    store: StoreOption = None,
) -> None:
    """Erase one record's content under a lawful order; the proof stays whole and names the order."""
    from engine.workflows.erase import erase_record

    with desk_at(store) as (desk, origin):
        erase_record(desk, key, order, approved_by, origin)
    typer.echo(f"{key} was erased under order {order}, approved by {approved_by}.")


def _plain(value: object) -> float | str:
    """What JSON has no form for: quantities as numbers, days as text."""
    return float(value) if isinstance(value, Decimal) else str(value)


@app.command("licences")
def licences_command(
    outside: Annotated[bool, typer.Option("--outside", help="Only the shipments that no open licence covered.")] = False,
    as_of: Annotated[datetime | None, typer.Option("--as-of", formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M:%SZ"], help="As known by then; default now.")] = None,
    store: StoreOption = None, as_json: JsonOption = False,
) -> None:
    """List licences with what is shipped and left, and the shipments outside them: over-drawn, after expiry, while suspended."""
    from engine.workflows.licences import licences

    with desk_at(store) as (desk, origin):
        moment = as_of or origin.at
        found = licences(desk.store.cursor(), moment)
    if as_json:
        told = {"as_of": moment.strftime("%Y-%m-%dT%H:%M:%SZ")} | ({} if outside else {"licences": [asdict(one) for one in found.licences]})
        typer.echo(json.dumps(told | {"outside": [asdict(one) for one in found.outside]}, default=_plain, ensure_ascii=False))
        return
    for licence in () if outside else found.licences:
        typer.echo(f"{licence.licence}  {licence.state.replace('_', ' ')} (newest change: {licence.change} {licence.since}"
                   + (f", valid to {licence.valid_to}" if licence.valid_to else "") + (", by decision)" if licence.told_by == "decision" else ")"))
        for line in licence.lines:
            limit = f"{float(line.authorised):,.10g}" if line.authorised is not None else "no limit said"
            left = f", {float(line.left):,.10g} left" if line.left is not None else ""
            typer.echo(f"    line {line.line}: {float(line.shipped):,.10g} of {limit} {line.unit or ''}".rstrip() + f" shipped{left}")
    typer.echo(f"{len(found.outside):,} shipment(s) outside a licence" + (":" if found.outside else "."))
    for shipment in found.outside:
        typer.echo(f"  {shipment.shipment_id}  {shipment.shipped_on}  {shipment.licence or 'no licence'}: {'; '.join(shipment.why)}")


@token_app.command("create")
def token_create(
    name: Annotated[str, typer.Argument(help="The person or system it names; stands on everything done with it.")],
    role: Annotated[str, typer.Option(help="system, analyst, approver, inspector, planner, auditor or admin.")],
    authority: Annotated[list[str] | None, typer.Option(help="An authority it may read, alpha-2; may be repeated; default all.")] = None,
    days: Annotated[int, typer.Option(min=1, max=3660, help="Days until it ends.")] = 90,
    store: StoreOption = None, as_json: JsonOption = False,
) -> None:
    """Make a token; its secret is shown once and cannot be found again."""
    with desk_at(store) as (desk, origin):
        secret, token = tokens.create_token(desk, name, role, authority, origin.at + timedelta(days=days), origin)
    if as_json:
        typer.echo(json.dumps({"token": secret, "token_id": token.token_id, "role": token.role, "expires_at": token.expires_at.isoformat()}))
    else:
        typer.echo(f"{secret}\nToken {token.token_id} for {name} ({role}), until {token.expires_at:%Y-%m-%d}. It is shown this once.")


@token_app.command("list")
def token_list(store: StoreOption = None) -> None:
    """Every token ever given out, the newest first, without secrets."""
    with desk_at(store) as (desk, origin):
        for token in tokens.tokens(desk.store.cursor()):
            state = "revoked" if token.revoked_at else "ended" if token.expires_at <= origin.at else "valid"
            typer.echo(f"{token.token_id}  {token.name:24} {token.role:10} {', '.join(token.authorities or ['all']):12} {state} until {token.expires_at:%Y-%m-%d}")


@token_app.command("revoke")
def token_revoke(token_id: str, store: StoreOption = None) -> None:
    """End a token now."""
    with desk_at(store) as (desk, origin):
        token = tokens.revoke_token(desk, token_id, origin)
    typer.echo(f"Token {token.token_id} of {token.name} is revoked.")


@app.command("export")
def export_command(
    table: Annotated[str, typer.Argument(help="A table, such as filing, visit, planned_visit, score, audit_entry.")],
    out: Annotated[Path, typer.Option(help=".parquet, .csv or .jsonl")], store: StoreOption = None,
) -> None:
    """Export a table; CSV cells that a spreadsheet would run as formulas are made text."""
    with desk_at(store) as (desk, _):
        rows = export.export_table(desk.store.cursor(), table, out)
    typer.echo(f"{rows:,} rows of {table} written to {out}")


@app.command()
def serve(
    service: Annotated[str | None, typer.Option(help="Address to listen on (or DIVERSION_SERVICE); loopback unless told otherwise.")] = None,
    store: StoreOption = None,
) -> None:
    """Run the HTTP service on this store until Ctrl-C."""
    from engine.api.serve import serve as run

    settings = from_environment()
    settings = replace(settings, store=store or settings.store, service=service or settings.service)
    with desk_at(store, create=True, channel="http") as (desk, _):
        run(desk, settings)


@app.command()
def dashboard(store: StoreOption = None) -> None:
    """Open the dashboards, with a service on this store if none runs, until Ctrl-C."""
    from engine.api.show import show

    settings = from_environment()
    with desk_at(store, create=True, channel="http") as (desk, origin):
        show(desk, replace(settings, store=store or settings.store), origin, typer.echo)


@app.command()
def demo(
    no_dashboard: Annotated[bool, typer.Option("--no-dashboard", help="End before the dashboards open.")] = False,
    folder: Annotated[Path, typer.Option(help="Where the world and its store go.")] = Path("demo"),
    applications: Annotated[int, typer.Option(min=2_500, help="Past applications of the world; fewer hold too few findings to learn from.")] = 20_000,
) -> None:
    """Make a small world, ingest it, train, score, plan visits, and open the dashboards on it."""
    from engine.workflows import demo as demonstration

    origin = Origin("demo", "command", now())
    with errors_told():
        with progress_shown() as tell:
            if not Console(stderr=True).is_terminal:
                typer.echo(f"Making a world of {applications:,} applications, ingesting, training, scoring and planning; about a minute or two.", err=True)
            desk, shown = demonstration.show(folder, origin, applications=applications, progress=tell)
        typer.echo(demonstration.summary(shown))
        highest = max(shown.scores, key=lambda score: score.risk).application_id if shown.scores else ""
        if no_dashboard:
            desk.close()
            typer.echo(demonstration.next_steps(shown.store, highest))
            return
        from engine.api.show import show

        with desk:
            show(desk, replace(from_environment(), store=shown.store), Origin("demo", "http", now()), typer.echo)


# Parties and the weights of their links.

party_app = typer.Typer(no_args_is_help=True, help="Which written forms are one party, why, and what you say of it.")
links_app = typer.Typer(no_args_is_help=True, help="The weights by which parties are linked.")
app.add_typer(party_app, name="party")
app.add_typer(links_app, name="links")
BecauseOption = Annotated[str, typer.Option("--because", help="Why; stands on record beside your name.")]


@party_app.command("show")
def party_show(entity: Annotated[int, typer.Argument(help="An entity's id, or a form's.")], store: StoreOption = None, as_json: JsonOption = False) -> None:
    """Show an entity: every form in which it was written, and why each is taken for it."""
    with desk_at(store) as (desk, _):
        shown = links.entity_shown(desk.store.cursor(), entity)
    if as_json:
        typer.echo(json.dumps(asdict(shown), default=str, ensure_ascii=False))
        return
    typer.echo(f"entity {shown.entity_id}: {len(shown.forms)} form(s)" + (f", before that {', '.join(map(str, shown.former))}" if shown.former else ""))
    for form in shown.forms:
        told = [f"{label} {value}" for label, value in (("party id", form.party_id), ("LEI", form.lei), ("register number", form.registration)) if value]
        typer.echo(f"  form {form.form_id}  {form.name} ({form.country or 'no country'})" + (f", {', '.join(told)}" if told else "") + f", first filed {form.first_seen:%Y-%m-%d}")
        typer.echo(f"      {form.reason} (since {form.known_from:%Y-%m-%d})")


@party_app.command("merge")
def party_merge(
    one: Annotated[int, typer.Argument(help="An entity's id, or a form's.")], other: Annotated[int, typer.Argument(help="Another's.")], because: BecauseOption,
    recorded_by: PersonOption = None, store: StoreOption = None, as_json: JsonOption = False,
) -> None:
    """Say that two entities are one party; no later link undoes it."""
    _rule(lambda cursor: links.merging(cursor, one, other), because, recorded_by, store, as_json)


@party_app.command("split")
def party_split(
    form: Annotated[int, typer.Argument(help="The form's id, as `party show` prints it.")], because: BecauseOption,
    recorded_by: PersonOption = None, store: StoreOption = None, as_json: JsonOption = False,
) -> None:
    """Say that one form is another party than the rest of its entity; no later link undoes it."""
    _rule(lambda cursor: links.parting(cursor, form), because, recorded_by, store, as_json)


def _rule(told, because: str, recorded_by: str | None, store: Path | None, as_json: bool) -> None:
    with desk_at(store) as (desk, origin):
        review = told(desk.store.cursor()) | {
            "event_id": f"review:{uuid4().hex[:16]}", "at": origin.at.strftime("%Y-%m-%dT%H:%M:%S.%fZ"), "recorded_by": recorded_by or origin.actor, "because": because,
        }
        record_event.record_event(desk, "review", parse_event("review", json.dumps(review)).model, origin)
        shown = [links.entity_shown(desk.store.cursor(), int(form)) for form in review["subject"].split(":")]
    typer.echo(json.dumps({"event_id": review["event_id"], "subject": review["subject"], "entities": sorted({one.entity_id for one in shown})}) if as_json
               else f"review {review['event_id']} is on record; " + ", ".join(f"form {form} is now of entity {one.entity_id}" for form, one in zip(review["subject"].split(":"), shown, strict=True)))


@links_app.command("fit")
def links_fit(
    world: Annotated[Path, typer.Argument(help="A folder written by `python -m data.world`, to fit on.")],
    out: Annotated[Path, typer.Option(help="The candidate weights file; its evaluation is written beside it.")],
    trial: Annotated[Path | None, typer.Option(help="Another such folder, to evaluate on; the same one flatters.")] = None,
    version: Annotated[str, typer.Option(help="The candidate's version.")] = "candidate",
    splink: Annotated[bool, typer.Option(help="Also have Splink judge the same pairs (the extra diversion[links]).")] = True,
    as_json: JsonOption = False,
) -> None:
    """Fit link weights on a generated world and try them on another. Touches no store; put them in force with `links promote`."""
    from engine.workflows import fit_links

    with errors_told():
        fitted = fit_links.fit_links(world, trial or world, out, version, Origin(from_environment().account, "command", now()), ask_splink=splink)
    told = fit_links.as_told(fitted.evaluation, fitted.opinion, (trial or world).name)
    typer.echo(json.dumps(told) if as_json else f"{out}: precision {told['precision']:.4f}, recall {told['recall']:.4f} over {told['true_pairs']:,} pairs of {told['parties']:,} parties. "
               "Not in force: diversion links promote FILE --because WHY.")


@links_app.command("promote")
def links_promote(
    file: Annotated[Path, typer.Argument(help="A weights file written by `links fit`.")], because: BecauseOption, store: StoreOption = None,
) -> None:
    """Put weights in force, with who and why, and link all parties on record anew by them."""
    with desk_at(store) as (desk, origin):
        weights = links.promote_weights(desk, file.read_text("utf-8"), because, origin)
    typer.echo(f"Link weights {weights.version} are in force.")


def main() -> None:
    """Entry point of the `diversion` command."""
    try:
        app()
    except BrokenPipeError:  # the reader of our output went away
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(DONE)

