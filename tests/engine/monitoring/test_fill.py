"""Filling a plan: no limit is ever passed, the bound holds, and more capacity never collects less."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.monitoring.fill import Problem, blockers, candidates, fill, fits, greedy, relaxed_objective, rows_of, usage


def a_problem(seed: int, count: int = 12, slots: int = 2, days: float = 6.0, visits: int = 5, quota: float = 3.0, end_user_quota: float = 2.0) -> Problem:
    chance = np.random.default_rng(seed)
    country_of = chance.integers(0, 3, 5)
    place = chance.integers(0, 5, count)
    return Problem(
        risk=chance.random(count).round(3), allowed=chance.random((count, slots)) < 0.7, place=place, region=country_of % 2, travel=chance.integers(0, 3, 5).astype(float),
        site_days=1.0, days=np.full(2, days), visits=visits, country=country_of[place], country_quota=np.full(3, quota), end_user=chance.integers(0, 6, count),
        end_user_quota=end_user_quota, fixed=np.zeros(count, dtype=bool),
    )


def none_of(problem: Problem) -> np.ndarray:
    return np.full(len(problem), -1)


def filled(problem: Problem):
    return fill(problem, none_of(problem), gap=0.0)


def best_by_trying(problem: Problem) -> float:
    """The best of every choice of every slot."""
    best = 0.0
    for slots in product(*[[-1, *np.flatnonzero(row)] for row in problem.allowed]):
        slot = np.array(slots)
        if (slot >= 0).sum() <= problem.visits and keeps_within(problem, slot):
            best = max(best, problem.risk[slot >= 0].sum())
    return best


def keeps_within(problem: Problem, slot: np.ndarray) -> bool:
    used = usage(problem, slot)
    return bool(
        used.visits <= problem.visits and (used.days <= problem.days + 1e-6).all() and (used.country <= problem.country_quota).all()
        and all(n <= problem.end_user_quota for n in used.end_user.values()) and all(problem.allowed[n, slot[n]] for n in np.flatnonzero(slot >= 0))
    )


@pytest.mark.parametrize("seed", range(6))
def test_nothing_collects_more_than_what_it_finds(seed: int):
    problem = a_problem(seed, count=8)
    assert filled(problem).objective == pytest.approx(best_by_trying(problem))


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.floats(0, 12), st.integers(0, 12), st.integers(0, 4), st.integers(1, 3))
def test_no_limit_is_passed_and_the_bound_holds(seed: int, days: float, visits: int, quota: int, end_user_quota: int):
    problem = a_problem(seed, days=days, visits=visits, quota=float(quota), end_user_quota=float(end_user_quota))
    found, by_greedy = filled(problem), greedy(problem, none_of(problem))
    assert keeps_within(problem, found.slot) and keeps_within(problem, by_greedy)
    assert found.objective == pytest.approx(problem.risk[found.slot >= 0].sum())
    assert problem.risk[by_greedy >= 0].sum() - 1e-6 <= found.objective <= found.bound + 1e-6 <= relaxed_objective(problem) + 2e-6


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from(["days", "visits", "country_quota", "end_user_quota"]))
def test_more_capacity_never_collects_less(seed: int, what: str):
    problem = a_problem(seed)
    more = replace(problem, **{what: getattr(problem, what) + 1})
    assert filled(more).objective >= filled(problem).objective - 1e-6


@settings(max_examples=6, deadline=None)
@given(st.integers(0, 10_000))
def test_the_shipments_left_out_beforehand_are_not_missed(seed: int):
    problem = a_problem(seed, count=30, slots=1, visits=3)
    rows = candidates(problem)
    whole = filled(problem)
    assert fill(rows_of(problem, rows), np.full(len(rows), -1), gap=0.0).objective == pytest.approx(whole.objective)
    assert whole.objective == pytest.approx(best_of_three(problem))


def test_most_of_many_alike_are_left_out_beforehand():
    problem = a_problem(0, count=300, slots=1, visits=3)
    assert len(candidates(problem)) <= 5 * problem.visits < problem.allowed.any(axis=1).sum()


def best_of_three(problem: Problem) -> float:
    """The best of every three or fewer shipments in the one slot."""
    able = np.flatnonzero(problem.allowed[:, 0])
    best = 0.0
    for chosen in product(able, repeat=3):
        slot = none_of(problem)
        slot[list(chosen)] = 0
        worth = problem.risk[slot >= 0].sum()
        if worth > best and keeps_within(problem, slot):
            best = worth
    return best


def test_the_journey_to_a_place_is_paid_once():
    problem = replace(a_problem(0, count=4, slots=1), risk=np.array([0.5, 0.4, 0.3, 0.9]), allowed=np.ones((4, 1), dtype=bool), place=np.array([0, 0, 0, 1]),
                      region=np.zeros(5, dtype=int), travel=np.array([2.0, 4.0, 0, 0, 0]), days=np.array([5.0, 0.0]), country=np.array([0, 0, 0, 1]), end_user=np.arange(4))
    found = filled(problem)
    assert (found.slot >= 0).tolist() == [True, True, True, False] and usage(problem, found.slot).days[0] == 5.0


def test_demands_that_do_not_fit_together_yield_by_priority_and_the_limit_is_named():
    problem = replace(a_problem(0, count=3, slots=1), allowed=np.ones((3, 1), dtype=bool), place=np.array([0, 0, 0]), region=np.zeros(5, dtype=int), travel=np.zeros(5),
                      days=np.array([9.0, 9.0]), country=np.zeros(3, dtype=int), country_quota=np.array([2.0]), end_user=np.arange(3), visits=3)
    slot = fits(problem, np.array([1.0, 5.0, 3.0]), none_of(problem))
    assert (slot >= 0).tolist() == [False, True, True]
    assert blockers(problem, usage(problem, slot), 0) == ("country_quota",)


def test_the_same_problem_is_filled_the_same_way():
    problem = a_problem(3, count=200, days=20, visits=25, quota=10)
    assert (filled(problem).slot == filled(problem).slot).all()
