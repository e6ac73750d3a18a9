"""A model in use: trees (or the expert card), its calibration and its card, as text that can be kept and read back. Trains nothing."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from math import floor

import lightgbm as lgb
import numpy as np

from engine.errors import ModelMismatch
from engine.risk import expert
from engine.risk.calibrate import GRID, Calibration, logistic
from engine.risk.forest import Forest, forest_of
from engine.risk.groups import GroupEffects
from engine.risk.missing import Usual, beyond_usual, usual_range
from engine.risk.reference import Reference
from features.catalogue import Catalogue, Feature, catalogue

EXPERT_VERSION = "expert-card-1"
BULK_FROM = 20_000  # rows from which the bulk explainer's fixed cost pays (measured: 1 s fixed against 0.25 ms a row)


@dataclass(frozen=True)
class Model:
    """What gives scores: `trees` is LightGBM's own text, None for the expert card.

    Args:
        version: unique name.
        columns: the catalogue's columns it was trained on, in order.
        calibration: from raw score to risk.
        prior: slope and intercept at which the expert card enters the raw score, which the trees correct.
        card: what it was trained on, its figures, who promoted it and why.
        usual: what its inputs usually are, for the bounds where some are missing; None: anything they could be.
        reference: what filings and their scores looked like when it was trained, to tell drift from; None: not kept.
        groups: how far groups of filings may lie from the curve, for the interval; None: not known of, in older models and the expert card.
    """

    version: str
    columns: tuple[str, ...]
    calibration: Calibration
    trees: str | None = None
    prior: tuple[float, float] = (1.0, 0.0)
    card: dict = field(default_factory=dict)
    usual: Usual | None = None
    reference: Reference | None = None
    groups: GroupEffects | None = None

    @cached_property
    def booster(self) -> lgb.Booster:
        """The trees ready for use."""
        return lgb.Booster(model_str=self.trees)

    @cached_property
    def forest(self) -> Forest:
        """The trees as arrays, for the bounds."""
        return forest_of(self.booster)

    def check(self, book: Catalogue) -> None:
        """Refuse to score with other columns than the model was trained on."""
        if self.columns != book.columns:
            new, gone = sorted(set(book.columns) - set(self.columns)), sorted(set(self.columns) - set(book.columns))
            told = f"new {', '.join(new) or 'none'}, gone {', '.join(gone) or 'none'}" if new or gone else "the same in another order"
            raise ModelMismatch(
                f"model {self.version} was trained on {len(self.columns)} columns, the catalogue has {len(book.columns)}: {told}. Retrain with `diversion train`."
            )

    def sentence(self, column: int, value: float | None) -> str:
        """A feature's value in words, and how it stands among the filings of the year before the training.

        Contributions are told against the usual filing: "registered for 6.6 years" speaks for diversion where most are older, and
        only this says so.
        """
        feature = catalogue().features[column]
        told = feature.sentence(value)
        if value is None or self.reference is None:
            return told
        beside = _beside(feature, *self.reference.features[column].beside(value))
        return f"{told} ({beside})" if beside else told

    def contributions(self, matrix: np.ndarray, *, exact: bool = True) -> np.ndarray:
        """(n, columns + 1) log-odds by feature, the base value last; each row sums to its raw score.

        Told against the filings of the year before the training: the base value is their mean raw score, and a feature contributes what
        it moves this score beyond what it moved theirs on average. Told against an empty form and the labelled filings instead, what
        every filing has alike was among the reasons of each; the ten largest told 63 % of the variance of scores, so they tell 69 %.

        Args:
            exact: True uses LightGBM's own TreeSHAP (sums to 1e-6, what is stored); False lets many rows go through
                woodelf (float32, sums to 2e-5), several times faster.
        """
        slope, intercept = self.prior
        told = slope * expert.contributions(catalogue(), matrix)
        told[:, -1] += intercept
        if self.trees is not None:
            if exact or len(matrix) < BULK_FROM:
                told += np.asarray(self.booster.predict(matrix, pred_contrib=True, num_threads=0))
            else:
                told += _bulk_contributions(self.booster, matrix)
        if self.reference is not None and self.reference.moved:
            usual = np.array(self.reference.moved)
            told[:, :-1] -= usual
            told[:, -1] += usual.sum()
        return told

    def raw(self, matrix: np.ndarray) -> np.ndarray:
        """Raw scores in log-odds, without contributions."""
        slope, intercept = self.prior
        raw = slope * expert.contributions(catalogue(), matrix).sum(axis=1) + intercept
        return raw if self.trees is None else raw + np.asarray(self.booster.predict(matrix, raw_score=True, num_threads=0))

    def bounds(self, matrix: np.ndarray, missing: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The range of the raw score over what the missing inputs could be (see `engine.risk.missing`)."""
        if self.usual is None:
            return self._over_anything(matrix, missing)
        low, high = self._over_usual(matrix, missing)
        return low - beyond_usual(missing, self.usual.spare_low), high + beyond_usual(missing, self.usual.spare_high)

    def _over_anything(self, matrix: np.ndarray, missing: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The range over all values that the missing inputs could have."""
        slope, intercept = self.prior
        low, high = (slope * side + intercept for side in expert.bounds(catalogue(), matrix, missing))
        if self.trees is None:
            return low, high
        anything = np.full(len(self.columns), -np.inf), np.full(len(self.columns), np.inf)
        least, most = self._trees_between(matrix, missing, anything)
        return low + least, high + most

    def _over_usual(self, matrix: np.ndarray, missing: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The range over the usual values of the missing inputs, and their absence."""
        slope, intercept = self.prior
        card = slope * expert.contributions(catalogue(), matrix).sum(axis=1) + intercept
        adds = expert.between(catalogue(), self.usual.low, self.usual.high)
        least, most = self._trees_between(matrix, missing, self._usual_with_absence)
        return card + slope * (missing @ adds[0]) + least, card + slope * (missing @ adds[1]) + most

    @cached_property
    def _usual_with_absence(self) -> tuple[np.ndarray, np.ndarray]:
        return self.forest.with_absence(self.usual.low, self.usual.high)

    def _trees_between(self, matrix: np.ndarray, missing: np.ndarray, ranges: tuple[np.ndarray, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
        """The least and greatest sum of the trees over values of the missing inputs from one end of their ranges to the other.

        Under a monotone constraint every leaf on the riskier side of a question is at least every leaf on the other, so the
        extreme is reached by the extreme value, and two ordinary predictions give it. Only where an input without a
        direction is missing do the trees have to be walked with both answers open (30 times slower).
        """
        direction = np.array([feature.monotone for feature in catalogue().features], dtype=float)
        low, high = (np.where(direction == 0, np.nan, side) for side in ranges)
        risky, safe = np.where(direction < 0, low, high), np.where(direction < 0, high, low)
        most = np.asarray(self.booster.predict(np.where(missing, risky, matrix), raw_score=True, num_threads=0))
        least = np.asarray(self.booster.predict(np.where(missing, safe, matrix), raw_score=True, num_threads=0))
        free = (missing & (direction == 0)).any(axis=1)
        if free.any():
            least[free], most[free] = self.forest.bounds(matrix[free], missing[free], ranges)
        return least, most


def _beside(feature: Feature, below: float, above: float) -> str:
    """Nothing for the names of levels, and for a value in the middle."""
    if feature.ending == "level" or max(below, above) < 0.5:
        return ""
    if feature.ending == "flag":
        alike = 1 - below - above
        return f"as in {floor(alike * 100)} % of filings" if alike >= 0.01 else "as in fewer than 1 % of filings"
    return f"{'more' if below > above else 'less'} than in {floor(max(below, above) * 100)} % of filings"


ROWS_FOR_SPARES = 200  # filings over which the most that an input out of its usual range can do is looked for


def with_usual(model: Model, filings: np.ndarray, seed: int) -> Model:
    """The model with what its inputs usually are.

    Args:
        filings: (n, columns) of all filings it may learn the ranges from, labelled or not.
    """
    book, slope = catalogue(), model.prior[0]
    low, high = usual_range(filings)
    nothing = np.zeros(len(book.columns))
    usual = replace(model, usual=Usual(low, high, nothing, nothing))
    weights = slope * np.array([expert.weight(feature) for feature in book.features])
    adds = expert.between(book, low, high)
    spare_low = np.maximum(slope * adds[0] - np.minimum(weights, 0), 0)
    spare_high = np.maximum(np.maximum(weights, 0) - slope * adds[1], 0)
    rows = filings[np.random.default_rng(seed).permutation(len(filings))[:ROWS_FOR_SPARES]]
    anything = np.full(len(book.columns), -np.inf), np.full(len(book.columns), np.inf)
    for n in np.flatnonzero(model.booster.feature_importance() > 0):
        gone = np.zeros(rows.shape, dtype=bool)
        gone[:, n] = True
        given = np.where(gone, np.nan, rows)
        usually, ever = (usual._trees_between(given, gone, ranges) for ranges in (usual._usual_with_absence, anything))
        spare_low[n] += max(0.0, float((usually[0] - ever[0]).max()))
        spare_high[n] += max(0.0, float((ever[1] - usually[1]).max()))
    return replace(model, usual=Usual(low, high, spare_low, spare_high))


def _bulk_contributions(booster: lgb.Booster, matrix: np.ndarray) -> np.ndarray:
    import pandas as pd
    from woodelf import WoodelfExplainer

    frame = pd.DataFrame(matrix.astype(np.float64), columns=booster.feature_name())
    values = np.asarray(WoodelfExplainer(booster).shap_values(frame, verbose=False), dtype=np.float64)
    base = booster.predict(matrix[:1], raw_score=True)[0] - values[0].sum()
    return np.column_stack([values, np.full(len(matrix), base)])


def expert_card() -> Model:
    """The expert points card as a model: in use until a trained one is at least as good."""
    grid_low, grid_high = [], []
    # Nothing was measured: the band is a factor of three either way in odds, and the card says so.
    for raw in GRID:
        grid_low.append(float(logistic(np.array(raw - np.log(3)))))
        grid_high.append(float(logistic(np.array(raw + np.log(3)))))
    calibration = Calibration(1.0, 0.0, 1.0, tuple(grid_low), tuple(grid_high))
    card = {
        "version": EXPERT_VERSION, "kind": "expert points card",
        "says": "No trained model is in use: points follow the published guidance's directions, not findings. The probability is not calibrated.",
    }
    return Model(EXPERT_VERSION, catalogue().columns, calibration, card=card)


def to_text(model: Model) -> str:
    """A model as one JSON text."""
    return json.dumps(
        {"version": model.version, "columns": model.columns, "calibration": asdict(model.calibration), "trees": model.trees, "prior": model.prior,
         "card": model.card, "usual": model.usual and model.usual.text(), "reference": model.reference and model.reference.text(),
         "groups": model.groups and model.groups.text()},
        sort_keys=True,
    )


def from_text(text: str) -> Model:
    """A model from its text."""
    told = json.loads(text)
    calibration = told["calibration"] | {side: tuple(told["calibration"][side]) for side in ("low", "high")}
    usual = Usual.of_text(told["usual"]) if told.get("usual") else None  # older ones have none
    kept = Reference.of_text(told["reference"]) if told.get("reference") else None  # nor this
    groups = GroupEffects.of_text(told["groups"]) if told.get("groups") else None
    return Model(told["version"], tuple(told["columns"]), Calibration(**calibration), told["trees"], tuple(told["prior"]), told["card"], usual, kept, groups)
