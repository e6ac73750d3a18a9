"""How far a score may lie from what was computed, where inputs are missing: what such inputs usually are, and what the rarest could be. Trains nothing.

Adding up the worst that every missing input could be says nothing: a usual filing lacks twenty of them, and twenty red flags at
once put the upper end of most intervals at 999 in 1,000. So each missing input is given its usual range (the central 98 % of the
filings where it is known), and only as many of them as can be expected are taken to be out of it, the weightiest first, at the
most they could do. With up to `ALWAYS` missing inputs that is everything they could be.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from scipy.stats import binom

TAIL = 0.01  # on either side of the usual range; 0.05 made one in eighty intervals narrower when a single input was taken away, 0.01 one in a thousand
FEWEST_KNOWN = 20  # filings with a value, for a usual range; under this the input is usually absent, and only what is out of the usual counts
ALWAYS = 3  # missing inputs that may be out of their usual range together, however few are missing
SURE = 0.95  # of m missing inputs no more than k are out of range with this probability, were they independent


@dataclass(frozen=True)
class Usual:
    """The usual range of each column, and what lies beyond it; all in catalogue order.

    Args:
        low, high: central 98 % of the values known; NaN where fewer than `FEWEST_KNOWN` are.
        spare_low, spare_high: log-odds >= 0 by which the score can at most fall or rise when that column alone leaves its usual range.
    """

    low: np.ndarray
    high: np.ndarray
    spare_low: np.ndarray
    spare_high: np.ndarray

    def text(self) -> dict[str, list[float | None]]:
        """As lists that JSON takes."""
        return {name: [None if np.isnan(value) else value for value in getattr(self, name).tolist()] for name in ("low", "high", "spare_low", "spare_high")}

    @classmethod
    def of_text(cls, told: dict[str, list[float | None]]) -> Usual:
        """Back from its text."""
        return cls(**{name: np.array([np.nan if value is None else value for value in values]) for name, values in told.items()})


def usual_range(matrix: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Central 98 % of each column's known values; NaN where fewer than `FEWEST_KNOWN` are known."""
    low, high = np.full(matrix.shape[1], np.nan), np.full(matrix.shape[1], np.nan)
    known = ~np.isnan(matrix)
    for n in np.flatnonzero(known.sum(axis=0) >= FEWEST_KNOWN):
        # Order statistics, not interpolated: a yes/no stays yes or no.
        low[n], high[n] = np.quantile(matrix[known[:, n], n], [TAIL, 1 - TAIL], method="nearest")
    return low, high


@cache
def _together(most: int) -> np.ndarray:
    """For 0..most missing inputs: how many may be out of their usual range together; never falls."""
    missing = np.arange(most + 1)
    return np.minimum(np.maximum(binom.ppf(SURE, missing, TAIL), ALWAYS), missing).astype(int)


def beyond_usual(missing: np.ndarray, spare: np.ndarray) -> np.ndarray:
    """(n,) log-odds: the largest spares among each row's missing inputs, as many of them as may be out of range together."""
    many = missing.sum(axis=1)
    together = _together(missing.shape[1])[many]
    most = int(together.max(initial=0))
    if not most:
        return np.zeros(len(missing))
    largest = -np.sort(-np.partition(np.where(missing, spare, 0.0), -most, axis=1)[:, -most:], axis=1)
    return np.where(np.arange(most) < together[:, None], largest, 0.0).sum(axis=1)
