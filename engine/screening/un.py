"""Reads the UN Security Council Consolidated List from its XML. Knows no other list."""

import re
from collections.abc import Iterator
from pathlib import Path
from xml.etree.ElementTree import Element

from engine.screening.countries import alpha2
from engine.screening.entries import Address, Alias, ListEntry, RejectedRow
from engine.screening.printed import all_aliases, day, distinct, mended
from engine.screening.xml_records import xml_records

SOURCE = "https://scsanctions.un.org/resources/xml/en/consolidated.xml"
_NAME_PARTS = ("FIRST_NAME", "SECOND_NAME", "THIRD_NAME", "FOURTH_NAME")
_SEVERAL = re.compile(r"\s*;\s*")


def read_un(path: Path) -> Iterator[ListEntry | RejectedRow]:
    """Individuals and entities of the UN list; an alias of quality Low is weak, one without quality is strong.

    Raises:
        RefusedInput: not the UN list, or cut off. Entries handed out before that must be dropped.
    """
    seen: set[str] = set()
    for line, record in xml_records(path, "CONSOLIDATED_LIST", frozenset({"INDIVIDUAL", "ENTITY"})):
        reference = _text(record, "REFERENCE_NUMBER")
        printed = " ".join(part for part in (_text(record, name) for name in _NAME_PARTS) if part)
        if not printed:
            yield RejectedRow(path.name, line, "the name is missing", "FIRST_NAME")
        elif not reference:
            yield RejectedRow(path.name, line, "the reference number is missing", "REFERENCE_NUMBER")
        elif reference in seen:
            yield RejectedRow(path.name, line, "the reference number was used before", "REFERENCE_NUMBER")
        else:
            seen.add(reference)
            yield _entry(record, reference, printed)


def _entry(record: Element, reference: str, name: str) -> ListEntry:
    person = record.tag == "INDIVIDUAL"
    given: list[Alias] = [Alias(mended(text)) for text in _texts(record, "NAME_ORIGINAL_SCRIPT")]
    for alias in record.iterfind(f"{record.tag}_ALIAS"):
        strength = "weak" if _text(alias, "QUALITY").casefold() == "low" else "strong"
        given += [Alias(part, strength) for part in _SEVERAL.split(_text(alias, "ALIAS_NAME")) if part]
    addresses = tuple(_address(address) for address in record.iterfind(f"{record.tag}_ADDRESS"))
    designation = _texts(record, "TITLE/VALUE") + _texts(record, "DESIGNATION/VALUE")
    return ListEntry(
        list="UN-SC",
        entry_id=reference,
        kind="person" if person else "organisation",
        name=name,
        aliases=all_aliases(name, given),
        countries=distinct([address.country for address in addresses]),
        addresses=tuple(address for address in addresses if address.text),
        programmes=distinct([_text(record, "UN_LIST_TYPE")]),
        remarks="; ".join([*designation, *_texts(record, "COMMENTS1")]),
        listed_on=day(_text(record, "LISTED_ON")),
        source_url=SOURCE,
        distinguishing=tuple(_of_a_person(record)) if person else (),
    )


def _address(address: Element) -> Address:
    parts = [_text(address, name) for name in ("STREET", "CITY", "STATE_PROVINCE", "ZIP_CODE", "COUNTRY")]
    note = _text(address, "NOTE")
    return Address(", ".join(part for part in parts if part) or note, alpha2(parts[-1]))


def _of_a_person(record: Element) -> Iterator[str]:
    for value in _texts(record, "NATIONALITY/VALUE"):
        yield f"nationality {value}"
    for path, word in (
        ("INDIVIDUAL_DATE_OF_BIRTH", "DOB"),
        ("INDIVIDUAL_PLACE_OF_BIRTH", "POB"),
        ("INDIVIDUAL_DOCUMENT", "document"),
    ):
        for element in record.iterfind(path):
            parts = [mended(child.text) for child in element if child.text and child.tag != "TYPE_OF_DATE"]
            if any(parts):
                yield f"{word} {', '.join(part for part in parts if part)}"
    for value in _texts(record, "GENDER"):
        yield f"gender {value}"


def _text(element: Element, path: str) -> str:
    return mended(element.findtext(path) or "")


def _texts(element: Element, path: str) -> list[str]:
    return [mended(found.text) for found in element.iterfind(path) if found.text and found.text.strip()]
