"""Scores and their reasons: `score` over many, `explain` for one."""

from __future__ import annotations

import json
import shutil
import tempfile
import zipfile
from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import polars as pl
import typer

from engine.cli.door import DONE, SET_ASIDE, JsonOption, StoreOption, asking, at_store, errors_told, progress_shown
from engine.cli.filing import check_form, unmapped_told
from engine.errors import NotPermitted, RefusedInput
from engine.settings import from_environment
from engine.store.database import MEMORY, Progress
from engine.store.records import Origin, body_of
from engine.wire import Application, Score, canonical
from engine.workflows import assess, frames, memo, score_file
from engine.workflows.as_scored import AsScored, as_scored
from engine.workflows.checking import CONTRACT, checked
from engine.workflows.desk import Desk
from engine.workflows.history import filing_body
from engine.workflows.ingest import CHUNK_BYTES, CHUNK_RECORDS, LeftOver, SetAside
from engine.workflows.reading import read_records

if TYPE_CHECKING:
    from engine.cli.service import Service


def score(
    file: Annotated[Path | None, typer.Argument(help="Applications to score without storing them; without it, all unscored ones in the store.")] = None,
    out: Annotated[Path | None, typer.Option(help="Where the scores go: .parquet, .csv or .jsonl.")] = None,
    features: Annotated[Path | None, typer.Option(help="Also write the feature matrix.")] = None,
    engine: Annotated[str, typer.Option(help="duckdb or spark.")] = "duckdb",
    lenient: Annotated[bool, typer.Option("--lenient", help="Ignore unknown fields.")] = False,
    form: Annotated[str, typer.Option("--format", help="contract, or lite: the application documents of the United Kingdom's LITE.")] = CONTRACT,
    store: StoreOption = None, as_json: JsonOption = False,
) -> None:
    """Score a file's applications against all the store knows, or with no file the unscored ones on record."""
    if engine not in ("duckdb", "spark"):
        raise typer.BadParameter("--engine is duckdb or spark")
    if file is not None and out is None:
        raise typer.BadParameter("--out FILE is needed with a file to score")
    check_form(form)
    create = file is not None and not (store or from_environment().store).exists()
    with errors_told(), progress_shown() as tell:
        if file is None:
            told = _score_store(store, out, tell)
        else:
            order = _Order(file, out, features, engine, lenient, form)
            done = at_store(
                MEMORY if create else store, asking(), create=create,
                here=lambda desk: _score_here(desk, order, tell), there=lambda service: _score_there(service, order, tell),
            )
            told = {"scored": done.scored, "set_aside": done.set_aside, "bands": done.bands, "model": done.model_version,
                    "set_aside_file": str(done.set_aside_file) if done.set_aside_file else None}
            if form != CONTRACT:
                told |= {"unmapped": done.unmapped, "unmapped_file": str(done.unmapped_file) if done.unmapped_file else None}
    if as_json:
        typer.echo(json.dumps(told))
    else:
        bands = ", ".join(f"{n} {memo.BAND_WORDS[band]}" for band, n in sorted(told["bands"].items()))
        typer.echo(f"{told['scored']:,} scored ({bands or 'none'}), {told['set_aside']:,} set aside" + (f", written to {out}" if out else "")
                   + unmapped_told(told.get("unmapped", 0), told.get("unmapped_file")))
        if create:
            typer.echo("No store was there: scored on an empty one by the expert points card.", err=True)
        elif told.get("model", "").startswith("expert"):
            typer.echo("No trained model is in use: scored by the expert points card.", err=True)
    raise typer.Exit(SET_ASIDE if told["set_aside"] else DONE)


def _score_store(store: Path | None, out: Path | None, tell: Progress) -> dict:
    origin = asking()
    scores = at_store(
        store, origin, here=lambda desk: assess.score_unscored(desk, origin, progress=lambda n, of: tell("scoring", n, of)),
        there=lambda service: _scores_of_the_rest(service, tell),
    )
    if out:
        out.write_text("".join(canonical(score) + "\n" for score in scores)) if out.suffix == ".jsonl" else frames.write_frame(_frame(scores), out)
    return {"scored": len(scores), "set_aside": 0, "bands": dict(Counter(score.band for score in scores))}


