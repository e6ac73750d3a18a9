"""What the catalogue promises of the model: directions hold, contributions sum, intervals only widen, nothing depends on threads."""

from __future__ import annotations

from dataclasses import replace

import lightgbm as lgb
import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as trials
from hypothesis import strategies as st

from engine.risk import train as risk_train
from engine.risk.calibrate import calibrate
from engine.risk.explain import assess_matrix
from engine.risk.missing import ALWAYS
from engine.risk.model import Model, _bulk_contributions, expert_card, from_text, to_text, with_usual
from engine.risk.policy import policy_in_force
from engine.risk.reference import reference
from engine.risk.train import Labelled, grow
from features.catalogue import catalogue

BOOK = catalogue()
ROWS = 3_000
GIVEN = [n for n, feature in enumerate(BOOK.features) if feature.when_null == "missing"]


@pytest.fixture(scope="module")
def rows(in_bulk) -> Labelled:
    """Filings drawn again and again with some values swapped between them, and labels that the features partly explain."""
    random = np.random.default_rng(5)
    real = in_bulk.select(BOOK.columns).to_numpy().astype(np.float64)
    matrix = real[random.integers(0, len(real), ROWS)]
    other = real[random.integers(0, len(real), ROWS)]
    matrix = np.where(random.random(matrix.shape) < 0.3, other, matrix)
    seen = ~np.isnan(matrix).all(axis=0)  # no file stands behind the world's documents
    spread, middle = np.ones(matrix.shape[1]), np.zeros(matrix.shape[1])
    spread[seen], middle[seen] = np.nanstd(matrix[:, seen], axis=0) + 1e-9, np.nanmean(matrix[:, seen], axis=0)
    signal = np.nan_to_num((matrix - middle) / spread) @ random.normal(0.15, 0.4, matrix.shape[1])
    label = (random.random(ROWS) < 1 / (1 + np.exp(2 - signal))).astype(int)
    days = np.datetime64("2024-01-01") + random.integers(0, 900, ROWS).astype("timedelta64[D]")
    return Labelled(matrix, label, random.uniform(1, 20, ROWS), days, random.integers(0, 300, ROWS), random.random(ROWS) < 0.2)


@pytest.fixture(scope="module")
def trained(rows) -> Model:
    grown = grow(BOOK, rows, 7)
    calibration = calibrate(grown.raw(BOOK, rows.matrix[:500]), rows.label[:500], rows.weight[:500], 0.8, 7)
    return Model("test", BOOK.columns, calibration, grown.booster.model_to_string(), (grown.slope, grown.intercept))


@pytest.fixture(scope="module")
def usual(trained, rows) -> Model:
    """The same trees, knowing what their inputs usually are."""
    return with_usual(trained, rows.matrix, 7)


@pytest.fixture(params=["trained", "expert card"])
def model(request, trained) -> Model:
    return trained if request.param == "trained" else expert_card()


def test_it_learned_something(trained, rows):
    assert len(set(trained.booster.predict(rows.matrix))) > 100
    assert (trained.booster.feature_importance() > 0).sum() > 30


def test_raising_what_raises_risk_never_lowers_the_score(model, rows):
    """And the other way round, from every value to every larger one that was seen."""
    random = np.random.default_rng(6)
    here = rows.matrix[:300]
    before = model.raw(here)
    for n, feature in enumerate(BOOK.features):
        seen = rows.matrix[:, n][~np.isnan(rows.matrix[:, n])]
        if not len(seen):
            assert feature.family == "document_files", feature.name
            continue
        more = here.copy()
        more[:, n] = np.maximum(here[:, n], random.choice(seen, len(here)) * random.choice([1.0, 1.0, 3.0], len(here)))
        moved = (model.raw(more) - before) * feature.monotone
        assert moved.min() >= -1e-12, feature.name


def test_contributions_sum_to_the_score(model, rows):
    contributions = model.contributions(rows.matrix)
    assert contributions.shape == (ROWS, len(BOOK.columns) + 1)
    np.testing.assert_allclose(contributions.sum(axis=1), model.raw(rows.matrix), atol=1e-6, rtol=0)


