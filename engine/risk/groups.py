"""How far groups of filings may lie from the curve, by how much the labels say of each. Widens the interval; moves no risk and no rank.

The curve tells one rate a score, whoever files. Whether that holds for a kind of filing is known only as far as labels of that kind
are held: of a common one they tell, of a rare one nothing but how much groups differ at all. The curve's own band cannot know that,
since it draws from the labelled as they are.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from math import fsum, sqrt

import numpy as np
from scipy.stats import norm

from engine.risk.calibrate import LEVEL, logistic, logistic_curve
from features.catalogue import Catalogue

# Four, not more: each further division adds its doubt to every filing.
DIVISIONS = ("kind of filing", "goods tier", "destination region", "end user")
NOT_KNOWN = "not known"  # no group: what lacks it is taken for whichever group it knows least of
SPREADS = np.linspace(0.05, 2.0, 40)  # standard deviations of the groups' effects, log-odds, that are weighed
USUAL_SPREAD = 1.0  # log-odds; scale of the half-normal prior of the spread: groups that differ more than tenfold at one score are not expected
STEPS = 60  # of Newton's method; it ends sooner
Z = float(norm.ppf((1 + LEVEL) / 2))


def groups_of(book: Catalogue, matrix: np.ndarray, kind: np.ndarray, region: np.ndarray) -> dict[str, np.ndarray]:
    """The group of each filing in each division, `NOT_KNOWN` where it has none.

    Args:
        matrix: (n, columns) in catalogue order. kind, region: (n,) texts, of application and of the destination; no feature reads them.

    Returns:
        Division -> (n,) texts.
    """
    tier = matrix[:, book.columns.index("goods_sensitivity_level")]
    filed = matrix[:, book.columns.index("end_user_prior_filings_count")]
    names = np.array([NOT_KNOWN, *(str(level) for level in range(5))], dtype=object)
    told = (
        kind,
        names[np.where(np.isnan(tier), -1, tier).astype(int) + 1],
        region,
        # Global and general licences name no single end user: a group of its own, not something that could have been given.
        np.select([np.isnan(filed), filed == 0], ["none named", "first filing"], "filed before").astype(object),
    )
    return dict(zip(DIVISIONS, told, strict=True))


@dataclass(frozen=True)
class Group:
    """One group of a division and what the labels hold of it.

    Args:
        labelled, diversions: filings. share: of all shipments, by the labels' weights.
    """

    division: str
    name: str
    labelled: int
    diversions: int
    share: float


@dataclass(frozen=True)
class GroupEffects:
    """What the labels say of each group beyond the curve: log-odds against all filings of the same score.

    Args:
        groups: every group that has a label.
        effect: by group, shrunk. covariance: of the effects.
        spread: standard deviation of the effects of groups, log-odds; all that is known of one without a label.
        labelled: filings.
    """

    groups: tuple[Group, ...]
    effect: tuple[float, ...]
    covariance: tuple[tuple[float, ...], ...]
    spread: float
    labelled: int

    def apart(self, groups: Mapping[str, np.ndarray] | None, rows: int) -> tuple[np.ndarray, np.ndarray]:
        """How far filings like each may lie below and above the curve: two (n,) f64 of log-odds >= 0, at 90 %.

        Args:
            groups: as `groups_of` gives them; a division that is not told is not known. None: none is told.
        """
        told = groups or {}
        places = tuple(self._places(division, told.get(division), rows) for division in DIVISIONS)
        below, above = self._apart
        return below[places], above[places]

    def held_of(self, division: str, name: str) -> Group:
        """What the labels hold of a group; nothing where it has none."""
        return next((one for one in self.groups if (one.division, one.name) == (division, name)), Group(division, name, 0, 0, 0.0))

    def _names(self, division: str) -> list[str]:
        return [one.name for one in self.groups if one.division == division]

    def _places(self, division: str, names: np.ndarray | None, rows: int) -> np.ndarray:
        """Where each row's group stands among those of its division: then the group without a label, then the one not known."""
        known = self._names(division)
        if names is None:
            return np.full(rows, len(known) + 1)
        place = np.where(names == NOT_KNOWN, len(known) + 1, len(known))
        for n, name in enumerate(known):
            place[names == name] = n
        return place

    @cached_property
    def _apart(self) -> tuple[np.ndarray, np.ndarray]:
        """Both distances for every combination of groups.

        Of one not known the largest of its division is taken, so that telling it can only narrow the interval. A table, looked up: one
        filing and a million get the same bits.
        """
        known = [self._names(division) for division in DIVISIONS]
        below, above = (np.zeros([len(names) + 2 for names in known]) for _ in range(2))
        effect, covariance = np.array(self.effect), np.array(self.covariance).reshape(len(self.effect), len(self.effect))
        middle = np.array([one.share for one in self.groups])  # where the curve's level is from, whose own doubt is in its band
        starts = np.cumsum([0, *(len(names) for names in known)])
        for places in np.ndindex(*(len(names) + 1 for names in known)):
            weight, strange = -middle, 0
            for n, place in enumerate(places):
                if place < len(known[n]):
                    weight[starts[n] + place] += 1
                else:
                    strange += 1
            # Summed exactly: matrix products differ in their last bit from one processor to another.
            mean = fsum(weight * effect)
            reach = Z * sqrt(max(fsum((np.outer(weight, weight) * covariance).ravel()), 0.0) + strange * self.spread**2)
            below[places], above[places] = reach + max(-mean, 0.0), reach + max(mean, 0.0)
        for axis in range(len(known)):
            for side in (below, above):
                last = [slice(None)] * len(known)
                last[axis] = -1
                side[tuple(last)] = side.max(axis=axis)
        return below, above

    def text(self) -> dict:
        """As JSON takes it."""
        return asdict(self)

    @classmethod
    def of_text(cls, told: dict) -> GroupEffects:
        """Back from its text."""
        return cls(
            tuple(Group(**one) for one in told["groups"]), tuple(told["effect"]), tuple(tuple(row) for row in told["covariance"]), told["spread"], told["labelled"]
        )


