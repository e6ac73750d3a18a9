"""Reads OpenSanctions collections: the simple CSV and the entity JSON lines. Knows no other list."""

import csv
import io
import json
import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path

from engine.errors import RefusedInput
from engine.screening.countries import alpha2
from engine.screening.entries import Address, Alias, Identifier, Kind, ListEntry, RejectedRow
from engine.screening.printed import all_aliases, csv_lines, day, distinct, mended

_KINDS: dict[str, Kind] = {
    "Person": "person", "Organization": "organisation", "Company": "organisation", "LegalEntity": "unknown",
    "PublicBody": "organisation", "Vessel": "vessel", "Airplane": "aircraft",
}  # fmt: skip
_COLUMNS = {"id", "schema", "name", "aliases", "countries", "addresses", "identifiers", "dataset", "first_seen"}
_URL = "https://www.opensanctions.org/entities/"


def read_opensanctions_csv(path: Path) -> Iterator[ListEntry | RejectedRow]:
    """Targets of ``targets.simple.csv``; a cell's several values are split by ``;`` with CSV quoting inside.

    A target's countries may be a person's nationality, so for persons they are only shown.

    Raises:
        RefusedInput: another header, not UTF-8, or not readable.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = csv_lines(file)
            header = next(rows, (1, None))[1] or []
            missing = _COLUMNS - set(header)
            if missing:
                raise RefusedInput(
                    f"{path.name}: the header lacks {', '.join(sorted(missing))}. Expected targets.simple.csv. "
                    "Check the format."
                )
            yield from _csv_entries(rows, header, path.name)
    except (OSError, UnicodeError) as error:
        raise _unreadable(path, error) from error


def _unreadable(path: Path, error: Exception) -> RefusedInput:
    return RefusedInput(
        f"{path.name}: cannot be read ({type(error).__name__}). Expected UTF-8 text. Download it again."
    )


def _csv_entries(rows: Iterator[tuple[int, list[str] | None]], header: list[str], file: str) -> Iterator[ListEntry | RejectedRow]:
    seen: set[str] = set()
    for line, cells in rows:
        if cells is None:
            yield RejectedRow(file, line, "a quotation mark is not closed; the file may be cut off here")
            continue
        row = dict(zip(header, cells, strict=False))
        if len(cells) != len(header):
            yield RejectedRow(file, line, f"{len(cells)} columns where the header has {len(header)}")
        elif not row["id"] or not row["name"].strip():
            yield RejectedRow(file, line, "the id or the name is missing", "name" if row["id"] else "id")
        elif row["id"] in seen:
            yield RejectedRow(file, line, "the id was used before", "id")
        else:
            seen.add(row["id"])
            yield _target(row)


def _values(cell: str) -> list[str]:
    """The values of a multi-valued cell, quoting respected."""
    if not cell:
        return []
    (values,) = list(csv.reader(io.StringIO(cell), delimiter=";"))[:1] or [[]]
    return [value.strip() for value in values if value.strip()]


def _target(row: dict[str, str]) -> ListEntry:
    kind = _KINDS.get(row["schema"], "unknown")
    countries = distinct([alpha2(code) for code in _values(row["countries"])])
    datasets = _values(row["dataset"])
    name = mended(row["name"])
    person = kind == "person"
    personal = [f"country {code}" for code in countries] + [
        f"DOB {born}" for born in _values(row.get("birth_date", ""))
    ]
    return ListEntry(
        list=_list_code(datasets),
        entry_id=row["id"],
        kind=kind,
        name=name,
        aliases=all_aliases(name, [Alias(mended(alias)) for alias in _values(row["aliases"])]),
        countries=() if person else countries,
        addresses=tuple(Address(mended(address)) for address in _values(row["addresses"])),
        identifiers=() if person else tuple(_identifier(number, kind) for number in _values(row["identifiers"])),
        programmes=tuple(_values(row.get("program_ids", ""))),
        remarks=row.get("sanctions", ""),
        listed_on=day(row["first_seen"]),
        source_url=_URL + row["id"],
        distinguishing=tuple(personal) if person else (),
    )


def _list_code(datasets: list[str]) -> str:
    """``OPENSANCTIONS:<dataset>`` of the first dataset in order, so that an entry keeps one list."""
    first = min(datasets, default="unknown").casefold()
    return "OPENSANCTIONS:" + (re.sub(r"[^a-z0-9]+", "_", first).strip("_") or "unknown")


def _identifier(number: str, kind: Kind) -> Identifier:
    bare = number.upper().replace(" ", "").removeprefix("IMO")
    if kind == "vessel" and re.fullmatch(r"\d{7}", bare):
        return Identifier("imo", bare)
    if re.fullmatch(r"[A-Z0-9]{18}\d{2}", bare):
        return Identifier("lei", bare)
    return Identifier("registration", number)


def read_ftm_json(path: Path) -> Iterator[ListEntry | RejectedRow]:
    """Targets of ``entities.ftm.json``, one object a line; addresses and sanctions that stand apart are left out.

    Raises:
        RefusedInput: not UTF-8, not readable, or not one line of it an entity.
    """
    read = 0
    try:
        with path.open(encoding="utf-8-sig") as file:
            for line, text in enumerate(file, start=1):
                if not text.strip():
                    continue
                found = _ftm(text, path.name, line)
                read += not isinstance(found, RejectedRow)
                if isinstance(found, (ListEntry, RejectedRow)):
                    yield found
    except (OSError, UnicodeError) as error:
        raise _unreadable(path, error) from error
    if not read:
        raise RefusedInput(
            f"{path.name}: no line is an entity. "
            "Expected one JSON object a line with id, schema and properties. Check the format."
        )


def _ftm(text: str, file: str, line: int) -> ListEntry | RejectedRow | None:
    """The entry of one line, the reason it was set aside, or None for an entity that is no target."""
    try:
        entity = json.loads(text)
        schema, properties = entity["schema"], entity["properties"]
        if not isinstance(properties, dict) or not isinstance(entity["id"], str):
            raise TypeError
    except (ValueError, KeyError, TypeError, RecursionError):
        return RejectedRow(file, line, "not an object with id, schema and properties")
    if schema not in _KINDS or entity.get("target") is False:
        return None
    values = {key: [str(value) for value in held] for key, held in properties.items() if isinstance(held, list)}
    name = mended(str(entity.get("caption") or next(iter(values.get("name", [])), "")))
    if not name:
        return RejectedRow(file, line, "the name is missing", "caption")
    kind = _KINDS[schema]
    given = [Alias(mended(alias)) for key in ("name", "alias", "previousName") for alias in values.get(key, [])]
    given += [Alias(mended(alias), "weak") for alias in values.get("weakAlias", [])]
    countries = [
        alpha2(code) for key in ("country", "jurisdiction", "mainCountry", "flag") for code in values.get(key, [])
    ]
    numbers = [Identifier("imo", number.upper().removeprefix("IMO").strip()) for number in values.get("imoNumber", [])]
    numbers += [Identifier("lei", number) for number in values.get("leiCode", [])]
    jurisdiction = next((code for code in countries if code), None)
    numbers += [Identifier("registration", number, jurisdiction) for number in values.get("registrationNumber", [])]
    person = kind == "person"
    personal = [
        f"{key} {value}"
        for key in ("nationality", "birthDate", "birthPlace", "gender")
        for value in values.get(key, [])
    ]
    return ListEntry(
        list=_list_code([str(name) for name in entity.get("datasets") or []]),
        entry_id=entity["id"],
        kind=kind,
        name=name,
        aliases=all_aliases(name, given),
        countries=() if person else distinct(countries),
        addresses=tuple(Address(mended(address)) for address in values.get("address", [])),
        identifiers=() if person else tuple(dict.fromkeys(numbers)),
        programmes=tuple(values.get("programId", [])),
        remarks="; ".join(values.get("notes", [])),
        listed_on=_first_day(entity.get("first_seen")),
        source_url=_URL + entity["id"],
        distinguishing=tuple(personal) if person else (),
    )


def _first_day(text: object) -> date | None:
    return day(text) if isinstance(text, str) else None
