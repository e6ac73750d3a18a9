"""From a feature matrix to risk, interval, band and reasons, many rows at once. Reads no record; evidence is joined on later."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from engine.risk.groups import DIVISIONS, NOT_KNOWN
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
        least, most: (n,) f64, the range of the raw score over what the missing inputs could be.
        below, above: (n,) f64 log-odds, see `engine.risk.groups`; None where the model knows of no groups.
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
    least: np.ndarray
    most: np.ndarray
    below: np.ndarray | None = None
    above: np.ndarray | None = None


def missing_inputs(book: Catalogue, matrix: np.ndarray) -> np.ndarray:
    """(n, columns) True where a value is absent that could have been given; a question that does not arise is not missing."""
    could_be_given = np.array([feature.when_null == "missing" for feature in book.features])
    return np.isnan(matrix) & could_be_given


def assess_matrix(
    book: Catalogue, model: Model, policy: Policy, matrix: np.ndarray, groups: Mapping[str, np.ndarray] | None = None, *, exact: bool = True
) -> Assessment:
    """Score every row of a matrix in catalogue order.

    Args:
        groups: division -> (n,) names (`engine.risk.groups.groups_of`); without them each filing is taken for what the labels know least of.
    """
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
    below, above = model.groups.apart(groups, len(matrix)) if model.groups else (None, None)
    low, high = model.calibration.interval(least, most, below, above)
    top = np.argsort(-np.abs(contributions[:, :-1]), axis=1, kind="stable")[:, :REASONS]
    return Assessment(matrix, contributions, raw, risk, low, high, policy.bands(risk), top, missing, least, most, below, above)


def family_sums(book: Catalogue, contributions: np.ndarray) -> dict[str, np.ndarray]:
    """Family -> (n,) the sum of its features' contributions."""
    sums, start = {}, 0
    for family in book.families:
        sums[family.name] = contributions[:, start : start + len(family.features)].sum(axis=1)
        start += len(family.features)
    return sums


def why_so_wide(model: Model, told: Assessment, row: int, groups: Mapping[str, np.ndarray]) -> tuple[str, ...]:
    """What makes the interval of a row as wide as it is, in sentences, the weightiest first; nothing where the model tells no parts."""
    if model.groups is None or told.below is None or told.above is None:
        return ()
    curve, here = model.calibration, slice(row, row + 1)
    missing = int(told.missing[row].sum())
    open_low, open_high = (float(curve.slope * side[row]) for side in (told.raw - told.least, told.most - told.raw))
    drawn_low, drawn_high = (float(side[0]) for side in curve.drawn(told.raw[here]))
    names = [(division, str(groups[division][row])) for division in DIVISIONS]
    held = [f"{division} {name.replace('_', ' ')}: {one.labelled:,}, {one.diversions:,} diverted" for division, name in names if name != NOT_KNOWN
            for one in (model.groups.held_of(division, name),)]
    untold = [f"{division} not told: taken for the least known" for division, name in names if name == NOT_KNOWN]
    parts = [
        (open_low, open_high, f"Missing inputs ({missing}), by what they could be"),
        (float(told.below[row]), float(told.above[row]), f"How little is known of filings like it, of {model.groups.labelled:,} with labels ({'; '.join([*held, *untold])})"),
        (drawn_low, drawn_high, "The chance of which filings have labels"),
        (curve.doubt_low, curve.doubt_high, "What is assumed of detection and of who was visited"),
    ]
    parts.sort(key=lambda part: -(part[0] + part[1]))
    return tuple(f"{text}: the odds may be from {np.exp(-low):.2g} to {np.exp(high):.2g} times what is told." for low, high, text in parts if low + high > 0)
