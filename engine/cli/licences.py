"""What was licensed, shipped and left: `licences`."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import datetime
from decimal import Decimal
from typing import Annotated

import typer

from engine.cli.door import JsonOption, StoreOption, desk_at


def licences(
    outside: Annotated[bool, typer.Option("--outside", help="Only the shipments that no open licence covered.")] = False,
    as_of: Annotated[datetime | None, typer.Option("--as-of", formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M:%SZ"], help="As known by then; default now.")] = None,
    store: StoreOption = None, as_json: JsonOption = False,
) -> None:
    """List licences with what is shipped and left, and the shipments outside them: over-drawn, after expiry, while suspended."""
    from engine.workflows import licences as licensing

    with desk_at(store) as (desk, origin):
        moment = as_of or origin.at
        found = licensing.licences(desk.store.cursor(), moment)
    if as_json:
        told = {"as_of": moment.strftime("%Y-%m-%dT%H:%M:%SZ")} | ({} if outside else {"licences": [asdict(one) for one in found.licences]})
        typer.echo(json.dumps(told | {"outside": [asdict(one) for one in found.outside]}, default=_plain, ensure_ascii=False))
        return
    for licence in () if outside else found.licences:
        typer.echo(f"{licence.licence}  {licence.state.replace('_', ' ')} (newest change: {licence.change} {licence.since}"
                   + (f", valid to {licence.valid_to}" if licence.valid_to else "") + (", by decision)" if licence.told_by == "decision" else ")"))
        for line in licence.lines:
            limit = f"{float(line.authorised):,.10g}" if line.authorised is not None else "no limit said"
            left = f", {float(line.left):,.10g} left" if line.left is not None else ""
            back = f", {float(line.returned):,.10g} returned" if line.returned else ""
            typer.echo(f"    line {line.line}: {float(line.shipped):,.10g} of {limit} {line.unit or ''}".rstrip() + f" shipped{back}{left}")
    typer.echo(f"{len(found.outside):,} shipment(s) outside a licence" + (":" if found.outside else "."))
    for shipment in found.outside:
        typer.echo(f"  {shipment.shipment_id}  {shipment.shipped_on}  {shipment.licence or 'no licence'}: {'; '.join(shipment.why)}")


def _plain(value: object) -> float | str:
    """What JSON has no form for: quantities as numbers, days as text."""
    return float(value) if isinstance(value, Decimal) else str(value)
