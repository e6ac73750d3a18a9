"""The trees of a LightGBM model as arrays, and the range a score can take where inputs are missing. Trains nothing."""

from __future__ import annotations

import json
from dataclasses import dataclass

import lightgbm as lgb
import numpy as np

ROWS_AT_ONCE = 512  # keeps the working arrays of a chunk within the processor's cache (measured: 2048 was 1.6 times slower)


@dataclass(frozen=True)
class Forest:
    """Every tree as a full binary tree of one depth, so that all rows walk all trees at once.

    Args:
        feature: (trees, nodes) column that a node asks about; -1 where the tree ended above.
        threshold: (trees, nodes) a value up to it goes left.
        missing_left: (trees, nodes) where a missing value goes.
        leaf: (trees, 2 ** depth) f64 log-odds.
    """

    feature: np.ndarray
    threshold: np.ndarray
    missing_left: np.ndarray
    leaf: np.ndarray
    depth: int

    def bounds(
        self, matrix: np.ndarray, missing: np.ndarray, ranges: tuple[np.ndarray, np.ndarray] | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        """The least and greatest raw score that any values of the missing inputs could give.

        At a question about a missing input both answers stay open, so each tree has a set of leaves that can be
        reached; learning the input can only shrink that set. An interval from these bounds therefore never
        narrows when an input is removed. For inputs with a monotone constraint the sum over trees is exact.

        Args:
            matrix: (n, columns) f64, NaN where missing or not applicable.
            missing: (n, columns) bool, True where the value could have been given.
            ranges: (columns,) lowest and highest value that a missing input is taken to have, absence apart; NaN = absence alone.
                Without them any value.

        Returns:
            Two (n,) f64 arrays of log-odds.
        """
        low, high = np.empty(len(matrix)), np.empty(len(matrix))
        for start in range(0, len(matrix), ROWS_AT_ONCE):
            part = slice(start, start + ROWS_AT_ONCE)
            low[part], high[part] = self._bounds(matrix[part], missing[part], ranges)
        return low, high

    def with_absence(self, low: np.ndarray, high: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Ranges drawn out until their ends answer every question at least as extremely as absence does.

        So that for an input with a monotone constraint two ordinary predictions, at the ends, hold the one without it.
        """
        low, high = low.copy(), high.copy()
        asks = self.feature >= 0
        for column in np.unique(self.feature[asks]):
            here = asks & (self.feature == column)
            left, right = self.threshold[here & self.missing_left], self.threshold[here & ~self.missing_left]
            if len(left):
                low[column] = np.fmin(low[column], left.min())
            if len(right):
                high[column] = np.fmax(high[column], np.nextafter(right.max(), np.inf))
            # A range must have both ends, or a prediction at the absent one would be that of absence.
            low[column], high[column] = np.fmin(low[column], high[column]), np.fmax(low[column], high[column])
        return low, high

    def _bounds(self, matrix: np.ndarray, missing: np.ndarray, ranges: tuple[np.ndarray, np.ndarray] | None) -> tuple[np.ndarray, np.ndarray]:
        asked = np.maximum(self.feature, 0).ravel()
        value = matrix[:, asked].reshape(len(matrix), *self.feature.shape)
        open_here = missing[:, asked].reshape(value.shape)
        left = np.where(np.isnan(value), self.missing_left, value <= self.threshold)
        if ranges is not None:
            lowest, highest = (side[asked].reshape(self.feature.shape) for side in ranges)
            with np.errstate(invalid="ignore"):  # NaN: no value, so neither side but absence's own
                open_here &= np.where(self.missing_left, highest > self.threshold, lowest <= self.threshold)
        least = np.broadcast_to(self.leaf, (len(matrix), *self.leaf.shape))
        most = least
        for level in range(self.depth - 1, -1, -1):
            nodes = slice(2**level - 1, 2 ** (level + 1) - 1)
            go_left, both = left[:, :, nodes], open_here[:, :, nodes]
            below_low, below_high = least.reshape(*least.shape[:2], -1, 2), most.reshape(*most.shape[:2], -1, 2)
            taken_low = np.where(go_left, below_low[..., 0], below_low[..., 1])
            taken_high = np.where(go_left, below_high[..., 0], below_high[..., 1])
            least = np.where(both, below_low.min(axis=-1), taken_low)
            most = np.where(both, below_high.max(axis=-1), taken_high)
        return least[..., 0].sum(axis=1), most[..., 0].sum(axis=1)


def forest_of(booster: lgb.Booster) -> Forest:
    """The trees of a trained model."""
    trees = [tree["tree_structure"] for tree in booster.dump_model()["tree_info"]]
    depth = max(1, max(_depth(tree) for tree in trees))
    inner = 2**depth - 1
    feature = np.full((len(trees), inner), -1, dtype=np.int32)
    threshold = np.zeros((len(trees), inner))
    missing_left = np.ones((len(trees), inner), dtype=bool)
    leaf = np.zeros((len(trees), 2**depth))
    for n, tree in enumerate(trees):
        _lay(tree, n, 0, 0, depth, feature, threshold, missing_left, leaf)
    return Forest(feature, threshold, missing_left, leaf, depth)


def _depth(node: dict) -> int:
    return 0 if "leaf_value" in node else 1 + max(_depth(node["left_child"]), _depth(node["right_child"]))


def _lay(node: dict, tree: int, at: int, level: int, depth: int, feature, threshold, missing_left, leaf) -> None:
    if "leaf_value" in node:
        first = (at + 1) * 2 ** (depth - level) - 2**depth
        leaf[tree, first : first + 2 ** (depth - level)] = node["leaf_value"]
        return
    if node["decision_type"] != "<=":
        raise ValueError(f"a tree asks {json.dumps(node['decision_type'])}: only numeric splits are allowed (architecture, decision 11)")
    feature[tree, at] = node["split_feature"]
    threshold[tree, at] = node["threshold"]
    missing_left[tree, at] = node["default_left"] if node["missing_type"] == "NaN" else node["threshold"] >= 0.0
    _lay(node["left_child"], tree, 2 * at + 1, level + 1, depth, feature, threshold, missing_left, leaf)
    _lay(node["right_child"], tree, 2 * at + 2, level + 1, depth, feature, threshold, missing_left, leaf)
