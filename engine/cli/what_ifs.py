"""`what-if`: what would go with a lower score of an application on record."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from engine.cli.door import JsonOption, StoreOption, asking, at_store, errors_told
from engine.errors import RefusedInput
from engine.workflows.memo import BAND_WORDS, frequency

if TYPE_CHECKING:
    from engine.api.answers.what_ifs import SupposedScore, WhatIfAnswer


def what_if(
    application_id: str,
    remedy: Annotated[list[str] | None, typer.Option(help="A remedy to be tried, by code; several are tried together.")] = None,
    changes: Annotated[Path | None, typer.Option(help="A JSON file with changed fields (a JSON Merge Patch of the filing).")] = None,
    band: Annotated[str | None, typer.Option(help="The band to be reached: low, elevated or high; default the one below its own.")] = None,
    as_of: Annotated[datetime | None, typer.Option("--as-of", formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M:%SZ"], help="Count facts known by then; default the filing.")] = None,
    store: StoreOption = None, as_json: JsonOption = False,
) -> None:
    """The score with other documents or conditions, and the fewest of them that go with a lower band."""
    origin = asking()
    with errors_told():
        patch = _read(changes) if changes else None
        order = {"changes": patch, "remedies": remedy or None, "band": band, "as_of": as_of and f"{as_of.replace(tzinfo=UTC).isoformat()}"}
        told = at_store(
            store, origin, here=lambda desk: _here(desk, application_id, origin, patch, remedy or (), band, as_of),
            there=lambda service: _there(service.ask("POST", "applications", application_id, "what-if", json={k: v for k, v in order.items() if v is not None})),
        )
    typer.echo(told.model_dump_json() if as_json else text(told))


def _read(path: Path) -> dict:
    try:
        patch = json.loads(path.read_text("utf-8"))
    except ValueError as error:
        raise RefusedInput(f"{path.name} is not JSON ({error}). Expected an object with the changed fields. Correct it.") from error
    if not isinstance(patch, dict):
        raise RefusedInput(f"{path.name} holds no object. Expected the changed fields, such as {{\"payment\": {{\"method\": \"transfer\"}}}}. Correct it.")
    return patch


def _here(desk, application_id: str, origin, changes, codes, band, as_of) -> WhatIfAnswer:
    from engine.api.routes.what_ifs import answer
    from engine.workflows.what_if import what_if as supposed

    return answer(supposed(desk, application_id, origin, changes=changes, codes=codes, band=band, as_of=as_of))


def _there(told: dict) -> WhatIfAnswer:
    from engine.api.answers.what_ifs import WhatIfAnswer

    return WhatIfAnswer.model_validate(told)


def text(told: WhatIfAnswer) -> str:
    """The answer for a reader."""
    lines = [f"Application {told.application_id}, revision {told.revision}", f"  as filed          {_said(told.filed)}"]
    if told.asked:
        lines += [f"  as asked          {_said(told.asked)}, odds times {told.asked.odds:.2f}"]
        lines += [f"      {moved.text} ({moved.supposed - moved.filed:+.2f})" for moved in told.moved]
    lines += ["", "WHAT COULD BE ASKED FOR, each alone" if told.remedies else "No remedy that guidance names would change this filing."]
    for remedy in told.remedies:
        lines += [f"  {remedy.code:26}{_said(remedy.alone)}, odds times {remedy.alone.odds:.2f}", f"      {remedy.asks}.", f"      Verified by {remedy.verified_by}.", f"      {remedy.source}"]
    aim = BAND_WORDS[told.band]
    if told.fewest is None:
        lines += ["", f"No set of these goes with the band {aim} ({told.tried} tried)."]
    elif told.fewest and told.with_fewest:
        lines += ["", f"The fewest that go with the band {aim}: {' and '.join(told.fewest)}: {_said(told.with_fewest)}."]
    else:
        lines += ["", f"It is in the band {aim} or lower as filed."]
    if told.left_out:
        lines += [f"Not tried in sets, because too many apply: {', '.join(told.left_out)}."]
    return "\n".join([*lines, "", told.caveat])


def _said(score: SupposedScore) -> str:
    return f"{BAND_WORDS[score.band]}, {frequency(score.risk)} ({frequency(score.risk_low)} to {frequency(score.risk_high)})"
