"""Reads the EU consolidated list of financial sanctions, as XML and as CSV, form 1.1. Knows no other list."""

import csv
import io
import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from xml.etree.ElementTree import Element

from engine.errors import RefusedInput
from engine.screening.countries import alpha2
from engine.screening.entries import Address, Alias, Identifier, Kind, ListEntry, RejectedRow
from engine.screening.printed import all_aliases, day, distinct, file_text, mended
from engine.screening.xml_records import xml_records

SOURCE = "https://data.europa.eu/data/datasets/consolidated-list-of-persons-groups-and-entities-subject-to-eu-financial-sanctions"
_KINDS: dict[str, Kind] = {"person": "person", "enterprise": "organisation", "P": "person", "E": "organisation"}
_COLUMNS = {
    "Entity_LogicalId",
    "Entity_EU_ReferenceNumber",
    "Entity_SubjectType_ClassificationCode",
    "NameAlias_WholeName",
}


def read_eu_xml(path: Path) -> Iterator[ListEntry | RejectedRow]:
    """Entities of the XML form; ``strong="false"`` makes an alias weak.

    Raises:
        RefusedInput: not the EU list, or cut off. Entries handed out before that must be dropped.
    """
    seen: set[str] = set()
    for line, record in xml_records(path, "export", frozenset({"sanctionEntity"})):
        reference = record.get("euReferenceNumber") or record.get("logicalId") or ""
        names = [
            Alias(mended(alias.get("wholeName") or ""), "weak" if alias.get("strong") == "false" else "strong")
            for alias in record.iterfind("nameAlias")
        ]
        problem = _problem(reference, names, seen)
        if problem:
            yield RejectedRow(path.name, line, problem, "sanctionEntity")
        else:
            seen.add(reference)
            yield _xml_entry(record, reference, [name for name in names if name.name])


def _problem(reference: str, names: list[Alias], seen: set[str]) -> str:
    if not reference:
        return "the reference number is missing"
    if reference in seen:
        return "the reference number was used before"
    return "" if any(name.name for name in names) else "no name is given"


def _xml_entry(record: Element, reference: str, names: list[Alias]) -> ListEntry:
    addresses = []
    for element in record.iterfind("address"):
        parts = [
            element.get(name)
            for name in ("street", "poBox", "zipCode", "city", "region", "place", "countryDescription")
        ]
        printed = ", ".join(part for part in parts if part and part != "UNKNOWN")
        addresses.append(Address(mended(printed), _country(element.get("countryIso2Code"))))
    subject = record.find("subjectType")
    regulations = list(record.iterfind("regulation"))
    numbers = [
        (
            e.get("identificationTypeCode") or "",
            e.get("number") or e.get("latinNumber") or "",
            e.get("countryIso2Code") or "",
        )
        for e in record.iterfind("identification")
    ]
    personal = [f"nationality {e.get('countryDescription')}" for e in record.iterfind("citizenship")]
    personal += [
        f"DOB {e.get('birthdate') or e.get('year') or ''}, {e.get('city') or ''}" for e in record.iterfind("birthdate")
    ]
    return _made(
        reference,
        _KINDS.get(subject.get("code", "") if subject is not None else "", "unknown"),
        names,
        addresses,
        numbers,
        [e.get("programme") for e in regulations],
        "; ".join(mended(e.text) for e in record.iterfind("remark") if e.text),
        day(record.get("designationDate"))
        or min(filter(None, (day(e.get("publicationDate")) for e in regulations)), default=None),
        personal,
    )


