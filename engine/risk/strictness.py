"""How strict each inspector is, against what the visited filings were expected to show: shrunk, for weights and for auditors. Never a feature.

Half of a published gain in inspection targeting was only knowing who would go (Chicago's food inspections: AUC 0.69 with the inspector
among the features, 0.60 without): at ranking nobody knows that. What an inspector tends to find therefore stays out of the score.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

SPREADS = np.concatenate([[0.0], np.linspace(0.1, 1.5, 29)])  # standard deviations of the inspectors' effects, log-odds, that are tried
STEPS = 30  # of Newton's method; it ends sooner
LEAST, MOST = 0.5, 2.0  # one finding never stands for less than half or more than two because of who made it


@dataclass(frozen=True)
class Strictness:
    """What each inspector finds against what was to be expected of the same filings.

    Args:
        inspectors: names, sorted. visits, found, expected: by inspector; `expected` of an inspector like all.
        effect, error: shrunk log-odds against the others and its standard error; 0 where nothing tells them apart.
        spread: standard deviation of the effects, log-odds; 0 where chance alone would do as well.
        by_chance: probability of differences as large as these were all alike.
    """

    inspectors: tuple[str, ...]
    visits: np.ndarray
    found: np.ndarray
    expected: np.ndarray
    effect: np.ndarray
    error: np.ndarray
    spread: float
    by_chance: float

    def stands_for(self, inspector: np.ndarray) -> np.ndarray:
        """(n,) how many diversions like it a finding by that inspector stands for, against one by an inspector like all; 1 for the unknown."""
        known = dict(zip(self.inspectors, self.effect.tolist(), strict=True))
        return np.clip(np.exp(-np.array([known.get(name, 0.0) for name in inspector.tolist()])), LEAST, MOST)


def strictness(odds: np.ndarray, found: np.ndarray, inspector: np.ndarray) -> Strictness:
    """Estimate the inspectors' effects on the odds of a finding, given the risk of what they saw.

    A random intercept an inspector, its variance by maximum of the Laplace-approximated likelihood: with few findings it comes out 0
    and nobody is called strict.

    Args:
        odds: (n,) log-odds of a finding as far as the filing tells, by trees that did not see the row.
        found: (n,) 0 or 1. inspector: (n,) who signed; rows without a name do not belong here.

    Source:
        Breslow & Clayton (1993), J. Am. Stat. Assoc. 88(421), 9-25.
    """
    names, who = np.unique(inspector, return_inverse=True)
    fits = [_fit(odds, found, who, len(names), spread) for spread in SPREADS]
    best = int(np.argmax([fit[0] for fit in fits]))
    ratio = max(0.0, 2 * (fits[best][0] - fits[0][0]))
    _, level, effect, error = fits[best]
    expected = np.bincount(who, _logistic(odds + level), len(names))
    return Strictness(
        tuple(names.tolist()), np.bincount(who, minlength=len(names)), np.bincount(who, found, len(names)), expected, effect, error, float(SPREADS[best]),
        # The variance lies at the edge of its range under the hypothesis of none: half of the chi-square's tail.
        1.0 if best == 0 else float(0.5 * _tail(ratio)),
    )


def _fit(odds: np.ndarray, found: np.ndarray, who: np.ndarray, many: int, spread: float) -> tuple[float, float, np.ndarray, np.ndarray]:
    """Log-likelihood, common level, effects and their errors for one standard deviation of the effects."""
    level, effect = 0.0, np.zeros(many)
    prior = 1 / spread**2 if spread else np.inf
    for _ in range(STEPS):
        p = _logistic(odds + level + effect[who])
        step = (found - p).sum() / max((p * (1 - p)).sum(), 1e-9)
        level += float(np.clip(step, -1, 1))
        if spread:
            p = _logistic(odds + level + effect[who])
            slope = np.bincount(who, found - p, many) - prior * effect
            effect = effect + np.clip(slope / (np.bincount(who, p * (1 - p), many) + prior), -1, 1)
        if abs(step) < 1e-8:
            break
    z = odds + level + effect[who]
    value = float((found * z - np.logaddexp(0, z)).sum())
    if not spread:
        return value, level, effect, np.zeros(many)
    information = np.bincount(who, _logistic(z) * (1 - _logistic(z)), many)
    value -= float(0.5 * (prior * effect**2).sum() + 0.5 * np.log1p(spread**2 * information).sum())
    return value, level, effect, 1 / np.sqrt(information + prior)


def _logistic(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-np.clip(x, -40, 40)))


def _tail(ratio: float) -> float:
    from scipy.stats import chi2

    return float(chi2.sf(ratio, 1))
