"""`python -m tests.speed.coverage`: does the 90 % interval of a risk hold the true rate of later filings? On generated worlds; never part of the tests.

No interval can hold a single filing's own probability: it hangs on causes that no filing shows. What it claims is the rate among filings of that
score, so that is what it is held against: the world's own probabilities of all shipped filings of the fifteen months after the moment, smoothed
over the score by isotonic regression. Covered is a filing whose interval holds the value of that curve at its score; within a group (kind of
filing, goods tier, region, newness of the end user) the curve is the group's own. Told by tenths of the risk, three ways: the curve alone, with
what groups and assumptions add, and as given, with missing inputs.
"""

from __future__ import annotations

import argparse
from datetime import datetime
from pathlib import Path

import numpy as np
import polars as pl
from sklearn.isotonic import IsotonicRegression

from engine.risk.explain import assess_matrix
from engine.risk.model import Model, with_usual
from engine.risk.policy import policy_in_force
from engine.risk.train import Labelled, calibrated, grow
from features.catalogue import catalogue
from tests.speed.known_worlds import KnownWorld, known_world
from tests.speed.labels import WINDOW, groups_of_world, measured, past, with_incidents

FEWEST = 120  # filings of a group, for a curve of its own


def learned(world: KnownWorld, moment: datetime, seed: int) -> Model:
    """A model as training makes it, of what was known at a moment."""
    book, known = catalogue(), past(world, moment, seed)
    rows: Labelled = with_incidents(known)
    grown = grow(book, rows, seed)
    curve, groups = calibrated(book, rows, seed)
    model = Model("bench", book.columns, curve, grown.booster.model_to_string(), (grown.slope, grown.intercept), groups=groups)
    return with_usual(model, known.matrix, seed)


def held(low: np.ndarray, high: np.ndarray, score: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """(n,) bool: the interval holds the true rate among filings of that score."""
    rate = IsotonicRegression(out_of_bounds="clip").fit(score, truth).predict(score)
    return (low <= rate) & (rate <= high)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="python -m tests.speed.coverage", description=__doc__)
    parser.add_argument("--worlds", type=Path, required=True, help="folder where made worlds are kept")
    parser.add_argument("--applications", type=int, default=20_000)
    parser.add_argument("--seeds", type=int, nargs="+", default=[7, 8, 9, 10])
    asked = parser.parse_args()
    book, policy, told = catalogue(), policy_in_force(), {}

    def note(what: str, value: float) -> None:
        told.setdefault(what, []).append(value)

    for seed in asked.seeds:
        world = known_world(asked.worlds, asked.applications, seed)
        for moment in (datetime(2023, 10, 1), datetime(2024, 10, 1)):
            model = learned(world, moment, seed)
            later = world.frame.filter((pl.col("filed_at") >= moment) & (pl.col("filed_at") < moment + WINDOW))
            later = later.join(world.truth.filter("shipped"), on="application_id").sort("subject")
            matrix, truth = later.select(book.columns).to_numpy().astype(np.float64), later["risk"].to_numpy()
            groups = groups_of_world(later, matrix)
            given, curve = assess_matrix(book, model, policy, matrix, groups, exact=False), model.calibration
            ends = {
                "curve alone": curve.interval(given.raw, given.raw), "with groups": curve.interval(given.raw, given.raw, given.below, given.above),
                "as given": (given.low, given.high),
            }
            note("spread of groups", model.groups.spread)
            sight = measured(given.risk, given.raw, later["diverted"].cast(pl.Int64).to_numpy())
            for name, value in vars(sight).items():
                note(f"figure {name}", float(value))
            for name, (low, high) in ends.items():
                inside = held(low, high, given.raw, truth)
                note(f"{name}: all", inside.mean())
                note(f"{name}: median width, in 1,000", 1000 * float(np.median(high - low)))
                for n, part in enumerate(np.array_split(np.argsort(given.raw, kind="stable"), 10), start=1):
                    note(f"{name}: tenth {n}", inside[part].mean())
            for division, group in groups.items():
                for name in sorted(set(group.tolist())):
                    here = group == name
                    if here.sum() < FEWEST:
                        continue
                    for which, (low, high) in ends.items():
                        note(f"{which}: {division} {name}", held(low[here], high[here], given.raw[here], truth[here]).mean())
                        note(f"{which}: {division} {name}: median width, in 1,000", 1000 * float(np.median((high - low)[here])))
            print(seed, moment.date(), *(f"{name} {values[-1]:.3f};" for name, values in told.items() if "tenth" not in name), flush=True)
    print("| covered | mean ± s.e. | least | most | runs |\n|---|--:|--:|--:|--:|")
    for name, values in told.items():
        error = np.std(values, ddof=1) / np.sqrt(len(values)) if len(values) > 1 else 0.0
        print(f"| {name} | {np.mean(values):.3f} ± {error:.3f} | {min(values):.3f} | {max(values):.3f} | {len(values)} |")


if __name__ == "__main__":
    main()