def test_contributions_are_told_against_the_filings_before_the_training(trained, rows):
    before, later = rows.matrix[:1_000], rows.matrix[1_000:1_200]
    plain = trained.contributions(before)
    told = replace(trained, reference=reference(before, trained.raw(before), plain[:, :-1], "2025-01-01", "2026-01-01"))
    told = from_text(to_text(told))
    against = told.contributions(before)
    np.testing.assert_allclose(against[:, :-1].mean(axis=0), 0, atol=1e-9)
    np.testing.assert_allclose(against[:, -1], trained.raw(before).mean(), atol=1e-6)
    moved, other = told.contributions(later), trained.contributions(later)
    np.testing.assert_allclose(moved.sum(axis=1), other.sum(axis=1), atol=1e-9)
    assert (told.raw(later) == trained.raw(later)).all()
    alike = np.flatnonzero((np.ptp(plain[:, :-1], axis=0) == 0) & (plain[0, :-1] != 0))
    assert np.abs(moved[:, alike]).max(initial=0) < 1e-9, "what every filing has is nobody's reason"


def test_bulk_contributions_are_the_exact_ones(trained, rows):
    bulk = _bulk_contributions(trained.booster, rows.matrix)
    exact = np.asarray(trained.booster.predict(rows.matrix, pred_contrib=True))
    assert np.isnan(rows.matrix).any()
    np.testing.assert_allclose(bulk, exact, atol=2e-5, rtol=0)
    np.testing.assert_allclose(bulk.sum(axis=1), trained.booster.predict(rows.matrix, raw_score=True), atol=2e-5, rtol=0)


def test_the_bounds_hold_the_score(model, rows):
    least, most = model.bounds(rows.matrix, np.zeros(rows.matrix.shape, dtype=bool))
    raw = model.raw(rows.matrix)
    np.testing.assert_allclose(least, raw, atol=1e-9, rtol=0)
    np.testing.assert_allclose(most, raw, atol=1e-9, rtol=0)


@trials(max_examples=60, deadline=None, derandomize=True)
@given(data=st.data())
def test_a_missing_input_never_narrows_the_interval(trained, rows, data):
    row = data.draw(st.integers(0, ROWS - 1), "row")
    gone = data.draw(st.lists(st.sampled_from(GIVEN), min_size=1, max_size=8, unique=True), "inputs taken away, one after the other")
    for model in (trained, expert_card()):
        steps = np.repeat(rows.matrix[row : row + 1], len(gone) + 1, axis=0)
        for n, column in enumerate(gone):
            steps[n + 1 :, column] = np.nan
        told = assess_matrix(BOOK, model, policy_in_force(), steps)
        assert (np.diff(told.low) <= 1e-12).all() and (np.diff(told.high) >= -1e-12).all()
        assert (told.low <= told.risk).all() and (told.risk <= told.high).all()
        # Whatever the missing inputs were, the score they would have given lies within.
        assert told.low[-1] <= told.risk[0] + 1e-12 and told.risk[0] <= told.high[-1] + 1e-12


@trials(max_examples=60, deadline=None, derandomize=True)
@given(data=st.data())
def test_a_missing_input_of_usual_value_never_narrows_the_interval_however_many_are_missing(usual, rows, data):
    row = rows.matrix[data.draw(st.integers(0, ROWS - 1), "row")]
    known = ~np.isnan(row) & (row >= usual.usual.low) & (row <= usual.usual.high)
    gone = data.draw(st.lists(st.sampled_from([n for n in GIVEN if known[n]]), min_size=1, max_size=8, unique=True), "inputs taken away")
    steps = np.repeat(row[None, :], len(gone) + 1, axis=0)
    for n, column in enumerate(gone):
        steps[n + 1 :, column] = np.nan
    told = assess_matrix(BOOK, usual, policy_in_force(), steps)
    assert (np.diff(told.low) <= 1e-12).all() and (np.diff(told.high) >= -1e-12).all()
    assert told.low[-1] <= told.risk[0] + 1e-12 and told.risk[0] <= told.high[-1] + 1e-12


