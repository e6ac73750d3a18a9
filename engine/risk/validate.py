"""The figures of a model card: on later findings, on parties never seen, at the capacity there is, by group, beside plain baselines. Trains only those.

A figure of too few rows is left out and says so: noise with three decimals has misled more people than no figure.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import lightgbm as lgb
import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from engine.risk import evaluate, expert
from engine.risk.calibrate import Calibration, logistic_curve
from engine.risk.train import ROUNDS, Labelled, grow
from features.catalogue import Catalogue

FEWEST_ROWS, FEWEST_DIVERSIONS = 20, 5
DECLARED = ("goods", "route", "lanes", "carriers", "documents", "agreement", "certificates", "old_stock")  # families of what stands on the form itself
GROUP_RESAMPLES = 200
FOLDS = 5
FLAT = {"objective": "binary", "learning_rate": 0.05, "num_leaves": 15, "min_data_in_leaf": 20, "deterministic": True, "force_row_wise": True,
        "num_threads": 1, "verbosity": -1}

Scorer = Callable[[Labelled, Labelled], np.ndarray]
"""Learns from the first rows and scores the second."""


def baselines(book: Catalogue, seed: int) -> dict[str, Scorer]:
    """Name -> what a model must beat to be worth its trouble."""
    declared = np.array([feature.family in DECLARED for feature in book.features])
    return {
        "base rate": lambda earlier, later: np.zeros(len(later)),
        "expert card": lambda earlier, later: expert.contributions(book, later.matrix).sum(axis=1),
        "logistic regression": lambda earlier, later: _logistic(earlier, later),
        "LightGBM on flat declared fields": lambda earlier, later: _flat(earlier, later, declared, seed),
    }


def _logistic(earlier: Labelled, later: Labelled) -> np.ndarray:
    model = make_pipeline(StandardScaler(), LogisticRegression(C=0.1, max_iter=500))
    model.fit(_filled(earlier.matrix), earlier.label, logisticregression__sample_weight=earlier.weight)
    return model.decision_function(_filled(later.matrix))


def _filled(matrix: np.ndarray) -> np.ndarray:
    """What a logistic regression can take: missing as -1, long tails drawn in."""
    filled = np.nan_to_num(matrix, nan=-1.0)
    return np.sign(filled) * np.log1p(np.abs(filled))


def _flat(earlier: Labelled, later: Labelled, declared: np.ndarray, seed: int) -> np.ndarray:
    data = lgb.Dataset(earlier.matrix[:, declared], earlier.label, weight=np.sqrt(earlier.weight), params={"verbosity": -1})
    trees = lgb.train(FLAT | {"seed": seed}, data, num_boost_round=ROUNDS)
    return np.asarray(trees.predict(later.matrix[:, declared], raw_score=True, num_threads=1))


def by_party(book: Catalogue, rows: Labelled, seed: int) -> dict:
    """Figures on filings whose end user and broker were both never learned from, and neither of them with each other's help.

    End users and brokers are dealt into five parts each; a part's filings are scored by trees that saw no filing of its end
    users nor of its brokers. Filings whose two parties lie in different parts can stand on neither side and are counted out.
    """
    random = np.random.default_rng(seed)
    broker = np.zeros(len(rows), dtype=int) if rows.broker is None else rows.broker
    users, user = np.unique(rows.entity, return_inverse=True)
    brokers, agent = np.unique(broker, return_inverse=True)
    user_part = (random.permutation(len(users)) % FOLDS)[user]
    agent_part = np.where(broker == 0, user_part, (random.permutation(len(brokers)) % FOLDS)[agent])
    whole = user_part == agent_part
    contenders: dict[str, Scorer] = {"this model": lambda earlier, later: grow(book, earlier, seed).raw(book, later.matrix)} | baselines(book, seed)
    scores = {name: np.zeros(len(rows)) for name in contenders}
    scored = np.zeros(len(rows), dtype=bool)
    for part in range(FOLDS):
        here, elsewhere = rows.where(whole & (user_part == part)), rows.where((user_part != part) & (agent_part != part))
        if not len(here) or not 0 < elsewhere.label.sum() < len(elsewhere):
            continue
        scored |= whole & (user_part == part)
        for name, score in contenders.items():
            scores[name][whole & (user_part == part)] = score(elsewhere, here)
    told = rows.where(scored)
    answer = {"rows": len(told), "diversions": int(told.label.sum()), "left_out": int((~scored).sum())}
    return answer | ({"too_few": few} if (few := too_few(told)) else {"by": {name: ranking(told, s[scored], seed) for name, s in scores.items()}})


def too_few(rows: Labelled) -> str | None:
    """Why there is no figure; None where there are rows enough."""
    if len(rows) >= FEWEST_ROWS and rows.label.sum() >= FEWEST_DIVERSIONS and rows.label.sum() < len(rows):
        return None
    return f"no figure: {len(rows)} findings with {int(rows.label.sum())} diversions (at least {FEWEST_ROWS} with {FEWEST_DIVERSIONS} are needed)"


def ranking(rows: Labelled, score: np.ndarray, seed: int) -> dict[str, str]:
    """How well a score orders the rows, with 90 % intervals over end users."""
    return {
        "auc": str(evaluate.with_interval(evaluate.auc, rows.label, score, rows.entity, seed)),
        "average_precision": str(evaluate.with_interval(evaluate.average_precision, rows.label, score, rows.entity, seed)),
        "average_precision_weighted": str(evaluate.with_interval(evaluate.average_precision, rows.label, score, rows.entity, seed, rows.weight)),
        "precision_at_5_percent": round(evaluate.precision_at(rows.label, score, 0.05), 3),
    }


def at_capacity(rows: Labelled, scores: Mapping[str, np.ndarray], share: float, seed: int) -> dict:
    """What the visits that can be made would find, if the highest-scored shipments got them; weighted to all shipments."""
    told: dict = {"visits_per_shipment": round(share, 4), "by": {}}
    for name, score in scores.items():
        told["by"][name] = {
            what: str(evaluate.with_interval(
                lambda label, score, weight, n=n: evaluate.at_capacity(label, score, weight, share)[n], rows.label, score, rows.entity, seed, rows.weight))
            for n, what in enumerate(("precision", "diversions_found_share"))
        }
    return told


def calibration(rows: Labelled, raw: np.ndarray, curve: Calibration, seed: int) -> dict:
    """Whether the risk is what is found: slope (1 = right), expected error and the points of the reliability plot, weighted to all shipments.

    Held against what visits and reports *found*, so the risk is multiplied by the assumed detection first.
    """
    found = np.minimum(curve.risk(raw) * curve.detection, 0.999)
    odds = np.log(found / (1 - found))

    def slope(label: np.ndarray, score: np.ndarray, weight: np.ndarray) -> float:
        return logistic_curve(score, label, weight)[0] if label.any() else float("nan")

    def error(label: np.ndarray, score: np.ndarray, weight: np.ndarray) -> float:
        return evaluate.calibration_error(label, 1 / (1 + np.exp(-score)), weight, bins=5)

    def ratio(label: np.ndarray, score: np.ndarray, weight: np.ndarray) -> float:
        rate = np.average(label, weights=weight)
        return float(np.average(1 / (1 + np.exp(-score)), weights=weight) / rate) if rate else float("nan")

    return {
        "slope": str(evaluate.with_interval(slope, rows.label, odds, rows.entity, seed, rows.weight)),
        "expected_error": str(evaluate.with_interval(error, rows.label, odds, rows.entity, seed, rows.weight)),
        "expected_over_observed": str(evaluate.with_interval(ratio, rows.label, odds, rows.entity, seed, rows.weight)),
        "reliability": [
            {"share": round(share, 4), "told": round(told, 5), "found": round(rate, 5), "rows": n}
            for share, told, rate, n in evaluate.reliability(rows.label, found, rows.weight, bins=5)
        ],
    }


def by_group(rows: Labelled, score: np.ndarray, seed: int) -> dict[str, dict[str, dict]]:
    """Figures of each group of each division; those with too few rows say so."""
    told: dict[str, dict[str, dict]] = {}
    for division, group in rows.groups.items():
        told[division] = {}
        for name in sorted(set(group.tolist())):
            here = group == name
            part = rows.where(here)
            figures = {"rows": len(part), "diversions": int(part.label.sum())}
            few = too_few(part)
            told[division][str(name)] = figures | ({"too_few": few} if few else ranking_short(part, score[here], seed))
    return told


def ranking_short(rows: Labelled, score: np.ndarray, seed: int) -> dict[str, str]:
    """AUC and average precision of a group, with 90 % intervals over end users."""
    return {
        what: str(evaluate.with_interval(figure, rows.label, score, rows.entity, seed, many=GROUP_RESAMPLES))
        for what, figure in (("auc", evaluate.auc), ("average_precision", evaluate.average_precision))
    }
