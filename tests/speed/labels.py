"""`python -m tests.speed.labels`: ways of learning from biased labels, compared on generated worlds whose truth is known. Never part of the tests.

Each way learns from what was known at a moment of filings before it, and scores the shipped filings after it; what became of those is the
world's own secret. The table of `engine/risk/README.md` is this one.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl

from engine.risk import evaluate
from engine.risk.calibrate import logistic, logistic_curve, population_curve
from engine.risk.groups import NOT_KNOWN, groups_of
from engine.risk.strictness import strictness
from engine.risk.train import DETECTION_BY_MODE, LEAST_PROBABILITY, Labelled, crossfit, estimate_propensity, grow
from features.catalogue import catalogue
from tests.speed.known_worlds import KnownWorld, known_world

FOUND = DETECTION_BY_MODE["on_site"]
WINDOW = timedelta(days=456)  # filings of this long after the moment are scored: those whose fate the world has had time to decide


@dataclass(frozen=True)
class Past:
    """What was known at a moment, in rows of shipped filings before it.

    Args:
        visited: a visit after shipment was known. label: 1, 0, NaN. by_visit: the label came from a visit. mode: of the visit behind the label.
        signer: who signed it. p: estimated probability of having been visited. age: days from filing to the moment.
    """

    matrix: np.ndarray
    label: np.ndarray
    by_visit: np.ndarray
    visited: np.ndarray
    mode: np.ndarray
    signer: np.ndarray
    p: np.ndarray
    age: np.ndarray
    learned_at: np.ndarray
    entity: np.ndarray
    groups: Mapping[str, np.ndarray] = field(default_factory=dict)

    def clean_share(self) -> float:
        """Of visits that found no diversion, the share that gives a label."""
        clean = self.by_visit & (self.label == 0)
        return clean.sum() / max(1, (self.visited & ~(self.by_visit & (self.label == 1))).sum())

    def rows(self, kept: np.ndarray, weight: np.ndarray, label: np.ndarray | None = None) -> Labelled:
        """The kept rows with their weights."""
        label = self.label if label is None else label
        return Labelled(
            self.matrix[kept], label[kept].astype(int), weight[kept], self.learned_at[kept], self.entity[kept], np.zeros(kept.sum(), dtype=bool),
            groups={division: group[kept] for division, group in self.groups.items()},
        )


def groups_of_world(rows: pl.DataFrame, matrix: np.ndarray) -> dict[str, np.ndarray]:
    """The groups of rows of a world's frame, as training has them."""
    return groups_of(catalogue(), matrix, *(rows[name].fill_null(NOT_KNOWN).to_numpy() for name in ("kind", "region")))


def past(world: KnownWorld, moment: datetime, seed: int) -> Past:
    """What was known at the moment."""
    book = catalogue()
    visits = world.visits.filter((pl.col("known_from") < moment) & (pl.col("known_to").is_null() | (pl.col("known_to") >= moment)))
    visits = visits.sort("known_from", "application_id").unique("application_id", keep="first", maintain_order=True)
    before = world.frame.filter(pl.col("filed_at") < moment).join(world.truth.filter("shipped").select("application_id"), on="application_id")
    joined = before.sort("subject").join(world.labels[moment].select("application_id", "label", "learned_from", "found_by"), on="application_id", how="left")
    joined = joined.join(visits.select("application_id", "mode", "signed_by"), on="application_id", how="left")
    matrix = joined.select(book.columns).to_numpy().astype(np.float64)
    visited = joined["mode"].is_not_null().to_numpy()
    learned = joined["learned_from"].fill_null(moment).to_numpy()
    return Past(
        matrix, joined["label"].cast(pl.Float64).fill_null(float("nan")).to_numpy(), (joined["found_by"] == "visit").fill_null(False).to_numpy(), visited,
        joined["mode"].fill_null("on_site").to_numpy(), joined["signed_by"].fill_null("").to_numpy(), estimate_propensity(matrix, visited.astype(int), seed),
        (pl.lit(moment) - joined["filed_at"]).pipe(lambda e: joined.select(e.dt.total_days())).to_series().to_numpy(), learned,
        joined.select(pl.col("entity").fill_null(-pl.col("subject"))).to_series().to_numpy(), groups_of_world(joined, matrix),
    )


