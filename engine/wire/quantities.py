"""Quantities in words: how many of what, by the units of `data/reference`. Converts nothing."""

from __future__ import annotations

import csv
from functools import cache
from importlib import resources


@cache
def _words() -> dict[str, tuple[str, str]]:
    with (resources.files("data") / "reference" / "unit_of_measure.csv").open(encoding="utf-8", newline="") as lines:
        return {row["code"]: (row["one"], row["many"]) for row in csv.DictReader(lines)}


def number(quantity: float) -> str:
    """A quantity in plain digits, to a millionth of its unit."""
    return f"{float(quantity):,.6f}".rstrip("0").rstrip(".")


def unit(code: str | None, quantity: float | None = None) -> str:
    """A unit in words, after its quantity where there is one; a unit that is not held stands as it was filed."""
    one, many = _words().get(code or "", (code or "", code or ""))
    return one if quantity == 1 else many


def amount(quantity: float | None, code: str | None) -> str:
    """A quantity with its unit: `897 kg`, `1 piece`; empty where none was filed."""
    return "" if quantity is None else f"{number(quantity)} {unit(code, quantity)}".strip()
