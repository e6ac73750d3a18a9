"""Draws the lot: exact inclusion probabilities for a fixed number of units, and the pivotal draw that keeps them. Knows no risk."""

from __future__ import annotations

import numpy as np

SETTLED = 1e-9  # a probability this near 0 or 1 is one: what rounding leaves of a finished duel


def inclusion_probabilities(size: np.ndarray, draws: int) -> np.ndarray:
    """First-order probabilities in proportion to size that sum to the number of draws, none above 1.

    Units whose share would pass 1 are taken for certain and the rest is shared again, until none passes.

    Args:
        size: (n,) f64 > 0.
        draws: how many are drawn, 0 to n.

    Source:
        Särndal, Swensson & Wretman (1992), Model Assisted Survey Sampling, section 3.6.2.
    """
    probability = np.zeros(len(size))
    certain = np.zeros(len(size), dtype=bool)
    while draws > certain.sum():
        rest = draws - certain.sum()
        probability = np.where(certain, 1.0, rest * size / size[~certain].sum())
        over = ~certain & (probability >= 1.0)
        if not over.any():
            return probability
        certain |= over
    return np.where(certain, 1.0, 0.0) if certain.any() else probability


def pivotal(probability: np.ndarray, seed: int) -> np.ndarray:
    """Draw by the ordered pivotal method: exactly sum(probability) units, each with exactly its probability.

    Two units at a time settle between them who goes on, so neighbours in the given order seldom come both: an order by
    stratum spreads the lot over the strata as a systematic draw would. Sampford's design has more entropy but rejects
    whole samples until one fits, which at 20,000 units and 300 draws takes longer than the rest of a plan together.

    Args:
        probability: (n,) f64 in [0, 1] with a whole number as their sum.
        seed: same seed and probabilities, same units.

    Returns:
        (n,) bool.

    Source:
        Deville & Tillé (1998), Unequal probability sampling without replacement through a splitting method, Biometrika 85(1),
        89-101; Chauvet (2012), On a characterization of ordered pivotal sampling, Bernoulli 18(4), 1320-1340.
    """
    chance = np.random.default_rng(seed).random(2 * len(probability))
    left = probability.astype(np.float64).tolist()
    drawn = [p >= 1 - SETTLED for p in left]
    open_units = [n for n, p in enumerate(left) if SETTLED < p < 1 - SETTLED]
    holder = -1
    for n, unit in enumerate(open_units):
        if holder < 0:
            holder = unit
            continue
        both, odds = left[holder] + left[unit], chance[2 * n]
        if both < 1:
            stays = holder if odds * both < left[holder] else unit
            left[holder + unit - stays], left[stays] = 0.0, both
            holder = stays
        else:
            wins = holder if odds * (2 - both) < 1 - left[unit] else unit
            other = holder + unit - wins
            drawn[wins], left[wins], left[other] = True, 1.0, both - 1
            holder = other if left[other] > SETTLED else -1
        if holder >= 0 and left[holder] >= 1 - SETTLED:
            drawn[holder], holder = True, -1
    if holder >= 0 and left[holder] > 0.5:  # only rounding is left of it
        drawn[holder] = True
    return np.array(drawn, dtype=bool)
