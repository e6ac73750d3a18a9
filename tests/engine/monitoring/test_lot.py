"""The draw of the lot: a fixed size, exactly the probabilities asked for, and nothing but the seed decides."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.monitoring.lot import inclusion_probabilities, pivotal

sizes = st.lists(st.floats(0.01, 10), min_size=1, max_size=40).map(np.array)


@settings(max_examples=60, deadline=None)
@given(sizes, st.data())
def test_probabilities_sum_to_the_draws_and_follow_size(size: np.ndarray, data):
    draws = data.draw(st.integers(0, len(size)))
    probability = inclusion_probabilities(size, draws)
    assert probability.sum() == pytest.approx(draws) and ((probability >= 0) & (probability <= 1)).all()
    uncertain = probability < 1
    if draws and uncertain.any():
        ratio = probability[uncertain] / size[uncertain]
        assert ratio.max() == pytest.approx(ratio.min())


@settings(max_examples=80, deadline=None)
@given(sizes, st.data(), st.integers(0, 2**31 - 1))
def test_the_size_of_the_lot_never_varies(size: np.ndarray, data, seed: int):
    draws = data.draw(st.integers(0, len(size)))
    drawn = pivotal(inclusion_probabilities(size, draws), seed)
    assert drawn.sum() == draws
    assert (drawn == pivotal(inclusion_probabilities(size, draws), seed)).all()


@pytest.mark.parametrize("size", [np.ones(12), np.arange(1.0, 13.0), np.r_[np.ones(6), 8.0, 8.0, 3.0], np.r_[50.0, np.ones(9)]], ids=["equal", "rising", "mixed", "one certain"])
def test_each_unit_is_drawn_as_often_as_its_probability_says(size: np.ndarray):
    probability, seeds = inclusion_probabilities(size, 4), 4_000
    drawn = sum(pivotal(probability, seed).astype(int) for seed in range(seeds))
    spread = np.sqrt(seeds * probability * (1 - probability))
    assert (np.abs(drawn - seeds * probability) <= 4.5 * spread + 1e-9).all()


def test_neighbours_seldom_come_both():
    probability = np.full(40, 0.25)
    together = sum((drawn[:-1] & drawn[1:]).sum() for drawn in (pivotal(probability, seed) for seed in range(400))) / 400
    assert together < 0.5 * 39 * 0.25**2  # half of what an independent draw would give
