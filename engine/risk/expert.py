"""The expert points card: a score from the catalogue's directions alone, for the days before there is a trained model.

Each feature is brought to 0..1 by its unit and adds points in its direction; strong and weak evidence follow the
published guidance ("+ (strong)", "+ (weak)" in the register of indicators). No label was seen.
"""

from __future__ import annotations

from collections import Counter
from functools import cache
from math import sqrt

import numpy as np

from features.catalogue import Catalogue, Feature, catalogue

BASE_LOG_ODDS = -4.6  # 1 in 100: the order of the published rates of confirmed diversion among checked licences [K]
POINTS = 0.45  # log-odds of one full ordinary red flag
STRONG = {"EU-15", "DC-03", "DC-05", "DC-06", "RT-11", "RT-13", "BR-01", "CR-09", "EU-17", "OS-05"}
WEAK = {"EU-20", "DC-08", "RT-04", "EX-02", "EX-06"}
FACTOR_STRONG, FACTOR_WEAK = 3.0, 0.4
FULL_AT_ONE = {"end_user_prior_diversions_count"}  # one confirmed diversion says what three would


@cache
def _of_indicator() -> Counter[str]:
    """Indicator -> how many features compute it."""
    return Counter(feature.indicator for feature in catalogue().features)


def weight(feature: Feature) -> float:
    """Log-odds at the feature's full strength, with the sign of its direction; 0 where the direction is free."""
    # Features of one indicator are neither independent nor one: n of them count as the root of n, or a closer look would itself raise the score.
    factor = FACTOR_STRONG if feature.indicator in STRONG else FACTOR_WEAK if feature.indicator in WEAK else 1.0
    return feature.monotone * POINTS * factor / sqrt(_of_indicator()[feature.indicator])


def strength(feature: Feature, values: np.ndarray) -> np.ndarray:
    """A feature's values brought to 0..1 by its unit; missing stays NaN."""
    ending = feature.name.rsplit("_", 1)[-1]
    with np.errstate(invalid="ignore", divide="ignore"):
        match ending:
            case "count":
                scaled = values if feature.name in FULL_AT_ONE else values / 3
            case "level":
                scaled = values / 4
            case "days":
                scaled = values / 3650
            case "ratio":
                scaled = np.log(np.maximum(values, 1)) / np.log(10)
            case "eur":
                scaled = np.log10(np.maximum(values, 1)) / 9
            case _:
                scaled = values
    return np.clip(scaled, 0, 1)


def contributions(book: Catalogue, matrix: np.ndarray) -> np.ndarray:
    """(n, columns + 1) log-odds by feature, the base last; a missing input adds nothing either way."""
    told = np.zeros((len(matrix), len(book.features) + 1))
    for n, feature in enumerate(book.features):
        told[:, n] = np.nan_to_num(weight(feature) * strength(feature, matrix[:, n]))
    told[:, -1] = BASE_LOG_ODDS
    return told


def bounds(book: Catalogue, matrix: np.ndarray, missing: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The least and greatest raw score that any values of the missing inputs could give."""
    known = contributions(book, matrix).sum(axis=1)
    weights = np.array([weight(feature) for feature in book.features])
    return known + missing @ np.minimum(weights, 0), known + missing @ np.maximum(weights, 0)


def between(book: Catalogue, low: np.ndarray, high: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """By column, the least and most that values from `low` to `high` add, absence included; 0 where there is no range."""
    ends = np.stack([contributions(book, side[None, :])[0, :-1] for side in (low, high)])
    return np.minimum(ends.min(axis=0), 0.0), np.maximum(ends.max(axis=0), 0.0)
