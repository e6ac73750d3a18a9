"""What each watch list is and what a match on it means. Reads no list file."""

import tomllib
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Literal

Effect = Literal["prohibiting", "warning"]

_OPENSANCTIONS_SOURCE = "https://www.opensanctions.org/datasets/"


@dataclass(frozen=True, slots=True)
class WatchList:
    """A watch list and its effect.

    ``prohibiting``: trade with the entry is barred or needs a permission, so a match is a referral that an
    officer must settle. ``warning``: trade is lawful but the issuer doubts the entry, so it raises risk only.
    """

    code: str
    title: str
    issuer: str
    effect: Effect
    because: str
    source: str


@lru_cache(maxsize=1)
def watch_lists() -> tuple[WatchList, ...]:
    """The lists of the house's table, ``lists.toml``, in its order."""
    table = tomllib.loads((files("engine.screening") / "lists.toml").read_text("utf-8"))
    return tuple(WatchList(code=code, **row) for code, row in table.items())


def watch_list(code: str) -> WatchList:
    """What the list of this code is and does.

    ``OPENSANCTIONS:<dataset>`` counts as warning: the collection also holds persons in politics, wanted notices
    and companies merely of interest, and only the original list can bar trade. A code that is not known counts
    as prohibiting, because an unread list must not quietly become the milder one.
    """
    for row in watch_lists():
        if row.code == code:
            return row
    if code.startswith("OPENSANCTIONS:"):
        because = "a collection of many sources; import the original list for referrals"
        title = f"OpenSanctions {code.partition(':')[2]}"
        return WatchList(code, title, "OpenSanctions", "warning", because, _OPENSANCTIONS_SOURCE)
    because = "the list is not in the house's table, so the stricter effect holds"
    return WatchList(code, code, "", "prohibiting", because, "")