def _weight(known: Past, *, incidents: float = 1.0, by_mode: bool = False) -> np.ndarray:
    """One over the probability of having been looked at, for rows labelled by a visit; `incidents` for the others."""
    p = np.where(known.by_visit & (known.label == 0), known.p * known.clean_share(), known.p)
    weight = np.where(known.by_visit, 1 / np.clip(p, LEAST_PROBABILITY, 1.0), incidents)
    if by_mode:
        mode = np.array([DETECTION_BY_MODE.get(one, FOUND) for one in known.mode])
        weight = np.where(known.by_visit & (known.label == 1), weight * FOUND / mode, weight)
    return weight


def _labelled(known: Past) -> np.ndarray:
    return ~np.isnan(known.label)


def naive(known: Past) -> Labelled:
    """Visited rows as they are."""
    return known.rows(_labelled(known) & known.by_visit, np.ones(len(known.label)))


def naive_with_incidents(known: Past) -> Labelled:
    """Every labelled row as it is."""
    return known.rows(_labelled(known), np.ones(len(known.label)))


def unlabelled_negative(known: Past) -> Labelled:
    """Every shipped filing; what was not found diverted counts as clean."""
    return known.rows(np.ones(len(known.label), dtype=bool), np.ones(len(known.label)), np.nan_to_num(known.label))


def weighted(known: Past) -> Labelled:
    """Visited rows weighted by one over the probability of the visit."""
    return known.rows(_labelled(known) & known.by_visit, _weight(known))


def with_incidents(known: Past) -> Labelled:
    """The same with confirmed incidents at weight one."""
    return known.rows(_labelled(known), _weight(known))


def incidents_once(known: Past) -> Labelled:
    """The same, an incident standing for itself alone after the division by detection."""
    return known.rows(_labelled(known), _weight(known, incidents=FOUND))


def by_mode(known: Past) -> Labelled:
    """The same, a finding by a visit of a weaker mode standing for those that mode misses."""
    return known.rows(_labelled(known), _weight(known, incidents=FOUND, by_mode=True))


def ripe(known: Past) -> Labelled:
    """The same, without filings younger than eighteen months: theirs are the findings that come early."""
    kept = _labelled(known) & (known.age >= 548)
    return known.rows(kept, _weight(known, incidents=FOUND, by_mode=True))


def with_background(known: Past) -> Labelled:
    """As with confirmed incidents, every other shipped filing beside them as clean with a tenth of the weight."""
    unlabelled = ~_labelled(known)
    return known.rows(np.ones(len(known.label), dtype=bool), np.where(unlabelled, 0.1, _weight(known)), np.nan_to_num(known.label))


def by_inspector(known: Past) -> Labelled:
    """As with confirmed incidents, a finding by a strict inspector standing for less and one by a lax inspector for more."""
    kept = _labelled(known)
    visit = kept & known.by_visit & (known.signer != "")
    rows = known.rows(visit, np.ones(len(known.label)))
    odds = crossfit(catalogue(), rows, 7)
    slope, level = logistic_curve(odds, rows.label, rows.weight)
    told = strictness(slope * odds + level, rows.label, known.signer[visit])
    return known.rows(kept, np.where(visit & (known.label == 1), _weight(known) * told.stands_for(known.signer), _weight(known)))


WAYS: dict[str, Callable[[Past], Labelled]] = {
    "naive on visited rows": naive, "naive, with incidents": naive_with_incidents, "unlabelled as negative": unlabelled_negative,
    "propensity-weighted visits": weighted, "weighted, with incidents (in use)": with_incidents, "incidents stand for themselves": incidents_once,
    "detection by mode": by_mode, "ripe filings only": ripe, "weighted, the unlabelled as clean at 0.1": with_background,
    "weighted by the inspector's strictness": by_inspector,
}