def _scores_of_the_rest(service: Service, tell: Progress) -> list[Score]:
    tell("scoring, at the service")
    with tempfile.TemporaryFile() as received:
        service.fetch("POST", "score", "unscored", into=received)
        received.seek(0)
        return [Score.model_validate_json(line) for line in received]


def _frame(scores: list[Score]) -> pl.DataFrame:
    return pl.DataFrame([json.loads(canonical(score)) for score in scores], infer_schema_length=None)


@dataclass(frozen=True)
class _Order:
    """A file to be scored, and where to."""

    file: Path
    out: Path
    features: Path | None
    engine: str
    lenient: bool
    form: str


def _score_here(desk: Desk, order: _Order, tell: Progress) -> score_file.ScoredFile:
    return score_file.score_file(
        desk, order.file, order.out, features_out=order.features, engine=order.engine, lenient=order.lenient, form=order.form, progress=tell)


def _score_there(service: Service, order: _Order, tell: Progress) -> score_file.ScoredFile:
    """Score a file through the service, which answers a zip of what is written here.

    Raises:
        StoreLocked: Spark was asked for, which the service does not start.
        RefusedInput: as `score_file`.
    """
    if order.engine == "spark":
        raise service.locked
    score_file.check_outputs(order.file, order.out, order.features)
    read_records(order.file)  # tells what is wrong with the path or the ending
    forms = {"format": order.out.suffix.removeprefix(".")} | ({"features": order.features.suffix.removeprefix(".")} if order.features else {})
    tell("scoring, at the service")
    with tempfile.TemporaryFile() as received, order.file.open("rb") as content:
        try:
            service.fetch("POST", "score", "file", into=received, params=forms | {"filename": order.file.name, "lenient": order.lenient, "read_as": order.form}, content=content)
        except RefusedInput:
            _set_aside(order)  # with a refusal the service answers no file
            raise
        with zipfile.ZipFile(received) as answer:
            told = json.loads(answer.read("told.json"))
            aside = order.file.with_name(order.file.name + ".set-aside.jsonl")
            aside.unlink(missing_ok=True)
            over = LeftOver(order.file).path if told["unmapped"] else None
            for name, path in {"scores": order.out, "features": order.features, "set-aside": aside if told["set_aside"] else None, "unmapped": over}.items():
                if path:
                    with answer.open(name) as part, path.open("wb") as file:
                        shutil.copyfileobj(part, file)
    return score_file.ScoredFile(told["scored"], told["set_aside"], aside if told["set_aside"] else None, told["model"], told["bands"], told["unmapped"], over)


def _set_aside(order: _Order) -> None:
    """Set aside beside the input what the contract refuses of it."""
    aside = SetAside(order.file)
    try:
        for run in checked(order.file, "application", order.lenient, CHUNK_RECORDS, CHUNK_BYTES, order.form):
            for place, problems in run.faults:
                aside.add(run.raws[place], problems)
        aside.finish()
    finally:
        aside.close()


