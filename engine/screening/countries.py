"""Turns the country a watch list prints into its alpha-2 code."""

import tomllib
from functools import lru_cache
from importlib.resources import files

import pycountry
from anyascii import anyascii


@lru_cache(maxsize=1)
def _codes() -> dict[str, str]:
    """Folded names and codes of every country, built from ISO 3166-1 once a process."""
    codes = {}
    for country in pycountry.countries:
        for name in ("name", "official_name", "common_name", "alpha_2", "alpha_3"):
            if hasattr(country, name):
                codes[_folded(getattr(country, name))] = country.alpha_2
    printed = tomllib.loads((files("engine.screening") / "countries.toml").read_text("utf-8"))
    codes.update((name, code) for code, names in printed.items() for name in names)
    return codes


def _folded(text: str) -> str:
    kept = anyascii(text).casefold().replace("'", "").replace("&", "and")
    return " ".join("".join(letter if letter.isalnum() else " " for letter in kept).split())


@lru_cache(maxsize=4096)
def alpha2(text: str | None) -> str | None:
    """ISO 3166-1 alpha-2 of a country named or coded in any way, or None where nothing certain is named.

    Lists print codes, short, official and inverted names, parts of countries ("England", "Region: Gaza") and
    fillers ("undetermined", "-0-"). A state that no longer exists answers with None. Kosovo is ``XK``.
    """
    return _codes().get(_folded(text)) if text else None
