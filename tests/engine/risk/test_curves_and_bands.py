"""From raw score to risk, interval and band: in order, never narrower for knowing less, and honest about what is not found."""

import numpy as np
import pytest

from engine.risk import expert
from engine.risk.calibrate import Calibration, calibrate, logistic, population_curve
from engine.risk.evaluate import auc, average_precision, precision_at, probability_better, with_interval
from engine.risk.explain import assess_matrix, missing_inputs
from engine.risk.model import expert_card, from_text, to_text
from engine.risk.policy import BANDS, policy_in_force
from features.catalogue import catalogue

BOOK = catalogue()


@pytest.fixture(scope="module")
def learned() -> Calibration:
    chance = np.random.default_rng(4)
    raw = chance.normal(-2, 1.5, 800)
    found = chance.random(800) < logistic(1.3 * raw - 0.4) * 0.8
    return calibrate(raw, found.astype(int), np.ones(800), 0.8, 4)


def test_a_higher_score_is_never_a_lower_risk(learned):
    raw = np.linspace(-10, 8, 500)
    assert (np.diff(learned.risk(raw)) >= 0).all() and learned.slope > 0


def test_the_curve_finds_the_share_that_was_there(learned):
    raw = np.random.default_rng(5).normal(-2, 1.5, 20000)
    assert abs(learned.risk(raw).mean() - logistic(1.3 * raw - 0.4).mean()) < 0.04


def test_what_is_not_found_is_counted_in(learned):
    sure = Calibration(learned.slope, learned.intercept, 1.0, learned.low, learned.high)
    assert learned.risk(np.array([-2.0]))[0] == pytest.approx(sure.risk(np.array([-2.0]))[0] / 0.8)


def test_weights_bring_back_the_share_of_the_population():
    chance = np.random.default_rng(9)
    raw = chance.normal(0, 1, 8000)
    found = (chance.random(8000) < logistic(raw - 2)).astype(int)
    seen = chance.random(8000) < np.where(found == 1, 0.5, 0.05)
    weight = np.where(found == 1, 2.0, 20.0)[seen]
    curve = calibrate(raw[seen], found[seen], weight, 1.0, 1)
    assert abs(curve.risk(raw).mean() - found.mean()) < 0.03
    assert calibrate(raw[seen], found[seen], np.ones(seen.sum()), 1.0, 1).risk(raw).mean() > 2 * found.mean()


def test_weights_set_the_level_and_a_few_heavy_rows_do_not_swing_the_slope():
    chance = np.random.default_rng(3)
    raw = chance.normal(-1, 1.2, 300)
    found = (chance.random(300) < logistic(raw)).astype(int)
    heavy = np.where((chance.random(300) < 0.03) & (found == 0), 50.0, 1.0)
    slope, level = population_curve(raw, found, heavy)
    assert slope == population_curve(raw, found, np.ones(300))[0] and abs(slope - 1) < 0.35
    assert np.average(logistic(slope * raw + level), weights=heavy) == pytest.approx(np.average(found, weights=heavy))
    assert population_curve(raw, np.zeros(300, dtype=int), heavy)[1] < -10  # nothing found is no error


def test_the_interval_holds_the_risk_and_widens_with_the_range(learned):
    raw = np.linspace(-8, 5, 100)
    low, high = learned.interval(raw, raw)
    wider_low, wider_high = learned.interval(raw - 0.5, raw + 0.5)
    assert ((low <= learned.risk(raw)) & (learned.risk(raw) <= high)).all()
    assert (wider_low <= low).all() and (wider_high >= high).all() and (high <= 0.999).all()


def test_the_band_of_the_curve_is_wider_with_fewer_findings():
    chance = np.random.default_rng(2)
    raw = chance.normal(-1, 1, 1600)
    found = (chance.random(1600) < logistic(raw)).astype(int)
    widths = [np.subtract(*calibrate(raw[:n], found[:n], np.ones(n), 1.0, 1).interval(np.zeros(1), np.zeros(1))[::-1])[0] for n in (100, 1600)]
    assert widths[0] > 2 * widths[1]