def test_up_to_three_missing_inputs_may_be_anything_they_could_be(usual, rows):
    random = np.random.default_rng(9)
    for size in range(1, ALWAYS + 1):
        here = rows.matrix[random.integers(0, ROWS, 1_500)]
        missing = np.zeros(here.shape, dtype=bool)
        for line in missing:
            line[random.choice(GIVEN, size, replace=False)] = True
        least, most = usual.bounds(np.where(missing, np.nan, here), missing)
        within = (least - 1e-9 <= usual.raw(here)) & (usual.raw(here) <= most + 1e-9)
        # All but what trees, over other filings than those the spares were looked for in, add between two inputs (sixteen draws: 0.984 to 0.998).
        assert within.mean() >= 0.98


def test_twenty_missing_red_flags_that_are_hardly_ever_raised_no_longer_mean_that_anything_is_possible(trained, rows):
    usual = with_usual(trained, np.zeros((50, len(BOOK.columns))), 7)
    shares = []
    for seed in range(12):  # which twenty makes a difference: where the weightiest are among them, those three may still be anything
        missing = np.zeros((200, len(BOOK.columns)), dtype=bool)
        missing[:, np.random.default_rng(seed).choice(GIVEN, 20, replace=False)] = True
        here = np.where(missing, np.nan, rows.matrix[:200])
        of_usual, of_anything = (np.median(np.subtract(*model.bounds(here, missing)[::-1])) for model in (usual, trained))
        shares.append(of_usual / of_anything)
    assert max(shares) < 0.95 and np.mean(shares) < 0.75, shares


def test_any_value_of_a_missing_input_lies_within_the_bounds(trained, rows):
    random = np.random.default_rng(8)
    here = rows.matrix[:200].copy()
    missing = np.zeros(here.shape, dtype=bool)
    for line in missing:
        line[random.choice(GIVEN, 6, replace=False)] = True
    least, most = trained.bounds(np.where(missing, np.nan, here), missing)
    seen = [values[~np.isnan(values)] for values in rows.matrix.T]
    for _ in range(20):
        drawn = np.column_stack([random.choice(values, 200) if len(values) else np.zeros(200) for values in seen])
        filled = np.where(missing, drawn, here)
        raw = trained.raw(filled)
        assert (least - 1e-9 <= raw).all() and (raw <= most + 1e-9).all()


@pytest.mark.parametrize("threads", [1, 2, 4])
def test_threads_change_no_bit_of_a_score(trained, rows, threads):
    for how in ({"raw_score": True}, {"pred_contrib": True}):
        one, many = (np.asarray(trained.booster.predict(rows.matrix, num_threads=n, **how)) for n in (1, threads))
        assert np.array_equal(one, many)
    assert np.array_equal(trained.raw(rows.matrix), trained.raw(rows.matrix))


@pytest.mark.parametrize("threads", [1, 2, 4])
def test_the_same_rows_grow_the_same_trees(trained, rows, threads, monkeypatch):
    monkeypatch.setitem(risk_train.PARAMETERS, "num_threads", threads)
    again = grow(BOOK, rows, 7).booster.model_to_string()
    trees = "end of trees"
    assert again.split(trees)[0] == trained.trees.split(trees)[0]
    if threads == 1:
        assert again == trained.trees


def test_a_model_read_back_gives_the_same_score(usual, rows):
    again = from_text(to_text(replace(usual, version="again")))
    assert np.array_equal(again.raw(rows.matrix), usual.raw(rows.matrix))
    missing = np.isnan(rows.matrix[:200])
    for one, other in zip(again.bounds(rows.matrix[:200], missing), usual.bounds(rows.matrix[:200], missing), strict=True):
        assert np.array_equal(one, other)
    assert isinstance(again.booster, lgb.Booster)
