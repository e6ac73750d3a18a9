"""Reads the OFAC SDN list from its three header-less CSV files. Knows no other list."""

import csv
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from engine.errors import RefusedInput
from engine.screening.countries import alpha2
from engine.screening.entries import Address, Alias, Identifier, Kind, ListEntry, RejectedRow
from engine.screening.printed import all_aliases, distinct, file_text, mended

SOURCE = "https://sanctionslistservice.ofac.treas.gov/api/download/SDN.CSV"
_COLUMNS = {"sdn": 12, "add": 6, "alt": 5}
_KINDS: dict[str, Kind] = {"individual": "person", "vessel": "vessel", "aircraft": "aircraft", "": "organisation"}

_IMO = re.compile(r"\bVessel Registration Identification IMO\s*(\d{7})\b|^IMO\s*(\d{7})\b")
_ALSO = re.compile(r"^(?:alt\. )?[afn]\.k\.a\. ['\"]?(.*?)['\"]?$")
_NUMBERS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("imo_company", re.compile(r"^Company Number IMO (\d{7})")),
    ("mmsi", re.compile(r"^(?:alt\. )?MMSI (\d{9})")),
    ("lei", re.compile(r"^(?:Legal Entity Identifier|Legal Entity Number|LEI) ([A-Z0-9]{20})\b")),
    ("swift", re.compile(r"^(?:alt\. )?SWIFT/BIC ([A-Z0-9]{8,11})")),
    ("website", re.compile(r"^(?:alt\. )?Website (\S+)")),
    ("aircraft_serial", re.compile(r"^Aircraft Manufacturer's Serial Number \(MSN\) (\S+)")),
)
_REGISTERED = re.compile(
    r"^(?:alt\. )?("
    r"Registration ID|Registration Number|Company Number|Business Registration Document #|Business Registration Number"
    r"|Business Number|Business Registration|Tax ID No\.|Trade License No\.|Commercial Registry Number"
    r"|Government Gazette Number|Matricula Mercantil No|Folio Mercantil No\.|Registered Charity No\.|Enterprise Number"
    r"|Chamber of Commerce Number|Certificate of Incorporation Number|Unified Social Credit Code \(USCC\)|RUC #|NIT #"
    r"|RIF #|C\.R\. No\.|V\.A\.T\. Number|Economic Register Number \(CBLS\)|UK Company Number|US FEIN|File Number"
    r"|Dubai Chamber of Commerce Membership No\."
    r") ([^()]+?)(?: \((.+)\))?$"
)
# A person's papers, numbers and birth; the last part takes every other number that OFAC may print ("... No. 123").
_OF_A_PERSON = re.compile(
    r"^(?:alt\. |circa )*(?:DOB|POB|nationality|citizen|Gender|Stateless|Passport|National ID|Cedula|SSN|CNP|RUC|NIT"
    r"|RIF|C\.U\.R\.P|R\.F\.C|D\.N\.I|I\.F\.E|N\.I\.E|Residency|Driver's License|Tazkira|Phone|Telephone|Email"
    r"|Pasaporte|Credencial|Travel Document|.*\b(?:Passport|Card|No\.|Number|Code|Cartilla|ID|Ident\w*)\b.*\d)"
)


def read_ofac(path: Path) -> Iterator[ListEntry | RejectedRow]:
    """Entries of the SDN list with the addresses and other names from ``add.csv`` and ``alt.csv`` beside it.

    A companion is found by its name in any case (``SDN.CSV`` with ``Alt.csv``, ``sdn_2019.csv`` with
    ``alt_2019.csv``). A name that the remarks give as ``a.k.a. 'X'`` is OFAC's weak alias.

    Raises:
        RefusedInput: a companion is missing, or the file has no SDN rows.
    """
    if not re.match("sdn", path.stem, re.I):
        raise RefusedInput(
            f"{path.name}: not the name of an SDN file. Expected sdn.csv with add.csv and alt.csv beside it. "
            "Rename the file, or choose another format."
        )
    texts = {part: file_text(_companion(path, part)) for part in _COLUMNS}
    rejected: list[RejectedRow] = []
    rows = {part: _rows(text, part, _companion(path, part).name, rejected) for part, text in texts.items()}
    if not rows["sdn"]:
        raise RefusedInput(
            f"{path.name}: no line has the 12 columns of the SDN list. Expected them without a header. "
            "Check the format."
        )
    known = {row[0] for _, row in rows["sdn"]}
    addresses, names = defaultdict(list), defaultdict(list)
    for part, kept in (("add", addresses), ("alt", names)):
        for line, row in rows[part]:
            if row[0] in known:
                kept[row[0]].append(row)
            else:
                reason = "its entry number stands in no row of the SDN file"
                rejected.append(RejectedRow(_companion(path, part).name, line, reason, "ent_num"))
    for _, row in rows["sdn"]:
        yield _entry(row, addresses[row[0]], names[row[0]])
    yield from rejected


