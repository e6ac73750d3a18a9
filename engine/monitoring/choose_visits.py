"""Chooses which shipments to visit: the frame, the lot drawn from it, what must be, and risk with the rest. Records nothing.

The order is the method: `freeze` fixes the frame and every probability, `draw` draws the lot from it, and only then `settle`
looks at risk. Each step needs the result of the one before and nothing of the ones after.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from engine.monitoring.fill import Filling, Problem, blockers, fill, fits, greedy, relaxed_objective, usage
from engine.monitoring.lot import inclusion_probabilities, pivotal
from engine.wire.capacity import Capacity

LOT_SHARE = 0.10  # of the visits: in simulation it costs no finding that can be seen, 25 % does (README.md beside this); without one no rate is honest

METHOD = (
    "1. The frame holds every shipment that arrived, is not verified and is in no other plan, with its score, stratum and probability, and is put on record. "
    "2. The lot is drawn from the frame by the ordered pivotal method (Deville & Tillé 1998; Chauvet 2012), of fixed size, with probabilities in "
    "proportion to the sensitivity tier of the goods and to nothing else, and is put on record. "
    "3. Lot visits, then mandatory ones, are given their place within the limits; those that do not fit are told with the limits in their way, and no "
    "lot visit is ever drawn again. "
    "4. The rest goes to the choice that collects the most risk within the limits, found by mixed integer programming (HiGHS) with a proven bound."
)
LIMITS = {
    "window": "it cannot be visited in its window: notice or consent comes too late, or the host state refused",
    "no_region": "no region of the capacity covers its country",
    "visits": "all visits are taken",
    "country_quota": "the country's quota is full",
    "end_user_quota": "the end user's quota is full",
    "region_days": "the region's inspector-days do not suffice",
    "dropped": "a planner took it out",
    "worth": "what it collects is less than what the limits would have to give up for it",
}
COLUMNS: Mapping[str, tuple[pl.DataType, object]] = {  # of a frame, with what a caller may leave out and what that means
    "size": (pl.Float64(), 1.0), "country": (pl.String(), ""), "place": (pl.String(), ""), "region": (pl.String(), ""), "end_user": (pl.Int64(), None),
    "slots": (pl.Int64(), 1), "slots_without_notice": (pl.Int64(), 1), "stratum_of_lot": (pl.String(), ""),
}


@dataclass(frozen=True)
class Frame:
    """What the lot is drawn from, fixed before it is drawn.

    Args:
        rows: one a shipment in order of id, with `lot_probability` and `rank` by risk.
        draws: how many are drawn; the sum of the probabilities.
        visits: how many visits there are in all.
    """

    rows: pl.DataFrame
    draws: int
    visits: int


@dataclass(frozen=True)
class LeftOut:
    """A demanded visit that does not fit, and the limits in its way; `chosen_by` is `lot`, `mandatory`, or `kept` from an earlier form."""

    shipment_id: str
    application_id: str
    chosen_by: str
    limits: tuple[str, ...]

    @property
    def because(self) -> str:
        """The limits in words."""
        return "; ".join(LIMITS[limit] for limit in self.limits)


@dataclass(frozen=True)
class Cost:
    """What one limit costs: how much more risk could be collected without it (None: not computed), and with one more inspector-day."""

    limit: str
    without_it: float | None
    one_more_day: float | None = None


@dataclass(frozen=True)
class Choice:
    """The chosen shipments and what choosing them left out.

    Args:
        chosen: the rows of the frame, with `chosen_by`, `inclusion_probability`, `slot`, riskiest first.
        frame: every eligible shipment with its `lot_probability`: kept, so that the draw can be proven later.
        left_out: visits by lot and by rule that do not fit.
        objective: the risk that the chosen visits collect; what the better of two greedy choices would; and what none can exceed.
        costs: of each limit, where asked for.
        cut_short: the search was stopped by its seat belt.
    """

    chosen: pl.DataFrame
    frame: pl.DataFrame
    left_out: tuple[LeftOut, ...]
    objective: float
    greedy: float
    bound: float
    costs: tuple[Cost, ...] = ()
    cut_short: bool = False

    @property
    def mandatory_left_out(self) -> int:
        """Mandatory shipments for which there was no room."""
        return sum(left.chosen_by == "mandatory" for left in self.left_out)


def choose_visits(eligible: pl.DataFrame, visits: int, seed: int, lot_share: float = LOT_SHARE, capacity: Capacity | None = None) -> Choice:
    """Choose this period's visits: frame, lot, fill.

    Args:
        eligible: one row a shipment: `shipment_id` str, `application_id` str, `risk` f64, `mandatory` bool, and what of `COLUMNS` is known.
        visits: how many can be made.
        seed: same seed and shipments, same visits.
        lot_share: share of the visits drawn by lot, in [0, 1].
        capacity: what limits them further.

    Returns:
        `inclusion_probability` is the lot's for visits by lot, and 1 for visits by risk or rule, with `lot_probability` beside it.

    Source:
        Estimates from the lot: Horvitz & Thompson (1952), J. Am. Stat. Assoc. 47(260), 663-685.
    """
    frame = freeze(eligible, visits, lot_share, capacity)
    return settle(frame, draw(frame, seed), capacity)


def freeze(eligible: pl.DataFrame, visits: int, lot_share: float = LOT_SHARE, capacity: Capacity | None = None) -> Frame:
    """Fix the frame: every eligible shipment with its probability of being drawn.

    The lot is a share of the visits that can be made at all: where inspector-days run out before the number of visits, of those.
    """
    rows = eligible.with_columns(
        pl.lit(default, dtype=kind).alias(name) for name, (kind, default) in COLUMNS.items() if name not in eligible.columns
    ).sort("shipment_id", "application_id")
    rows = rows.with_columns(rank=pl.col("risk").rank("ordinal", descending=True))
    visits = max(0, min(visits, len(rows)))
    problem = _problem(rows, visits, capacity)
    if problem.limited:
        visits = int((greedy(problem, np.full(len(rows), -1)) >= 0).sum())
    draws = min(len(rows), max(1, round(visits * lot_share))) if visits and lot_share > 0 else 0
    probability = inclusion_probabilities(rows["size"].to_numpy(), draws)
    return Frame(rows.with_columns(lot_probability=pl.Series(probability)), draws, problem.visits)


def draw(frame: Frame, seed: int) -> np.ndarray:
    """The lot: a mask of the frame. Neighbours by country and tier seldom come both, so it spreads over them; risk is not looked at."""
    shuffled = np.random.default_rng([seed, 1]).permutation(len(frame.rows))
    stratum = frame.rows.select("stratum_of_lot").to_series().rank("dense").to_numpy()
    order = shuffled[np.argsort(stratum[shuffled], kind="stable")]
    drawn = np.zeros(len(frame.rows), dtype=bool)
    drawn[order] = pivotal(frame.rows["lot_probability"].to_numpy()[order], seed)
    return drawn


def settle(
    frame: Frame, drawn: np.ndarray, capacity: Capacity | None = None, *, kept: np.ndarray | None = None, barred: np.ndarray | None = None,
    costs: bool = False, enough: Callable[[], bool] = lambda: False,
) -> Choice:
    """Give lot and mandatory visits their place and fill the rest with risk.

    Args:
        drawn: the lot.
        kept: mask of visits of an earlier form of the plan that stay, before all others.
        barred: mask of shipments that may not be chosen.
        costs: also tell what each limit costs.
        enough: asked before each of these; True leaves the remaining ones out.
    """
    rows = frame.rows
    none = np.zeros(len(rows), dtype=bool)
    kept, barred = (none if mask is None else mask for mask in (kept, barred))
    must = rows["mandatory"].to_numpy() & ~drawn & ~barred
    problem = _problem(rows, frame.visits, capacity, barred)
    risk = problem.risk
    start = fits(problem, np.where(kept, 1.0, 0.0), np.full(len(rows), -1))
    demanded = (drawn & ~barred) | must | kept
    start = fits(replace(problem, fixed=start >= 0), np.where(kept, 0.0, _priority(drawn & ~barred, must, risk)), start)
    left_out = _left_out(rows, problem, start, demanded, drawn, kept)
    problem = replace(problem, fixed=start >= 0, allowed=problem.allowed & ~(demanded & (start < 0))[:, None])
    filled = fill(problem, start)
    reached = float(risk[greedy(problem, start) >= 0].sum()) if problem.limited else filled.objective
    chosen_by = np.where(drawn, "lot", np.where(must & (filled.slot >= 0), "mandatory", "risk"))
    told = rows.with_columns(
        slot=pl.Series(filled.slot), chosen_by=pl.Series(chosen_by), inclusion_probability=pl.Series(np.where(drawn, rows["lot_probability"].to_numpy(), 1.0)),
    ).filter(pl.col("slot") >= 0).sort("rank")
    priced = _costs(rows, frame, capacity, problem, filled, drawn, must, barred, enough) if costs else ()
    return Choice(told, rows.with_columns(drawn=pl.Series(drawn)), left_out, filled.objective, reached, filled.bound, priced, filled.cut_short)


def limits_in_the_way(frame: pl.DataFrame, visits: int, capacity: Capacity | None, chosen: pl.DataFrame, shipment_id: str) -> tuple[str, ...]:
    """Which limits keep one shipment of a frame out beside the chosen ones; `worth` where it would fit only in another's place.

    Args:
        frame: as `Frame.rows`.
        chosen: `shipment_id`, `slot` of the visits in the plan.
    """
    rows = frame.join(chosen.select("shipment_id", "slot"), on="shipment_id", how="left", maintain_order="left")
    problem = _problem(rows, visits, capacity)
    n = int((rows["shipment_id"] == shipment_id).arg_max() or 0)
    return _told(rows, problem, usage(problem, rows["slot"].fill_null(-1).to_numpy()), n) or ("worth",)


def _priority(drawn: np.ndarray, must: np.ndarray, risk: np.ndarray) -> np.ndarray:
    """The lot before what is mandatory, of the mandatory the riskiest: a lot that yields to rules would have other probabilities.

    Among lot visits the order of the frame decides, never risk: who does not answer must not depend on it.
    """
    by_lot = 2.0 * (must.sum() + 1) + 1.0 / (1.0 + np.cumsum(drawn))
    return np.where(drawn, by_lot, np.where(must, 1.0 + risk, 0.0))


def _left_out(rows: pl.DataFrame, problem: Problem, start: np.ndarray, demanded: np.ndarray, drawn: np.ndarray, kept: np.ndarray) -> tuple[LeftOut, ...]:
    used = usage(problem, start)
    return tuple(
        LeftOut(
            rows["shipment_id"][int(n)], rows["application_id"][int(n)], "kept" if kept[n] else "lot" if drawn[n] else "mandatory",
            _told(rows, problem, used, int(n)) or ("region_days",),  # it fits alone, but only with other trips than the others need
        )
        for n in np.flatnonzero(demanded & (start < 0))
    )


def _told(rows: pl.DataFrame, problem: Problem, used, n: int) -> tuple[str, ...]:
    found = blockers(problem, used, n)
    return tuple("no_region" if limit == "window" and rows["region"][n] is None else limit for limit in found)


def _problem(rows: pl.DataFrame, visits: int, capacity: Capacity | None, barred: np.ndarray | None = None, slots: str = "slots") -> Problem:
    """The frame in numbers: places, regions, countries and end users as indices, slots as a mask."""
    capacity = capacity or Capacity()
    bits = rows[slots].to_numpy()
    allowed = ((bits[:, None] >> np.arange(max(1, int(bits.max()).bit_length() if len(bits) else 1))) & 1).astype(bool)
    allowed &= rows["region"].is_not_null().to_numpy()[:, None]
    if barred is not None:
        allowed &= ~barred[:, None]
    place = rows.select(pl.concat_str("country", pl.lit("/"), "place")).to_series().rank("dense").cast(pl.Int64).to_numpy() - 1
    country = rows["country"].rank("dense").cast(pl.Int64).to_numpy() - 1
    end_user = rows["end_user"].rank("dense").cast(pl.Int64).fill_null(0).to_numpy() - 1
    end_user = np.where(end_user < 0, end_user.max(initial=0) + 1 + np.arange(len(rows)), end_user)  # one that is not known is nobody else
    names = [region.name for region in capacity.regions]
    at = {name: n for n, name in enumerate(names)}
    days = np.array([region.inspector_days for region in capacity.regions] or [np.inf])
    travel = np.array([region.travel_days for region in capacity.regions] or [0.0])
    region = np.zeros(int(place.max(initial=-1)) + 1, dtype=int)
    region[place] = [at.get(name, 0) for name in rows["region"]] if names else 0
    quota = float("inf") if capacity.country_quota is None else float(capacity.country_quota)
    return Problem(
        risk=np.nan_to_num(rows["risk"].cast(pl.Float64).to_numpy()), allowed=allowed, place=place, region=region, travel=travel[region], site_days=capacity.site_days,
        days=days, visits=visits, country=country, country_quota=np.full(int(country.max(initial=-1)) + 1, quota), end_user=end_user,
        end_user_quota=float("inf") if capacity.end_user_quota is None else float(capacity.end_user_quota), fixed=np.zeros(len(rows), dtype=bool),
    )


def _costs(
    rows: pl.DataFrame, frame: Frame, capacity: Capacity | None, problem: Problem, filled: Filling, drawn: np.ndarray, must: np.ndarray,
    barred: np.ndarray, enough: Callable[[], bool],
) -> tuple[Cost, ...]:
    """How far the bound would rise without each limit in turn; relaxation against relaxation, so that a limit that binds nothing costs 0."""
    capacity = capacity or Capacity()
    noticed = _problem(rows, frame.visits, capacity, barred, "slots_without_notice")
    every = np.ones_like(problem.allowed) & problem.allowed.any(axis=1)[:, None]
    infinite = np.full_like(problem.country_quota, np.inf)
    free = _problem(rows, frame.visits, capacity, barred)

    def with_fixed(held: np.ndarray) -> Problem:
        out = (drawn | must) & (filled.slot < 0)
        return replace(free, fixed=held & (filled.slot >= 0), allowed=free.allowed & ~(out & held)[:, None])

    relaxations: list[tuple[str, Problem, float | None]] = [("visits", replace(problem, visits=len(rows)), None)]
    for n, region in enumerate(capacity.regions):
        relaxations.append((f"inspector-days, {region.name}", replace(problem, days=np.where(np.arange(len(problem.days)) == n, np.inf, problem.days)), float(filled.per_day[n])))
    if capacity.regions:
        relaxations.append(("travel", replace(problem, travel=np.zeros_like(problem.travel)), None))
    if capacity.country_quota is not None:
        relaxations.append(("country quota", replace(problem, country_quota=infinite), None))
    if capacity.end_user_quota is not None:
        relaxations.append(("end-user quota", replace(problem, end_user_quota=float("inf")), None))
    if problem.allowed.shape[1] > 1:
        relaxations.append(("windows", replace(problem, allowed=every), None))
    if capacity.notice_days or capacity.consent_days:
        wide = max(noticed.allowed.shape[1], problem.allowed.shape[1])
        allowed = _widened(noticed.allowed, wide) & ~((drawn | must) & (filled.slot < 0))[:, None]
        relaxations.append(("notice and consent", replace(problem, allowed=allowed | _widened(problem.allowed, wide)), None))
    if drawn.any():
        relaxations.append(("lot", with_fixed(must), None))
    if must.any():
        relaxations.append(("mandatory visits", with_fixed(drawn), None))
    told, base = [], relaxed_objective(problem)
    for name, relaxed, day in relaxations:
        told.append(Cost(name, None if enough() else max(0.0, relaxed_objective(relaxed) - base), day))
    return tuple(told)


def _widened(allowed: np.ndarray, slots: int) -> np.ndarray:
    return np.pad(allowed, ((0, 0), (0, slots - allowed.shape[1])))
