"""Fills a period's inspector-days with the most risk, with a bound that proves how much more there could be. Draws nothing and records nothing.

A visit takes days on site; the journey there is paid once a place and time slot and shared by all visits made on it. The
model is a mixed integer programme: a binary for each (shipment, slot), one for each (place, slot) trip.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass, replace

import numpy as np
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, linprog, milp

GAP = 1e-4  # of the objective: a ten-thousandth of the risk collected is less than any score is known to
NODES = 2_000  # of the search tree: a limit by work, not by time, so that every machine stops at the same plan
LONGEST_SECONDS = 40.0  # a seat belt; a plan that it cuts short says so
NEAR = 1e-7


@dataclass(frozen=True)
class Problem:
    """What may be visited, when, and how much there is to do it with.

    Args:
        risk: (n,) f64 what a visit collects.
        allowed: (n, slots) bool, in which slots each can be visited; none = it cannot.
        place: (n,) int, an index into `travel`.
        region: (places,) int, an index into `days`.
        travel: (places,) f64 inspector-days of one trip there and back.
        site_days: inspector-days of one visit.
        days: (regions,) f64, infinite where nothing limits them.
        visits: how many at most.
        country: (n,) int, and how many visits a country takes at most (infinite = any).
        end_user: (n,) int, and how many visits an end user takes at most.
        fixed: (n,) bool, in the plan whatever they collect.
    """

    risk: np.ndarray
    allowed: np.ndarray
    place: np.ndarray
    region: np.ndarray
    travel: np.ndarray
    site_days: float
    days: np.ndarray
    visits: int
    country: np.ndarray
    country_quota: np.ndarray
    end_user: np.ndarray
    end_user_quota: float
    fixed: np.ndarray

    def __len__(self) -> int:
        return len(self.risk)

    @property
    def limited(self) -> bool:
        """Whether anything but the number of visits limits the choice."""
        return bool(np.isfinite(self.days).any() or np.isfinite(self.country_quota).any() or np.isfinite(self.end_user_quota))


@dataclass(frozen=True)
class Filling:
    """A choice of visits and the proof of its worth.

    Args:
        slot: (n,) int, the slot of each visit; -1 = not visited.
        objective: the risk collected.
        bound: no choice collects more.
        per_day: (regions,) what one more inspector-day there would add (dual price of the relaxation).
        cut_short: the seat belt stopped the search, and another machine may find another plan.
    """

    slot: np.ndarray
    objective: float
    bound: float
    per_day: np.ndarray
    cut_short: bool = False


@dataclass
class _Used:
    """What a partial choice has used up."""

    days: np.ndarray
    country: np.ndarray
    end_user: dict[int, int]
    trips: set[tuple[int, int]]
    visits: int = 0


def usage(problem: Problem, slot: np.ndarray) -> _Used:
    """What a choice uses of each limit."""
    used = _Used(np.zeros(len(problem.days)), np.zeros(len(problem.country_quota), dtype=int), {}, set())
    for n in np.flatnonzero(slot >= 0):
        _take(problem, used, int(n), int(slot[n]))
    return used


def blockers(problem: Problem, used: _Used, n: int) -> tuple[str, ...]:
    """Which limits keep a shipment out beside what is used already; empty where it fits."""
    found = []
    if not problem.allowed[n].any():
        found.append("window")
    if used.visits >= problem.visits:
        found.append("visits")
    if used.country[problem.country[n]] >= problem.country_quota[problem.country[n]]:
        found.append("country_quota")
    if used.end_user.get(int(problem.end_user[n]), 0) >= problem.end_user_quota:
        found.append("end_user_quota")
    region = problem.region[problem.place[n]]
    if used.days[region] + _marginal(problem, used, n)[0] > problem.days[region] + NEAR:
        found.append("region_days")
    return tuple(found)


def _marginal(problem: Problem, used: _Used, n: int) -> tuple[float, int]:
    """Inspector-days that one more visit takes, and its slot: one with a trip already made there, else the first it may have."""
    slots = np.flatnonzero(problem.allowed[n]).tolist()
    place = int(problem.place[n])
    for slot in slots:
        if (place, slot) in used.trips:
            return problem.site_days, slot
    return problem.site_days + float(problem.travel[place]), slots[0] if slots else -1


def _take(problem: Problem, used: _Used, n: int, slot: int) -> None:
    place = int(problem.place[n])
    used.days[problem.region[place]] += problem.site_days + (0.0 if (place, slot) in used.trips else float(problem.travel[place]))
    used.trips.add((place, slot))
    used.country[problem.country[n]] += 1
    used.end_user[int(problem.end_user[n])] = used.end_user.get(int(problem.end_user[n]), 0) + 1
    used.visits += 1


def greedy(problem: Problem, start: np.ndarray) -> np.ndarray:
    """The better of two greedy choices around what is fixed: highest risk first, and most risk an inspector-day first.

    Args:
        start: (n,) int slots of the fixed visits, -1 elsewhere.
    """
    return max((_greedy(problem, start, by_day) for by_day in (False, True)), key=lambda slot: problem.risk[slot >= 0].sum())


def _greedy(problem: Problem, start: np.ndarray, by_day: bool) -> np.ndarray:
    slot, used = start.copy(), usage(problem, start)
    waiting = [(-float(problem.risk[n]) / (problem.site_days if by_day else 1.0), int(n)) for n in np.flatnonzero(start < 0) if problem.allowed[n].any()]
    heapq.heapify(waiting)
    while waiting and used.visits < problem.visits:
        worth, n = heapq.heappop(waiting)
        days, at = _marginal(problem, used, n)
        now = -float(problem.risk[n]) / days if by_day else worth
        if now > worth + NEAR and waiting and now > waiting[0][0]:  # worth less than it seemed: the trip is not made yet
            heapq.heappush(waiting, (now, n))
            continue
        if not blockers(problem, used, n):
            slot[n] = at
            _take(problem, used, n, at)
    return slot


def fits(problem: Problem, priority: np.ndarray, start: np.ndarray) -> np.ndarray:
    """The most valuable set of demands that the limits can hold around what is fixed, as slots.

    Args:
        priority: (n,) f64, above 0 for what is demanded; 0 for the rest, which is left out.
        start: (n,) int slots of the fixed visits, -1 elsewhere.
    """
    wanted = np.flatnonzero(((priority > 0) & problem.allowed.any(axis=1)) | problem.fixed)
    slot = np.full(len(problem), -1)
    slot[wanted] = fill(rows_of(replace(problem, risk=priority), wanted), start[wanted], gap=0.0).slot
    return slot


def rows_of(problem: Problem, rows: np.ndarray) -> Problem:
    """The problem over some of its shipments."""
    return replace(
        problem, risk=problem.risk[rows], allowed=problem.allowed[rows], place=problem.place[rows], country=problem.country[rows],
        end_user=problem.end_user[rows], fixed=problem.fixed[rows],
    )


def candidates(problem: Problem) -> np.ndarray:
    """The shipments that some best choice is made of; leaving out the others costs nothing.

    Two shipments at one place with the same slots differ only in risk and end user. Of those of one end user a best choice
    takes the riskiest first, so no more than the quota of them are needed. Of a group so thinned only as many as there are
    visits are needed: were one beyond them chosen, the other visits (at most one fewer) could make unavailable, by being
    chosen or by filling an end user's quota, at most as many of the riskier ones as they are themselves, because an end user
    with a full quota q accounts for q visits and at most q shipments of the group. So one riskier is free to change places.
    """
    slots = problem.allowed @ (1 << np.arange(problem.allowed.shape[1]))
    order = np.lexsort((np.arange(len(problem)), -problem.risk))
    group = np.unique(np.column_stack([problem.place, slots])[order], axis=0, return_inverse=True)[1].ravel()
    end_user = problem.end_user[order]
    keep = slots[order] > 0
    if np.isfinite(problem.end_user_quota):
        keep &= _place_within(np.unique(np.column_stack([group, end_user]), axis=0, return_inverse=True)[1].ravel(), keep) < problem.end_user_quota
    keep &= _place_within(group, keep) < problem.visits
    kept = np.zeros(len(problem), dtype=bool)
    kept[order] = keep
    return np.flatnonzero((kept | problem.fixed) & problem.allowed.any(axis=1))


def _place_within(group: np.ndarray, counted: np.ndarray) -> np.ndarray:
    """How many counted rows of the same group stand before each row."""
    order = np.argsort(group, kind="stable")
    running = np.cumsum(counted[order]) - counted[order]
    first = np.flatnonzero(np.r_[True, np.diff(group[order]) > 0]) if len(group) else np.array([], dtype=int)
    base = np.repeat(running[first], np.diff(np.r_[first, len(group)]))
    place = np.empty(len(group), dtype=int)
    place[order] = running - base
    return place


def fill(problem: Problem, start: np.ndarray, gap: float = GAP) -> Filling:
    """The choice that collects the most risk around what is fixed.

    The relaxation is solved first (its optimum bounds every choice), then the programme over the shipments near its edge,
    then again over those whose reduced cost does not prove that they cannot be in a better choice. What is fixed at 0 by its
    reduced cost costs nothing: bringing it in would take the relaxation itself below the choice already held.

    Args:
        problem: with fixed visits that fit together (`fits`).
        start: (n,) int slots of the fixed visits, -1 elsewhere.
        gap: at which the search may stop, as a share of the objective.
    """
    if not problem.limited:
        return _highest(problem, start)
    rows = candidates(problem)
    slot = np.full(len(problem), -1)
    if not len(rows) or not problem.visits:
        return Filling(slot, 0.0, 0.0, np.zeros(len(problem.days)))
    held = greedy(problem, start)
    model = _programme(rows_of(problem, rows))
    relaxed = _relaxation(model)
    if relaxed is None:  # only rounding can make fixed visits that fit together not fit
        return Filling(held, float(problem.risk[held >= 0].sum()), float("inf"), np.zeros(len(problem.days)))
    best, ceiling, cut = float(problem.risk[held >= 0].sum()), -relaxed.fun, False
    reduced = relaxed.lower.marginals
    edge = np.sort(reduced)[min(len(reduced), 3 * problem.visits) - 1]
    near = (reduced <= edge) | (relaxed.x > NEAR) | model.trips | model.must
    for final in (False, True):
        if best >= ceiling * (1 - gap) - NEAR:
            break
        if final:
            near = (reduced <= ceiling - best + NEAR) | model.must
        solved = _integers(model, np.flatnonzero(near), gap)
        if solved.x is not None and -solved.fun > best + NEAR:
            best, held = -solved.fun, _slots(model, np.flatnonzero(near), solved.x, rows, len(problem))
        cut |= solved.status == 1 and (solved.mip_node_count or 0) < NODES
        if final and solved.mip_dual_bound is not None:
            ceiling = min(ceiling, max(-solved.mip_dual_bound, best))
    per_day = np.where(model.region_rows < 0, 0.0, -relaxed.ineqlin.marginals[model.region_rows])
    return Filling(held, best, max(ceiling, best), per_day, cut)


def relaxed_objective(problem: Problem) -> float:
    """What no choice can exceed: the optimum of the relaxation."""
    if not problem.limited:
        return _highest(problem, np.where(problem.fixed, np.argmax(problem.allowed, axis=1), -1)).objective
    rows = candidates(problem)
    if not len(rows):
        return 0.0
    relaxed = _relaxation(_programme(rows_of(problem, rows)))
    return -relaxed.fun if relaxed is not None else float("nan")


def _highest(problem: Problem, start: np.ndarray) -> Filling:
    """With nothing but a number of visits to keep to, the highest risks are the best choice and their own bound."""
    slot = start.copy()
    room = problem.visits - int((slot >= 0).sum())
    free = np.flatnonzero((slot < 0) & problem.allowed.any(axis=1))
    for n in free[np.lexsort((free, -problem.risk[free]))][: max(0, room)]:
        slot[n] = int(np.argmax(problem.allowed[n]))
    collected = float(problem.risk[slot >= 0].sum())
    return Filling(slot, collected, collected, np.zeros(len(problem.days)))


@dataclass(frozen=True)
class _Programme:
    """The mixed integer programme: minimise `cost` x within `matrix` x <= `limit`, x binary; `must` sums to one a fixed shipment."""

    cost: np.ndarray
    matrix: sparse.csr_array
    limit: np.ndarray
    shipment: np.ndarray  # of each visit column
    slot: np.ndarray
    trips: np.ndarray  # mask of the columns that are trips
    must: np.ndarray  # mask of the columns of fixed shipments
    region_rows: np.ndarray  # of each region; -1 where nothing limits it


def _programme(problem: Problem) -> _Programme:
    shipment, slot = np.nonzero(problem.allowed)
    visits, slots = len(shipment), problem.allowed.shape[1]
    used, trip = np.unique(problem.place[shipment] * slots + slot, return_inverse=True)
    trip = trip.ravel()
    columns = visits + len(used)
    at, ones = np.arange(visits), np.ones(visits)
    region = problem.region[used // slots]
    blocks: list[tuple[sparse.csr_array, np.ndarray]] = []

    def add(rows: np.ndarray, cols: np.ndarray, values: np.ndarray, limits: np.ndarray) -> None:
        finite = np.isfinite(limits)
        if finite.any():
            blocks.append((sparse.csr_array((values, (rows, cols)), shape=(len(limits), columns))[finite], limits[finite]))

    finite_days = np.isfinite(problem.days)
    add(np.r_[problem.region[problem.place[shipment]], region], np.arange(columns),
        np.r_[np.full(visits, problem.site_days), problem.travel[used // slots]], problem.days)
    add(np.zeros(visits, dtype=int), at, ones, np.array([float(problem.visits)]))
    add(problem.country[shipment], at, ones, problem.country_quota)
    ends, end = np.unique(problem.end_user[shipment], return_inverse=True)
    add(end.ravel(), at, ones, np.full(len(ends), float(problem.end_user_quota)))
    add(shipment, at, ones, np.ones(len(problem)))
    fixed = problem.fixed[shipment]
    add(shipment[fixed], at[fixed], -ones[fixed], np.where(problem.fixed, -1.0, np.inf))
    paid = finite_days[region[trip]] & (problem.travel[problem.place[shipment]] > 0)
    add(np.r_[at[paid], at[paid]], np.r_[at[paid], visits + trip[paid]], np.r_[ones[paid], -ones[paid]], np.where(paid, 0.0, np.inf))
    return _Programme(
        np.r_[-problem.risk[shipment], np.zeros(len(used))], sparse.vstack([block for block, _ in blocks]).tocsr(),
        np.concatenate([limits for _, limits in blocks]), shipment, slot, np.arange(columns) >= visits, np.r_[fixed, np.zeros(len(used), dtype=bool)],
        np.where(finite_days, np.cumsum(finite_days) - 1, -1),
    )


def _relaxation(model: _Programme):
    solved = linprog(model.cost, A_ub=model.matrix, b_ub=model.limit, bounds=(0, 1), method="highs-ds")
    return solved if solved.status == 0 else None


def _integers(model: _Programme, columns: np.ndarray, gap: float):
    matrix = model.matrix[:, columns]
    rows = np.flatnonzero((np.diff(matrix.indptr) > 0) | (model.limit < 0))
    return milp(
        model.cost[columns], constraints=LinearConstraint(matrix[rows], -np.inf, model.limit[rows]), integrality=np.ones(len(columns)),
        bounds=Bounds(0, 1), options={"mip_rel_gap": gap, "node_limit": NODES, "time_limit": LONGEST_SECONDS},
    )


def _slots(model: _Programme, columns: np.ndarray, x: np.ndarray, rows: np.ndarray, count: int) -> np.ndarray:
    slot = np.full(count, -1)
    taken = columns[(x > 0.5) & ~model.trips[columns]]
    slot[rows[model.shipment[taken]]] = model.slot[taken]
    return slot
