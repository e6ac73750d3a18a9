"""Runs until Ctrl-C: `serve`, `dashboard`, and `demo`, which makes a world first."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from engine.cli.door import StoreOption, asking, at_store, desk_at, errors_told, now, progress_shown
from engine.settings import from_environment
from engine.store.records import Origin


def serve(
    service: Annotated[str | None, typer.Option(help="Address to listen on (or DIVERSION_SERVICE); loopback unless told otherwise.")] = None,
    rate: Annotated[float, typer.Option(min=0.1, envvar="DIVERSION_RATE", help="Requests a second of one token, on average; four times as many at once.")] = 50.0,
    store: StoreOption = None,
) -> None:
    """Run the HTTP service on this store until Ctrl-C."""
    from engine.api.serve import serve as run

    settings = from_environment()
    settings = replace(settings, store=store or settings.store, service=service or settings.service, requests_per_second=rate)
    with desk_at(store, create=True, channel="http") as (desk, _):
        run(desk, settings)


def dashboard(store: StoreOption = None) -> None:
    """Open the dashboards, with a service on this store if none runs, until Ctrl-C."""
    from engine.api.show import show, show_pages

    settings, origin = from_environment(), asking("http")
    with errors_told():
        at_store(
            store, origin, create=True,
            here=lambda desk: show(desk, replace(settings, store=store or settings.store), origin, typer.echo),
            there=lambda service: show_pages(service.address, settings.token, typer.echo, "Ctrl-C stops the dashboards; the service ran before and runs on."),
        )


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
