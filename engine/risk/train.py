"""Trains the trees under the catalogue's monotone constraints, on labels weighted by how likely they were to be had. Calibrates apart."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from itertools import pairwise
from math import hypot, log

import lightgbm as lgb
import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from engine.risk import expert
from engine.risk.calibrate import Calibration, calibrate, logistic_curve
from engine.risk.groups import DIVISIONS, GroupEffects, group_effects
from features.catalogue import Catalogue

# Hyper-parameters live here and in the card, not in the settings. Shallow trees keep exact reasons fast (architecture, decision 11).
PARAMETERS = {
    "objective": "binary", "learning_rate": 0.05, "num_leaves": 12, "max_depth": 4, "min_data_in_leaf": 20,
    "lambda_l2": 5.0, "feature_fraction": 0.6, "bagging_fraction": 0.8, "bagging_freq": 1, "min_gain_to_split": 0.01,
    "monotone_constraints_method": "basic", "deterministic": True, "force_row_wise": True, "num_threads": 1, "verbosity": -1,
}
# One thread: on a few hundred rows two are slower, and on a busy machine a hundred times (each waits for the other at every split).
ROUNDS = 160

# Assumed share of true diversions that each way of looking finds [K]; written into every model card.
DETECTION_BY_MODE = {"on_site": 0.8, "delegated": 0.6, "remote": 0.5, "documentary": 0.3}
# What it may as well be, at 90 % [K]: most of what there is, or what a visit sees that comes before the goods are moved on.
DETECTION_RANGE_BY_MODE = {"on_site": (0.6, 0.95), "delegated": (0.4, 0.8), "remote": (0.3, 0.7), "documentary": (0.15, 0.5)}
LEAST_PROBABILITY = 0.02  # inclusion probabilities are clipped here: one visit never stands for more than fifty shipments
# By what factor the odds of a visit may differ between diverted and clean filings that look the same, at 90 % [K]: officers see more than the filing.
HIDDEN_CHOICE = 1.25


@dataclass(frozen=True)
class Labelled:
    """Rows that teach.

    Args:
        matrix: (n, columns) f64 in catalogue order, NaN where missing.
        label: (n,) 0 or 1, contract section 2.
        weight: (n,) 1 / inclusion probability, clipped; 1 for what was reported without a visit.
        learned_at: (n,) datetime64 when the label became known; splits are by it.
        entity: (n,) the end user's entity, for resampling by party.
        by_lot: (n,) bool, found by a visit drawn by lot.
        broker: (n,) the broker's entity, 0 where there is none; for splits by party.
        groups: name of a division -> (n,) the group of each row, for figures by group.
    """

    matrix: np.ndarray
    label: np.ndarray
    weight: np.ndarray
    learned_at: np.ndarray
    entity: np.ndarray
    by_lot: np.ndarray
    broker: np.ndarray | None = None
    groups: Mapping[str, np.ndarray] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.label)

    def where(self, rows: np.ndarray) -> Labelled:
        """The rows of a mask or index."""
        return Labelled(
            self.matrix[rows], self.label[rows], self.weight[rows], self.learned_at[rows], self.entity[rows], self.by_lot[rows],
            None if self.broker is None else self.broker[rows], {name: group[rows] for name, group in self.groups.items()},
        )


@dataclass(frozen=True)
class Grown:
    """Trees that correct the expert card: raw score = slope x card + intercept + trees, in log-odds."""

    booster: lgb.Booster
    slope: float
    intercept: float

    def raw(self, book: Catalogue, matrix: np.ndarray) -> np.ndarray:
        """Raw scores."""
        card = expert.contributions(book, matrix).sum(axis=1)
        return self.slope * card + self.intercept + np.asarray(self.booster.predict(matrix, raw_score=True, num_threads=1))


def grow(book: Catalogue, rows: Labelled, seed: int) -> Grown:
    """Grow the trees for these rows: same rows and seed, same trees on every machine and thread count.

    Boosting starts at the expert card, brought to the labels' scale, so that a few hundred findings correct what the
    guidance says instead of learning it anew (three later periods of a generated world, 643 labels: average precision
    0.45 so, 0.32 from nothing, 0.39 the card alone). Trees are grown with the square root of the weights: full ones made
    them follow the few visits that stand for many shipments (0.42). Calibration uses the full weights.
    """
    card = expert.contributions(book, rows.matrix).sum(axis=1)
    slope, intercept = logistic_curve(card, rows.label, rows.weight)
    weight = np.sqrt(rows.weight)
    parameters = PARAMETERS | {"monotone_constraints": [feature.monotone for feature in book.features], "seed": seed}
    data = lgb.Dataset(
        rows.matrix, rows.label, weight=weight / weight.mean(), init_score=slope * card + intercept,
        feature_name=list(book.columns), params={"verbosity": -1},
    )
    return Grown(lgb.train(parameters, data, num_boost_round=ROUNDS), slope, intercept)


FOLDS = 5


def crossfit(book: Catalogue, rows: Labelled, seed: int) -> np.ndarray:
    """(n,) raw scores of each row by trees that saw no row of its end user: what calibration and intervals are fitted on."""
    names, group = np.unique(rows.entity, return_inverse=True)
    fold = np.random.default_rng(seed).permutation(len(names))[group] % FOLDS
    raw = np.empty(len(rows))
    for n in range(FOLDS):
        held = fold == n
        if held.any():
            raw[held] = grow(book, rows.where(~held), seed).raw(book, rows.matrix[held])
    return raw


def doubt() -> tuple[float, float]:
    """Log-odds by which the risk may lie lower and higher since what is assumed may be wrong: detection on site, and choice of visits by what no filing shows.

    Source:
        Tan (2006), J. Am. Stat. Assoc. 101(476), 1619-1637 (hidden choice as a factor on the odds of being seen).
    """
    assumed, (least, most) = DETECTION_BY_MODE["on_site"], DETECTION_RANGE_BY_MODE["on_site"]
    return hypot(log(most / assumed), log(HIDDEN_CHOICE)), hypot(log(assumed / least), log(HIDDEN_CHOICE))


def calibrated(book: Catalogue, rows: Labelled, seed: int) -> tuple[Calibration, GroupEffects | None]:
    """The curve from raw score to risk and what groups add to its doubt, on scores of each filing by trees that saw none of its end user's.

    Returns:
        The second is None where the rows' groups are not told.
    """
    raw = crossfit(book, rows, seed)
    low, high = doubt()
    curve = calibrate(raw, rows.label, rows.weight, DETECTION_BY_MODE["on_site"], seed, rows.entity)
    told = group_effects(raw, rows.label, rows.weight, rows.groups) if set(DIVISIONS) <= set(rows.groups) else None
    return replace(curve, doubt_low=low, doubt_high=high), told


def estimate_propensity(matrix: np.ndarray, visited: np.ndarray, seed: int) -> np.ndarray:
    """How likely each shipped application was to be visited, where no plan says it.

    Past visits were chosen by people who saw the same filings; a plain logistic regression on the features is enough
    to undo the bulk of that choice, and cannot give a probability of 0 to anything resembling what was visited.

    Source:
        Rosenbaum & Rubin (1983), Biometrika 70(1), 41-55.
    """
    filled = np.nan_to_num(np.clip(matrix, -1e6, 1e6), nan=-1.0)
    model = make_pipeline(StandardScaler(), LogisticRegression(C=0.05, max_iter=400, random_state=seed))
    model.fit(np.sign(filled) * np.log1p(np.abs(filled)), visited)
    return np.clip(model.predict_proba(np.sign(filled) * np.log1p(np.abs(filled)))[:, 1], LEAST_PROBABILITY, 1.0)


def split_by_time(at: np.ndarray, shares: tuple[float, ...]) -> list[np.ndarray]:
    """Masks of consecutive periods holding about these shares of the rows; never at random, since parties return."""
    order = np.sort(at)
    edges = [order[0], *(order[min(int(len(order) * s), len(order) - 1)] for s in np.cumsum(shares)[:-1]), order[-1] + np.timedelta64(1, "us")]
    return [(at >= a) & (at < b) for a, b in pairwise(edges)]
