"""What was licensed, shipped and left: `licences`."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from engine.cli.door import JsonOption, StoreOption, asking, at_store, errors_told, plain

if TYPE_CHECKING:
    from engine.cli.service import Service

PAGE = 10_000  # licences asked for at once


def licences(
    outside: Annotated[bool, typer.Option("--outside", help="Only the shipments that no open licence covered.")] = False,
    as_of: Annotated[datetime | None, typer.Option("--as-of", formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M:%SZ"], help="As known by then; default now.")] = None,
    application: Annotated[str | None, typer.Option(help="Only what concerns this application.")] = None,
    store: StoreOption = None, as_json: JsonOption = False,
) -> None:
    """List licences with what is shipped and left, and the shipments outside them: over-drawn, after expiry, while suspended."""
    from engine.workflows import licences as licensing
    from engine.workflows.afterwards import moment_after

    origin = asking()
    moment = as_of or moment_after(origin.at)

    def here(desk) -> dict:
        found = licensing.licences(desk.store.cursor(), moment)
        found = found if application is None else licensing.of_application(found, application)
        return {"licences": [] if outside else [asdict(one) for one in found.licences], "outside": [asdict(one) for one in found.outside]}

    with errors_told():
        told = at_store(store, origin, here=here, there=lambda service: _asked_of(service, as_of, outside, application))
    if as_json:
        shown = {"as_of": moment.strftime("%Y-%m-%dT%H:%M:%SZ")} | ({} if outside else {"licences": told["licences"]})
        typer.echo(json.dumps(shown | {"outside": told["outside"]}, default=plain, ensure_ascii=False))
        return
    for licence in told["licences"]:
        typer.echo(f"{licence['licence']}  {licence['state'].replace('_', ' ')} (newest change: {licence['change']} {licence['since']}"
                   + (f", valid to {licence['valid_to']}" if licence["valid_to"] else "") + (", by decision)" if licence["told_by"] == "decision" else ")"))
        for line in licence["lines"]:
            limit = f"{float(line['authorised']):,.10g}" if line["authorised"] is not None else "no limit said"
            left = f", {float(line['left']):,.10g} left" if line["left"] is not None else ""
            back = f", {float(line['returned']):,.10g} returned" if line["returned"] else ""
            typer.echo(f"    line {line['line']}: {float(line['shipped']):,.10g} of {limit} {line['unit'] or ''}".rstrip() + f" shipped{back}{left}")
    typer.echo(f"{len(told['outside']):,} shipment(s) outside a licence" + (":" if told["outside"] else "."))
    for shipment in told["outside"]:
        typer.echo(f"  {shipment['shipment_id']}  {shipment['shipped_on']}  {shipment['licence'] or 'no licence'}: {'; '.join(shipment['why'])}")


def _asked_of(service: Service, as_of: datetime | None, outside: bool, application: str | None) -> dict:
    """Every page of it."""
    params = {"outside": outside, "limit": PAGE} | ({"application_id": application} if application else {}) | ({"as_of": f"{as_of:%Y-%m-%dT%H:%M:%SZ}"} if as_of else {})
    told = service.ask("GET", "licences", params=params)
    page = told
    while page["next_skip"] is not None:
        page = service.ask("GET", "licences", params=params | {"skip": page["next_skip"]})
        told["licences"] += page["licences"]
    return told
