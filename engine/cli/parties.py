"""Which written forms are one party, and what people say of it: `party show`, `party merge`, `party split`."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Annotated
from uuid import uuid4

import typer

from engine.cli.door import JsonOption, StoreOption, asking, at_store, errors_told
from engine.cli.events import PersonOption
from engine.wire import parse_event
from engine.workflows import links, record_event
from engine.workflows.desk import Desk

BecauseOption = Annotated[str, typer.Option("--because", help="Why; stands on record beside your name.")]


def show(entity: Annotated[int, typer.Argument(help="An entity's id, or a form's.")], store: StoreOption = None, as_json: JsonOption = False) -> None:
    """Show an entity: every form in which it was written, and why each is taken for it."""
    with errors_told():
        shown = at_store(store, asking(), here=lambda desk: links.entity_shown(desk.store.cursor(), entity))
    if as_json:
        typer.echo(json.dumps(asdict(shown), default=str, ensure_ascii=False))
        return
    typer.echo(f"entity {shown.entity_id}: {len(shown.forms)} form(s)" + (f", before that {', '.join(map(str, shown.former))}" if shown.former else ""))
    for form in shown.forms:
        told = [f"{label} {value}" for label, value in (("party id", form.party_id), ("LEI", form.lei), ("register number", form.registration)) if value]
        typer.echo(f"  form {form.form_id}  {form.name} ({form.country or 'no country'})" + (f", {', '.join(told)}" if told else "") + f", first filed {form.first_seen:%Y-%m-%d}")
        typer.echo(f"      {form.reason} (since {form.known_from:%Y-%m-%d})")


def merge(
    one: Annotated[int, typer.Argument(help="An entity's id, or a form's.")], other: Annotated[int, typer.Argument(help="Another's.")], because: BecauseOption,
    recorded_by: PersonOption = None, store: StoreOption = None, as_json: JsonOption = False,
) -> None:
    """Say that two entities are one party; no later link undoes it."""
    _rule(lambda desk: links.merging(desk.store.cursor(), one, other), because, recorded_by, store, as_json)


def split(
    form: Annotated[int, typer.Argument(help="The form's id, as `party show` prints it.")], because: BecauseOption,
    recorded_by: PersonOption = None, store: StoreOption = None, as_json: JsonOption = False,
) -> None:
    """Say that one form is another party than the rest of its entity; no later link undoes it."""
    _rule(lambda desk: links.parting(desk.store.cursor(), form), because, recorded_by, store, as_json)


def _rule(told: Callable[[Desk], dict], because: str, recorded_by: str | None, store: Path | None, as_json: bool) -> None:
    origin = asking()
    said = {
        "event_id": f"review:{uuid4().hex[:16]}", "at": origin.at.strftime("%Y-%m-%dT%H:%M:%S.%fZ"), "recorded_by": recorded_by or origin.actor, "because": because,
    }

    def here(desk: Desk) -> dict[str, int]:
        review = told(desk) | said
        record_event.record_event(desk, "review", parse_event("review", json.dumps(review)).model, origin)
        return {form: links.entity_shown(desk.store.cursor(), int(form)).entity_id for form in review["subject"].split(":")}

    with errors_told():
        entity_of = at_store(store, origin, here=here)
    if as_json:
        typer.echo(json.dumps({"event_id": said["event_id"], "subject": ":".join(entity_of), "entities": sorted(set(entity_of.values()))}))
    else:
        typer.echo(f"review {said['event_id']} is on record; " + ", ".join(f"form {form} is now of entity {entity}" for form, entity in entity_of.items()))
