"""Whether what was learned still holds: thresholds, states, and what to do about each. Knows no store and no feature's meaning.

The thresholds of the stability index are those in common use for scorecards; an index that chance alone would give as often as once in a
thousand is never called a drift, since two hundred features are looked at together.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
from scipy.stats import chi2

OK, WATCH, ALARM, NOT_MEASURED = "ok", "watch", "alarm", "not_measured"
WORST_FIRST = (ALARM, WATCH, NOT_MEASURED, OK)
ABOUT = ("features", "scores", "calibration", "freshness")
BY_LOT, OTHERS = "visits by lot", "other reviewed visits"

INDEX_WATCH, INDEX_ALARM = 0.10, 0.25  # Siddiqi (2006): a slight shift, a major one
CHANCE = 0.999
MISSING_WATCH, MISSING_ALARM = 0.10, 0.25  # by how much more of the filings lack it
FEWEST_FILINGS = 50  # in the window; under it spreads are not compared
RATIO_WATCH, RATIO_ALARM = 0.90, 0.99  # level of the interval of found over expected that no longer holds 1
LIST_DAYS = (8, 31)  # sanctions lists change weekly and more often [K]
RATE_DAYS = (62, 186)  # exchange rates: one row a month
TABLE_DAYS = (400, 1461)  # what is compiled or published once a year, or seldom: the newest edition of some is years old
MODEL_DAYS = (400, 800)


@dataclass(frozen=True)
class Check:
    """One thing looked at.

    Args:
        about: one of `ABOUT`. subject: what of it. measure: the figure's name.
        value: the figure; None where it was not measured. expected: what it would be were nothing amiss. low, high: its 90 % interval.
        watch_from, alarm_from: thresholds on `value`; None where the state hangs on the interval.
        text: what was seen. todo: what to do; empty where nothing is.
    """

    about: str
    subject: str
    measure: str
    state: str
    value: float | None
    expected: float | None
    low: float | None
    high: float | None
    watch_from: float | None
    alarm_from: float | None
    text: str
    todo: str


def worst(checks: Iterable[Check]) -> str:
    """The worst state of what was measured."""
    states = {check.state for check in checks}
    return next((state for state in (ALARM, WATCH, OK) if state in states), NOT_MEASURED)


def in_order(checks: Iterable[Check]) -> tuple[Check, ...]:
    """By what they are about, the worst first; the visits by lot before the others."""
    return tuple(sorted(checks, key=lambda one: (ABOUT.index(one.about), one.subject != BY_LOT, WORST_FIRST.index(one.state), one.subject, one.measure)))


def _over(value: float, watch: float, alarm: float) -> str:
    return ALARM if value >= alarm else WATCH if value >= watch else OK


def not_measured(about: str, subject: str, measure: str, why: str, todo: str) -> Check:
    """Something that could not be looked at, and what would change that."""
    return Check(about, subject, measure, NOT_MEASURED, None, None, None, None, None, None, why, todo)


def spread_moved(about: str, subject: str, index: float, chance: float, *, used: bool = True) -> Check:
    """How far values are spread otherwise than at the training.

    Args:
        chance: what the index exceeds once in a thousand times by chance alone.
        used: whether the model in force looks at it; what it does not look at is never an alarm.
    """
    watch, alarm = max(INDEX_WATCH, chance), max(INDEX_ALARM, chance)
    state = _over(index, watch, alarm)
    if state == ALARM and not used:
        state = WATCH
    if state == OK:
        return Check(about, subject, "population stability index", OK, index, 0.0, None, None, watch, alarm, "Spread as when the model was trained.", "")
    if about == "scores":
        text = "Risks are spread otherwise than when the model was trained."
        todo = ("See which features moved (above). If filings themselves have changed, look at calibration by the next visits by lot and train again with "
                "`diversion train`; if an intake or list changed, mend that first.")
    else:
        text = "Its values are spread otherwise than when the model was trained." + ("" if used else " The model in force does not look at it.")
        todo = ("Ask whether filings changed (new goods, routes, a new licensing form) or how they are recorded did. Mend a recording fault at its source; if the change "
                "is real, train again with `diversion train` once visits of the new kind are reviewed.")
    return Check(about, subject, "population stability index", state, index, 0.0, None, None, watch, alarm, text, todo)


def missing_moved(subject: str, then: float, now: float, *, used: bool = True) -> Check:
    """Whether a feature is missing more often than at the training."""
    watch, alarm = min(1.0, then + MISSING_WATCH), min(1.0, then + MISSING_ALARM)
    state = _over(now - then, MISSING_WATCH, MISSING_ALARM)
    if state == ALARM and not used:
        state = WATCH
    if state == OK:
        return Check("features", subject, "missing share", OK, now, then, None, None, watch, alarm, "Missing no more often than when the model was trained.", "")
    return Check("features", subject, "missing share", state, now, then, None, None, watch, alarm,
                 f"Missing in {now:.0%} of filings; {then:.0%} when the model was trained.",
                 "Look at the intake that sends its fields (GET /v1/features says which), and at whether the lists or tables behind it are loaded. Scores stay usable: "
                 "a missing input widens the interval.")


def mean_moved(then: float, now: float) -> Check:
    """The mean risk against that of the training's year; a doubling or halving is an alarm."""
    ratio = now / then if then > 0 else float("inf")
    away = max(ratio, 1 / ratio) if ratio > 0 else float("inf")
    state = _over(away, 1.5, 2.0)
    return Check("scores", "mean risk", "ratio to the reference", state, ratio, 1.0, None, None, 1.5, 2.0,
                 f"Mean risk {now:.4f}; {then:.4f} when the model was trained.",
                 "" if state == OK else "Compare with what visits by lot found (calibration, below): if that moved too, the world did; if not, look for an input whose recording changed. "
                 "Bands are fixed by policy: the queue's load changes with the mean.")


