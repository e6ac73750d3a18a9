"""Learns from what visits found, and says which model is in force: `train`, `model list`, `model rollback`, `model challenge`."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any

import typer

from engine.cli.door import JsonOption, StoreOption, asking, at_store, errors_told, progress_shown
from engine.cli.parties import BecauseOption
from engine.workflows.models import models_held
from engine.workflows.promote import challenge as name_challenger
from engine.workflows.promote import roll_back


def train(
    as_of: Annotated[datetime | None, typer.Option("--as-of", formats=["%Y-%m-%d"], help="Learn only from what was known by then.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would happen; write nothing.")] = False,
    promote: Annotated[str | None, typer.Option("--promote", metavar="REASON", help="Promote whatever the comparison says, for this reason.")] = None,
    store: StoreOption = None, as_json: JsonOption = False,
) -> None:
    """Train, calibrate, compare with the model in use, and promote only if better."""
    from engine.workflows import train as learning

    origin = asking()
    order = {"as_of": as_of and str(as_of.date()), "dry_run": dry_run, "promote_because": promote}
    with errors_told(), progress_shown() as tell:
        done = at_store(
            store, origin,
            here=lambda desk: learning.train(desk, origin, as_of=as_of, dry_run=dry_run, promote_because=promote, progress=tell),
            there=lambda service: learning.Trained(**service.ask("POST", "models", json={k: v for k, v in order.items() if v is not None}, waiting=tell)),
        )
    if as_json:
        typer.echo(json.dumps({"version": done.version, "promoted": done.promoted, "because": done.because, "card": done.card}))
        return
    later = done.card["later_period"]
    state = "promoted" if done.promoted else "dry run, nothing written" if dry_run else "not promoted"
    because = done.because.removeprefix("not promoted: ").rstrip(".")
    typer.echo(f"Model {done.version}: {state}. {because[:1].upper()}{because[1:]}.")
    if state == "not promoted" and not because.startswith("nothing new"):
        typer.echo("It stays on record and scores each new filing in shadow; `diversion model compare` holds the two against each other.")
    typer.echo(f"Learned from {done.card['labelled']:,} labelled applications ({done.card['diversions']} diverted). Later period {later['from']} to {later['to']}:")
    for name, told in later["by"].items():
        typer.echo(f"  {name:36} average precision {told['average_precision']:28} AUC {told['auc']}")


def list_(store: StoreOption = None, as_json: JsonOption = False) -> None:
    """Every model on record: which is in force, who promoted it and why."""
    with errors_told():
        models = at_store(store, asking(), here=lambda desk: _plain([asdict(one) for one in models_held(desk.store.cursor())]), there=lambda service: service.ask("GET", "models")["models"])
    if as_json:
        typer.echo(json.dumps(models))
        return
    for one in models:
        learned = f"trained {one['trained_at'][:10]} by {one['trained_by']} on {one['labelled']:,} labels, {one['diversions']:,} diverted" if one["trained_at"] else "the expert points card"
        typer.echo(f"{'*' if one['in_force'] else ' '} {one['version']:32} {learned}{'; scores in shadow' if one['challenger'] else ''}")
        for promoted in one["promotions"]:
            back = f" in place of {promoted['instead_of']}" if promoted["instead_of"] else ""
            typer.echo(f"    {'rolled back to' if back else 'promoted'} {promoted['at'][:10]} by {promoted['by']}{back}: {promoted['because']}")
        for named in one["named"]:
            typer.echo(f"    named challenger {named['at'][:10]} by {named['by']}: {named['because']}")


def rollback(because: BecauseOption, store: StoreOption = None, as_json: JsonOption = False) -> None:
    """Put the model that was in force before in force again, with who and why."""
    origin = asking()
    with errors_told():
        done = at_store(
            store, origin, here=lambda desk: _plain(asdict(roll_back(desk, because, origin))),
            there=lambda service: service.ask("POST", "models", "rollback", json={"because": because}),
        )
    typer.echo(json.dumps(done) if as_json else f"Model {done['version']} is in force again, in place of {done['instead_of']}.")


def challenge(
    version: Annotated[str, typer.Argument(help="A model on record, as `model list` prints it.")], because: BecauseOption, store: StoreOption = None, as_json: JsonOption = False,
) -> None:
    """Keep a model in shadow beside the one in force, until another is named or trained, with who and why."""
    origin = asking()
    with errors_told():
        done = at_store(
            store, origin, here=lambda desk: _plain(asdict(name_challenger(desk, version, because, origin))),
            there=lambda service: service.ask("POST", "models", version, "challenge", json={"because": because}),
        )
    typer.echo(json.dumps(done) if as_json else f"Model {done['version']} scores each new filing in shadow; `diversion model compare` holds it against the one in force.")


def _plain(told: Any) -> Any:
    """As the service would answer it."""
    return json.loads(json.dumps(told, default=lambda moment: f"{moment.isoformat()}Z"))
