"""Chooses the visits of a period: `plan`."""

from __future__ import annotations

import json
from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import Annotated

import polars as pl
import typer

from engine.cli.door import JsonOption, StoreOption, asking, at_store, errors_told, progress_shown
from engine.errors import RefusedInput
from engine.workflows import frames, plan_visits

COLUMNS = {name: pl.Float64 if name == "inclusion_probability" else pl.String for name in plan_visits.PLAN_COLUMNS}


def plan(
    start: Annotated[datetime, typer.Option("--from", formats=["%Y-%m-%d"], help="First day of the period.")],
    end: Annotated[datetime, typer.Option("--to", formats=["%Y-%m-%d"], help="Last day.")],
    visits: Annotated[int, typer.Option(help="How many visits can be made.")],
    out: Annotated[Path, typer.Option(help="Where the plan goes: .parquet, .csv or .jsonl.")],
    seed: Annotated[int, typer.Option(help="Same seed and shipments, same lot.")] = 1,
    lot_share: Annotated[float, typer.Option(min=0, max=1, help="Share of the visits drawn by lot.")] = 0.15,
    store: StoreOption = None, as_json: JsonOption = False,
) -> None:
    """Choose visits by rule, by lot and by risk; each with its reason, window and probability."""
    origin = asking()
    order = {"from": str(start.date()), "to": str(end.date()), "visits": visits, "seed": seed, "lot_share": lot_share}
    with errors_told(), progress_shown() as tell:
        _check_writable(out)  # before the plan is on record
        tell("planning")
        plan = at_store(
            store, origin,
            here=lambda desk: plan_visits.plan_visits(desk, start.date(), end.date(), visits, origin, seed=seed, lot_share=lot_share),
            there=lambda service: _planned(service.ask("POST", "plans", json=order, waiting=tell)),
        )
        frames.write_frame(plan.visits, out)
    told = {"plan_id": plan.plan_id, "visits": len(plan.visits), "eligible": plan.eligible, "without_consent": plan.without_consent,
            "mandatory_left_out": plan.mandatory_left_out, "chosen_by": dict(Counter(plan.visits["chosen_by"].to_list()))}
    if as_json:
        typer.echo(json.dumps(told))
    else:
        typer.echo(f"{plan.plan_id}: {told['visits']} visits of {plan.eligible:,} eligible shipments ("
                   + ", ".join(f"{n} {how}" for how, n in sorted(told["chosen_by"].items())) + f"), written to {out}")
        if plan.mandatory_left_out:
            typer.echo(f"{plan.mandatory_left_out} mandatory visits found no room: plan more visits or a longer period.", err=True)


def _check_writable(out: Path) -> None:
    frames.check_ending(out)
    if not out.parent.is_dir():
        raise RefusedInput(f"--out {out}: the folder {out.parent} is not there. Expected an existing folder. Make it, or name another.")


def _planned(told: dict) -> plan_visits.Plan:
    """The plan that the service made, in the columns of one made here."""
    visits = pl.DataFrame([{name: row[name] for name in plan_visits.PLAN_COLUMNS} for row in told["visits"]], schema=COLUMNS)
    visits = visits.with_columns(pl.col("window_from", "window_to").str.to_date())
    return plan_visits.Plan(told["plan_id"], visits, told["eligible"], told["without_consent"], told["mandatory_left_out"])
