"""Around a visit: its pack, its serial numbers, what an auditor asks of it; `diversion visit ...` without one of these records one."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import click
import typer
from typer.core import TyperGroup

from engine.cli.door import JsonOption, StoreOption, asking, at_store, errors_told, plain


class RecordsByDefault(TyperGroup):
    """`diversion visit A-1 --outcome ...` is `diversion visit record A-1 --outcome ...`; an application named like a verb goes after `record`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put `record` before what names no verb."""
        if args and args[0] not in self.commands and args[0] not in ("--help", "-h"):
            args = ["record", *args]
        return super().parse_args(ctx, args)


def pack(
    visit_id: Annotated[str, typer.Argument(help="The visit's id, as in the plan.")],
    out: Annotated[Path, typer.Option(help="Where to: .html or .pdf.")], store: StoreOption = None, as_json: JsonOption = False,
) -> None:
    """Write what an inspector takes along: goods, numbers, conditions, storage, papers, route, host; nothing of why the visit was chosen."""
    from engine.workflows.visit_pack import check_form, render, visit_pack

    origin = asking()
    with errors_told():
        check_form(out.suffix)

        def here(desk) -> None:
            cursor = desk.store.cursor()
            out.write_bytes(render(visit_pack(cursor, visit_id, origin.at), out.suffix, origin.at))

        def there(service) -> None:
            with out.open("wb") as file:
                service.fetch("GET", "visits", visit_id, "pack", into=file, params={"form": out.suffix[1:]})

        at_store(store, origin, here=here, there=there)
    typer.echo(json.dumps({"visit_id": visit_id, "out": str(out)}) if as_json else f"pack of visit {visit_id} is in {out}")


def serials(
    application_id: Annotated[str, typer.Argument()], store: StoreOption = None, as_json: JsonOption = False,
) -> None:
    """List the serial numbers of an application, shipped against seen, and what samples of large lots can tell."""
    from engine.workflows.serials import reconcile

    origin = asking()
    with errors_told():
        told = at_store(
            store, origin, here=lambda desk: asdict(reconcile(desk.store.cursor(), application_id, origin.at)),
            there=lambda service: service.ask("GET", "applications", application_id, "serials"),
        )
    if as_json:
        typer.echo(json.dumps(told, default=plain, ensure_ascii=False))
        return
    typer.echo(f"{application_id}: " + (", ".join(f"{count:,} {state.replace('_', ' ')}" for state, count in told["states"].items()) or "no serial numbers on record"))
    for one in told["serials"]:
        where = "" if one["shipped_here"] else " never shipped here" + (f", but under {one['shipped_under']}" if one["shipped_under"] else "")
        typer.echo(f"  {one['serial']}  {one['state'].replace('_', ' ')}{where}" + (f"  ({one['told_by']}, {one['told_on']})" if one["told_by"] else ""))
    for one in told["samples"]:
        bound = f"at most {one['most_missing']:,} missing with {one['confidence']:.0%} confidence, if drawn by lot" if one["most_missing"] is not None else "the numbers do not fit the lot"
        typer.echo(f"  sample of {one['visit_id']}: {one['seen']:,} seen and {one['not_there']:,} not shown of {one['lot_size']:,}: {bound} ({one['method'] or 'method not told'})")


def file(
    visit_id: Annotated[str, typer.Argument(help="The visit's id.")], store: StoreOption = None, as_json: JsonOption = False,
) -> None:
    """Show what an auditor asks of a visit: its selection, the evidence behind the rating, each change, what was done, and what is missing."""
    from engine.workflows.visit_file import visit_file

    origin = asking()
    with errors_told():
        told = at_store(
            store, origin, here=lambda desk: asdict(visit_file(desk, desk.store.cursor(), visit_id, origin.at)),
            there=lambda service: service.ask("GET", "visits", visit_id, "file"),
        )
    if as_json:
        typer.echo(json.dumps(told, default=plain, ensure_ascii=False))
        return
    chosen = told["chosen"]
    typer.echo(f"Visit {told['visit_id']} of application {told['application_id']}")
    typer.echo(f"  chosen by {'a planner' if chosen.get('added_by_planner') else chosen['chosen_by']}, probability {chosen['inclusion_probability']}, plan {chosen['plan_id']}: {chosen['reason']}" if chosen else "  chosen by no plan")
    for one in told["ratings"]:
        typer.echo(f"  {str(one['at'])[:16]}  {one['outcome'] or 'withdrawn'} {', '.join(one['findings'])} by {one['recorded_by']} ({one['event_id']}"
                   + (f", in place of {one['corrects']}: {one['because'] or 'no reason given'}" if one["corrects"] else "") + (", in force)" if one["in_force"] else ")"))
    for one in told["signatures"]:
        typer.echo(f"  {str(one['at'])[:16]}  {one['result']} by {one['recorded_by']}: {one['because'] or 'no reason given'}")
    for one in told["evidence"]:
        typer.echo(f"  evidence {one['sha256']} ({one['media_type'] if one['kept'] else 'not here'})")
    for one in told["proposals"]:
        typer.echo(f"  {one['action'].replace('_', ' ')}, {one['target']}: {one['state'].replace('_', ' ')}" + (f" ({one['because']}, {one['settled_by']})" if one["because"] else ""))
    for line in told["missing"]:
        typer.echo(f"  MISSING: {line}")
