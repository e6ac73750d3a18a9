"""What part of a lot can tell of the whole, and what a few visits by lot can tell of all shipments."""

from itertools import combinations
from math import comb

import pytest

from engine.monitoring.estimates import clopper_pearson, lot_estimate
from engine.monitoring.sampling import chance_of_finding, most_missing, pieces_to_look_at


@pytest.mark.parametrize(("lot", "missing", "looked_at"), [(6, 1, 2), (8, 3, 2), (7, 2, 5), (9, 4, 6)])
def test_the_chance_of_finding_is_that_of_counting_every_sample(lot, missing, looked_at):
    samples = list(combinations(range(lot), looked_at))
    shown = sum(any(piece < missing for piece in sample) for sample in samples)
    assert chance_of_finding(lot, missing, looked_at) == pytest.approx(shown / len(samples))


def test_one_missing_of_a_hundred_needs_ninety_five_looked_at():
    assert pieces_to_look_at(100, 1) == 95


@pytest.mark.parametrize(("lot", "missing"), [(200, 10), (1000, 50), (30, 2)])
def test_the_sample_is_the_least_that_gives_the_confidence(lot, missing):
    count = pieces_to_look_at(lot, missing)
    assert chance_of_finding(lot, missing, count) >= 0.95 > chance_of_finding(lot, missing, count - 1)


def test_a_whole_lot_seen_leaves_nothing_to_guess():
    assert most_missing(50, 50) == 0 and most_missing(50, 50, 3) == 3


def test_the_bound_is_the_last_number_that_the_sample_does_not_contradict():
    bound = most_missing(200, 60)
    silent, more_silent = (comb(200 - missing, 60) / comb(200, 60) for missing in (bound, bound + 1))
    assert silent > 0.05 >= more_silent


def test_more_seen_or_fewer_absent_lowers_the_bound():
    assert most_missing(200, 120) < most_missing(200, 60) < most_missing(200, 60, 2)


def test_equal_probabilities_give_the_plain_share_and_its_exact_interval():
    told = lot_estimate([(0.1, True)] + [(0.1, False)] * 19)
    assert told.share == pytest.approx(0.05) and (told.low, told.high) == pytest.approx(clopper_pearson(1, 20))
    assert told.total == pytest.approx(10)


def test_no_finding_in_twenty_still_allows_for_some():
    assert lot_estimate([(0.1, False)] * 20).high == pytest.approx(1 - 0.05 ** (1 / 20))


def test_a_shipment_drawn_with_small_probability_speaks_for_many():
    assert lot_estimate([(0.01, True), (0.5, False)]).share == pytest.approx(100 / 102)


def test_unequal_weights_widen_the_interval():
    equal, unequal = lot_estimate([(0.1, True)] + [(0.1, False)] * 9), lot_estimate([(0.1, True)] + [(0.02, False)] * 3 + [(0.5, False)] * 6)
    assert unequal.high - unequal.low > equal.high - equal.low


def test_silence_is_told_as_two_bounds_and_never_as_no():
    told = lot_estimate([(0.1, True)] * 1 + [(0.1, False)] * 4 + [(0.1, None)] * 5)
    assert (told.drawn, told.answered) == (10, 5) and told.share == pytest.approx(0.2)
    assert (told.if_none_of_silent, told.if_all_of_silent) == pytest.approx((0.1, 0.6))


def test_with_nothing_completed_there_is_no_estimate():
    told = lot_estimate([(0.1, None)] * 3)
    assert told.share is None and (told.low, told.high) == (0.0, 1.0)
