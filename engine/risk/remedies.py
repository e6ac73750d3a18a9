"""What could be asked for before a grant: which fields of a filing each remedy changes, and who can verify it. Scores nothing."""

from __future__ import annotations

import math
import tomllib
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from importlib import resources
from itertools import combinations

Filing = dict  # an application as plain JSON

ASSURANCES = ("end_user_certificate", "end_user_statement")
MOST_TOGETHER = 6  # remedies of which every combination is tried: 57 filings besides each alone, what one pass takes; more are cut to those that do most alone


@dataclass(frozen=True)
class Remedy:
    """A condition or document that guidance names and somebody can verify.

    Args:
        code: its name here.
        asks: one sentence, what is asked for.
        verified_by: what shows that it was done.
        title, url: the guidance.
        apply: a filing with it; the same filing where it changes nothing.
    """

    code: str
    asks: str
    verified_by: str
    title: str
    url: str
    apply: Callable[[Filing], Filing]

    @property
    def source(self) -> str:
        """The guidance with its address."""
        return f"{self.title} ({self.url})"


def assured(filing: Filing, changed: Callable[[dict], dict]) -> Filing:
    """The filing with each of its end-user documents changed; no document is invented."""
    documents = filing.get("documents")
    if not documents:
        return filing
    return filing | {"documents": [changed(paper) if paper["kind"] in ASSURANCES else paper for paper in documents]}


def undertaking(*promises: str) -> Callable[[Filing], Filing]:
    """The filing with these undertakings in each of its end-user documents."""
    def promised(paper: dict) -> dict:
        given = paper.get("undertakings") or []
        new = [promise for promise in promises if promise not in given]
        return paper | {"undertakings": [*given, *new]} if new else paper

    return lambda filing: assured(filing, promised)


def authenticated(filing: Filing) -> Filing:
    """Each end-user document confirmed by its issuer. One that was denied stays denied: that answer is there already."""
    return assured(filing, lambda paper: paper if paper.get("authentication") in ("confirmed", "denied") else paper | {"authentication": "confirmed"})


def in_the_original(filing: Filing) -> Filing:
    """Each end-user document in the original, where it is said to be a copy."""
    return assured(filing, lambda paper: paper | {"original": True} if paper.get("original") is False else paper)


def stock_destroyed(filing: Filing) -> Filing:
    """All replaced stock planned for destruction with its serial numbers, and the end user's undertaking to do it."""
    stock = filing.get("replaced_stock")
    if not stock:
        return filing
    planned = [old | {"plan": "destroy", "serials_declared": True} for old in stock]
    return undertaking("destroy_replaced_stock")(filing | {"replaced_stock": planned})


def straight(filing: Filing) -> Filing:
    """One leg from the first place to the last, carried as the first leg is."""
    legs = filing.get("route")
    if not legs or (len(legs) == 1 and not legs[0].get("free_zone") and not legs[0].get("storage_days")):
        return filing
    first, last = legs[0], legs[-1]
    kept = {name: first[name] for name in ("from", "from_text", "mode", "carrier", "planned_on") if name in first}
    return filing | {"route": [kept | {name: last[name] for name in ("to", "to_text") if name in last}]}


def as_certified(filing: Filing) -> Filing:
    """Quantities and values brought down to what the fullest end-user document certifies by control code."""
    certified: dict[str, float] = defaultdict(float)
    for paper in filing.get("documents") or ():
        if paper["kind"] in ASSURANCES:
            named: dict[str, float] = defaultdict(float)
            for item in paper.get("items") or ():
                if item.get("control_code") and item.get("quantity") is not None:
                    named[item["control_code"]] += item["quantity"]
            for code, quantity in named.items():
                certified[code] = max(certified[code], quantity)
    asked: dict[str, float] = defaultdict(float)
    units: dict[str, set] = defaultdict(set)
    for item in filing["items"]:
        if item.get("control_code") in certified and item.get("quantity"):
            asked[item["control_code"]] += item["quantity"]
            units[item["control_code"]].add(item.get("unit"))
    cut = {code: certified[code] / asked[code] for code in asked if len(units[code]) == 1 and 0 < certified[code] < asked[code]}
    return filing | {"items": [_scaled(item, cut[item["control_code"]]) if item.get("control_code") in cut and item.get("quantity") else item
                               for item in filing["items"]]} if cut else filing


def _scaled(item: dict, share: float) -> dict:
    """An item cut down: whole pieces stay whole, rounded down, and the value goes with the quantity."""
    if share >= 1:
        return item
    whole = float(item["quantity"]).is_integer()
    quantity = max(math.floor(item["quantity"] * share), 1) if whole else math.floor(item["quantity"] * share * 1e6) / 1e6
    value = item.get("value")
    return item | {"quantity": quantity} | ({"value": round(value * quantity / item["quantity"], 2)} if value is not None else {})


CHANGES: dict[str, Callable[[Filing], Filing]] = {
    "authentication_confirmed": authenticated,
    "originals_sighted": in_the_original,
    "no_re_export": undertaking("no_re_export", "no_re_transfer"),
    "on_site_verification": undertaking("on_site_verification"),
    "delivery_verification": undertaking("delivery_verification"),
    "secure_storage": undertaking("secure_storage", "report_loss"),
    "replaced_stock_destroyed": stock_destroyed,
    "direct_route": straight,
    "certified_quantity": as_certified,
}


@cache
def remedies() -> tuple[Remedy, ...]:
    """Every remedy, in the order of its file.

    Raises:
        KeyError: the file names one that nothing here applies, or the other way round.
    """
    told = tomllib.loads((resources.files("engine.risk") / "remedies.toml").read_text())
    if missing := CHANGES.keys() ^ told.keys():
        raise KeyError(f"remedies.toml and remedies.py name different remedies: {', '.join(sorted(missing))}")
    return tuple(
        Remedy(code, one["asks"], one["verified_by"], one["source"]["title"], one["source"]["url"], CHANGES[code]) for code, one in told.items()
    )


def applicable(filing: Filing) -> tuple[Remedy, ...]:
    """The remedies that would change this filing."""
    return tuple(remedy for remedy in remedies() if remedy.apply(filing) != filing)


def with_all(filing: Filing, chosen: Iterable[Remedy]) -> Filing:
    """The filing with several remedies, in the order of their file."""
    for remedy in chosen:
        filing = remedy.apply(filing)
    return filing


def sets_of(chosen: tuple[Remedy, ...]) -> list[tuple[Remedy, ...]]:
    """Every combination of two and more, fewest first."""
    return [together for size in range(2, len(chosen) + 1) for together in combinations(chosen, size)]