def with_lax_inspectors(known: Past, blind: float, seed: int) -> Past:
    """The same past had every second inspector written a clean report over this share of the diversions that they found."""
    names = np.unique(known.signer[known.signer != ""])
    lax = np.isin(known.signer, names[::2]) & known.by_visit & (known.label == 1)
    return replace(known, label=np.where(lax & (np.random.default_rng(seed).random(len(known.label)) < blind), 0.0, known.label))


@dataclass(frozen=True)
class Told:
    """How one way did on the truth: see `measured`."""

    ap: float
    auc: float
    found_at_2: float
    ratio: float
    slope: float
    ece: float


def measured(risk: np.ndarray, raw: np.ndarray, diverted: np.ndarray) -> Told:
    """Average precision, AUC, share of diversions among the top 2 %, mean risk over true rate, slope of the truth on log-odds, expected calibration error."""
    top = np.argsort(-raw, kind="stable")[: max(1, round(0.02 * len(raw)))]
    odds = np.log(np.clip(risk, 1e-6, 0.999) / (1 - np.clip(risk, 1e-6, 0.999)))
    slope, _ = logistic_curve(odds, diverted, np.ones(len(raw)))
    return Told(
        evaluate.average_precision(diverted, raw), evaluate.auc(diverted, raw), diverted[top].sum() / diverted.sum(), risk.mean() / diverted.mean(), slope,
        evaluate.calibration_error(diverted, risk),
    )


def try_way(rows: Labelled, world: KnownWorld, moment: datetime, detection: float, seed: int) -> Told:
    """Grow, calibrate and measure one way."""
    book = catalogue()
    later = world.frame.filter((pl.col("filed_at") >= moment) & (pl.col("filed_at") < moment + WINDOW))
    later = later.join(world.truth.filter("shipped"), on="application_id").sort("subject")
    diverted = later["diverted"].cast(pl.Int64).to_numpy()
    slope, level = population_curve(crossfit(book, rows, seed), rows.label, rows.weight)
    raw = grow(book, rows, seed).raw(book, later.select(book.columns).to_numpy().astype(np.float64))
    return measured(np.minimum(logistic(slope * raw + level) / detection, 0.999), raw, diverted)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="python -m tests.speed.labels", description=__doc__)
    parser.add_argument("--worlds", type=Path, required=True, help="folder where made worlds are kept")
    parser.add_argument("--applications", type=int, default=20_000)
    parser.add_argument("--seeds", type=int, nargs="+", default=[7, 8, 9, 10, 11])
    parser.add_argument("--ways", nargs="+", default=list(WAYS), choices=list(WAYS))
    parser.add_argument("--blind", type=float, default=0.0, help="share of diversions that every second inspector is made to overlook")
    asked = parser.parse_args()
    told: dict[str, list[Told]] = {}
    for seed in asked.seeds:
        world = known_world(asked.worlds, asked.applications, seed)
        for moment in (datetime(2023, 10, 1), datetime(2024, 10, 1)):
            known = with_lax_inspectors(past(world, moment, seed), asked.blind, seed)
            for name, way in ((name, WAYS[name]) for name in asked.ways):
                detection = 1.0 if way is unlabelled_negative else FOUND
                told.setdefault(name, []).append(try_way(way(known), world, moment, detection, seed))
                print(seed, moment.date(), f"{name:36}", *(f"{value:.3f}" for value in vars(told[name][-1]).values()), flush=True)
    print(table(told))


def table(told: dict[str, list[Told]]) -> str:
    """Means over the runs with the standard error of the mean, as Markdown."""
    lines = ["| way | AP | AUC | found in top 2 % | mean risk / true rate | slope | calibration error |", "|---|---|---|---|---|---|---|"]
    for name, runs in told.items():
        values = np.array([list(vars(run).values()) for run in runs])
        error = values.std(axis=0, ddof=1) / np.sqrt(len(values)) if len(values) > 1 else np.zeros(values.shape[1])
        lines.append(f"| {name} | " + " | ".join(f"{m:.3f} ± {e:.3f}" for m, e in zip(values.mean(axis=0), error, strict=True)) + " |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
