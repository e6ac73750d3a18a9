"""Learns from what visits found: `train`."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Annotated

import typer

from engine.cli.door import JsonOption, StoreOption, asking, at_store, errors_told, progress_shown


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
    typer.echo(f"Learned from {done.card['labelled']:,} labelled applications ({done.card['diversions']} diverted). Later period {later['from']} to {later['to']}:")
    for name, told in later["by"].items():
        typer.echo(f"  {name:36} average precision {told['average_precision']:28} AUC {told['auc']}")