def explain(
    application_id: str,
    as_of: Annotated[datetime | None, typer.Option("--as-of", formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M:%SZ"], help="Count facts known by then; default the filing.")] = None,
    at_now: Annotated[bool, typer.Option("--now", help="Count everything known now.")] = False,
    past: Annotated[bool, typer.Option("--as-scored", help="A score on record, computed again from the records before it: the newest, or that of SCORED_AT.")] = False,
    scored_at: Annotated[datetime | None, typer.Argument(formats=["%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%dT%H:%M:%S.%fZ"], help="With --as-scored: which score.")] = None,
    store: StoreOption = None, as_json: JsonOption = False,
) -> None:
    """One score in full, as a memo to the person who decides."""
    if past and (as_of or at_now):
        raise typer.BadParameter("--as-scored goes without --as-of and --now: a score on record has its own moments")
    if scored_at and not past:
        raise typer.BadParameter("SCORED_AT names a score on record: put --as-scored before it")
    if past:
        _explain_past(application_id, scored_at, store, as_json)
        return
    origin = asking()
    with errors_told():
        application, score = at_store(
            store, origin,
            here=lambda desk: _explained_here(desk, application_id, origin, origin.at if at_now else as_of),
            there=lambda service: _explained_there(service, application_id, "now" if at_now else as_of and f"{as_of.isoformat()}Z"),
        )
    if as_json:
        typer.echo(score.model_dump_json(by_alias=True, exclude_none=True))
    else:
        typer.echo(memo.memo(application, score), nl=False)


def _explain_past(application_id: str, scored_at: datetime | None, store: Path | None, as_json: bool) -> None:
    with errors_told(), progress_shown() as tell:
        application, told = at_store(
            store, asking(),
            here=lambda desk: _as_scored_here(desk, application_id, scored_at, tell),
            there=lambda service: _as_scored_there(service, application_id, scored_at, tell),
        )
    if as_json:
        given = json.loads(told.score.model_dump_json(by_alias=True, exclude_none=True))
        typer.echo(json.dumps({"score": given, "entry": told.entry, "reproduced": told.reproduced, "differences": told.differences}))
        return
    typer.echo(memo.memo(application, told.score), nl=False)
    moment = f"{told.score.scored_at:%Y-%m-%dT%H:%M:%S.%fZ}"
    if told.reproduced:
        typer.echo(f"\nThis score was given at {moment} (audit entry {told.entry}). Computed again from the records before that entry, it is the same in every bit.")
        return
    typer.echo(f"\nThis is the score as it was given at {moment} (audit entry {told.entry}). Computed again from the records before that entry, it differs:")
    for difference in told.differences:
        typer.echo(f"  - {difference}")


def _as_scored_here(desk: Desk, application_id: str, scored_at: datetime | None, tell: Progress) -> tuple[Application, AsScored]:
    told = as_scored(desk, application_id, scored_at, progress=tell)
    filing = filing_body(desk.store.cursor(), application_id, told.score.revision)
    return Application.model_validate_json(json.dumps(filing)), told


def _as_scored_there(service: Service, application_id: str, scored_at: datetime | None, tell: Progress) -> tuple[Application, AsScored]:
    which = f"{scored_at.isoformat()}Z" if scored_at else "newest"
    told = service.ask("GET", "applications", application_id, "score", params={"as_scored": which}, waiting=tell)
    if "reasons" not in told["score"]:
        raise NotPermitted("the token's role is told no reasons. Expected an analyst, approver or auditor. Use a token of such a role.")
    score = Score.model_validate_json(json.dumps(told["score"]))
    filing = service.ask("GET", "applications", application_id, params={"revision": score.revision})
    return Application.model_validate_json(json.dumps(filing)), AsScored(score, told["entry"], told["reproduced"], tuple(told["differences"]))


def _explained_here(desk: Desk, application_id: str, origin: Origin, as_of: datetime | None) -> tuple[Application, Score]:
    score = assess.score_application(desk, application_id, origin.at, as_of=as_of)
    body = body_of(desk.store.cursor(), f"application:{application_id}#{score.revision}")
    return Application.model_validate_json(body), score


def _explained_there(service: Service, application_id: str, as_of: str | None) -> tuple[Application, Score]:
    told = service.ask("GET", "applications", application_id, "score", params={"as_of": as_of} if as_of else {})
    if "reasons" not in told:
        raise NotPermitted("the token's role is told no reasons. Expected an analyst, approver or auditor. Use a token of such a role.")
    filing = service.ask("GET", "applications", application_id, params={"revision": told["revision"]})
    return Application.model_validate_json(json.dumps(filing)), Score.model_validate_json(json.dumps(told))
