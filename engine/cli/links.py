"""The weights by which parties are linked: `links fit`, `links promote`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from engine.cli.door import JsonOption, StoreOption, asking, at_store, errors_told
from engine.cli.parties import BecauseOption
from engine.workflows import links


def fit(
    world: Annotated[Path, typer.Argument(help="A folder written by `python -m data.world`, to fit on.")],
    out: Annotated[Path, typer.Option(help="The candidate weights file; its evaluation is written beside it.")],
    trial: Annotated[Path | None, typer.Option(help="Another such folder, to evaluate on; the same one flatters.")] = None,
    version: Annotated[str, typer.Option(help="The candidate's version.")] = "candidate",
    splink: Annotated[bool, typer.Option(help="Also have Splink judge the same pairs (the extra diversion[links]).")] = True,
    as_json: JsonOption = False,
) -> None:
    """Fit link weights on a generated world and try them on another. Touches no store; put them in force with `links promote`."""
    from engine.workflows import fit_links

    with errors_told():
        fitted = fit_links.fit_links(world, trial or world, out, version, asking(), ask_splink=splink)
    told = fit_links.as_told(fitted.evaluation, fitted.opinion, (trial or world).name)
    typer.echo(json.dumps(told) if as_json else f"{out}: precision {told['precision']:.4f}, recall {told['recall']:.4f} over {told['true_pairs']:,} pairs of {told['parties']:,} parties. "
               "Not in force: diversion links promote FILE --because WHY.")


def promote(file: Annotated[Path, typer.Argument(help="A weights file written by `links fit`.")], because: BecauseOption, store: StoreOption = None) -> None:
    """Put weights in force, with who and why, and link all parties on record anew by them."""
    origin = asking()
    with errors_told():
        text = file.read_text("utf-8")
        version = at_store(
            store, origin, here=lambda desk: links.promote_weights(desk, text, because, origin).version,
            there=lambda service: service.ask("POST", "links", "weights", json={"weights": text, "because": because})["version"],
        )
    typer.echo(f"Link weights {version} are in force.")
