"""Chooses the visits of a period: `plan`."""

from __future__ import annotations

import json
from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from engine.cli.door import JsonOption, StoreOption, desk_at, progress_shown
from engine.workflows import frames, plan_visits


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
    with desk_at(store) as (desk, origin), progress_shown() as tell:
        tell("planning")
        plan = plan_visits.plan_visits(desk, start.date(), end.date(), visits, origin, seed=seed, lot_share=lot_share)
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
