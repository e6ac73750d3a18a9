"""Estimates for all shipments from the few drawn by lot, with intervals for small counts. Knows no visit.

Source:
    Horvitz & Thompson (1952), J. Am. Stat. Assoc. 47(260), 663-685; Hájek (1971) for the share; intervals after Korn & Graubard (1998),
    Survey Methodology 24(2), 193-201: Clopper-Pearson on the effective sample size (Kish), which holds with few or no positives.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from scipy.stats import beta

LEVEL = 0.90  # of intervals, as of scores


@dataclass(frozen=True)
class LotEstimate:
    """What the visits drawn by lot say of all shipments in their frames.

    Args:
        drawn, answered, positive: visits drawn, completed, and of these with a finding of the kind asked for.
        share: Hájek's estimate among all shipments; None where nothing was completed.
        low, high: its interval at `LEVEL`; (0, 1) where nothing was completed.
        total: Horvitz-Thompson's number of shipments with such a finding, the completed taken to stand for those drawn.
        if_none_of_silent, if_all_of_silent: the share if no visit that was drawn and not completed would have shown it, and if each had.
    """

    drawn: int
    answered: int
    positive: int
    share: float | None
    low: float
    high: float
    total: float | None
    if_none_of_silent: float | None
    if_all_of_silent: float | None


def lot_estimate(drawn: Sequence[tuple[float, bool | None]]) -> LotEstimate:
    """The share of all shipments with a finding, from (inclusion probability, found) of each visit drawn; found is None where it was not completed."""
    weights = [(1 / probability, found) for probability, found in drawn]
    told = [(weight, found) for weight, found in weights if found is not None]
    frame = sum(weight for weight, _ in weights)
    hit = sum(weight for weight, found in told if found)
    heard = sum(weight for weight, _ in told)
    positive = sum(bool(found) for _, found in told)
    if not told:
        return LotEstimate(len(drawn), 0, 0, None, 0.0, 1.0, None, 0.0 if drawn else None, 1.0 if drawn else None)
    share = hit / heard
    effective = heard**2 / sum(weight**2 for weight, _ in told)
    low, high = clopper_pearson(share * effective, effective)
    return LotEstimate(len(drawn), len(told), positive, share, low, high, share * frame, hit / frame, (hit + frame - heard) / frame)


def clopper_pearson(hits: float, tries: float, level: float = LEVEL) -> tuple[float, float]:
    """The exact interval of a share; counts may be fractions, as effective sample sizes are."""
    if tries <= 0:
        return 0.0, 1.0
    tail = (1 - level) / 2
    low = 0.0 if hits <= 0 else float(beta.ppf(tail, hits, tries - hits + 1))
    high = 1.0 if hits >= tries else float(beta.ppf(1 - tail, hits + 1, tries - hits))
    return low, high
