"""Says when a shipment can be visited, and by whose inspectors: windows, notice, rounds of trips, regions. Chooses nothing."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from itertools import pairwise

import polars as pl

from engine.wire.capacity import REST, Capacity

# Default windows [D, domain 2.5]: a first visit of use from a month after arrival; after two years it no longer verifies delivery.
SETTLE_DAYS, STALE_DAYS = 30, 730
# First visit due after arrival, by the sensitivity tier of the goods: the most sensitive as in US enhanced end-use monitoring
# (90 days, DODIG-2024-043), the rest within the year that domain 2.5 suggests.
DUE_DAYS: Mapping[int, int] = {4: 90, 3: 180}
DUE_DAYS_ELSE = 365
ROUND_DAYS, MOST_ROUNDS = 30, 6  # trips are shared within a month; more rounds than six make the choice slower and hardly better


def rounds(start: date, end: date, capacity: Capacity | None) -> list[tuple[date, date]]:
    """The first and last day of each round of trips; without regions travel costs nothing and one round is all."""
    days = (end - start).days + 1
    count = 1
    if capacity is not None and capacity.regions:
        count = min(days, capacity.trips or max(1, min(MOST_ROUNDS, round(days / ROUND_DAYS))))
    edges = [start + timedelta(days=days * n // count) for n in range(count + 1)]
    return [(first, following - timedelta(days=1)) for first, following in pairwise(edges)]


def with_windows(shipments: pl.DataFrame, start: date, end: date, planned_on: date, capacity: Capacity | None) -> pl.DataFrame:
    """Add `window_from`, `window_to`, and as bits the rounds in which each can be visited, with notice (`slots`) and without.

    A visit that was due before the period stays due to its end. A host state that refused can be visited in no round. Where no notice is
    asked for the day of planning limits nothing, so that a period already begun can be planned.

    Args:
        shipments: `arrived_on` date, `tier` f64 or null, `consent` bool, `consent_answer` str or null.
    """
    capacity = capacity or Capacity()
    given = pl.col("consent") | pl.col("consent_answer").is_in(["given", "given_with_conditions"]).fill_null(False)
    refused = (pl.col("consent_answer") == "refused").fill_null(False)
    notice = pl.when(given).then(capacity.notice_days).otherwise(max(capacity.notice_days, capacity.consent_days))
    due = pl.col("arrived_on") + pl.duration(
        days=pl.col("tier").cast(pl.Int64).replace_strict(dict(DUE_DAYS), default=DUE_DAYS_ELSE, return_dtype=pl.Int64).fill_null(DUE_DAYS_ELSE)
    )
    dated = shipments.with_columns(
        window_from=pl.max_horizontal(pl.lit(start), pl.col("arrived_on") + pl.duration(days=SETTLE_DAYS)), told_by=pl.when(notice > 0).then(pl.lit(planned_on) + pl.duration(days=notice)).otherwise(pl.lit(start))
    ).with_columns(window_to=pl.when(due >= pl.col("window_from")).then(pl.min_horizontal(due, pl.lit(end))).otherwise(pl.lit(end)))
    dated = dated.with_columns(
        slots=slots_between(pl.max_horizontal("window_from", "told_by"), pl.col("window_to"), rounds(start, end, capacity)),
        slots_without_notice=slots_between(pl.col("window_from"), pl.col("window_to"), rounds(start, end, capacity)),
    )
    return dated.with_columns(slots=pl.when(refused).then(0).otherwise(pl.col("slots")))


def slots_between(first: pl.Expr, last: pl.Expr, within: list[tuple[date, date]]) -> pl.Expr:
    """The rounds that a window covers at least by half, as bits; where it covers none so far, the one it covers most of.

    A trip moves a little for a short window; it does not move to another month.
    """
    shared = [
        (pl.min_horizontal(last, pl.lit(until)) - pl.max_horizontal(first, pl.lit(since))).dt.total_days().cast(pl.Int64) + 1 for since, until in within
    ]
    most = pl.max_horizontal(*shared)
    half = [one * 2 >= (until - since).days + 1 for one, (since, until) in zip(shared, within, strict=True)]
    bits = [pl.when(covered).then(1 << n).otherwise(0) for n, covered in enumerate(half)]
    any_half = pl.any_horizontal(*half)
    best = pl.coalesce([pl.when((one == most) & (one > 0)).then(1 << n) for n, one in enumerate(shared)])
    return pl.when(any_half).then(pl.sum_horizontal(*bits)).otherwise(best.fill_null(0)).cast(pl.Int64)


def regions_of(capacity: Capacity | None, countries: pl.DataFrame) -> dict[str, str]:
    """Country -> the region whose inspectors go there: named itself, by sub-region, by region, or as the rest. Not named: not in it.

    Args:
        countries: `country`, `subregion`, `region`.
    """
    if capacity is None or not capacity.regions:
        return dict.fromkeys(countries["country"], "")
    covering = {word: region.name for region in capacity.regions for word in region.covers}
    found = {}
    for row in countries.iter_rows(named=True):
        name = next((covering[word] for word in (row["country"], row["subregion"], row["region"], REST) if word in covering), None)
        if name is not None:
            found[row["country"]] = name
    return found
