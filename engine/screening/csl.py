"""Reads the US Consolidated Screening List, as CSV and as JSON. Knows no other list."""

import hashlib
import io
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from engine.errors import RefusedInput
from engine.screening.countries import alpha2
from engine.screening.entries import Address, Alias, Identifier, Kind, ListEntry, RejectedRow
from engine.screening.printed import all_aliases, csv_lines, day, distinct, file_text, mended

_KINDS: dict[str, Kind] = {"individual": "person", "entity": "organisation", "vessel": "vessel", "aircraft": "aircraft"}
_CODE = re.compile(r"\(([A-Z]{2,5})\)")
_TREASURY = frozenset({"SDN", "SSI", "PLC", "FSE", "CAP", "CMIC", "MBS"})
# BIS prints an entry's second address as a further row whose name is "Address 2: ..."; it names nobody.
_ADDRESS_ROW = re.compile(r"^\s*address(?:es)?\s*\d+\b", re.I)
_LISTS_OF_TEXT = ("alt_names", "programs", "nationalities", "citizenships", "dates_of_birth", "places_of_birth")
_IMO = re.compile(r"^(?:IMO\s*)?(\d{7})$")
_AS_REGISTRATION = re.compile(
    r"regist(?:ration|ry)|company number|gazette|trade license|mercantil|chamber of commerce|tax id|nit #|ruc #|rif #"
    r"|credit code|incorporation|business number|enterprise number|v\.a\.t|fein",
    re.I,
)
Row = dict[str, Any]  # cells as texts, but for the few that `_csv_rows` and `_json_rows` take apart


def read_csl_csv(path: Path) -> Iterator[ListEntry | RejectedRow]:
    """Entries of the CSV form (a header; several values in one cell are split by ``; ``)."""
    text = file_text(path)
    rows = csv_lines(io.StringIO(text, newline=""))
    header = [column.strip().removeprefix("\ufeff") for column in next(rows, (1, None))[1] or ()]
    missing = {"source", "name", "alt_names", "addresses"} - set(header)
    if missing:
        raise RefusedInput(
            f"{path.name}: the header lacks {', '.join(sorted(missing))}. Expected the CSV form of the US consolidated "
            "screening list. Check the format."
        )
    yield from _entries(_csv_rows(rows, header, path.name), path.name)


def _csv_rows(rows: Iterator[tuple[int, list[str] | None]], header: list[str], file: str) -> Iterator[tuple[int, Row] | RejectedRow]:
    for line, cells in rows:
        if cells is None:
            yield RejectedRow(file, line, "a quotation mark is not closed; the file may be cut off here")
            continue
        if not any(cells):
            continue
        if len(cells) != len(header):
            yield RejectedRow(file, line, f"{len(cells)} columns where the header has {len(header)}")
            continue
        row: Row = dict(zip(header, cells, strict=True))
        for column in _LISTS_OF_TEXT:
            row[column] = [part.strip() for part in str(row.get(column) or "").split(";") if part.strip()]
        row["addresses"] = [_address(part) for part in str(row["addresses"]).split("; ") if part.strip()]
        row["ids"] = [_number(part) for part in str(row.get("ids") or "").split("; ") if part.strip()]
        yield line, row


def _address(text: str) -> Address:
    """An address cell: its last part is the country's code."""
    *_, last = text.rpartition(",")
    return Address(mended(text), alpha2(last.strip()) if len(last.strip()) == 2 else None)


def _number(text: str) -> tuple[str, str, str]:
    """Type, number and country of an identifier cell: ``[country, ]number, type``."""
    parts = [part.strip() for part in text.split(",")]
    country = parts.pop(0) if len(parts) > 2 and re.fullmatch("[A-Z]{2}", parts[0]) else ""
    return (parts[-1], ", ".join(parts[:-1]), country) if len(parts) > 1 else ("", text.strip(), country)


def read_csl_json(path: Path) -> Iterator[ListEntry | RejectedRow]:
    """Entries of the JSON form (an object with ``results``, or the list itself)."""
    text = file_text(path)
    try:
        held = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise RefusedInput(
            f"{path.name}: not valid JSON at line {getattr(error, 'lineno', '?')}. "
            "Expected an object with 'results'. The file may be cut off: download it again."
        ) from error
    results = held.get("results") if isinstance(held, dict) else held
    if not isinstance(results, list):
        raise RefusedInput(
            f"{path.name}: no list of entries. Expected an object with 'results', as the US list has. Check the format."
        )
    yield from _entries(_json_rows(results, path.name), path.name)


def _json_rows(results: list[object], file: str) -> Iterator[tuple[int, Row] | RejectedRow]:
    """The rows with their position, from 1, in place of a line."""
    for position, row in enumerate(results, start=1):
        if not isinstance(row, dict):
            yield RejectedRow(file, position, "this result is not an object")
            continue
        for column in _LISTS_OF_TEXT:
            value = row.get(column)
            row[column] = (
                [str(part) for part in value if part] if isinstance(value, list) else str(value or "").split("; ")
            )
        row["addresses"] = [
            Address(
                mended(", ".join(str(part) for part in _parts_of_address(address) if part)),
                alpha2(address.get("country")) if isinstance(address.get("country"), str) else None,
            )
            for address in row.get("addresses") or []
            if isinstance(address, dict)
        ]
        row["ids"] = [
            (str(number.get("type") or ""), str(number.get("number") or ""), str(number.get("country") or ""))
            for number in row.get("ids") or []
            if isinstance(number, dict)
        ]
        yield position, row


