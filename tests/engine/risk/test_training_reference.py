"""How far values lie from those at the training: nothing moved is near nothing, a shift and a gap are seen, and chance is known for what it is."""

import json

import numpy as np

from engine.risk.reference import Reference, by_chance, reference, spread, stability_index

CHANCE = np.random.default_rng(3)


def test_the_same_population_is_within_chance_and_another_is_not():
    then = spread(CHANCE.normal(0, 1, 1000))
    within = [stability_index(then, now) <= by_chance(then, now, 0.999) for now in (then.of(CHANCE.normal(0, 1, 300)) for _ in range(200))]
    assert np.mean(within) > 0.98
    moved = then.of(CHANCE.normal(1, 1, 300))
    assert stability_index(then, moved) > max(0.25, by_chance(then, moved, 0.999))


def test_a_yes_or_no_has_two_groups_and_its_share_is_watched():
    then = spread((CHANCE.random(1000) < 0.05).astype(float))
    assert len(then.edges) == 1 and sum(then.counts) == 1000
    assert stability_index(then, then.of((CHANCE.random(500) < 0.3).astype(float))) > 0.25


def test_what_is_missing_is_a_group_of_its_own():
    values = CHANCE.normal(0, 1, 500)
    then = spread(values)
    now = then.of(np.where(CHANCE.random(500) < 0.4, np.nan, values))
    assert then.missing == 0 and 0.3 < now.missing < 0.5 and stability_index(then, now) > 0.25


def test_a_column_never_known_before_has_a_group_for_the_values_that_come():
    then = spread(np.full(100, np.nan))
    assert then.missing == 1.0 and then.of(np.array([1.0, 2.0, np.nan])).counts == (2, 1)


def test_a_reference_reads_back_as_it_was():
    matrix = CHANCE.normal(0, 1, (50, 4))
    kept = reference(matrix, CHANCE.random(50), "2025-01-01", "2026-01-01")
    assert Reference.of_text(json.loads(json.dumps(kept.text()))) == kept
