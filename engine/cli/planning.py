"""Chooses the visits of a period, amends a plan and explains it: `plan`, `plan amend`, `plan show`, `plan why`."""

from __future__ import annotations

import json
import tomllib
from collections import Counter
from dataclasses import asdict
from datetime import date, datetime
from pathlib import Path
from typing import Annotated

import polars as pl
import typer

from engine.cli.door import JsonOption, StoreOption, asking, at_store, errors_told, plain, progress_shown
from engine.errors import RefusedInput
from engine.monitoring.choose_visits import LOT_SHARE
from engine.wire import Capacity, parse
from engine.workflows import amend_plan, frames, plan_visits, read_plan

COLUMNS = {name: pl.Float64 if name == "inclusion_probability" else pl.String for name in plan_visits.PLAN_COLUMNS}
app = typer.Typer(invoke_without_command=True)


@app.callback()
def plan(
    context: typer.Context,
    start: Annotated[datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], help="First day of the period.")] = None,
    end: Annotated[datetime | None, typer.Option("--to", formats=["%Y-%m-%d"], help="Last day.")] = None,
    visits: Annotated[int | None, typer.Option(help="How many visits can be made.")] = None,
    out: Annotated[Path | None, typer.Option(help="Where the plan goes: .parquet, .csv or .jsonl.")] = None,
    seed: Annotated[int, typer.Option(help="Same seed and shipments, same lot.")] = 1,
    lot_share: Annotated[float, typer.Option(min=0, max=1, help="Share of the visits drawn by lot.")] = LOT_SHARE,
    capacity: Annotated[Path | None, typer.Option(help="Inspector-days a region, quotas and notice: .toml or .json.")] = None,
    store: StoreOption = None, as_json: JsonOption = False,
) -> None:
    """Choose visits by rule, by lot and by risk; each with its reason, window and probability."""
    if context.invoked_subcommand is not None:
        return
    for name, given in {"--from": start, "--to": end, "--visits": visits, "--out": out}.items():
        if given is None:
            raise typer.BadParameter("it is needed to make a plan.", param_hint=name)
    origin = asking()
    with errors_told(), progress_shown() as tell:
        _check_writable(out)  # before the plan is on record
        limits = None if capacity is None else read_capacity(capacity)
        order = {"from": str(start.date()), "to": str(end.date()), "visits": visits, "seed": seed, "lot_share": lot_share}
        order |= {} if limits is None else {"capacity": limits.model_dump(mode="json", by_alias=True, exclude_none=True)}
        tell("planning")
        made = at_store(
            store, origin,
            here=lambda desk: plan_visits.plan_visits(desk, start.date(), end.date(), visits, origin, seed=seed, lot_share=lot_share, capacity=limits),
            there=lambda service: _planned(service.ask("POST", "plans", json=order, waiting=tell)),
        )
        frames.write_frame(made.visits, out)
    told = {"plan_id": made.plan_id, "visits": len(made.visits), "eligible": made.eligible, "without_consent": made.without_consent,
            "mandatory_left_out": made.mandatory_left_out, "chosen_by": dict(Counter(made.visits["chosen_by"].to_list())),
            "objective": made.objective, "greedy": made.greedy, "bound": made.bound, "left_out": list(made.left_out)}
    if as_json:
        typer.echo(json.dumps(told))
        return
    typer.echo(f"{made.plan_id}: {told['visits']} visits of {made.eligible:,} eligible shipments ("
               + ", ".join(f"{n} {how}" for how, n in sorted(told["chosen_by"].items())) + f"), written to {out}")
    typer.echo(f"Diversions expected among them: {made.objective:.2f} (a greedy choice: {made.greedy:.2f}; at most possible: {made.bound:.2f}).")
    for left in made.left_out[:20]:
        typer.echo(f"{left['shipment_id']} ({left['chosen_by']}) does not fit: {left['because']}; {left['counts_as']}.", err=True)
    if made.mandatory_left_out:
        typer.echo(f"{made.mandatory_left_out} mandatory visits found no room: plan more visits or a longer period.", err=True)


