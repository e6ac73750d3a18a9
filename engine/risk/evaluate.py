"""How good scores are, with intervals over parties, against plain baselines. Chooses nothing."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from sklearn.metrics import average_precision_score, roc_auc_score

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
    """Area under the ROC curve; NaN where only one class is there."""
    return float(roc_auc_score(label, score, sample_weight=weight)) if 0 < label.sum() < len(label) else float("nan")


def average_precision(label: np.ndarray, score: np.ndarray, weight: np.ndarray | None = None) -> float:
    """Average precision; NaN where nothing is positive."""
    return float(average_precision_score(label, score, sample_weight=weight)) if label.sum() else float("nan")


def precision_at(label: np.ndarray, score: np.ndarray, share: float) -> float:
    """Share of positives among the highest-scored share of rows: what an authority with that capacity would find."""
    k = max(1, round(len(label) * share))
    return float(label[np.argsort(-score, kind="stable")[:k]].mean())


def with_interval(figure, label: np.ndarray, score: np.ndarray, entity: np.ndarray, seed: int, weight: np.ndarray | None = None) -> Figure:
    """A figure with a bootstrap interval over parties: rows of one end user are not independent."""
    value = figure(label, score) if weight is None else figure(label, score, weight)
    samples = [
        figure(label[i], score[i]) if weight is None else figure(label[i], score[i], weight[i]) for i in resamples(entity, seed)
    ]
    samples = np.array(samples)[~np.isnan(samples)]
    low, high = np.quantile(samples, [0.05, 0.95]) if len(samples) else (float("nan"), float("nan"))
    return Figure(value, float(low), float(high))


def resamples(entity: np.ndarray, seed: int) -> list[np.ndarray]:
    """Row indices of each bootstrap sample, drawn by party."""
    random = np.random.default_rng(seed)
    order = np.argsort(entity, kind="stable")
    names, starts = np.unique(entity[order], return_index=True)
    groups = np.split(order, starts[1:])
    return [np.concatenate([groups[g] for g in random.integers(0, len(names), len(names))]) for _ in range(RESAMPLES)]


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