def read_eu_csv(path: Path) -> Iterator[ListEntry | RejectedRow]:
    """Entities of the CSV form: one row a name, address or number, brought together by ``Entity_LogicalId``.

    Its days are dd/mm/yyyy: ``05/08/2026`` is the fifth of August.

    Raises:
        RefusedInput: another header.
    """
    reader = csv.reader(io.StringIO(file_text(path), newline=""), delimiter=";", strict=True)
    header = [column.strip() for column in next(reader, [])]
    missing = _COLUMNS - set(header)
    if missing:
        raise RefusedInput(
            f"{path.name}: the header lacks {', '.join(sorted(missing))}. "
            "Expected the EU list's CSV form 1.1, split by ';'. Check the format."
        )
    groups: dict[str, list[dict[str, str]]] = {}
    first_line: dict[str, int] = {}
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            break
        except csv.Error:
            yield RejectedRow(path.name, line, "a quotation mark is not closed; the file may be cut off here")
            continue
        row = dict(zip(header, cells, strict=False))
        logical_id = row.get("Entity_LogicalId", "").strip()
        if len(cells) != len(header):
            yield RejectedRow(path.name, line, f"{len(cells)} columns where the header has {len(header)}")
        elif not logical_id:
            yield RejectedRow(path.name, line, "the entity's id is missing", "Entity_LogicalId")
        else:
            groups.setdefault(logical_id, []).append(row)
            first_line.setdefault(logical_id, line)
    for logical_id, rows in groups.items():
        names = [Alias(mended(row["NameAlias_WholeName"])) for row in rows if row["NameAlias_WholeName"].strip()]
        if names:
            yield _csv_entry(rows, logical_id, names)
        else:
            yield RejectedRow(
                path.name, first_line[logical_id], "no row of this entity gives a name", "NameAlias_WholeName"
            )


def _csv_entry(rows: list[dict[str, str]], logical_id: str, names: list[Alias]) -> ListEntry:
    def column(name: str) -> list[str]:
        return [row[name].strip() for row in rows if row.get(name, "").strip()]

    addresses = []
    for row in rows:
        parts = [row.get(f"Address_{part}", "").strip() for part in ("Street", "ZipCode", "City", "CountryDescription")]
        country = _country(row.get("Address_CountryIso2Code"))
        if any(parts) or country:
            addresses.append(Address(mended(", ".join(part for part in parts if part)), country))
    numbers = [
        (
            row.get("Identification_TypeCode", ""),
            row.get("Identification_Number", "").strip(),
            row.get("Identification_CountryIso2Code", ""),
        )
        for row in rows
        if row.get("Identification_Number", "").strip()
    ]
    listed = [_eu_day(text) for text in column("Entity_DesignationDate") or column("Entity_Regulation_PublicationDate")]
    personal = [f"nationality {code}" for code in column("Citizenship_CountryIso2Code")]
    personal += [f"DOB {text}" for text in column("BirthDate_BirthDate")]
    return _made(
        next(iter(column("Entity_EU_ReferenceNumber")), logical_id),
        _KINDS.get(next(iter(column("Entity_SubjectType_ClassificationCode")), ""), "unknown"),
        names,
        addresses,
        numbers,
        column("Entity_Regulation_Programme"),
        "; ".join(distinct(column("Entity_Remark"))),
        min(filter(None, listed), default=None),
        personal,
    )


def _made(
    reference: str,
    kind: Kind,
    names: list[Alias],
    addresses: list[Address],
    numbers: list[tuple[str, str, str]],
    programmes: list[str | None],
    remarks: str,
    listed_on: date | None,
    personal: list[str],
) -> ListEntry:
    first = next((name for name in names if name.strength == "strong"), names[0])
    person = kind == "person"
    return ListEntry(
        list="EU-FSF",
        entry_id=reference,
        kind=kind,
        name=first.name,
        aliases=all_aliases(first.name, names),
        countries=distinct([address.country for address in addresses]),
        addresses=tuple(dict.fromkeys(address for address in addresses if address.text)),
        identifiers=() if person else tuple(dict.fromkeys(_identifier(*number) for number in numbers if number[1])),
        programmes=distinct(programmes),
        remarks=mended(remarks),
        listed_on=listed_on,
        source_url=SOURCE,
        distinguishing=tuple(dict.fromkeys([*personal, *(f"{kind_} {number}" for kind_, number, _ in numbers)]))
        if person
        else (),
    )


def _identifier(kind: str, number: str, country: str) -> Identifier:
    imo = re.fullmatch(r"(?:IMO)?\s*(\d{7})", number)
    if kind.casefold() == "imo" and imo:
        return Identifier("imo", imo.group(1))
    return Identifier("registration", number, _country(country), kind)


def _country(code: str | None) -> str | None:
    return None if not code or code.strip() == "00" else alpha2(code)


def _eu_day(text: str) -> date | None:
    found = re.match(r"(\d\d)/(\d\d)/(\d{4})$", text)
    if not found:
        return day(text) if "-" in text else None
    try:
        return date(int(found.group(3)), int(found.group(2)), int(found.group(1)))
    except ValueError:
        return None
