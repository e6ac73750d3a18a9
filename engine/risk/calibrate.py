"""From a raw score to a probability with its interval: a weighted logistic curve, bootstrapped. Knows no feature."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq, minimize

GRID = np.linspace(-12.0, 8.0, 161)
RESAMPLES = 200
LEVEL = 0.90


@dataclass(frozen=True)
class Calibration:
    """How a raw score is read as a risk, and how sure that reading is.

    Args:
        slope, intercept: the logistic curve from raw score to log-odds of being *found* diverted.
        detection: assumed share of true diversions that a visit or report finds; risk is found / detection.
        low, high: the curve's 90 % band on `GRID`, both rising, in probability of being found.
        doubt_low, doubt_high: log-odds by which the risk may lie lower or higher, at 90 %, since what is assumed may be wrong
            (`engine.risk.train.doubt`); models of before it was told have 0.
    """

    slope: float
    intercept: float
    detection: float
    low: tuple[float, ...]
    high: tuple[float, ...]
    doubt_low: float = 0.0
    doubt_high: float = 0.0

    def risk(self, raw: np.ndarray) -> np.ndarray:
        """Probability of diversion, found out or not."""
        return np.minimum(logistic(self.slope * raw + self.intercept) / self.detection, 0.999)

    def interval(
        self, least: np.ndarray, most: np.ndarray, below: np.ndarray | None = None, above: np.ndarray | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        """The 90 % interval when the raw score lies between `least` and `most`.

        Both curves rise, so a wider range of the raw score can only widen the interval. The chance of the draw, the filing's group and what
        is assumed are independent of each other: their distances from the curve are added as squares. Rising stays rising by that.

        Args:
            below, above: (n,) log-odds >= 0 by which filings of the same groups may lie from the curve, at 90 %; None: not known of, as in
                models of before it was told, which then score to the bit as they did.
        """
        low, high = np.interp(least, GRID, self.low), np.interp(most, GRID, self.high)
        if below is not None and above is not None:
            low = logistic(self._odds(least) - _together(self.drawn(least)[0], below, self.doubt_low))
            high = logistic(self._odds(most) + _together(self.drawn(most)[1], above, self.doubt_high))
        low, high = low / self.detection, high / self.detection
        risk_low, risk_high = self.risk(least), self.risk(most)
        return np.minimum(np.minimum(low, risk_low), 0.999), np.minimum(np.maximum(high, risk_high), 0.999)

    def drawn(self, raw: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Log-odds by which the band of the curve alone lies below and above it: the chance of the draw."""
        odds = self._odds(raw)
        low, high = odds - log_odds(np.interp(raw, GRID, self.low)), log_odds(np.interp(raw, GRID, self.high)) - odds
        return np.maximum(low, 0.0), np.maximum(high, 0.0)

    def _odds(self, raw: np.ndarray) -> np.ndarray:
        return self.slope * raw + self.intercept


def _together(drawn: np.ndarray, group: np.ndarray, assumed: float) -> np.ndarray:
    return np.sqrt(drawn**2 + group**2 + assumed**2)


def calibrate(
    raw: np.ndarray, label: np.ndarray, weight: np.ndarray, detection: float, seed: int, entity: np.ndarray | None = None
) -> Calibration:
    """Fit the curve on scores by trees that did not see the rows.

    The slope is that of the rows as they are, and only the level is brought to the population by the weights: given the score, who was visited
    tells little of the slope, while a few rows of weight fifty make it swing (README.md: expected error 0.011 so, 0.015 with weights in both).

    Args:
        raw: (n,) raw scores. label: (n,) 0 or 1. weight: (n,) > 0, 1 / inclusion probability.
        detection: see `Calibration`.
        seed: for the bootstrap of the band.
        entity: (n,) the end user's entity, drawn as a whole; None draws rows.

    Source:
        Platt (1999), Probabilistic outputs for support vector machines; targets not smoothed as there: with clean visits that
        stand for fifty shipments each, 1 / (negatives + 2) raises the risk of everything (README.md).
    """
    slope, intercept = population_curve(raw, label, weight)
    random = np.random.default_rng(seed)
    curves = []
    for _ in range(RESAMPLES):
        drawn = _drawn(entity, len(raw), random)
        a, b = population_curve(raw[drawn], label[drawn], weight[drawn], start=(slope, intercept))
        curves.append(logistic(a * GRID + b))
    tail = (1 - LEVEL) / 2
    band = np.quantile(np.array(curves), [tail, 1 - tail], axis=0)
    centre = logistic(slope * GRID + intercept)
    low = np.maximum.accumulate(np.minimum(band[0], centre))
    high = np.maximum.accumulate(np.maximum(band[1], centre))
    return Calibration(float(slope), float(intercept), detection, tuple(low.tolist()), tuple(high.tolist()))


def _drawn(entity: np.ndarray | None, rows: int, random: np.random.Generator) -> np.ndarray:
    """One bootstrap sample of row numbers, by party where there are any."""
    if entity is None:
        return random.integers(0, rows, rows)
    names, group = np.unique(entity, return_inverse=True)
    times = np.bincount(random.integers(0, len(names), len(names)), minlength=len(names))
    return np.repeat(np.arange(rows), times[group])


def logistic(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-np.clip(x, -40, 40)))


def log_odds(p: np.ndarray) -> np.ndarray:
    """The other way round; 0 and 1 stay finite."""
    p = np.clip(p, 1e-12, 1 - 1e-12)
    return np.log(p) - np.log1p(-p)


STEEPEST, FURTHEST = 5.0, 15.0


def population_curve(raw: np.ndarray, label: np.ndarray, weight: np.ndarray, start: tuple[float, float] = (1.0, 0.0)) -> tuple[float, float]:
    """Slope of the rows as they are, and the intercept at which the weighted mean of the curve is the weighted share of positives."""
    slope, _ = logistic_curve(raw, label, np.ones(len(raw)), start)

    def excess(level: float) -> float:
        return float((weight * (logistic(slope * raw + level) - label)).sum())

    if excess(-FURTHEST) > 0 or excess(FURTHEST) < 0:  # nothing, or everything, was found
        return slope, -FURTHEST if excess(-FURTHEST) > 0 else FURTHEST
    return slope, float(brentq(excess, -FURTHEST, FURTHEST, xtol=1e-9))


def logistic_curve(raw: np.ndarray, label: np.ndarray, weight: np.ndarray, start: tuple[float, float] = (1.0, 0.0)) -> tuple[float, float]:
    """Slope and intercept of weighted Platt scaling; the slope is kept positive, so that a higher raw score is never a lower risk."""
    weight = weight / weight.mean()
    target = np.asarray(label, dtype=float)

    def loss(theta: np.ndarray) -> tuple[float, np.ndarray]:
        a, b = theta
        z = np.clip(a * raw + b, -40, 40)
        p = logistic(z)
        value = np.sum(weight * (np.logaddexp(0, z) - target * z)) + 0.5 * (a - 1) ** 2
        error = weight * (p - target)
        return float(value), np.array([np.sum(error * raw) + (a - 1), np.sum(error)])

    found = minimize(loss, np.array(start), jac=True, method="L-BFGS-B", bounds=[(0.05, STEEPEST), (-FURTHEST, FURTHEST)])
    return float(found.x[0]), float(found.x[1])
