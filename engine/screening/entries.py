"""The nouns of a watch list: an entry, its other names, its identifiers, and a row that could not be read."""

from dataclasses import dataclass
from datetime import date
from typing import Literal

Kind = Literal["person", "organisation", "vessel", "aircraft", "unknown"]
Strength = Literal["strong", "weak"]


@dataclass(frozen=True, slots=True)
class Alias:
    """Another name of an entry.

    A list calls an alias *weak* when it is too common or too vague to identify anybody alone; it then leads
    to a review, never to a potential match.
    """

    name: str
    strength: Strength = "strong"


@dataclass(frozen=True, slots=True)
class Address:
    """An address as printed, on one line, and the country it lies in (alpha-2) where the list names one."""

    text: str
    country: str | None = None


@dataclass(frozen=True, slots=True)
class Identifier:
    """A number that identifies the entry.

    ``kind`` is ``imo`` (a vessel), ``imo_company``, ``mmsi``, ``lei``, ``registration`` (a register or tax
    number; ``label`` says which), ``aircraft_registration``, ``aircraft_serial``, ``swift`` or ``website``.
    """

    kind: str
    value: str
    country: str | None = None
    label: str = ""


@dataclass(frozen=True, slots=True)
class ListEntry:
    """One entry of one watch list, whatever form the list came in.

    Args:
        list: code of the list, e.g. ``UN-SC``, ``OFAC-SDN``, ``US-EL``; `engine.screening.lists` explains it.
        entry_id: the list's own id, or one made from the row where the list has none; unique in its list.
        kind: what is listed; ``unknown`` where the list does not say.
        name: as printed. `aliases` never repeat it.
        countries: alpha-2 of addresses, registration and flag. Never nationality or birthplace.
        remarks: the list's own text without anything that belongs in `distinguishing`.
        listed_on: the day of listing where the list gives one; the entry was public from then on.
        ends_on: the day the listing ends by itself (a denial order's expiry), where given.
        distinguishing: nationality, birth, sex and passports of a person, to tell two of the same name apart
            by eye. Shown, never compared and never a feature.
    """

    list: str
    entry_id: str
    kind: Kind
    name: str
    aliases: tuple[Alias, ...] = ()
    countries: tuple[str, ...] = ()
    addresses: tuple[Address, ...] = ()
    identifiers: tuple[Identifier, ...] = ()
    programmes: tuple[str, ...] = ()
    remarks: str = ""
    listed_on: date | None = None
    ends_on: date | None = None
    source_url: str = ""
    distinguishing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RejectedRow:
    """A row that was set aside: where it stands and what is wrong, without any name in it."""

    file: str
    line: int
    reason: str
    field: str = ""