def test_calibration_is_the_same_for_a_seed(learned):
    chance = np.random.default_rng(4)
    raw = chance.normal(-2, 1.5, 800)
    found = chance.random(800) < logistic(1.3 * raw - 0.4) * 0.8
    assert calibrate(raw, found.astype(int), np.ones(800), 0.8, 4) == learned


def test_removing_an_input_never_narrows_the_interval():
    model, policy = expert_card(), policy_in_force()
    chance = np.random.default_rng(1)
    for _ in range(30):
        row = np.where(chance.random(len(BOOK.features)) < 0.3, np.nan, chance.integers(0, 4, len(BOOK.features)).astype(float))
        whole = assess_matrix(BOOK, model, policy, row[None, :])
        for column in np.flatnonzero(~np.isnan(row) & missing_inputs(BOOK, np.full((1, len(row)), np.nan))[0]):
            less = row.copy()
            less[column] = np.nan
            told = assess_matrix(BOOK, model, policy, less[None, :])
            assert told.low[0] <= whole.low[0] + 1e-12 and told.high[0] >= whole.high[0] - 1e-12


def test_reasons_and_base_sum_to_the_raw_score():
    told = assess_matrix(BOOK, expert_card(), policy_in_force(), np.random.default_rng(1).integers(0, 4, (20, len(BOOK.features))).astype(float))
    assert np.allclose(told.contributions.sum(axis=1), told.raw)


def test_the_expert_card_follows_the_catalogues_directions():
    base = np.zeros((1, len(BOOK.features)))
    for n, feature in enumerate(BOOK.features):
        raised = base.copy()
        raised[0, n] = 4000
        moved = expert.contributions(BOOK, raised).sum() - expert.contributions(BOOK, base).sum()
        assert np.sign(moved) == feature.monotone, feature.name


def test_a_model_reads_back_as_it_was():
    assert from_text(to_text(expert_card())) == expert_card()


def test_every_risk_has_one_band_and_bands_begin_at_their_threshold():
    policy = policy_in_force()
    assert [policy.band(risk) for risk in (0.0, *policy.thresholds)] == list(BANDS)
    assert policy.band(np.nextafter(policy.thresholds[1], 0)) == "elevated" and policy.band(0.999) == "critical"
    risks = np.linspace(0, 0.999, 400)
    assert policy.bands(risks).tolist() == [policy.band(risk) for risk in risks]


def test_a_grant_from_the_policys_band_up_needs_a_second_signature():
    policy = policy_in_force()
    assert [policy.needs_second_signature(band) for band in BANDS] == [False, False, True, True]


def test_figures_say_what_they_say():
    label, score = np.array([0, 0, 1, 1]), np.array([0.1, 0.4, 0.35, 0.8])
    assert auc(label, score) == 0.75 and precision_at(label, score, 0.25) == 1.0 and precision_at(label, np.ones(len(label)), 0.25) == label.mean() and np.isnan(auc(np.zeros(3), np.arange(3)))
    assert np.isnan(average_precision(np.zeros(3), np.arange(3)))


def test_an_interval_over_parties_holds_its_figure_and_is_the_same_for_a_seed():
    chance = np.random.default_rng(0)
    label = (chance.random(300) < 0.2).astype(int)
    score, entity = label + chance.normal(0, 1, 300), np.arange(300) // 3
    figure = with_interval(auc, label, score, entity, 1)
    assert figure.low < figure.value < figure.high and figure == with_interval(auc, label, score, entity, 1)


def test_the_paired_bootstrap_knows_better_worse_and_equal():
    chance = np.random.default_rng(0)
    label = (chance.random(400) < 0.2).astype(int)
    good, poor, entity = label + chance.normal(0, 0.7, 400), chance.normal(0, 1, 400), np.arange(400)
    assert probability_better(label, good, poor, entity, 1)[0] > 0.95 and probability_better(label, poor, good, entity, 1)[0] < 0.05
    assert probability_better(label, good, good, entity, 1)[0] == 0.5
