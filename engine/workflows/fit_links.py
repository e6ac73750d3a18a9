"""Fits link weights on a generated world and tries them on another. Puts nothing in force and touches no store but one in memory."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import duckdb
import polars as pl

from engine.errors import RefusedInput
from engine.linking import Weights, link_anew, weights_from
from engine.linking.fit import Counted, Evaluation, count_answers, evaluate, weights_of, weights_text
from engine.linking.second_opinion import Opinion, second_opinion
from engine.store.records import Origin
from engine.workflows.desk import Desk, open_desk
from engine.workflows.ingest import ingest_file

FORM = ("party_id", "lei", "registration", "country", "name")
# In bits, by which a world that was fitted on was linked best while hardly one link in a thousand was wrong: a wrong one lays another's record at a
# party's door. A link needs odds of 16 : 1, joining what were two entities 256 : 1, setting aside contradicting numbers 128 : 1.
LINK, JOIN, REGISTERED_ANEW = 4.0, 8.0, 7.0


@dataclass(frozen=True)
class Fitted:
    """Weights fitted on one world, and how they did on another."""

    weights: Weights
    text: str
    counted: Counted
    evaluation: Evaluation
    opinion: Opinion | None


def fit_links(world: Path, trial: Path, out: Path, version: str, origin: Origin, *, ask_splink: bool = True) -> Fitted:
    """Fit on `world`, evaluate on `trial`, and write the candidate weights to `out` and the evaluation beside it.

    Args:
        world: a folder written by `python -m data.world`, with its `truth_party.jsonl`.
        trial: another such folder; the same one flatters.

    Raises:
        RefusedInput: no such world, or Splink is asked for and not installed.
    """
    with _linked(world, origin) as desk:
        cursor = desk.store.cursor()
        _lay_truth(cursor, world)
        counted = count_answers(cursor, "true_party")
        weights, shares = weights_of(counted, version, LINK, JOIN, REGISTERED_ANEW)
    text = weights_text(weights, shares, counted, {
        "what": f"Match weights of links between writings of parties, fitted {origin.at:%Y-%m-%d} by {origin.actor} on the world in {world.name} (see README.md).",
        "how": "weight = log2(m / u); m and u are the shares among pairs of one true party and of two, of pairs that share a block; pairs = [of one, of two].",
    })
    weights = weights_from(text)  # what will be read is what is evaluated
    evaluation, opinion = try_links(trial, weights, origin, shares if ask_splink else None)
    out.write_text(text, encoding="utf-8")
    out.with_suffix(".evaluation.json").write_text(json.dumps(as_told(evaluation, opinion, trial.name), indent=1) + "\n", encoding="utf-8")
    return Fitted(weights, text, counted, evaluation, opinion)


def try_links(trial: Path, weights: Weights, origin: Origin, shares=None) -> tuple[Evaluation, Opinion | None]:
    """Link a world's parties by some weights and compare with the truth; with `shares`, Splink is asked as well."""
    with _linked(trial, origin) as desk, desk.store.writing() as cursor:
        link_anew(cursor, weights)
        _lay_truth(cursor, trial)
        evaluation = evaluate(cursor, "true_party")
        opinion = second_opinion(cursor, weights, shares, "true_party") if shares else None
    return evaluation, opinion


def as_told(evaluation: Evaluation, opinion: Opinion | None, trial: str) -> dict:
    """The evaluation as one plain document."""
    told = {
        "world": trial, "forms": evaluation.forms, "parties": evaluation.parties, "true_pairs": evaluation.true_pairs,
        "precision": round(evaluation.precision, 4), "recall": round(evaluation.recall, 4),
        "altered": {
            name: {"pairs": true, "recall": round(right / max(1, true), 4), "precision": round(right / max(1, linked), 4)}
            for name, (true, right, linked, _) in evaluation.altered.items()
        },
    }
    if opinion:
        told["splink"] = {
            "largest_difference_bits": round(opinion.largest_difference, 4),
            "pairs_by_our_weights": [round(figure, 4) for figure in opinion.ours], "pairs_by_its_own": [round(figure, 4) for figure in opinion.its_own],
        }
    return told


def _linked(world: Path, origin: Origin) -> Desk:
    """A store in memory that holds a world's filings."""
    for name in ("application.jsonl", "truth_party.jsonl"):
        if not (world / name).is_file():
            raise RefusedInput(f"{world} has no {name}: expected a folder written by `python -m data.world --out {world}`. Make one, or name another.")
    desk = open_desk(Path(":memory:"), origin, create=True)
    ingest_file(desk, world / "application.jsonl", "application", origin)
    return desk


def _lay_truth(cursor: duckdb.DuckDBPyConnection, world: Path) -> None:
    """`true_party(form_id, party, altered)`; a form that two parties share has no true party and is left out."""
    owners, altered = defaultdict(set), {}
    with (world / "truth_party.jsonl").open(encoding="utf-8") as lines:
        for row in map(json.loads, lines):
            form = tuple(row.get(key) for key in FORM)
            owners[form].add(row["entity"])
            altered[form] = row["altered"]
    rows = [
        (form_id, next(iter(owners[form])), altered[form]) for form_id, *told in cursor.execute(f"select form_id, {', '.join(FORM)} from party_form").fetchall()
        if len(owners[form := tuple(told)]) == 1
    ]
    cursor.register("true_rows", pl.DataFrame(rows, schema={"form_id": pl.Int64, "party": pl.String, "altered": pl.String}, orient="row").to_arrow())
    cursor.execute("create or replace temp table true_party as select * from true_rows")
    cursor.unregister("true_rows")
