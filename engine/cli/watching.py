"""Whether the model still holds, and how another would do in its place: `drift`, `model compare`, `model inspectors`."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from engine.cli.door import JsonOption, StoreOption, asking, at_store, errors_told, progress_shown
from engine.workflows.memo import BAND_WORDS, frequency

SIGN = {"alarm": "ALARM", "watch": "watch", "ok": "ok", "not_measured": "not measured"}


def drift(
    days: Annotated[int, typer.Option("--days", help="How far back the filings looked at reach.")] = 180,
    everything: Annotated[bool, typer.Option("--all", help="Name what is as it was, too.")] = False,
    store: StoreOption = None, as_json: JsonOption = False,
) -> None:
    """What moved since the model in force was trained, and what to do: features, scores, calibration, age of lists and tables."""
    from engine.workflows import drift as drifting

    origin = asking()
    with errors_told(), progress_shown() as tell:
        told = at_store(
            store, origin, here=lambda desk: drifting.as_json(drifting.drift(desk, origin.at, days)),
            there=lambda service: service.ask("GET", "drift", params={"days": days}, waiting=tell),
        )
    if as_json:
        typer.echo(json.dumps(told))
        return
    window, reference = told["window"], told["reference"]
    since = f"the {reference['filings']:,} filings kept with it ({reference['from']} to {reference['to']})" if reference else "nothing: no filings were kept with it"
    typer.echo(f"{SIGN[told['state']]}: model {told['model_version']}; {window['looked_at']:,} of {window['filings']:,} filings from {window['from']} to {window['to']} against {since}.")
    for about in ("features", "scores", "calibration", "freshness"):
        of = [check for check in told["checks"] if check["about"] == about]
        counted = ", ".join(f"{sum(check['state'] == state for check in of)} {SIGN[state]}" for state in SIGN if any(check["state"] == state for check in of))
        typer.echo(f"\n{about.capitalize()}: {counted}")
        for check in of:
            if everything or check["state"] != "ok" or about == "calibration":
                value = "" if check["value"] is None else f" {_figure(check['value'])}"
                limits = "" if check["watch_from"] is None else f" (watch from {_figure(check['watch_from'])}, alarm from {_figure(check['alarm_from'])})"
                typer.echo(f"  {SIGN[check['state']]:12} {check['subject']}: {check['measure']}{value}{limits}. {check['text']}")
                if check["todo"]:
                    typer.echo(f"  {'':12} {check['todo']}")


def _figure(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def compare(
    champion: Annotated[str | None, typer.Argument(help="Version; without it the model in force.")] = None,
    challenger: Annotated[str | None, typer.Argument(help="Version; without it the one kept in shadow.")] = None,
    store: StoreOption = None, as_json: JsonOption = False,
) -> None:
    """Two models over the same filings: who ranks what was found since better, which bands change, and why."""
    from engine.workflows import compare as comparing

    origin = asking()
    asked = {name: version for name, version in (("champion", champion), ("challenger", challenger)) if version}
    with errors_told(), progress_shown() as tell:
        told = at_store(
            store, origin, here=lambda desk: comparing.as_json(comparing.compare(desk, origin.at, champion, challenger)),
            there=lambda service: service.ask("GET", "models", "compare", params=asked, waiting=tell),
        )
    if as_json:
        typer.echo(json.dumps(told))
        return
    labels, filings, shadow = told["labels"], told["filings"], told["shadow"]
    typer.echo(f"Champion {told['champion']}, challenger {told['challenger']}; in shadow it scored {shadow['scored']:,} filings.")
    if labels["too_few"]:
        typer.echo(f"No figures: {labels['too_few']}")
    for one in labels["figures"]:
        typer.echo(f"  {one['figure']:36} {one['champion']:.3f} and {one['challenger']:.3f}, difference {one['difference']:+.3f} "
                   f"({one['low']:+.3f} to {one['high']:+.3f}), better with probability {one['probability_better']:.2f}")
    typer.echo(f"\n{filings['compared']:,} filings from {filings['from']} to {filings['to']}:")
    if not filings["compared"]:
        return
    agreement = "not defined" if filings["rank_agreement"] is None else f"{filings['rank_agreement']:.3f}"
    typer.echo(f"  rank agreement {agreement}, of the riskiest twentieth {filings['top_5_percent_shared'] * 100:.0f} % are shared; "
               f"mean risk {frequency(filings['champion_mean_risk'])} and {frequency(filings['challenger_mean_risk'])}")
    for cell in filings["bands"]:
        if cell["champion"] != cell["challenger"]:
            typer.echo(f"  {cell['filings']:6,} from {BAND_WORDS[cell['champion']]} to {BAND_WORDS[cell['challenger']]}")
    for one in filings["moved"][:10]:
        typer.echo(f"  {one['application_id']}: {BAND_WORDS[one['champion_band']]}, {frequency(one['champion_risk'])}, to "
                   f"{BAND_WORDS[one['challenger_band']]}, {frequency(one['challenger_risk'])}")
        for part in one["because"][:3]:
            typer.echo(f"      {part['champion']:+.2f} to {part['challenger']:+.2f}  {part['text']}")


def inspectors(store: StoreOption = None, as_json: JsonOption = False) -> None:
    """What each inspector finds against what was to be expected of the same filings; for auditors, in no score and no training."""
    from engine.workflows import inspectors as inspecting

    origin = asking()
    with errors_told(), progress_shown() as tell:
        told = at_store(
            store, origin, here=lambda desk: inspecting.as_json(inspecting.inspectors(desk, origin.at)), there=lambda service: service.ask("GET", "inspectors", waiting=tell),
        )
    if as_json:
        typer.echo(json.dumps(told))
        return
    if told["too_few"]:
        typer.echo(told["too_few"])
        return
    typer.echo(f"{told['visits']:,} visits; spread {told['spread']:.2f} log-odds, such differences by chance with probability {told['by_chance']:.2f}.")
    for one in told["inspectors"]:
        typer.echo(f"  {one['name']:24} {one['visits']:4} visits, {one['found']:3} found, {one['expected']:5.1f} expected, effect {one['effect']:+.2f} (error {one['error']:.2f})")
    typer.echo(told["caution"])
