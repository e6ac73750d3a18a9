"""Holds a file's text to what was declared of the document, field by field. Reads no file and weighs nothing.

A declared fact that cannot be found in the text is a question for an officer, not a forgery: scans are read badly, and
states write names and days in many ways. So only what is declared is looked for, in every usual way of writing it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from functools import lru_cache

import pycountry
from anyascii import anyascii
from rapidfuzz import fuzz

NAME_FOUND = 88.0  # of 100, partial ratio: a letter or two lost in the text layer of a name of some words
LEAST_TEXT = 40  # characters; a scan with a stray header has no text to be held to
MONTHS = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december",
)
FIELDS = ("number", "end_user", "consignee", "final_country", "issued_on", "expires_on", "quantity", "value")


def compared(text: str, declared: Mapping[str, object], name_key: Callable[[str], str]) -> dict[str, bool]:
    """Field -> whether the text holds what was declared; only for fields that were declared. Empty for a file without text.

    Args:
        text: the file's text layer.
        declared: `number`, `end_user`, `consignee` (texts), `final_country` (alpha-2), `issued_on`, `expires_on` (days),
            `quantities` and `value` (numbers).
        name_key: the house's normalisation of a name.
    """
    if len(text) < LEAST_TEXT:
        return {}
    plain = _plain(text)
    solid = re.sub(r"[^A-Z0-9]", "", plain.upper())
    numbers = _numbers(text)
    found: dict[str, bool] = {}
    if declared.get("number"):
        found["number"] = re.sub(r"[^A-Z0-9]", "", _plain(str(declared["number"])).upper()) in solid
    for name in ("end_user", "consignee"):
        if declared.get(name):
            # The house's key orders a name's words, the text keeps them as written: both ways of writing are looked for.
            found[name] = max(fuzz.partial_ratio(_plain(str(declared[name])), plain), fuzz.token_set_ratio(name_key(str(declared[name])), name_key(text))) >= NAME_FOUND
    if declared.get("final_country"):
        found["final_country"] = any(re.search(rf"\b{re.escape(name)}\b", plain) for name in _country_names(str(declared["final_country"])))
    for name in ("issued_on", "expires_on"):
        if declared.get(name):
            found[name] = any(re.search(rf"(?<!\d){re.escape(way)}(?!\d)", plain) for way in _ways(declared[name]))
    quantities = [one for one in declared.get("quantities") or () if one is not None]
    if quantities:
        found["quantity"] = all(Decimal(str(one)).normalize() in numbers for one in quantities)
    if declared.get("value") is not None:
        found["value"] = Decimal(str(declared["value"])).normalize() in numbers
    return found


def text_key(text: str) -> str | None:
    """What two files with the same words share, whatever their spacing, case and accents; None for hardly any text."""
    words = re.findall(r"[a-z0-9]+", _plain(text))
    return " ".join(words) if len(words) >= 20 else None


def _plain(text: str) -> str:
    return re.sub(r"\s+", " ", anyascii(text).lower())


def _numbers(text: str) -> set[Decimal]:
    """Every number in the text, read with either sign for thousands."""
    found: set[Decimal] = set()
    for told in re.findall(r"\d[\d.,' ]*\d|\d", text):
        for thousands, point in ((",' ", "."), (".' ", ",")):
            plain = told.translate(str.maketrans("", "", thousands)).replace(point, ".")
            if plain.count(".") <= 1:
                found.add(Decimal(plain.strip(".")).normalize())
        found |= {Decimal(one).normalize() for one in re.findall(r"\d+", told)}
    return found


@lru_cache(maxsize=512)
def _country_names(code: str) -> tuple[str, ...]:
    country = pycountry.countries.get(alpha_2=code)
    if country is None:
        return (code.lower(),)
    names = {getattr(country, name, None) for name in ("name", "official_name", "common_name", "alpha_3")} - {None}
    names |= {name.split(",")[0] for name in names}
    return tuple(sorted(_plain(name) for name in names))


def _ways(day: object) -> tuple[str, ...]:
    """The usual ways of writing a day, in English words or numbers."""
    if not isinstance(day, date):
        day = date.fromisoformat(str(day))
    month = MONTHS[day.month - 1]
    ways = {day.isoformat(), f"{day.year}/{day.month:02d}/{day.day:02d}"}
    for sign in (".", "/", "-", " "):
        for one, two in ((day.day, day.month), (day.month, day.day)):
            ways |= {f"{one:02d}{sign}{two:02d}{sign}{day.year}", f"{one}{sign}{two}{sign}{day.year}"}
    for name in (month, month[:3], month[:3] + "."):
        for number in (str(day.day), f"{day.day:02d}"):
            ways |= {f"{number} {name} {day.year}", f"{number}-{name}-{day.year}", f"{name} {number}, {day.year}", f"{name} {number} {day.year}"}
            ways |= {f"{number}{ending} {name} {day.year}" for ending in ("st", "nd", "rd", "th")} | {f"{number}{ending} of {name} {day.year}" for ending in ("st", "nd", "rd", "th")}
    return tuple(ways)
