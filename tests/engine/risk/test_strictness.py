"""Who visited is told apart from what was there: a lax inspector's findings stand for those he missed, and chance is not called strictness."""

import numpy as np
import pytest

from engine.risk.calibrate import logistic
from engine.risk.strictness import strictness


def seen(blind: float, visits: int = 3000, seed: int = 1) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """(log-odds told by the filing, diverted, found, inspector): every second of twelve overlooks that share of what there is."""
    chance = np.random.default_rng(seed)
    odds = chance.normal(-2.2, 1, visits)
    diverted = chance.random(visits) < logistic(odds)
    who = chance.integers(0, 12, visits)
    found = diverted & ~((who % 2 == 1) & (chance.random(visits) < blind))
    return odds, diverted.astype(int), found.astype(int), np.array([f"inspector-{n:02}" for n in who])


@pytest.fixture(scope="module")
def lax_and_strict():
    odds, diverted, found, who = seen(0.6)
    return strictness(odds, found, who), diverted, found, who


def test_lax_inspectors_are_told_from_strict_ones_on_the_same_goods(lax_and_strict):
    told = lax_and_strict[0]
    lax = np.array([int(name[-2:]) % 2 == 1 for name in told.inspectors])
    assert told.effect[lax].max() < told.effect[~lax].min() and told.by_chance < 0.01
    assert told.spread > 0.2 and (told.found[~lax].sum() > 1.5 * told.found[lax].sum())


def test_the_weights_bring_both_to_one_rate(lax_and_strict):
    told, diverted, found, who = lax_and_strict
    lax = np.array([int(name[-2:]) % 2 == 1 for name in who])
    stands = np.where(found == 1, told.stands_for(who), 0.0)
    as_found = found[lax].mean() / found[~lax].mean()
    weighted = stands[lax].mean() / stands[~lax].mean()
    assert abs(diverted[lax].mean() / diverted[~lax].mean() - 1) < 0.15
    assert as_found < 0.55 and 0.7 < weighted < 1.25


def test_inspectors_who_are_all_alike_are_not_told_apart():
    told = [strictness(odds, found, who) for odds, _, found, who in (seen(0.0, 1000, seed) for seed in range(8))]
    assert max(one.spread for one in told) < 0.4 and sum(one.by_chance > 0.05 for one in told) >= 7
    assert max(np.abs(one.effect).max() for one in told) < 0.4


def test_few_findings_are_shrunk_and_one_finding_never_stands_for_more_than_two():
    odds, _, found, who = seen(0.95, 200)
    many = seen(0.95, 6000)
    few, sure = strictness(odds, found, who), strictness(many[0], many[2], many[3])
    assert np.abs(few.effect).max() < np.abs(sure.effect).max()
    assert sure.stands_for(many[3]).max() == 2.0 and sure.stands_for(np.array(["unknown"]))[0] == 1.0


def test_a_riskier_district_makes_nobody_strict():
    odds, _, _, who = seen(0.0)
    sent = np.where(np.char.endswith(who, "3"), odds + 1.5, odds)  # one of them is sent where risk is high
    found = (np.random.default_rng(2).random(len(odds)) < logistic(sent)).astype(int)
    told = strictness(sent, found, who)
    assert abs(told.effect[list(told.inspectors).index("inspector-03")]) < 0.3
