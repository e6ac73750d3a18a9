"""How far values lie from those at the training: nothing moved is near nothing, a shift and a gap are seen, and chance is known for what it is."""

import json
from dataclasses import replace

import numpy as np
import pytest

from engine.risk.model import expert_card
from engine.risk.reference import Reference, by_chance, reference, spread, stability_index
from features.catalogue import catalogue

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
    kept = reference(matrix, CHANCE.random(50), CHANCE.normal(0, 1, (50, 4)), "2025-01-01", "2026-01-01")
    assert Reference.of_text(json.loads(json.dumps(kept.text()))) == kept


def test_a_value_stands_beside_the_groups_below_and_above_it():
    then = spread(np.append(np.arange(1000.0), np.nan))
    for value, below, above in ((-5, 0, 0.9), (450.5, 0.45, 0.5), (999, 0.9, 0), (5000, 0.9, 0)):
        found = then.beside(value)
        assert abs(found[0] - below) <= 0.1 and abs(found[1] - above) <= 0.1 and sum(found) < 1
        assert found[0] <= np.mean(np.arange(1000) < value) and found[1] <= np.mean(np.arange(1000) > value), "never told more than there are"


@pytest.mark.parametrize(("name", "filings", "value", "told"), [
    ("end_user_registration_age_days", np.arange(1000.0), 150.0, "(less than in 79 % of filings)"),
    ("end_user_registration_age_days", np.arange(1000.0), 950.0, "(more than in 90 % of filings)"),
    ("end_user_registration_age_days", np.arange(1000.0), 500.0, None),
    ("goods_small_arms_flag", (np.arange(1000) < 30).astype(float), 1.0, "(as in 3 % of filings)"),
    ("goods_small_arms_flag", (np.arange(1000) < 3).astype(float), 1.0, "(as in fewer than 1 % of filings)"),
    ("goods_small_arms_flag", (np.arange(1000) < 30).astype(float), 0.0, None),
    ("goods_small_arms_flag", np.zeros(1000), 1.0, None),
    ("goods_sensitivity_level", np.arange(1000.0) % 4, 3.0, None),
    ("end_user_registration_age_days", np.arange(1000.0), None, None),
])
def test_a_reason_says_how_its_value_stands_among_the_filings_before_the_training(name, filings, value, told):
    book = catalogue()
    column = book.columns.index(name)
    matrix = np.zeros((len(filings), len(book.columns)))
    matrix[:, column] = filings
    model = replace(expert_card(), reference=reference(matrix, filings, np.zeros_like(matrix), "2025-01-01", "2026-01-01"))
    plain = book.features[column].sentence(value)
    assert model.sentence(column, value) == (f"{plain} {told}" if told else plain)
    assert expert_card().sentence(column, value) == plain, "a model that kept no reference says nothing of it"
