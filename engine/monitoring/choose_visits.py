"""Chooses which shipments to visit: what must be, what is drawn by lot, and the highest risk with the rest. Records nothing."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

LOT_SHARE = 0.15  # of the visits; a model that only sees the visits it asked for never learns where it was wrong (peers: 10 % repaired a quarter of it)


@dataclass(frozen=True)
class Choice:
    """The chosen shipments and what choosing them left out.

    Args:
        chosen: the rows of the frame, with `chosen_by`, `inclusion_probability`, `lot_probability`.
        frame: every eligible shipment with its `lot_probability`: kept, so that the draw can be proven later.
        mandatory_left_out: mandatory shipments for which there was no room.
    """

    chosen: pl.DataFrame
    frame: pl.DataFrame
    mandatory_left_out: int


def choose_visits(eligible: pl.DataFrame, visits: int, seed: int, lot_share: float = LOT_SHARE) -> Choice:
    """Choose this period's visits.

    The frame is fixed first, then the lot is drawn from it before risk is looked at, then mandatory visits, then risk
    fills the rest: so a lot visit's probability is exact and owes nothing to the scores.

    Args:
        eligible: one row a shipment: `shipment_id` str, `application_id` str, `risk` f64, `mandatory` bool, and whatever else.
        visits: how many can be made.
        seed: same seed and shipments, same visits.
        lot_share: share of the visits drawn by lot, in [0, 1].

    Returns:
        `inclusion_probability` is the lot's for visits by lot, and 1 for visits by risk or rule.

    Source:
        Simple random sampling without replacement: Horvitz & Thompson (1952), J. Am. Stat. Assoc. 47(260), 663-685.
    """
    frame = eligible.sort("shipment_id", "application_id")
    visits = max(0, min(visits, len(frame)))
    by_lot = min(len(frame), max(1, round(visits * lot_share))) if visits and lot_share > 0 else 0
    probability = by_lot / len(frame) if len(frame) else 0.0
    drawn = np.zeros(len(frame), dtype=bool)
    drawn[np.random.default_rng(seed).choice(len(frame), by_lot, replace=False) if by_lot else []] = True
    frame = frame.with_columns(
        lot_probability=pl.lit(probability), drawn=pl.Series(drawn), rank=pl.col("risk").rank("ordinal", descending=True)
    )
    lot = frame.filter("drawn").with_columns(chosen_by=pl.lit("lot"), inclusion_probability=pl.lit(probability))
    rest = frame.filter(~pl.col("drawn")).sort("rank")
    due = rest.filter("mandatory")
    mandatory = due.head(visits - len(lot)).with_columns(chosen_by=pl.lit("mandatory"), inclusion_probability=pl.lit(1.0))
    by_risk = rest.filter(~pl.col("mandatory")).head(visits - len(lot) - len(mandatory))
    by_risk = by_risk.with_columns(chosen_by=pl.lit("risk"), inclusion_probability=pl.lit(1.0))
    chosen = pl.concat([mandatory, by_risk, lot]).drop("drawn").sort("rank")
    return Choice(chosen, frame.drop("drawn"), len(due) - len(mandatory))
