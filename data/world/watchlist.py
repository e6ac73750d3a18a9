"""Writes the list of listed parties, in the form of an OpenSanctions `targets.simple.csv`. All of it is invented."""

import csv
from pathlib import Path
from random import Random

from . import clock, names
from .chance import between, one_of
from .countries import COUNTRIES
from .parties import NEVER, Entity

_COLUMNS = (
    "id", "schema", "name", "aliases", "birth_date", "countries", "addresses", "identifiers", "sanctions",
    "phones", "emails", "program_ids", "dataset", "first_seen", "last_seen", "last_change",
)  # fmt: skip
_SIZE = 150
_FROM_FILINGS = 75  # of them, at most: parties that file or are filed for
_NAMESAKES = 8  # listed parties that share a name with a sound party and nothing else
_BEFORE = 0.12  # share listed before anything was found against them
_PROGRAMMES = ("SE-DIV", "SE-PROLIF", "SE-ARMS")


def write(path: Path, bad: list[Entity], sound: list[Entity], chance: Random, first: int, end: int) -> int:
    """Write the list as it stands at the end of the world; returns the number of entries.

    Args:
        path: the file.
        bad: parties with a fault that stand in filings; those found are listed some months after.
        sound: parties without, of whom a few have a namesake on the list.
        chance: draws.
        first: the beginning of the world, in seconds.
        end: its end.
    """
    rows: list[tuple[int, tuple[str, ...]]] = []
    wanted = [party for party in bad if party.found_at < end]
    unfound = [party for party in bad if party.found_at >= end]
    chance.shuffle(wanted)
    chance.shuffle(unfound)
    for party in (wanted + unfound)[:_FROM_FILINGS]:
        found = party.found_at if party.found_at < NEVER else end
        early = chance.random() < _BEFORE
        listed = (
            max(first, party.founded) + between(chance, 10, 200) * clock.DAY
            if early
            else found + between(chance, 40, 400) * clock.DAY
        )
        if listed < end:
            rows.append((listed, _row(chance, party.card, listed, len(rows), end)))
    for party in chance.sample(sound, min(_NAMESAKES, len(sound))):
        elsewhere = one_of(chance, [code for code in COUNTRIES if code != party.country.code])
        listed = first + int(chance.random() * (end - first))
        rows.append((listed, _row(chance, {"name": party.card["name"], "country": elsewhere}, listed, len(rows), end)))
    while len(rows) < _SIZE:
        country = one_of(chance, list(COUNTRIES.values()))
        card: dict = {
            "name": names.company(chance, country, one_of(chance, ("dealer", "commercial", "broker"))),
            "country": country.code,
        }
        if chance.random() < 0.3:
            card = {"name": names.person(chance, country), "country": country.code, "person": True}
        elif chance.random() < 0.7:
            card["address"] = names.address(chance, country)
        listed = first + int((chance.random() * 1.6 - 0.6) * (end - first))
        rows.append((listed, _row(chance, card, listed, len(rows), end)))
    rows.sort(key=lambda row: row[0])
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, dialect="unix")
        writer.writerow(_COLUMNS)
        writer.writerows(row for _, row in rows)
    return len(rows)


def _row(chance: Random, card: dict, listed: int, number: int, end: int) -> tuple[str, ...]:
    name = names.variant(chance, card["name"]) if chance.random() < 0.3 else card["name"]
    aliases = [names.variant(chance, card["name"])] if chance.random() < 0.4 else []
    programme = one_of(chance, _PROGRAMMES)
    seen = clock.stamp(listed)[:19]
    return (
        f"sw-{number + 1:04d}",
        "Person" if card.get("person") else "Company" if chance.random() < 0.6 else "Organization",
        name,
        _many(aliases + card.get("aliases", [])),
        "",
        card["country"].lower(),
        _many([card["address"]] if "address" in card else []),
        _many([card[key] for key in ("registration", "lei") if key in card]),
        f"{programme} - Diversion of controlled goods - Active - {clock.day(listed)} - ",
        "",
        "",
        programme,
        "synthetic_watchlist",
        seen,
        clock.stamp(end - clock.DAY)[:19],
        seen,
    )


def _many(values: list[str]) -> str:
    """Several values in one field: cut at semicolons, quoted where one of them has any."""
    return ";".join(f'"{value}"' if ";" in value or '"' in value else value for value in sorted(set(values)))
