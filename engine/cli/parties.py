"""Which written forms are one party, and what people say of it: `party show`, `party merge`, `party split`."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, fields
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from engine.cli.door import JsonOption, StoreOption, asking, at_store, errors_told, plain
from engine.cli.events import PersonOption
from engine.store.records import Origin
from engine.workflows import links
from engine.workflows.desk import Desk
from engine.workflows.rule_on_links import Ruled, merge_parties, split_party

if TYPE_CHECKING:
    from engine.cli.service import Service

BecauseOption = Annotated[str, typer.Option("--because", help="Why; stands on record beside your name.")]


def show(entity: Annotated[int, typer.Argument(help="An entity's id, or a form's.")], store: StoreOption = None, as_json: JsonOption = False) -> None:
    """Show an entity: every form in which it was written, and why each is taken for it."""
    with errors_told():
        shown = at_store(
            store, asking(), here=lambda desk: links.entity_shown(desk.store.cursor(), entity),
            there=lambda service: _entity(service.ask("GET", "parties", str(entity))),
        )
    if as_json:
        typer.echo(json.dumps(asdict(shown), default=plain, ensure_ascii=False))
        return
    typer.echo(f"entity {shown.entity_id}: {len(shown.forms)} form(s)" + (f", before that {', '.join(map(str, shown.former))}" if shown.former else ""))
    for form in shown.forms:
        if form.form_id is None:
            typer.echo("  a form of another authority's")
            continue
        told = [f"{label} {value}" for label, value in (("party id", form.party_id), ("LEI", form.lei), ("register number", form.registration)) if value]
        typer.echo(f"  form {form.form_id}  {form.name} ({form.country or 'no country'})" + (f", {', '.join(told)}" if told else "") + f", first filed {form.first_seen:%Y-%m-%d}")
        typer.echo(f"      {form.reason} (since {form.known_from:%Y-%m-%d})")


def merge(
    one: Annotated[int, typer.Argument(help="An entity's id, or a form's.")], other: Annotated[int, typer.Argument(help="Another's.")], because: BecauseOption,
    recorded_by: PersonOption = None, store: StoreOption = None, as_json: JsonOption = False,
) -> None:
    """Say that two entities are one party; no later link undoes it."""
    _rule(
        lambda desk, origin: merge_parties(desk, one, other, because, origin, recorded_by=recorded_by),
        lambda service: service.ask("POST", "parties", str(one), "merge", json={"other": str(other), "because": because}), recorded_by, store, as_json,
    )


def split(
    form: Annotated[int, typer.Argument(help="The form's id, as `party show` prints it.")], because: BecauseOption,
    recorded_by: PersonOption = None, store: StoreOption = None, as_json: JsonOption = False,
) -> None:
    """Say that one form is another party than the rest of its entity; no later link undoes it."""
    _rule(
        lambda desk, origin: split_party(desk, form, because, origin, recorded_by=recorded_by),
        lambda service: service.ask("POST", "parties", str(form), "split", json={"because": because}), recorded_by, store, as_json,
    )


def _rule(here: Callable[[Desk, Origin], Ruled], there: Callable[[Service], dict], said_by: str | None, store: Path | None, as_json: bool) -> None:
    origin = asking()
    with errors_told():
        done = at_store(store, origin, here=lambda desk: here(desk, origin), there=lambda service: _ruled(there(service), said_by))
    if as_json:
        typer.echo(json.dumps({"event_id": done.event_id, "subject": ":".join(map(str, done.entity_of)), "entities": sorted(set(done.entity_of.values()))}))
    else:
        typer.echo(f"review {done.event_id} is on record; " + ", ".join(f"form {form} is now of entity {entity}" for form, entity in done.entity_of.items()))


def _ruled(told: dict, said_by: str | None) -> Ruled:
    if said_by not in (None, told["recorded_by"]):
        typer.echo(f"recorded_by: left out, since the service takes names from tokens alone; recorded by {told['recorded_by']}.", err=True)
    return Ruled(told["event_id"], {int(one["form_id"]): int(one["entity_id"]) for one in told["forms"]})


def _entity(told: dict) -> links.EntityShown:
    """The entity as the service tells it; its numbers come as text."""
    return links.EntityShown(int(told["entity_id"]), tuple(map(_form, told["forms"])), tuple(map(int, told["former"])))


def _form(told: dict) -> links.FormShown:
    values = {field.name: told[field.name] for field in fields(links.FormShown)}
    values["form_id"] = told["form_id"] and int(told["form_id"])
    for name in ("first_seen", "known_from"):
        values[name] = told[name] and datetime.fromisoformat(told[name]).replace(tzinfo=None)
    return links.FormShown(**values)
