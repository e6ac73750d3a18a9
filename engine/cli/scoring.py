"""Scores and their reasons: `score` over many, `explain` for one."""

from __future__ import annotations

import json
from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from engine.cli.door import DONE, SET_ASIDE, JsonOption, StoreOption, desk_at, progress_shown
from engine.settings import from_environment
from engine.store.records import body_of
from engine.wire import Application, canonical
from engine.workflows import assess, frames, memo, score_file


def score(
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
            told = {"scored": len(scores), "set_aside": 0, "bands": dict(Counter(score.band for score in scores))}
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


def _frame(scores):
    import polars as pl

    return pl.DataFrame([json.loads(canonical(score)) for score in scores], infer_schema_length=None)


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
