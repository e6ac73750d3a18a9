"""What looking at part of a lot can tell: confidence, sample sizes and the most that may be missing. Draws no sample.

A lot is finite and pieces are not put back, so all of it is hypergeometric and exact; the pieces must have been drawn by lot.

Source:
    Cochran (1977), Sampling Techniques, 3rd ed., sections 3.4-3.6; the bound is the inversion of the exact test, as in
    Buonaccorsi (1987), The American Statistician 41(3), 215-218.
"""

from __future__ import annotations

from scipy.stats import hypergeom

CONFIDENCE = 0.95  # the usual one; a visit that wants another says so


def chance_of_finding(lot: int, missing: int, looked_at: int) -> float:
    """The probability that a sample shows at least one missing piece, if so many are missing."""
    if missing <= 0 or looked_at <= 0:
        return 0.0
    return float(1 - hypergeom.pmf(0, lot, min(missing, lot), min(looked_at, lot)))


def pieces_to_look_at(lot: int, missing: int, confidence: float = CONFIDENCE) -> int:
    """The least number of pieces, drawn by lot, that show at least one of `missing` with the confidence asked.

    Args:
        lot: pieces in the lot, at least 1.
        missing: how many missing pieces must not go unnoticed, at least 1.
    """
    low, high = 1, lot
    while low < high:
        middle = (low + high) // 2
        if chance_of_finding(lot, missing, middle) >= confidence:
            high = middle
        else:
            low = middle + 1
    return low


def most_missing(lot: int, looked_at: int, not_there: int = 0, confidence: float = CONFIDENCE) -> int:
    """The most pieces that may be missing from the whole lot, at that confidence, given what the sample showed.

    Args:
        looked_at: pieces asked for, drawn by lot.
        not_there: how many of these could not be shown.
    """
    looked_at = min(looked_at, lot)
    low, high = not_there, lot - (looked_at - not_there)
    while low < high:  # the chance of seeing so few falls as more are missing
        middle = (low + high + 1) // 2
        if hypergeom.cdf(not_there, lot, middle, looked_at) > 1 - confidence:
            low = middle
        else:
            high = middle - 1
    return low
