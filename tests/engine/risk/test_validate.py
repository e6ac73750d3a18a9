"""Figures of a model card: parties never seen are really never seen, small groups say so instead of giving noise, and weights speak for all shipments."""

import numpy as np
import pytest

from engine.risk import validate
from engine.risk.calibrate import Calibration, logistic
from engine.risk.model import expert_card
from engine.risk.train import Labelled
from features.catalogue import catalogue

BOOK = catalogue()
COLUMNS = len(BOOK.features)


def rows(many: int = 400, seed: int = 0, parties: int = 80) -> Labelled:
    """Findings whose risk goes with the first two columns."""
    chance = np.random.default_rng(seed)
    matrix = np.where(chance.random((many, COLUMNS)) < 0.5, np.nan, chance.integers(0, 3, (many, COLUMNS)).astype(float))
    matrix[:, :2] = chance.integers(0, 3, (many, 2))
    label = (chance.random(many) < logistic(1.2 * matrix[:, 0] + 0.8 * matrix[:, 1] - 3.5)).astype(int)
    return Labelled(
        matrix, label, chance.uniform(1, 10, many), np.datetime64("2024-01-01") + chance.integers(0, 700, many).astype("timedelta64[D]"),
        chance.integers(1, parties, many), chance.random(many) < 0.3, np.where(chance.random(many) < 0.4, chance.integers(1, 20, many), 0),
        {"goods tier": np.where(np.arange(many) < 8, "4", np.where(np.arange(many) % 2, "1", "2"))},
    )


@pytest.fixture
def seen_apart(monkeypatch):
    """`by_party` with the trees replaced by a scorer that writes down what it learned from and what it scored."""
    passed = []

    class Told:
        def __init__(self, earlier: Labelled) -> None:
            self.earlier = earlier

        def raw(self, book, matrix: np.ndarray) -> np.ndarray:
            passed.append((self.earlier, matrix))
            return matrix[:, 0] + matrix[:, 1]

    monkeypatch.setattr(validate, "grow", lambda book, earlier, seed: Told(earlier))
    monkeypatch.setattr(validate, "baselines", lambda book, seed: {})
    return passed


def test_no_end_user_and_no_broker_stands_on_both_sides(seen_apart):
    given = rows()
    told = validate.by_party(BOOK, given, 7)
    assert len(seen_apart) == validate.FOLDS
    for earlier, scored in seen_apart:
        here = np.array([np.flatnonzero((np.nan_to_num(given.matrix, nan=-1) == np.nan_to_num(row, nan=-1)).all(axis=1))[0] for row in scored])
        assert not set(given.entity[here]) & set(earlier.entity)
        assert not (set(given.broker[here]) & set(earlier.broker)) - {0}
    assert told["rows"] + told["left_out"] == len(given) and 0 < told["left_out"] < len(given) / 2
    assert float(told["by"]["this model"]["auc"].split()[0]) > 0.65


def test_without_brokers_every_filing_is_scored_by_trees_that_saw_none_of_its_end_users(seen_apart):
    given = rows()
    told = validate.by_party(BOOK, Labelled(given.matrix, given.label, given.weight, given.learned_at, given.entity, given.by_lot), 7)
    assert told["rows"] == len(given) and told["left_out"] == 0


def test_a_group_of_few_findings_says_so_and_the_others_have_figures():
    given = rows()
    told = validate.by_group(given, given.matrix[:, 0] + given.matrix[:, 1], 7)["goods tier"]
    assert told["4"]["rows"] == 8 and "no figure" in told["4"]["too_few"] and "auc" not in told["4"]
    assert sum(one["rows"] for one in told.values()) == len(given) and sum(one["diversions"] for one in told.values()) == given.label.sum()
    for name in ("1", "2"):
        here = given.groups["goods tier"] == name
        value, low, high = (float(part) for part in told[name]["auc"].replace("(", "").replace(")", "").replace("to ", "").split())
        assert low < value < high and told[name]["diversions"] == given.label[here].sum()


@pytest.mark.parametrize(("many", "positives"), [(19, 9), (100, 4), (30, 30), (0, 0)])
def test_too_few_or_all_alike_give_no_figure(many, positives):
    few = Labelled(np.zeros((many, 1)), np.array([1] * positives + [0] * (many - positives)), np.ones(many), np.zeros(many, "datetime64[D]"), np.arange(many), np.zeros(many, bool))
    assert "no figure" in validate.too_few(few)


def test_what_the_capacity_would_find_counts_each_visit_for_the_shipments_it_stands_for():
    given = rows(2000, parties=500)
    score = given.matrix[:, 0] + given.matrix[:, 1]
    told = validate.at_capacity(given, {"good": score, "none": np.zeros(len(given))}, 0.1, 7)["by"]
    rate = np.average(given.label, weights=given.weight)
    first = {name: float(one["precision"].split()[0]) for name, one in told.items()}
    assert first["good"] > 1.3 * rate and abs(first["none"] - rate) < 0.12


def test_calibration_is_one_where_the_risk_is_what_is_found_and_less_where_it_is_told_too_steeply(monkeypatch):
    monkeypatch.setattr(validate.evaluate, "with_interval", lambda figure, label, score, entity, seed, weight: figure(label, score, weight))  # the figures alone
    chance = np.random.default_rng(5)
    raw = chance.normal(-2, 1, 6000)
    given = Labelled(np.zeros((6000, 1)), (chance.random(6000) < logistic(raw)).astype(int), np.ones(6000), np.zeros(6000, "datetime64[D]"), np.arange(6000), np.zeros(6000, bool))
    right = Calibration(1.0, 0.0, 0.8, expert_card().calibration.low, expert_card().calibration.high)
    steep = Calibration(2.0, 1.0, 0.8, right.low, right.high)
    told, off = (validate.calibration(given, raw, curve, 7) for curve in (right, steep))
    assert 0.9 < float(told["slope"]) < 1.1 and 0.9 < float(told["expected_over_observed"]) < 1.1
    assert float(off["slope"]) < 0.7 and float(off["expected_error"]) > float(told["expected_error"])
    assert sum(one["rows"] for one in told["reliability"]) == 6000
