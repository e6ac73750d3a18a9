"""What comes after a licence: `due`, `alerts`, `proposals`, `report`."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from engine.cli.door import JsonOption, StoreOption, asking, at_store, errors_told, plain
from engine.workflows.memo import BAND_WORDS, frequency

DAY = ["%Y-%m-%d"]
MOMENT = ["%Y-%m-%d", "%Y-%m-%dT%H:%M:%SZ"]
PROPOSAL_STATES = ("open", "done", "not_done")


def due(
    overdue: Annotated[bool, typer.Option("--overdue", help="Only what is overdue.")] = False,
    order: Annotated[str, typer.Option(help="`age` (longest overdue first) or `value` (dearest first).")] = "age",
    kind: Annotated[str | None, typer.Option(help="Only this obligation, such as receipt_confirmation.")] = None,
    who: Annotated[str | None, typer.Option(help="Only what this one must do next, such as exporter, planner or approver.")] = None,
    until: Annotated[datetime | None, typer.Option(formats=DAY, help="Only what is due by that day.")] = None,
    as_of: Annotated[datetime | None, typer.Option("--as-of", formats=MOMENT, help="As known by then; default now.")] = None,
    application: Annotated[str | None, typer.Option(help="Only what concerns this application.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="So many at most.")] = 1000,
    store: StoreOption = None, as_json: JsonOption = False,
) -> None:
    """List what is due and overdue after the licences, each with who must act next; and parties that could not be verified."""
    from engine.workflows import due as clocks
    from engine.workflows.afterwards import moment_after

    origin = asking()
    asked = clocks.Asked(("overdue",) if overdue else ("due", "overdue"), kind, who, until.date() if until else None, order, None, limit, 0, application)

    def here(desk) -> dict:
        cursor = desk.store.cursor()
        clocks.lay_due(cursor, as_of or moment_after(origin.at))
        return {
            "obligations": [asdict(one) for one in clocks.due(cursor, origin.at, asked)],
            "unverified": [asdict(one) for one in clocks.unverified(cursor, None) if application in (None, one.application_id)],
            "cooperation": [asdict(one) for one in clocks.cooperation(cursor)] if application is None else [],
        }

    def there(service) -> dict:
        params = {"state": list(asked.states), "obligation": kind, "next_actor": who, "until": asked.until, "order": order, "application_id": application, "as_of": as_of and f"{as_of:%Y-%m-%dT%H:%M:%SZ}", "limit": limit}
        return service.ask("GET", "due", params={name: value for name, value in params.items() if value is not None})

    with errors_told():
        told = at_store(store, origin, here=here, there=there)
    if as_json:
        typer.echo(json.dumps(told, default=plain, ensure_ascii=False))
        return
    for one in told["obligations"]:
        late = f"{one['days_over']:,} days over" if one["state"] == "overdue" else f"due {one['due_on']}"
        worth = f", EUR {float(one['value_eur']):,.0f}" if one["value_eur"] is not None else ""
        typer.echo(f"{late}  {one['obligation'].replace('_', ' ')} {one['subject']} ({one['application_id']}{worth}): {one['what']}; next: {one['next_actor'].replace('_', ' ')}")
    for one in told["unverified"]:
        typer.echo(f"{one['state'].replace('_', ' ')}: end user of {one['application_id']} since {one['since']}: {one['why']} (review about unverified_status, subject {one['subject']})")
    count = sum(one["state"] == "overdue" for one in told["obligations"])
    typer.echo(f"{len(told['obligations']):,} open, of which {count:,} overdue.")


def alerts(
    since: Annotated[datetime | None, typer.Option(formats=MOMENT, help="Only what was raised from then on.")] = None,
    store: StoreOption = None, as_json: JsonOption = False,
) -> None:
    """List the findings that touch undecided applications and open licences, each scored as of now beside the score on record."""
    from engine.workflows import follow_up
    from engine.workflows.afterwards import moment_after

    origin = asking()

    def here(desk) -> list:
        cursor = desk.store.cursor()
        follow_up.lay_follow_up(cursor, moment_after(origin.at))
        return [asdict(one) for one in follow_up.alerts(desk, cursor, origin.at, None, since=since)]

    with errors_told():
        told = at_store(store, origin, here=here, there=lambda service: service.ask(
            "GET", "alerts", params={"since": f"{since:%Y-%m-%dT%H:%M:%SZ}"} if since else {})["alerts"])
    if as_json:
        typer.echo(json.dumps(told, default=plain, ensure_ascii=False))
        return
    for one in told:
        scored = f"; risk now {frequency(one['risk'])} ({BAND_WORDS[one['band']]})" if one["risk"] is not None else ""
        before = f", on record {frequency(one['risk_before'])} ({BAND_WORDS[one['band_before']]})" if one["risk_before"] is not None else ""
        typer.echo(f"{str(one['raised_at'])[:16]}  {one['application_id']} ({one['why']}): {', '.join(one['findings']) or 'unfavourable'} by {one['found_by']} {one['source']}, shared: {one['shared_as']}{scored}{before}")
    typer.echo(f"{len(told):,} alert(s). A finding is not a refusal: an officer decides.")


def proposals(
    state: Annotated[str | None, typer.Option(help="open, done or not_done; default all.")] = None, store: StoreOption = None, as_json: JsonOption = False,
) -> None:
    """List what findings put before an approver: watch-list entries, notices to partners, licences to look at. None is made here."""
    from engine.workflows import follow_up
    from engine.workflows.afterwards import moment_after

    if state not in (None, *PROPOSAL_STATES):
        raise typer.BadParameter(f"--state is {', '.join(PROPOSAL_STATES)}")
    origin = asking()

    def here(desk) -> list:
        cursor = desk.store.cursor()
        follow_up.lay_follow_up(cursor, moment_after(origin.at))
        return [asdict(one) for one in follow_up.proposals(cursor, None, state=state)]

    with errors_told():
        told = at_store(store, origin, here=here, there=lambda service: service.ask("GET", "proposals", params={"state": state} if state else {})["proposals"])
    if as_json:
        typer.echo(json.dumps(told, default=plain, ensure_ascii=False))
        return
    for one in told:
        settled = f"; {one['state'].replace('_', ' ')} by {one['settled_by']} on {one['settled_on']}: {one['because']}" if one["state"] != "open" else ""
        typer.echo(f"{one['proposal_id']}  {one['action'].replace('_', ' ')}: {one['target']}, after {one['found_by']} {one['source']} ({one['application_id']}){settled}")
    typer.echo(f"{len(told):,} proposal(s). Each is settled by a review with its id as subject: confirmed with what was done, dismissed with why not.")


def report(
    year: Annotated[int, typer.Option(min=1990, max=2200, help="The calendar year.")], out: Annotated[Path, typer.Option(help="Where to: .html, .json or .csv.")],
    inspector_days: Annotated[float | None, typer.Option(min=0, help="Inspector-days spent in the year, where the authority counts them.")] = None,
    authority: Annotated[str | None, typer.Option(help="Only this authority's licences.")] = None,
    store: StoreOption = None, as_json: JsonOption = False,
) -> None:
    """Write the year's report: coverage, punctuality, findings, diversions, cost, an estimate for all shipments, and what may not be inferred."""
    from engine.workflows import report as reporting

    origin = asking()
    with errors_told():
        reporting.check_form(out.suffix)

        def here(desk) -> None:
            cursor = desk.store.cursor()
            told = reporting.yearly_report(cursor, year, origin.at, (authority,) if authority else None, inspector_days)
            out.write_bytes(reporting.render(told, out.suffix))

        def there(service) -> None:
            params = {"form": out.suffix[1:], "inspector_days": inspector_days, "authority": authority}
            with out.open("wb") as file:
                service.fetch("GET", "reports", str(year), into=file, params={name: value for name, value in params.items() if value is not None})

        at_store(store, origin, here=here, there=there)
    typer.echo(json.dumps({"year": year, "out": str(out)}) if as_json else f"report of {year} is in {out}")