@app.command()
def amend(
    plan_id: Annotated[str, typer.Argument(help="The plan.")],
    because: Annotated[str, typer.Option(help="Why; auditors read it.")],
    drop: Annotated[list[str] | None, typer.Option(help="A visit to take out.")] = None,
    add: Annotated[list[str] | None, typer.Option(help="A shipment of the plan's frame to take in.")] = None,
    move: Annotated[list[str] | None, typer.Option(help="A visit and its new window: VISIT=YYYY-MM-DD..YYYY-MM-DD.")] = None,
    anew: Annotated[bool, typer.Option("--anew", help="Choose the visits by risk anew around the others.")] = False,
    store: StoreOption = None, as_json: JsonOption = False,
) -> None:
    """Drop, add and move visits for a stated reason; what stays is kept and free room filled again."""
    origin, keep = asking(), "fixed" if anew else "all"
    with errors_told():
        changes = [amend_plan.Change("drop", visit_id=one) for one in drop or []]
        changes += [amend_plan.Change("add", shipment_id=one) for one in add or []]
        changes += [amend_plan.Change("move", visit_id=visit, window=window) for visit, window in map(_moved, move or [])]
        told = at_store(
            store, origin,
            here=lambda desk: asdict(amend_plan.amend_plan(desk, plan_id, changes, because, origin, keep=keep)),
            there=lambda service: service.ask("POST", "plans", plan_id, "amendments", json={"because": because, "keep": keep, "changes": [_sent(change) for change in changes]}),
        )
    if as_json:
        typer.echo(json.dumps(told))
        return
    done = ", ".join(f"{len(told[what])} {what}" for what in ("dropped", "added", "moved", "filled", "displaced") if told[what])
    typer.echo(f"{plan_id}, amendment {told['amendment']}: {done or 'nothing changed'}.")


@app.command()
def show(plan_id: Annotated[str, typer.Argument(help="The plan.")], store: StoreOption = None) -> None:
    """A plan with its method, frame, figures, costs and amendments, as JSON."""
    with errors_told():
        told = at_store(
            store, asking(), here=lambda desk: read_plan.plan_told(desk.store.cursor(), plan_id, None),
            there=lambda service: service.ask("GET", "plans", plan_id),
        )
    typer.echo(json.dumps(told, default=plain))


@app.command()
def why(
    plan_id: Annotated[str, typer.Argument(help="The plan.")], shipment_id: Annotated[str, typer.Argument(help="A shipment that was eligible.")],
    store: StoreOption = None,
) -> None:
    """Why a shipment is in a plan or not, as JSON."""
    with errors_told():
        told = at_store(
            store, asking(), here=lambda desk: read_plan.why(desk.store.cursor(), plan_id, shipment_id, None),
            there=lambda service: service.ask("GET", "plans", plan_id, "shipments", shipment_id),
        )
    typer.echo(json.dumps(told, default=plain))


def read_capacity(path: Path) -> Capacity:
    """The capacity of a file, TOML or JSON.

    Raises:
        RefusedInput: neither of the two, or not a capacity.
    """
    text = path.read_text(encoding="utf-8")
    try:
        told = tomllib.loads(text) if path.suffix == ".toml" else json.loads(text)
    except (tomllib.TOMLDecodeError, json.JSONDecodeError) as error:
        raise RefusedInput(f"--capacity {path}: {error}. Expected TOML in a .toml file, else JSON. Mend it there.") from error
    return parse(Capacity, json.dumps(told)).model


def _moved(text: str) -> tuple[str, tuple[date, date]]:
    visit, _, window = text.partition("=")
    first, _, last = window.partition("..")
    try:
        return visit, (date.fromisoformat(first), date.fromisoformat(last))
    except ValueError as error:
        raise RefusedInput(f"--move {text}: {error}. Expected VISIT=YYYY-MM-DD..YYYY-MM-DD. Write it so.") from error


def _sent(change: amend_plan.Change) -> dict:
    told = {"action": change.action, "visit_id": change.visit_id, "shipment_id": change.shipment_id}
    if change.window:
        told |= {"window_from": str(change.window[0]), "window_to": str(change.window[1])}
    return {name: value for name, value in told.items() if value is not None}


def _check_writable(out: Path) -> None:
    frames.check_ending(out)
    if not out.parent.is_dir():
        raise RefusedInput(f"--out {out}: the folder {out.parent} is not there. Expected an existing folder. Make it, or name another.")


def _planned(told: dict) -> plan_visits.Plan:
    """The plan that the service made, in the columns of one made here."""
    visits = pl.DataFrame([{name: row[name] for name in plan_visits.PLAN_COLUMNS} for row in told["visits"]], schema=COLUMNS)
    visits = visits.with_columns(pl.col("window_from", "window_to").str.to_date())
    return plan_visits.Plan(
        told["plan_id"], visits, told["eligible"], told["without_consent"], told["mandatory_left_out"], tuple(told["left_out"]),
        told["objective"], told["greedy"], told["bound"],
    )