def group_effects(raw: np.ndarray, label: np.ndarray, weight: np.ndarray, groups: Mapping[str, np.ndarray]) -> GroupEffects:
    """Estimate how far each group lies from the curve of all labelled filings, given the score.

    A random effect a group on the log-odds, crossed over the divisions, all of one spread; Laplace's approximation. The spread is its root mean
    square over a weak prior, not its likeliest value: with few labels that is 0, and would say that a kind never seen is like all others.

    Args:
        raw: (n,) scores by trees that did not see the row. label: (n,) 0 or 1. weight: (n,) 1 / inclusion probability, for the shares only:
            a few clean visits of weight fifty would make a group (README.md).
        groups: division -> (n,) names.

    Source:
        Breslow & Clayton (1993), J. Am. Stat. Assoc. 88(421), 9-25; Gelman (2006), Bayesian Analysis 1(3), 515-534 (prior of the spread).
    """
    names = [(division, name) for division in DIVISIONS for name in sorted(set(groups[division].tolist()) - {NOT_KNOWN})]
    member = np.array([groups[division] == name for division, name in names], dtype=float).reshape(len(names), len(raw))
    slope, level = logistic_curve(raw, label, np.ones(len(raw)))
    odds = slope * raw + level
    likelihood = np.array([_fit(odds, label, member, spread)[0] for spread in SPREADS]) - SPREADS**2 / (2 * USUAL_SPREAD**2)
    belief = np.exp(likelihood - likelihood.max())
    spread = float(np.sqrt(SPREADS**2 @ belief / belief.sum()))
    _, effect, covariance = _fit(odds, label, member, spread)
    held = tuple(
        Group(division, name, int(here.sum()), int(here @ label), float(here @ weight / weight.sum())) for (division, name), here in zip(names, member, strict=True)
    )
    return GroupEffects(held, tuple(effect.tolist()), tuple(tuple(row) for row in covariance.tolist()), spread, len(raw))


def _fit(odds: np.ndarray, label: np.ndarray, member: np.ndarray, spread: float) -> tuple[float, np.ndarray, np.ndarray]:
    """Log-likelihood, effects and their covariance for one spread."""
    effect, prior = np.zeros(len(member)), np.eye(len(member)) / spread**2
    for _ in range(STEPS):
        p = logistic(odds + effect @ member)
        step = np.linalg.solve((member * (p * (1 - p))) @ member.T + prior, member @ (label - p) - effect / spread**2)
        furthest = float(np.abs(step).max(initial=0.0))
        effect = effect + step * min(1.0, 1 / max(furthest, 1e-12))
        if furthest < 1e-9:
            break
    z = odds + effect @ member
    p = logistic(z)
    information = (member * (p * (1 - p))) @ member.T
    value = float((label * z - np.logaddexp(0, z)).sum()) - 0.5 * float(effect @ effect) / spread**2
    value -= 0.5 * float(np.linalg.slogdet(np.eye(len(member)) + spread**2 * information)[1])
    return value, effect, np.linalg.inv(information + prior)
