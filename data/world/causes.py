"""Why goods are diverted in this world, and how little of that a filing shows.

A hidden cause is the truth; a sign is what an officer can read. Each sign appears more often where its cause is at work
and, at a lower rate, where nothing is wrong. All rates are invented.
"""

from dataclasses import dataclass
from math import exp
from random import Random

# What a cause adds to the log-odds of diversion, and the mechanism it is then called by.
_WEIGHT = {
    "front": (4.5, "front_company"),
    "broker": (4.2, "broker"),
    "corrupt": (2.6, "re_transfer"),
    "old_stock": (3.6, "old_stock"),  # on top of a corrupt unit
    "transit": (4.4, "transit_diversion"),
    "forged": (3.9, "forged_certificate"),
    "lax": (1.8, "re_export"),
}
_BASE = -7.0  # a sound deal of dull goods with a well-ordered state: about 1 in 1,000
_DISORDER = 2.2  # a state at 0 on the scale of order, against one at 1
_APPETITE = 0.9  # goods everyone wants, against goods nobody does
_CERTIFIED = -1.5  # the exporter's own checks, audited
_COMPLICIT = 1.3
_UNCAUSED = ("re_transfer", "re_export", "battlefield")  # mechanisms where nobody planned it


@dataclass(frozen=True, slots=True)
class Sign:
    """One thing that may be seen in a filing."""

    causes: frozenset[str]  # any of them makes it likely; empty: it comes with no cause at all
    shown: float  # share of filings that show it where a cause is at work
    innocent: float  # share that show it where none is
    weight: float  # what an officer makes of it


def _sign(causes: str, shown: float, innocent: float, weight: float) -> Sign:
    return Sign(frozenset(causes.split()), shown, innocent, weight)


# Signs of one filing. Those of a party (young, no address, abroad) stay with the party: parties.py.
SIGNS = {
    "detour": _sign("transit", 0.65, 0.07, 0.8),
    "free_zone": _sign("transit front", 0.4, 0.06, 0.6),
    "long_storage": _sign("transit", 0.5, 0.05, 0.7),
    "no_transit_paper": _sign("transit", 0.5, 0.15, 0.3),
    "country_mismatch": _sign("transit forged", 0.15, 0.006, 1.2),
    "certificate_expired": _sign("forged", 0.2, 0.015, 0.6),
    "certificate_unnumbered": _sign("forged", 0.25, 0.04, 0.5),
    "certificate_reused": _sign("forged broker", 0.2, 0.004, 0.9),
    "odd_signatory": _sign("forged", 0.55, 0.06, 0.5),
    "copy_only": _sign("forged broker", 0.45, 0.12, 0.3),
    "not_authenticated": _sign("forged", 0.15, 0.003, 1.8),
    "consignee_mismatch": _sign("front transit", 0.15, 0.02, 1.0),
    "few_undertakings": _sign("front corrupt forged", 0.3, 0.09, 0.5),
    "vague_use": _sign("front broker", 0.3, 0.1, 0.4),
    "ill_fitting_use": _sign("front", 0.28, 0.05, 0.7),
    "odd_price": _sign("front broker", 0.3, 0.06, 0.5),
    "prepaid": _sign("front broker", 0.35, 0.1, 0.4),
    "third_country_payer": _sign("front broker transit", 0.28, 0.04, 0.7),
    "broker_submits": _sign("broker", 0.55, 0.15, 0.3),
    "large_quantity": _sign("front corrupt old_stock", 0.3, 0.05, 0.4),
    "stock_for_sale": _sign("old_stock", 0.6, 0.12, 0.6),
    "stock_serials_missing": _sign("old_stock", 0.6, 0.25, 0.3),
    "stock_without_consent": _sign("old_stock", 0.6, 0.25, 0.3),
    "consignee_changed": _sign("front transit", 0.12, 0.008, 0.8),
}
PARTY_WEIGHT = {
    "young": 0.6,
    "no_address": 0.4,
    "no_registration": 0.2,
    "no_website": 0.1,
    "shared_address": 0.1,  # an officer seldom sees it: the filings with the same address lie in other files
    "abroad": 0.5,
    "unlicensed": 0.5,
    "found_before": 2.6,
}
_CAREFUL = 0.2  # how much of a sign is left where those concerned know what officers look for
_ROWS = tuple((name, sign.causes, sign.shown, sign.innocent) for name, sign in SIGNS.items())
_CAREFUL_ROWS = tuple(
    (name, of, innocent + _CAREFUL * (shown - innocent), innocent) for name, of, shown, innocent in _ROWS
)
_WEIGHTS = {name: sign.weight for name, sign in SIGNS.items()} | PARTY_WEIGHT


def signs(causes: set[str], careful: bool, chance: Random) -> set[str]:
    """What this filing shows of its causes, and what it shows of none."""
    draw = chance.random
    if causes:
        rows = _CAREFUL_ROWS if careful else _ROWS
        return {name for name, of, shown, innocent in rows if draw() < (innocent if of.isdisjoint(causes) else shown)}
    return {name for name, _, _, innocent in _ROWS if draw() < innocent}


def suspicion(seen: set[str]) -> float:
    """What an officer makes of the signs: a plain sum, blind to how they go together."""
    return sum(_WEIGHTS[name] for name in seen)


def risk(causes: set[str], order: float, appetite: float, certified: bool, complicit: bool) -> float:
    """The true probability of diversion if licensed and shipped as filed."""
    logit = _BASE + _DISORDER * (1 - order) + _APPETITE * appetite + _CERTIFIED * certified + _COMPLICIT * complicit
    for cause in causes:
        logit += _WEIGHT[cause][0]
    if len(causes) > 1:
        logit -= 1.2 * (len(causes) - 1)  # one way out is enough
    if causes and appetite < 0.35:
        logit -= 1.4  # nobody takes such trouble over goods nobody wants
    return 1 / (1 + exp(-logit))


def mechanism(causes: set[str], chance: Random) -> str:
    """What the diversion is called once it has happened: its weightiest cause."""
    if not causes:
        return _UNCAUSED[int(chance.random() * len(_UNCAUSED))]
    return _WEIGHT[max(sorted(causes), key=lambda cause: _WEIGHT[cause][0])][1]
