"""From a feature matrix to risk, interval, band and reasons, many rows at once. Reads no record; evidence is joined on later."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.risk.model import Model
from engine.risk.policy import Policy
from features.catalogue import Catalogue

REASONS = 10


@dataclass(frozen=True)
class Assessment:
    """Scores of n rows.

    Args:
        contributions: (n, columns + 1) log-odds, the base value last.
        raw, risk, low, high: (n,) f64.
        bands: (n,) names.
        top: (n, 10) columns of the largest contributions, largest first; ties by catalogue order.
        missing: (n, columns) bool, inputs that could have been given.
    """

    matrix: np.ndarray
    contributions: np.ndarray
    raw: np.ndarray
    risk: np.ndarray
    low: np.ndarray
    high: np.ndarray
    bands: np.ndarray
    top: np.ndarray
    missing: np.ndarray


def missing_inputs(book: Catalogue, matrix: np.ndarray) -> np.ndarray:
    """(n, columns) True where a value is absent that could have been given; a question that does not arise is not missing."""
    could_be_given = np.array([feature.when_null == "missing" for feature in book.features])
    return np.isnan(matrix) & could_be_given


def assess_matrix(book: Catalogue, model: Model, policy: Policy, matrix: np.ndarray, *, exact: bool = True) -> Assessment:
    """Score every row of a matrix in catalogue order."""
    model.check(book)
    contributions = model.contributions(matrix, exact=exact)
    # Not the sum of the contributions, which differs in its last bit: one at a time and in bulk give one score.
    raw = model.raw(matrix)
    missing = missing_inputs(book, matrix)
    least, most = raw.copy(), raw.copy()
    rows = missing.any(axis=1)
    if rows.any():
        low, high = model.bounds(matrix[rows], missing[rows])
        least[rows], most[rows] = np.minimum(low, raw[rows]), np.maximum(high, raw[rows])
    risk = model.calibration.risk(raw)
    low, high = model.calibration.interval(least, most)
    top = np.argsort(-np.abs(contributions[:, :-1]), axis=1, kind="stable")[:, :REASONS]
    return Assessment(matrix, contributions, raw, risk, low, high, policy.bands(risk), top, missing)


def family_sums(book: Catalogue, contributions: np.ndarray) -> dict[str, np.ndarray]:
    """Family -> (n,) the sum of its features' contributions."""
    sums, start = {}, 0
    for family in book.families:
        sums[family.name] = contributions[:, start : start + len(family.features)].sum(axis=1)
        start += len(family.features)
    return sums
