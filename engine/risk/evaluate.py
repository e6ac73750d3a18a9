"""How good scores are, with intervals over parties, against plain baselines. Chooses nothing."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

RESAMPLES = 400


@dataclass(frozen=True)
class Figure:
    """A figure with its 90 % interval."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:.3f} ({self.low:.3f} to {self.high:.3f})"


def auc(label: np.ndarray, score: np.ndarray, weight: np.ndarray | None = None) -> float:
    """Area under the ROC curve, ties counted half; NaN where only one class is there."""
    if not 0 < label.sum() < len(label):
        return float("nan")
    hits, misses = _by_score(label, score, weight)
    return float((hits * (misses.sum() - np.cumsum(misses) + misses / 2)).sum() / (hits.sum() * misses.sum()))


def average_precision(label: np.ndarray, score: np.ndarray, weight: np.ndarray | None = None) -> float:
    """Average precision, rows of one score taken together; NaN where nothing is positive."""
    if not label.sum():
        return float("nan")
    hits, misses = _by_score(label, score, weight)
    seen = np.cumsum(hits)
    return float((hits * seen / (seen + np.cumsum(misses))).sum() / seen[-1])


def _by_score(label: np.ndarray, score: np.ndarray, weight: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
    """Weight of positives and of the others at each distinct score, highest first."""
    weight = np.ones(len(label)) if weight is None else weight
    order = np.argsort(-score, kind="stable")
    place = np.concatenate([[0], np.cumsum(np.diff(score[order]) != 0)])
    return np.bincount(place, (weight * label)[order]), np.bincount(place, (weight * (1 - label))[order])


def at_capacity(label: np.ndarray, score: np.ndarray, weight: np.ndarray, share: float) -> tuple[float, float]:
    """Precision among the highest-scored share of all shipments, and the share of all diversions that lie there.

    Args:
        weight: each row's shipments; the row on the line counts with the part that lies above it.
    """
    order = np.argsort(-score, kind="stable")
    taken = np.clip(share * weight.sum() - (np.cumsum(weight[order]) - weight[order]), 0, weight[order])
    hits = (taken * label[order]).sum()
    return float(hits / taken.sum()), float(hits / (weight * label).sum()) if label.any() else float("nan")


def precision_at(label: np.ndarray, score: np.ndarray, share: float) -> float:
    """Share of positives among the highest-scored share of rows: what an authority with that capacity would find.

    Rows that tie on the line count with the mean of all that tie there: a scorer that tells nothing apart must come out at the base rate, not at what
    the order of the rows happens to be (measured: 0.9 instead of 0.14 on the demonstration).
    """
    k = max(1, round(len(label) * share))
    line = np.sort(score)[-k]
    above, tied = score > line, score == line
    return float((label[above].sum() + (k - above.sum()) * label[tied].mean()) / k)


def with_interval(
    figure, label: np.ndarray, score: np.ndarray, entity: np.ndarray, seed: int, weight: np.ndarray | None = None, many: int = RESAMPLES
) -> Figure:
    """A figure with a bootstrap interval over parties: rows of one end user are not independent."""
    value = figure(label, score) if weight is None else figure(label, score, weight)
    samples = [
        figure(label[i], score[i]) if weight is None else figure(label[i], score[i], weight[i]) for i in resamples(entity, seed, many)
    ]
    samples = np.array(samples)[~np.isnan(samples)]
    low, high = np.quantile(samples, [0.05, 0.95]) if len(samples) else (float("nan"), float("nan"))
    return Figure(value, float(low), float(high))


def resamples(entity: np.ndarray, seed: int, many: int = RESAMPLES) -> list[np.ndarray]:
    """Row indices of each bootstrap sample, drawn by party."""
    random = np.random.default_rng(seed)
    order = np.argsort(entity, kind="stable")
    names, starts = np.unique(entity[order], return_index=True)
    groups = np.split(order, starts[1:])
    return [np.concatenate([groups[g] for g in random.integers(0, len(names), len(names))]) for _ in range(many)]


def probability_better(label: np.ndarray, challenger: np.ndarray, champion: np.ndarray, entity: np.ndarray, seed: int) -> tuple[float, Figure]:
    """Paired bootstrap: how sure it is that the challenger's average precision is higher, and by how much."""
    differences = np.array([
        average_precision(label[i], challenger[i]) - average_precision(label[i], champion[i]) for i in resamples(entity, seed) if label[i].any()
    ])
    if not len(differences):
        return 0.5, Figure(0.0, float("nan"), float("nan"))
    value = average_precision(label, challenger) - average_precision(label, champion)
    low, high = np.quantile(differences, [0.05, 0.95])
    return float((differences > 0).mean() + 0.5 * (differences == 0).mean()), Figure(value, float(low), float(high))


def calibration_error(label: np.ndarray, risk: np.ndarray, weight: np.ndarray | None = None, bins: int = 10) -> float:
    """Expected calibration error: how far the mean risk of tenths of the rows lies from the rate found there, on average."""
    points = reliability(label, risk, weight, bins)
    return float(sum(share * abs(told - found) for share, told, found, _ in points))


def reliability(label: np.ndarray, risk: np.ndarray, weight: np.ndarray | None = None, bins: int = 10) -> list[tuple[float, float, float, int]]:
    """(share of the weight, mean risk, rate found, rows) of equal-sized groups of rows in order of risk."""
    weight = np.ones(len(label)) if weight is None else weight
    groups = [group for group in np.array_split(np.argsort(risk, kind="stable"), bins) if len(group)]
    return [
        (float(weight[g].sum() / weight.sum()), float(np.average(risk[g], weights=weight[g])), float(np.average(label[g], weights=weight[g])), len(g))
        for g in groups
    ]
