"""Plans how goods go from the exporter to the end user: by the way everyone takes, or round about."""

from itertools import pairwise
from random import Random

from . import clock
from .chance import between, one_of
from .countries import AIR_HUBS, COUNTRIES, FREE_ZONES, HUBS, Country, detour_place
from .parties import Entity

_OVERLAND = frozenset(
    ("DK", "FI", "DE", "NL", "BE", "AT", "CH", "PL", "CZ", "EE", "LV", "LT", "HU", "FR", "IT", "NO", "SE")
)
_VESSELS = (
    "Aurora",
    "Boreas",
    "Castor",
    "Dorado",
    "Electra",
    "Fortuna",
    "Galene",
    "Halcyon",
    "Iris",
    "Juno",
    "Kestrel",
    "Lyra",
)


def legs(chance: Random, start: Country, end: Country, carrier: Entity, at: int, seen: set[str]) -> list[dict]:
    """The legs of one filing, in order; at least one."""
    overland = end.code in _OVERLAND and start.code in _OVERLAND and chance.random() < 0.5
    by_air = not overland and chance.random() < 0.45
    mode = "road" if overland else "air" if by_air else "sea"
    stops = [_port(chance, start, by_air)]
    if "detour" in seen:
        stops.append(detour_place(chance, clock.year(at)))
    elif not overland and chance.random() < 0.42:
        stops.append((AIR_HUBS if by_air else HUBS).draw(chance))
        if chance.random() < 0.12:
            stops.append((AIR_HUBS if by_air else HUBS).draw(chance))
    if not (by_air or overland) and not end.ports:
        stops.append(end.gate)
    stops.append(_port(chance, end, by_air or not end.ports))
    places = [place for before, place in zip(["", *stops], stops, strict=False) if place != before]
    if len(places) == 1:
        places.append(places[0])
    return _written(chance, places, mode, carrier, at, seen)


def _port(chance: Random, country: Country, by_air: bool) -> str:
    return one_of(chance, country.airports if by_air or not country.ports else country.ports)


def by_the_sea(place: str) -> bool:
    """Whether a ship can call in its country."""
    return place[:2] not in COUNTRIES or bool(COUNTRIES[place[:2]].ports)


def _written(chance: Random, places: list[str], mode: str, carrier: Entity, at: int, seen: set[str]) -> list[dict]:
    day = at + between(chance, 40, 180) * clock.DAY
    last = len(places) - 2
    named = chance.random() < 0.6
    route: list[dict] = []
    for number, (origin, goal) in enumerate(pairwise(places)):
        inland = mode == "sea" and not (by_the_sea(origin) and by_the_sea(goal))
        leg: dict = {"from": origin, "to": goal, "mode": ("rail" if day & 1 else "road") if inland else mode}
        if named:
            leg["carrier"] = carrier.card["name"]
        if number == 0 and mode == "sea" and chance.random() < 0.3:
            leg["conveyance"] = f"MV {one_of(chance, _VESSELS)}"
            leg["imo"] = _imo(between(chance, 910_000, 989_999))
        elif number == 0 and mode == "air" and chance.random() < 0.15:
            leg["conveyance"] = f"{carrier.card['name'][:2].upper()}{between(chance, 100, 999)}"
        if chance.random() < 0.6:
            leg["planned_on"] = clock.day(day)
        if number < last:
            _stop_over(chance, leg, goal, seen)
        elif "free_zone" in seen and goal in FREE_ZONES:
            leg["free_zone"] = True
        # A ship is three weeks under way to the other side of the world.
        under_way = between(chance, 3, 25) + (24 if leg["mode"] == "sea" else 0)
        day += (under_way + leg.get("storage_days", 0)) * clock.DAY
        route.append(leg)
    return route


def _stop_over(chance: Random, leg: dict, place: str, seen: set[str]) -> None:
    """What is said of the place where the goods change hands on the way."""
    leg["free_zone"] = "free_zone" in seen
    if "long_storage" in seen:
        leg["storage_days"] = between(chance, 15, 90)
    elif chance.random() < 0.5:
        leg["storage_days"] = between(chance, 0, 6)
    if "no_transit_paper" not in seen and chance.random() < 0.85:
        leg["transit_authorisation"] = f"{place[:2]}-TR-{between(chance, 10_000, 99_999)}"


def _imo(stem: int) -> str:
    """An IMO number with its check digit."""
    check = sum(int(digit) * weight for digit, weight in zip(str(stem), range(7, 1, -1), strict=True)) % 10
    return f"{stem}{check}"
