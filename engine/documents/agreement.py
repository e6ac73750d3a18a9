"""Holds a file's text to what was declared of the document, field by field. Reads no file and weighs nothing.

A declared fact that cannot be found in the text is a question for an officer, not a forgery: scans are read badly, and
states write names and days in many ways. So only what is declared is looked for, in every usual way of writing it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
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
# Abbreviations that documents use and no English word reads like; three-letter codes would (ARE, PER, AND, CAN).
SHORT_NAMES = {"US": ("usa", "u.s.a"), "AE": ("uae", "u.a.e"), "GB": ("uk", "u.k", "great britain"), "KR": ("south korea",), "KP": ("dprk",), "CD": ("drc",)}
FIELDS = ("number", "end_user", "consignee", "final_country", "issued_on", "expires_on", "quantity", "value")


@dataclass(frozen=True)
class Wording:
    """A file's text in the forms in which it is looked through, made once for all documents that declare the file.

    Args:
        plain: Latin letters in lower case, single blanks.
        solid: capitals and figures alone.
        numbers: every number in it.
        key: by the house's normalisation of names.
    """

    plain: str
    solid: str
    numbers: frozenset[Decimal]
    key: str


def wording(text: str, name_key: Callable[[str], str]) -> Wording | None:
    """The forms of a text; None for a file with hardly any.

    Args:
        name_key: the house's normalisation of a name.
    """
    if len(text) < LEAST_TEXT:
        return None
    plain = _plain(text)
    return Wording(plain, re.sub(r"[^A-Z0-9]", "", plain.upper()), frozenset(_numbers(text)), name_key(text))


def compared(text: Wording | None, declared: Mapping[str, object], name_key: Callable[[str], str]) -> dict[str, bool]:
    """Field -> whether the text holds what was declared; only for fields that were declared. Empty for a file without text.

    Args:
        text: the file's text layer.
        declared: `number`, `end_user`, `consignee` (texts), `final_country` (alpha-2), `issued_on`, `expires_on` (days),
            `quantities` and `value` (numbers).
        name_key: the house's normalisation of a name.
    """
    if text is None:
        return {}
    found: dict[str, bool] = {}
    if declared.get("number"):
        found["number"] = re.sub(r"[^A-Z0-9]", "", _plain(str(declared["number"])).upper()) in text.solid
    for name in ("end_user", "consignee"):
        if declared.get(name):
            # The house's key orders a name's words, the text keeps them as written: both ways of writing are looked for.
            found[name] = max(
                fuzz.partial_ratio(_plain(str(declared[name])), text.plain), fuzz.token_set_ratio(name_key(str(declared[name])), text.key)
            ) >= NAME_FOUND
    if declared.get("final_country"):
        found["final_country"] = any(re.search(rf"\b{re.escape(name)}\b", text.plain) for name in _country_names(str(declared["final_country"])))
    for name in ("issued_on", "expires_on"):
        if declared.get(name):
            found[name] = any(re.search(rf"(?<!\d){re.escape(way)}(?!\d)", text.plain) for way in _ways(declared[name]))
    quantities = [one for one in declared.get("quantities") or () if one is not None]
    if quantities:
        found["quantity"] = all(Decimal(str(one)).normalize() in text.numbers for one in quantities)
    if declared.get("value") is not None:
        found["value"] = Decimal(str(declared["value"])).normalize() in text.numbers
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
    # A blank joins groups of three and no other figures, or the columns of a table would run together.
    for told in re.findall(r"\d{1,3}(?:[ \u00a0'.,]\d{3})+(?:[.,]\d+)?(?!\d)|\d+(?:[.,]\d+)?", text):
        for thousands, point in ((",' \u00a0", "."), (".' \u00a0", ",")):
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
    names = {getattr(country, name, None) for name in ("name", "official_name", "common_name")} - {None}
    names |= {name.split(",")[0] for name in names} | set(SHORT_NAMES.get(code, ()))
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
