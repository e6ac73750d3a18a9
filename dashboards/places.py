"""Where places are, for drawing: coordinates of UN/LOCODEs and outlines of countries. Guesses none that it lacks."""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any


@dataclass(frozen=True)
class Place:
    """A place on the map, in degrees north and east."""

    code: str
    name: str
    country: str
    latitude: float
    longitude: float


@cache
def gazetteer() -> dict[str, Place]:
    """UN/LOCODE -> place, as shipped with the reference data."""
    with (resources.files("data") / "reference" / "place.csv").open(encoding="utf-8", newline="") as lines:
        return {
            row["place"]: Place(row["place"], row["name"], row["country"], float(row["latitude"]), float(row["longitude"]))
            for row in csv.DictReader(lines)
            if row["latitude"] and row["longitude"]
        }


@cache
def country_names() -> dict[str, str]:
    """ISO 3166-1 alpha-2 -> name, as shipped with the reference data."""
    with (resources.files("data") / "reference" / "country.csv").open(encoding="utf-8", newline="") as lines:
        return {row["country"]: row["name"] for row in csv.DictReader(lines)}


def country(code: str | None) -> str:
    """A country's name with its code; the code alone where the name is not held."""
    if code is None:
        return "–"
    name = country_names().get(code)
    return f"{name} ({code})" if name else code


@cache
def world() -> dict[str, Any]:
    """The outlines of countries as TopoJSON."""
    return json.loads((resources.files("data") / "outline" / "world-110m.json").read_text(encoding="utf-8"))
