"""Records what happened after filing, one event at a time: `decide`, `visit`, `event`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated
from uuid import uuid4

import typer

from engine.cli.door import JsonOption, StoreOption, desk_at, now
from engine.wire import EVENTS, parse_event
from engine.workflows import record_event

EventIdOption = Annotated[str | None, typer.Option("--event-id", help="The event's own id; default a new one. The same id and content again changes nothing.")]
FileOption = Annotated[Path | None, typer.Option("--file", help="The whole event as JSON, in place of the options.")]
PersonOption = Annotated[str | None, typer.Option("--recorded-by", help="Who records it; default this account.")]


def _record(kind: str, told: dict, file: Path | None, event_id: str | None, recorded_by: str | None, store: Path | None, as_json: bool) -> None:
    with desk_at(store) as (desk, origin):
        if file is not None:
            told = json.loads(file.read_text("utf-8"))
        told.setdefault("event_id", event_id or f"{kind}:{uuid4().hex[:16]}")
        told.setdefault("at", origin.at.strftime("%Y-%m-%dT%H:%M:%SZ"))
        told.setdefault("recorded_by", recorded_by or origin.actor)
        event = parse_event(kind, json.dumps({k: v for k, v in told.items() if v not in (None, [], ())})).model
        new = record_event.record_event(desk, kind, event, origin)
    if as_json:
        typer.echo(json.dumps({"event_id": event.event_id, "new": new}))
    else:
        typer.echo(f"{kind} {event.event_id} {'is on record' if new else 'was already on record'}")


def decide(
    application_id: Annotated[str | None, typer.Argument()] = None,
    outcome: Annotated[str | None, typer.Option(help="granted, denied, withdrawn or returned.")] = None,
    rationale: Annotated[str | None, typer.Option(help="Why, in your own words; needed to grant or deny.")] = None,
    ground: Annotated[list[str] | None, typer.Option(help="A ground of the law; needed to deny; may be repeated.")] = None,
    condition: Annotated[list[str] | None, typer.Option(help="A condition of the licence; may be repeated.")] = None,
    reasons_for_applicant: Annotated[str | None, typer.Option(help="What the applicant is told.")] = None,
    approved_by: Annotated[str | None, typer.Option(help="Second signature, another person's.")] = None,
    file: FileOption = None, event_id: EventIdOption = None, recorded_by: PersonOption = None, store: StoreOption = None, as_json: JsonOption = False,
) -> None:
    """Record a decision; a grant with an unsettled referral is refused by its name."""
    told = {"application_id": application_id, "outcome": outcome, "rationale": rationale, "grounds": ground, "conditions": condition,
            "reasons_for_applicant": reasons_for_applicant, "approved_by": approved_by}
    _record("decision", told, file, event_id, recorded_by, store, as_json)


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
    file: FileOption = None, event_id: EventIdOption = None, recorded_by: PersonOption = None, store: StoreOption = None, as_json: JsonOption = False,
) -> None:
    """Record a verification visit."""
    told = {
        "application_id": application_id, "shipment_id": shipment, "visit_id": visit_id or (f"visit:{uuid4().hex[:12]}" if not file else None),
        "visited_on": visited_on or now().date().isoformat(), "stage": stage, "mode": mode, "access": access, "limited_by": limited_by,
        "outcome": outcome, "findings": finding, "items": [_visit_item(text) for text in item or []], "reviewed_by": reviewed_by, "limitations": limitations,
    }
    _record("visit", told, file, event_id, recorded_by, store, as_json)


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