@dataclass(frozen=True)
class Expected:
    """Reviewed visits, and how many diversions the model in force expected of them.

    Args:
        source: `lot` or `other`. ratio, low, high: found over expected with its 90 % interval; None without visits.
    """

    source: str
    visits: int
    found: int
    expected: float
    ratio: float | None
    low: float | None
    high: float | None


def expected_of(source: str, found: np.ndarray, chance: np.ndarray) -> Expected:
    """What was found against what was expected.

    Args:
        found: (n,) 0 or 1. chance: (n,) probability that a visit of that mode finds a diversion there.

    Source:
        Garwood (1936), Biometrika 28, 437-442: the exact interval of a Poisson count, held against the sum of small probabilities.
    """
    hits, sum_ = int(found.sum()), float(chance.sum())
    if not len(found) or sum_ <= 0:
        return Expected(source, len(found), hits, sum_, None, None, None)
    low, high = _garwood(hits, RATIO_WATCH)
    return Expected(source, len(found), hits, sum_, hits / sum_, low / sum_, high / sum_)


def _garwood(count: int, level: float) -> tuple[float, float]:
    tail = (1 - level) / 2
    return (chi2.ppf(tail, 2 * count) / 2 if count else 0.0), chi2.ppf(1 - tail, 2 * count + 2) / 2


def calibration_moved(told: Expected) -> Check:
    """Whether visits find what the model expects; those by lot speak for all shipments, the others only for such as were chosen."""
    subject = BY_LOT if told.source == "lot" else OTHERS
    if told.ratio is None:
        return not_measured("calibration", subject, "found over expected", "No visit by lot was reviewed since the model was trained." if subject == BY_LOT else "No visit but by lot was reviewed since the model was trained.",
                            "Keep a share of each plan for the lot, and review what comes back (`diversion due`)." if told.source == "lot" else "Review what comes back (`diversion due`).")
    low, high = (bound / told.expected for bound in _garwood(told.found, RATIO_ALARM))
    state = ALARM if not low <= 1 <= high else WATCH if not told.low <= 1 <= told.high else OK
    text = f"{told.found} diversions found on {told.visits} {subject}; {told.expected:.1f} expected (90 % interval of the ratio {told.low:.2f} to {told.high:.2f})."
    if told.source == "other":
        text += " Chosen by people or by risk: says little of all shipments."
    todo = "" if state == OK else (
        "The model says too little: hold thresholds under review, train again with `diversion train`, and until then read high risks as at least what they say."
        if told.ratio > 1 else
        "The model says too much, or visits see less than assumed (the card's detection rates): ask how visits were made, then train again with `diversion train`."
    )
    return Check("calibration", subject, "found over expected", state, told.ratio, 1.0, told.low, told.high, None, None, text, todo)


def grown_old(subject: str, days: int | None, thresholds: tuple[int, int], what: str, todo: str) -> Check:
    """How old something is that must be kept fresh.

    Args:
        days: since its edition; None where none is held, which is an alarm.
    """
    watch, alarm = thresholds
    if days is None:
        return Check("freshness", subject, "days since the edition", ALARM, None, None, None, None, watch, alarm, f"No {what} is held.", todo)
    state = _over(days, watch, alarm)
    return Check("freshness", subject, "days since the edition", state, float(days), None, None, None, watch, alarm, f"The {what} is {days} days old.", "" if state == OK else todo)


def renamed(check: Check, measure: str) -> Check:
    """The same check under another measure's name."""
    return replace(check, measure=measure)
