"""Records what happened after filing, one event at a time: `decide`, `visit`, `event`."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from uuid import uuid4

import typer

from engine.cli.door import JsonOption, StoreOption, asking, at_store, errors_told
from engine.errors import NotReady, RefusedInput
from engine.wire import EVENTS, Event, canonical, parse_event
from engine.workflows import record_event
from engine.workflows.warnings import warnings_of

if TYPE_CHECKING:
    from engine.cli.service import Service
    from engine.store.records import Origin
    from engine.workflows.desk import Desk

EventIdOption = Annotated[str | None, typer.Option("--event-id", help="The event's own id; default a new one. The same id and content, --at included, changes nothing the second time.")]
AtOption = Annotated[datetime | None, typer.Option("--at", formats=["%Y-%m-%dT%H:%M:%SZ"], help="When it became known; default now.")]
FileOption = Annotated[Path | None, typer.Option("--file", help="The whole event as JSON, in place of the options.")]
PersonOption = Annotated[str | None, typer.Option("--recorded-by", help="Who records it; default this account.")]


def _record(
    kind: str, told: dict, file: Path | None, event_id: str | None, recorded_by: str | None, store: Path | None, as_json: bool, at: datetime | None = None,
) -> None:
    origin = asking()
    with errors_told():
        told = told if file is None else _read(file)
        said_by = told.get("recorded_by", recorded_by)
        told.setdefault("recorded_by", recorded_by or origin.actor)
        told.setdefault("event_id", event_id or f"{kind}:{uuid4().hex[:16]}")
        told.setdefault("at", (at or origin.at).strftime("%Y-%m-%dT%H:%M:%SZ"))
        event = parse_event(kind, json.dumps({k: v for k, v in told.items() if v not in (None, [], ())})).model
        new, odd = at_store(store, origin, here=lambda desk: _keep(desk, kind, event, origin), there=lambda service: _send(service, kind, event, said_by))
    for warning in odd:
        typer.echo(f"diversion: {warning}", err=True)
    if as_json:
        typer.echo(json.dumps({"event_id": event.event_id, "new": new} | ({"warnings": list(odd)} if odd else {})))
    else:
        typer.echo(f"{kind} {event.event_id} {'is on record' if new else 'was already on record'}")


def _read(file: Path) -> dict:
    """The one event of a JSON file.

    Raises:
        RefusedInput: it is no JSON object.
    """
    try:
        told = json.loads(file.read_text("utf-8-sig"))
    except (ValueError, RecursionError):
        told = None
    if not isinstance(told, dict):
        raise RefusedInput(f"{file.name} is not one event. Expected one JSON object {{...}} in UTF-8. Check it; files of many records go in with `diversion ingest --kind`.")
    return told


def _keep(desk: Desk, kind: str, event: Event, origin: Origin) -> tuple[bool, tuple[str, ...]]:
    """Record one event at the store: whether it is new, and what is odd about it."""
    new = record_event.record_event(desk, kind, event, origin)
    return new, warnings_of(desk, event, origin.at)


def _send(service: Service, kind: str, event: Event, said_by: str | None) -> tuple[bool, tuple[str, ...]]:
    """Record one event through the service, under the token's name: whether it is new, and what is odd about it.

    Raises:
        NotReady: it waits for a second signature, without which it would be refused at the store.
    """
    answer = service.ask("POST", "events", kind, content=canonical(event))
    left_out = [*answer["left_out"], *(["recorded_by"] if said_by not in (None, answer["recorded_by"]) else [])]
    if left_out:
        typer.echo(f"{', '.join(left_out)}: left out, since the service takes names from tokens alone; recorded by {answer['recorded_by']}.", err=True)
    if answer["state"] == "awaiting_signature":
        raise NotReady(f"{kind} {event.event_id} needs a second person's signature and is not in force until then. {answer['todo']}")
    return answer["state"] == "recorded", tuple(answer["warnings"])


def decide(
    application_id: Annotated[str | None, typer.Argument()] = None,
    outcome: Annotated[str | None, typer.Option(help="granted, denied, withdrawn or returned.")] = None,
    rationale: Annotated[str | None, typer.Option(help="Why, in your own words; needed to grant or deny.")] = None,
    ground: Annotated[list[str] | None, typer.Option(help="A ground of the law; needed to deny; may be repeated.")] = None,
    condition: Annotated[list[str] | None, typer.Option(help="A condition of the licence; may be repeated.")] = None,
    reasons_for_applicant: Annotated[str | None, typer.Option(help="What the applicant is told.")] = None,
    approved_by: Annotated[str | None, typer.Option(help="Second signature, another person's.")] = None,
    file: FileOption = None, event_id: EventIdOption = None, at: AtOption = None, recorded_by: PersonOption = None, store: StoreOption = None, as_json: JsonOption = False,
) -> None:
    """Record a decision; a grant with an unsettled referral is refused by its name."""
    told = {"application_id": application_id, "outcome": outcome, "rationale": rationale, "grounds": ground, "conditions": condition,
            "reasons_for_applicant": reasons_for_applicant, "approved_by": approved_by}
    _record("decision", told, file, event_id, recorded_by, store, as_json, at)


def visit(
    application_id: Annotated[str | None, typer.Argument()] = None,
    shipment: Annotated[str | None, typer.Option(help="The shipment that was checked.")] = None,
    visit_id: Annotated[str | None, typer.Option(help="The planned visit's id; default a new one.")] = None,
    visited_on: Annotated[str | None, typer.Option(help="YYYY-MM-DD; default today.")] = None,
    stage: Annotated[str | None, typer.Option(help="pre_licence, pre_shipment or post_shipment (default).")] = None,
    mode: Annotated[str | None, typer.Option(help="on_site, remote, documentary or delegated.")] = None,
    access: Annotated[str | None, typer.Option(help="full, limited or none.")] = None,
    limited_by: Annotated[str | None, typer.Option(help="host_state, party, security, travel, consent_missing, site_moved or health.")] = None,
    outcome: Annotated[str | None, typer.Option(help="favourable, unfavourable, inconclusive or not_possible.")] = None,
    finding: Annotated[list[str] | None, typer.Option(help="A finding, such as diversion or discrepancy; may be repeated.")] = None,
    item: Annotated[list[str] | None, typer.Option(help="LINE:STATE, LINE:STATE:SERIAL or LINE:STATE:xQUANTITY, such as 1:seen:A123; may be repeated.")] = None,
    reviewed_by: Annotated[str | None, typer.Option(help="Another person who reviewed it; until then it teaches nothing.")] = None,
    limitations: Annotated[str | None, typer.Option(help="What could not be checked and why.")] = None,
    file: FileOption = None, event_id: EventIdOption = None, at: AtOption = None, recorded_by: PersonOption = None, store: StoreOption = None, as_json: JsonOption = False,
) -> None:
    """Record a verification visit."""
    told = {
        "application_id": application_id, "shipment_id": shipment, "visit_id": visit_id or (f"visit:{uuid4().hex[:12]}" if not file else None),
        "visited_on": visited_on or asking().at.date().isoformat(), "stage": stage, "mode": mode, "access": access, "limited_by": limited_by,
        "outcome": outcome, "findings": finding, "items": [_visit_item(text) for text in item or []], "reviewed_by": reviewed_by, "limitations": limitations,
    }
    _record("visit", told, file, event_id, recorded_by, store, as_json, at)


def _visit_item(text: str) -> dict:
    line, _, rest = text.partition(":")
    state, _, what = rest.partition(":")
    if not line.isdigit() or not state:
        raise typer.BadParameter(f"--item {text}: expected LINE:STATE, LINE:STATE:SERIAL or LINE:STATE:xQUANTITY")
    told: dict = {"line": int(line), "state": state}
    if what.startswith("x") and what[1:].replace(".", "", 1).isdigit():
        told["quantity"] = float(what[1:])
    elif what:
        told["serial"] = what
    return told


def event(
    kind: Annotated[str, typer.Argument(help=", ".join(EVENTS))], file: Annotated[Path, typer.Argument(help="The event as JSON.")],
    store: StoreOption = None, as_json: JsonOption = False,
) -> None:
    """Record any one event of the contract from a JSON file, such as a review that settles a referral."""
    _record(kind, {}, file, None, None, store, as_json)
