"""What changes in a party's particulars over the years, and how one clerk writes them otherwise than the last.

Rates are set by what registers and their studies report, not measured on any one: a few per cent of firms a decade are
struck off and registered anew under nearly the same name, move, or are entered twice by a licensing office; one address
in twelve is a business centre's.
"""

from dataclasses import dataclass
from random import Random

from . import clock, names, scripts
from .chance import between, one_of
from .countries import Country

_REGISTERED_ANEW = 0.05  # share of firms, over the whole past
_MOVED = 0.05
_RENUMBERED = 0.06  # share of those with a party id: entered a second time, or carried over to another system
BUSINESS_CENTRE = 0.08  # share of sound firms whose address is one that others have too
_TENANTS = 12  # of one business centre
_MORE = ("Group", "International", "Holding", "Global", "Plus", "Services")

# Shares of mentions, as bounds of the luck that `parties.mention` draws and leaves unused above them.
_TRANSLITERATED, _SECOND_ID, _ADDRESS, _NUMBER = 0.30, 0.318, 0.345, 0.357


@dataclass(frozen=True, slots=True)
class Change:
    """From when on a party is filed with other particulars."""

    at: int
    kind: str  # "reregistered" "moved" "renumbered"
    told: dict
    dropped: tuple[str, ...] = ()


def changes(life: Random, card: dict, country: Country, number: str, firm: bool, first: int, last: int) -> list[Change]:
    """What will change of a party between two moments; mostly nothing."""
    found = []
    draws = [life.random() for _ in range(4)]
    if firm and draws[0] < _REGISTERED_ANEW:
        found.append(_registered_anew(life, card, country, number, _moment(life, first, last)))
    if "address" in card and draws[1] < _MOVED:
        found.append(Change(_moment(life, first, last), "moved", {"address": names.address(life, country)}))
    if "party_id" in card and draws[2] < _RENUMBERED:
        told = {"party_id": f"R-{number}" if draws[3] < 0.5 else f"P-{number[0]}{between(life, 8_000_000, 8_999_999)}"}
        found.append(Change(_moment(life, first, last), "renumbered", told))
    return sorted(found, key=lambda change: change.at)


def _moment(life: Random, first: int, last: int) -> int:
    return int(first + life.random() * (last - first))


def _registered_anew(life: Random, card: dict, country: Country, number: str, at: int) -> Change:
    """Struck off and set up again: another number, nearly the same name, mostly the same owners and place."""
    words = card["name"].split()
    luck = life.random()
    if luck < 0.35:
        words.insert(max(1, len(words) - 1), one_of(life, _MORE))
    elif luck < 0.55:
        words = ["New", *words]
    elif luck < 0.8 and len(words) > 2:
        del words[-2]
    told: dict = {"name": " ".join(words)}
    if "registration" in card:
        told["registration"] = f"{between(life, 100_000, 999_999)}-{between(life, 1000, 9999)}"
    if "registered_on" in card:
        told["registered_on"] = clock.day(at)
    if "party_id" in card and life.random() < 0.6:
        told["party_id"] = f"P-{number[0]}{between(life, 9_000_000, 9_999_999)}"
    if "address" in card and life.random() < 0.15:
        told["address"] = names.address(life, country)
    return Change(at, "reregistered", told, ("lei",))


class Centres:
    """The business centres of the world: addresses that unrelated firms give."""

    def __init__(self, life: Random) -> None:
        self._life = life
        self._open: dict[str, tuple[str, int]] = {}

    def address(self, country: Country) -> str:
        """The one that has room left in a country."""
        address, tenants = self._open.get(country.code, ("", _TENANTS))
        if tenants == _TENANTS:
            address, tenants = names.address(self._life, country), 0
        self._open[country.code] = address, tenants + 1
        return address


def otherwise(card: dict, country: Country, number: str, luck: float) -> tuple[dict, str]:
    """The card as a clerk with other habits writes it, and what was done; mostly as it is.

    Args:
        luck: from 0.26 on; what is drawn here is drawn from it alone, so that no other draw of the world moves.
    """
    if luck > _NUMBER:
        return card, ""
    own = Random(luck)
    if luck <= _TRANSLITERATED:
        script = scripts.script_of(country.code, country.speech)
        if script and own.random() < 0.5:
            return {**card, "name": scripts.native(card["name"], script)}, "native_script"
        return {**card, "name": scripts.romanised(own, card["name"])}, "romanised"
    if luck <= _SECOND_ID:
        return ({**card, "party_id": f"P-{number[0]}{7_000_000 + int(number[1:]) % 1_000_000}"}, "second_id") if "party_id" in card else (card, "")
    if luck <= _ADDRESS:
        return ({**card, "address": _address(own, card["address"])}, "address_spelt") if "address" in card else (card, "")
    return ({**card, "registration": _registration(own, card["registration"], country)}, "number_spelt") if "registration" in card else (card, "")


def _address(own: Random, address: str) -> str:
    luck = own.random()
    if luck < 0.35:
        for long, short in (("Street", "St."), ("Road", "Rd"), ("Avenue", "Ave."), ("Tower", "Twr"), ("Building", "Bldg"), ("Strasse", "Str.")):
            if long in address:
                return address.replace(long, short)
    if luck < 0.6:
        return f"{one_of(own, ('Suite', 'Office', 'Floor', 'Unit'))} {between(own, 1, 40)}, {address}"
    if luck < 0.8:
        return scripts.romanised(own, address)
    return address.partition(",")[0]


def _registration(own: Random, number: str, country: Country) -> str:
    luck = own.random()
    if luck < 0.4:
        return number.replace("-", "")
    if luck < 0.7:
        return f"{country.code}{number}"
    place = int(own.random() * len(number))
    return number[:place] + str(between(own, 0, 9)) + number[place + 1 :] if number[place].isdigit() else number
