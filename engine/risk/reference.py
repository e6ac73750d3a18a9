"""What filings and scores looked like when a model was trained, kept with it, and how far others lie from that. Judges nothing."""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np
from scipy.stats import chi2

TENTHS = np.linspace(0.1, 0.9, 9)


@dataclass(frozen=True)
class Spread:
    """How values lay: at most ten groups of about a tenth each, and those without a value.

    Args:
        edges: upper ends of the groups but the last, rising.
        counts: filings in each group, the last one those without a value.
    """

    edges: tuple[float, ...]
    counts: tuple[int, ...]

    @property
    def missing(self) -> float:
        """Share without a value."""
        return self.counts[-1] / max(1, sum(self.counts))

    def beside(self, value: float) -> tuple[float, float]:
        """Shares of the known values that lie in groups below the value's own, and above it."""
        own, known = int(np.searchsorted(self.edges, value, side="left")), max(1, sum(self.counts[:-1]))
        return sum(self.counts[:own]) / known, sum(self.counts[own + 1 : -1]) / known

    def of(self, values: np.ndarray) -> Spread:
        """Other values in the same groups."""
        known = values[~np.isnan(values)]
        within = np.bincount(np.searchsorted(self.edges, known, side="left"), minlength=len(self.edges) + 1)
        return Spread(self.edges, (*within.tolist(), int(len(values) - len(known))))


def spread(values: np.ndarray) -> Spread:
    """Lay values out in tenths; equal ones stand in one group, so there may be fewer."""
    known = values[~np.isnan(values)]
    # Order statistics, not interpolated, and never the greatest of all: a yes/no has one edge, above no.
    edges = np.unique(np.quantile(known, TENTHS, method="nearest")) if len(known) else np.empty(0)
    edges = edges[edges < known.max()] if len(known) else edges
    return Spread(tuple(edges.tolist()), ()).of(values)


def stability_index(then: Spread, now: Spread) -> float:
    """Population stability index; half a filing is added to each group, so that an empty one does not make it infinite.

    Source:
        Siddiqi (2006), Credit Risk Scorecards, ch. 9.
    """
    a, b = (np.array(one.counts) + 0.5 for one in (then, now))
    p, q = a / a.sum(), b / b.sum()
    return float(((p - q) * np.log(p / q)).sum())


def by_chance(then: Spread, now: Spread, level: float) -> float:
    """What the index exceeds with probability 1 - `level` though both were drawn from one population.

    Source:
        Yurdakul & Naranjo (2020), J. Risk Model Validation 14(4): about (1/n + 1/m) chi-square with groups - 1 degrees of freedom.
    """
    groups = sum(a + b > 0 for a, b in zip(then.counts, now.counts, strict=True))
    sizes = 1 / max(1, sum(then.counts)) + 1 / max(1, sum(now.counts))
    return float(sizes * chi2.ppf(level, max(1, groups - 1)))


@dataclass(frozen=True)
class Reference:
    """The filings of the year before the training, as of their filing, whether shipped or not.

    Args:
        first_day, last_day: of their filing, as text.
        filings: how many were looked at.
        features: by column, in catalogue order.
        risk: of their scores by this model. mean_risk: on average.
        moved: by column, log-odds by which it moved their scores on average; empty: not kept, in older models.
    """

    first_day: str
    last_day: str
    filings: int
    features: tuple[Spread, ...]
    risk: Spread
    mean_risk: float
    moved: tuple[float, ...] = ()

    def text(self) -> dict:
        """As JSON takes it."""
        return asdict(self)

    @classmethod
    def of_text(cls, told: dict) -> Reference:
        """Back from its text."""
        def back(one: dict) -> Spread:
            return Spread(tuple(one["edges"]), tuple(one["counts"]))

        features = tuple(back(one) for one in told["features"])
        return cls(told["first_day"], told["last_day"], told["filings"], features, back(told["risk"]), told["mean_risk"], tuple(told.get("moved", ())))


def reference(matrix: np.ndarray, risk: np.ndarray, moved: np.ndarray, first_day: str, last_day: str) -> Reference:
    """Lay out the filings of a period.

    Args:
        matrix: (n, columns). risk: (n,) and moved: (n, columns) contributions in log-odds, by the model that it will be kept with.
    """
    features = tuple(spread(matrix[:, n]) for n in range(matrix.shape[1]))
    return Reference(first_day, last_day, len(matrix), features, spread(risk), float(risk.mean()), tuple(moved.mean(axis=0).tolist()))
