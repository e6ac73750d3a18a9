"""How codes, risks and times read to a person; the sentence of a reason comes from the catalogue, none from here."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

from engine.wire.quantities import amount

SCOPE = (
    "This score speaks of diversion only. It says nothing of embargoes beyond its referrals, of human rights, of "
    "humanitarian law or of any other ground. It is advice: it neither grants nor denies."
)
UNSEEN = "This page shows no score, band or reason of choice, so that what is found is the finder's own."

# Shape and word carry the band; colour only repeats it. `low` reads *routine*: nothing here is ever cleared.
BANDS = {"low": "○ routine", "elevated": "◐ elevated", "high": "● high", "critical": "▲ critical"}
BAND_ORDER = ("critical", "high", "elevated", "low")

_WORDS = {
    "auc": "ranking (AUC)",
    "percent": "%",
    "wmd": "WMD",
    "lei": "LEI",
    "imo": "IMO",
    "eu": "EU",
    "un": "UN",
    "hs": "HS",
    "id": "id",
    "re_export": "re-export",
    "re_transfer": "re-transfer",
}
_SPECIAL = {
    "low": "routine",
    "re_export": "re-export",
    "re_transfer": "re-transfer",
    "re_export_consent": "re-export consent",
    "no_re_export": "no re-export",
    "no_re_transfer": "no re-transfer",
    "no_wmd_use": "no WMD use",
    "end_user": "end user",
    "agreement": "agreement of documents",
    "lanes": "usual ways",
    "re_transfer_consent": "re-transfer consent",
    "other_informed": "informed on another ground",
    "on_site": "on site",
    "not_seen": "not seen (not reached)",
    "not_presented": "not presented (asked for, not shown)",
    "refused_cooperation": "party refused to cooperate",
    "unresponsive": "party did not respond",
    "withdrawn": "withdrawn by the applicant",
    "returned": "returned without action",
}


def band(name: str | None) -> str:
    """A band as symbol and word; a filing without a score says so."""
    return "· not scored" if name is None else BANDS[name]


def say(code: str | None) -> str:
    """A code of the contract in plain words; a missing one is a dash."""
    if code is None:
        return "–"
    return _SPECIAL.get(code) or " ".join(_WORDS.get(word, word) for word in code.split("_"))


def chosen_by(visit: Mapping[str, Any]) -> str:
    """How a visit came into its plan; one that a planner added is told as that, for which the contract's codes have no word."""
    return "a planner" if visit.get("added_by_planner") else say(visit["chosen_by"])


def heading(code: str) -> str:
    """A code in plain words at the head of a column."""
    said = say(code)
    return said[:1].upper() + said[1:]


def per(*risks: float) -> int:
    """The round number of filings at which all these risks can be told as counts of at least one."""
    least = min((risk for risk in risks if risk > 0), default=1.0)
    return next((n for n in (1_000, 10_000, 100_000) if least * n >= 0.95), 100_000)


def count_in(risk: float, out_of: int) -> str:
    """A risk as a count out of so many; never "0" for what is not zero."""
    number = round(risk * out_of)
    return f"{number:,}" if number or risk == 0 else "fewer than 1"


def frequency(risk: float, base: float | None = None, of: str = "all applications") -> str:
    """A risk as a natural frequency, beside that of `of` where it is known, both out of the same number."""
    out_of = per(risk) if base is None else per(risk, base)
    told = f"{count_in(risk, out_of)} in {out_of:,} such applications"
    return told if base is None else f"{told}; {of}: {count_in(base, out_of)} in {out_of:,}"


def interval(low: float, high: float, risk: float) -> str:
    """The 90 % interval as counts on the same scale as the risk itself."""
    out_of = per(risk)
    return f"{count_in(low, out_of)} to {count_in(high, out_of)} in {out_of:,}"


def odds(contribution: float) -> str:
    """A contribution in log-odds as the factor by which it multiplies the odds."""
    from math import exp

    factor = exp(contribution)
    return f"×{factor:.1f}" if factor >= 10 else f"×{factor:.2f}"


def number(value: float | None) -> str:
    """A feature's value as short as it can be told without loss that matters."""
    if value is None:
        return "missing"
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:,.3g}"


def quantity(value: float | None, unit: str | None = None) -> str:
    """A quantity in plain digits, with its unit in words where it has one."""
    return amount(value, unit) or "–"


def many(value: float | None, unit: str | None, what: str) -> str:
    """How many or how much of what: `400 × rifles`, `897 kg carbon fibre`."""
    told = amount(value, unit)
    for counted in (" pieces", " piece"):
        if told.endswith(counted):
            return f"{told.removesuffix(counted)} × {what}"
    return f"{told} {what}".strip()


def money(value: float | None, currency: str | None) -> str:
    """An amount with its currency."""
    return "–" if value is None else f"{value:,.0f} {currency or '(no currency)'}"


def day(moment: date | datetime | str | None) -> str:
    """The day of a moment, as `2026-11-22`."""
    if moment is None:
        return "–"
    return moment[:10] if isinstance(moment, str) else moment.isoformat()[:10]


def age_days(since: datetime, now: datetime) -> int:
    """Whole days from one moment to another; moments without a zone are UTC."""
    aware = [m if m.tzinfo else m.replace(tzinfo=UTC) for m in (since, now)]
    return (aware[1] - aware[0]).days


def yes_no(value: bool | None) -> str:
    """A truth that may be missing."""
    return {True: "yes", False: "no", None: "–"}[value]