def _companion(path: Path, part: str) -> Path:
    if part == "sdn":
        return path
    wanted = part + path.name[3:].casefold()
    for beside in sorted(path.parent.iterdir()):
        if beside.name.casefold() == wanted:
            return beside
    raise RefusedInput(
        f"{part}{path.name[3:]}: not beside {path.name}. Expected the SDN list's three files in one folder "
        "(sdn, add, alt). Download the missing one from the same edition."
    )


def _rows(text: str, part: str, file: str, rejected: list[RejectedRow]) -> list[tuple[int, list[str]]]:
    """The rows of one file with their line numbers; what cannot be read joins `rejected`.

    Each line is parsed alone: OFAC never breaks a record, and so one lost quotation mark costs one line only.
    """
    found, seen = [], set()
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            (row,) = csv.reader([line], strict=True)
        except (csv.Error, ValueError):
            rejected.append(RejectedRow(file, number, "a quotation mark is not closed; the line may be cut off"))
            continue
        row = ["" if cell.strip() in ("-0-", "-0") else cell.strip() for cell in row]
        if len(row) != _COLUMNS[part]:
            rejected.append(RejectedRow(file, number, f"{len(row)} columns where the {part} file has {_COLUMNS[part]}"))
        elif not row[0].isdigit():
            rejected.append(RejectedRow(file, number, "the entry number is not a number", "ent_num"))
        elif part == "sdn" and not row[1]:
            rejected.append(RejectedRow(file, number, "the name is missing", "SDN_Name"))
        elif part == "sdn" and row[0] in seen:
            rejected.append(RejectedRow(file, number, "the entry number was used on an earlier line", "ent_num"))
        else:
            seen.add(row[0])
            found.append((number, row))
    return found


def _entry(row: list[str], address_rows: list[list[str]], name_rows: list[list[str]]) -> ListEntry:
    number, printed, type_, programme, title, call_sign, *_, flag, owner, remarks = row
    kind = _KINDS.get(type_.casefold(), "unknown")
    name = mended(printed)
    aliases = [Alias(mended(alias[3])) for alias in name_rows if alias[3]]
    identifiers = [Identifier("aircraft_registration", name)] if kind == "aircraft" else []
    kept, personal = [title] if title and title not in remarks else [], []
    for part in (part.strip() for part in mended(remarks).removesuffix(".").split(";")):
        alias, found = _ALSO.match(part), _identifier(part, kind)
        if alias:
            aliases.append(Alias(alias.group(1), "weak"))
        elif found:
            identifiers.append(found)
        elif kind == "person" and _OF_A_PERSON.match(part):
            personal.append(part)
        elif part:
            kept.append(part)
    kept += [f"Call sign {call_sign}"] if call_sign else []
    kept += [f"Owner {owner}"] if owner else []
    addresses = tuple(
        Address(mended(", ".join(cell for cell in cells[2:5] if cell)), alpha2(cells[4])) for cells in address_rows
    )
    return ListEntry(
        list="OFAC-SDN",
        entry_id=number,
        kind=kind,
        name=name,
        aliases=all_aliases(name, aliases),
        countries=distinct(
            [address.country for address in addresses] + [alpha2(flag)] + [i.country for i in identifiers]
        ),
        addresses=tuple(address for address in addresses if address.text),
        identifiers=tuple(dict.fromkeys(identifiers)),
        programmes=tuple(code.strip() for code in re.split(r"\]\s*\[", programme.strip("[]")) if code.strip()),
        remarks="; ".join(kept),
        source_url=SOURCE,
        distinguishing=tuple(personal),
    )


def _identifier(part: str, kind: Kind) -> Identifier | None:
    imo = _IMO.search(part)
    if imo:
        return Identifier("imo", imo.group(1) or imo.group(2))
    for name, pattern in _NUMBERS:
        found = pattern.match(part)
        if found:
            return Identifier(name, found.group(1))
    found = _REGISTERED.match(part) if kind != "person" else None  # a person's tax number is personal data
    if found:
        return Identifier("registration", found.group(2).strip(), alpha2(found.group(3)), found.group(1))
    return None