def _parts_of_address(address: Row) -> list[object]:
    state = address.get("state") or address.get("state_or_province")
    return [address.get("address"), address.get("city"), state, address.get("postal_code"), address.get("country")]


def _entries(rows: Iterator[tuple[int, Row] | RejectedRow], file: str) -> Iterator[ListEntry | RejectedRow]:
    used: dict[tuple[str, str], int] = {}
    for found in rows:
        if isinstance(found, RejectedRow):
            yield found
            continue
        line, row = found
        code = _source_code(_text(row, "source"))
        name = mended(_text(row, "name"))
        if not code:
            yield RejectedRow(file, line, "the source names no list", "source")
        elif not name:
            yield RejectedRow(file, line, "the name is missing", "name")
        elif _ADDRESS_ROW.match(name):
            yield RejectedRow(file, line, "an address stands where the name should; the row names nobody", "name")
        else:
            entry = _entry(row, f"US-{code}", code, name)
            key = (entry.list, entry.entry_id)
            used[key] = used.get(key, 0) + 1
            if used[key] > 1:  # the same order printed twice: both stay, told apart by their order
                entry = _entry(row, entry.list, code, name, f"{entry.entry_id}-{used[key]}")
            yield entry


def _source_code(source: str) -> str:
    found = _CODE.search(source)
    return found.group(1) if found else source.strip() if re.fullmatch("[A-Z]{2,5}", source.strip()) else ""


def _text(row: Row, column: str) -> str:
    value = row.get(column)
    return "" if value is None else str(value).strip()


def _entry(row: Row, list_code: str, code: str, name: str, entry_id: str = "") -> ListEntry:
    kind = _KINDS.get(_text(row, "type").casefold(), "unknown")
    addresses: tuple[Address, ...] = tuple(row["addresses"])
    identifiers, personal = _numbers(row, kind)
    flag = alpha2(_text(row, "vessel_flag"))
    kept = [
        _text(row, column)
        for column in ("title", "remarks", "license_requirement", "license_policy", "federal_register_notice")
    ]
    for column, word in (
        ("nationalities", "nationality"),
        ("citizenships", "citizen"),
        ("dates_of_birth", "DOB"),
        ("places_of_birth", "POB"),
    ):
        personal += [f"{word} {value}" for value in row.get(column) or []]
    return ListEntry(
        list=list_code,
        entry_id=entry_id or _entry_id(row, code, name),
        kind=kind,
        name=name,
        aliases=all_aliases(name, [Alias(mended(alias).removeprefix("and ")) for alias in row["alt_names"]]),
        countries=distinct([address.country for address in addresses] + [flag] + [i.country for i in identifiers]),
        addresses=tuple(address for address in addresses if address.text),
        identifiers=identifiers,
        programmes=tuple(row["programs"]),
        remarks="; ".join(mended(text) for text in kept if text),
        listed_on=day(_text(row, "start_date")),
        ends_on=day(_text(row, "end_date")),
        source_url=_text(row, "source_information_url") or _text(row, "source_list_url"),
        distinguishing=tuple(personal),
    )


def _entry_id(row: Row, code: str, name: str) -> str:
    """Treasury's own number, else the row's id, else a digest of what makes the row itself."""
    number = _text(row, "entity_number")
    if number and code in _TREASURY:
        return number
    given = _text(row, "id") or _text(row, "_id")
    if given:
        return given
    printed = "\x1f".join(
        [name, *(a.text for a in row["addresses"]), _text(row, "start_date"), _text(row, "federal_register_notice")]
    )
    return hashlib.sha256(printed.encode("utf-8", "replace")).hexdigest()[:16]


def _numbers(row: Row, kind: Kind) -> tuple[tuple[Identifier, ...], list[str]]:
    """Identifiers of things and firms, and apart from them a person's papers."""
    found, personal = [], []
    for label, value, country in row["ids"]:
        imo = _IMO.match(value)
        if kind == "person":
            personal.append(f"{label} {value}")
        elif imo and "vessel" in label.casefold():
            found.append(Identifier("imo", imo.group(1)))
        elif imo and "IMO" in value:
            found.append(Identifier("imo_company", imo.group(1)))
        elif re.fullmatch("[A-Z0-9]{18}[0-9]{2}", value) and "legal entity" in label.casefold():
            found.append(Identifier("lei", value))
        elif label == "SWIFT/BIC":
            found.append(Identifier("swift", value))
        elif label == "Website":
            found.append(Identifier("website", value))
        elif _AS_REGISTRATION.search(label):
            found.append(Identifier("registration", value, alpha2(country), label))
    if kind == "aircraft":
        found.append(Identifier("aircraft_registration", mended(_text(row, "name"))))
    return tuple(dict.fromkeys(found)), personal
