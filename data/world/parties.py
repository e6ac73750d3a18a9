"""Makes the parties of the world, sound and not, and writes them into filings. Knows nothing of any deal."""

from dataclasses import dataclass, field
from random import Random

from . import clock, lives, names
from .chance import Weighted, between, one_of, zipf
from .countries import COUNTRIES, Country, destinations

NEVER = 1 << 60  # seconds: later than anything
_FORMER_NAMES = 0.08  # share of firms that state another name of theirs
_VARIANT = 0.16  # share of mentions spelt otherwise than usual
_SCALE = 20_000  # applications for which the counts below hold
_COUNTS = {
    "exporter": 270,
    "foreign_exporter": 30,
    "end_user": 4_000,
    "broker": 60,
    "freight_forwarder": 60,
    "carrier": 40,
    "agent": 160,
}
_KINDS = {
    "military": 20,
    "police": 8,
    "government": 8,
    "state_owned": 7,
    "commercial": 37,
    "research": 10,
    "dealer": 10,
}
_KINDS_BY_SHARE = Weighted(tuple(_KINDS), _KINDS.values())


def _countries(codes: str) -> tuple[Country, ...]:
    return tuple(COUNTRIES[code] for code in codes.split())


_HAVENS = _countries("CY AE HK CH PA SG TR MT BG")
_BROKER_HOMES = _countries("SE SE DE GB FI PL")
_MOVER_HOMES = _countries("SE SE NO DK DE NL GB TR AE SG PL CY")
_EXPORTERS_ABROAD = _countries("DE GB US FR IT BR KR CH PL TR")
# By rank, not by lot: there are few of these, the first have most of the business, and a seed whose largest broker
# is a crook would be another world.
_CROOKED_BROKER = 7
_CROOKED_FORWARDER = 11
_AUDITORS = ("authority", "third_party", "third_party", "self")


@dataclass(slots=True, eq=False)
class Entity:
    """One real party, however many names it is filed under."""

    number: str
    role: str
    kind: str
    country: Country
    card: dict  # the party document, as usually filed
    fault: str = ""  # "front" "corrupt" "lax" "broker" "transit" "complicit"; empty: sound
    signs: frozenset[str] = frozenset()
    careful: bool = False  # knows what officers look for, and keeps it out of the papers
    founded: int = 0  # seconds; a firm files nothing before it exists
    found_at: int = NEVER  # when a finding against it first became known
    certified_from: int = NEVER
    level: int = 0  # of its compliance programme
    uncertified: dict = field(default_factory=dict)  # its card before that
    goods: tuple = ()
    deals: list = field(default_factory=list)
    same_as: str = ""  # the number of an earlier one that is the same body of state; empty: itself
    changes: list[lives.Change] = field(default_factory=list)  # still to come, in order of time
    written: dict[tuple, tuple[int, str]] = field(default_factory=dict)  # form as filed -> first when, and what was done to it
    state: str = "usual"  # the latest change that has taken place

    def live(self, at: int) -> None:
        """Bring the card up to a time; times come in order."""
        while self.changes and self.changes[0].at <= at:
            change = self.changes.pop(0)
            self.card, self.uncertified = (
                {key: value for key, value in (card | change.told).items() if key not in change.dropped} if card else card
                for card in (self.card, self.uncertified)
            )
            self.state = change.kind

    def known_bad(self, at: int) -> bool:
        return self.found_at < at

    def is_certified(self, at: int) -> bool:
        """A programme worth the name, audited by somebody else or not."""
        return self.level >= 4 and self.certified_from <= at

    def is_young(self, at: int) -> bool:
        """Less than two years old, and the filing says so."""
        return "registered_on" in self.card and at - self.founded < 2 * 365 * clock.DAY


def mention(party: Entity, chance: Random, at: int) -> dict:
    """The party as one filing writes it; the party keeps a note of each way in which it was written."""
    card = party.uncertified if party.certified_from > at and party.uncertified else party.card
    luck = chance.random()
    done = ""
    if luck > 0.26:
        card, done = lives.otherwise(card, party.country, party.number, luck)
    elif luck < _VARIANT:
        usual = card["name"]
        card = {**card, "name": names.variant(chance, usual)}
        done = "misspelt" if card["name"] != usual else ""
        if luck < 0.05:
            card.pop("party_id", None)
    else:
        left_out = ("address", "registration", "lei", "registered_on", "website", "party_id")[int(chance.random() * 6)]
        card = {key: value for key, value in card.items() if key != left_out}
    form = tuple(card.get(key) for key in FORM)
    if form not in party.written:
        party.written[form] = (at, done or party.state)
    return card


FORM = ("party_id", "lei", "registration", "country", "name")
"""What a written form is told apart by."""


@dataclass(frozen=True, slots=True)
class Lair:
    """An address, an owner and a bank that several front companies share."""

    address: str
    owner: dict
    payer_country: str


class Parties:
    """All parties of one world."""

    def __init__(self, chance: Random, life: Random, applications: int, first: int, last: int, authority: str) -> None:
        """Make them.

        Args:
            chance: draws who they are.
            life: draws what becomes of their particulars later, apart, so that the one moves nothing of the other.
        """
        self._chance = chance
        self._life = life
        self._centres = lives.Centres(life)
        self._bodies: dict[tuple[str, str], str] = {}
        self.all: list[Entity] = []
        self._first, self._last = first, last
        self._serial = 0
        size = max(0.1, applications / _SCALE)
        counts = {role: max(8, round(number * size)) for role, number in _COUNTS.items()}
        home = COUNTRIES[authority]
        self._by_demand = destinations()
        self.lairs = [self._lair() for _ in range(max(3, round(14 * size)))]

        self.exporters = zipf([self._exporter(home) for _ in range(counts["exporter"])], 0.8)
        self.neighbours = zipf([self._exporter(COUNTRIES["NO"]) for _ in range(max(4, counts["exporter"] // 30))], 0.8)
        self.foreign_exporters = zipf(
            [self._exporter(one_of(chance, _EXPORTERS_ABROAD)) for _ in range(counts["foreign_exporter"])], 0.7
        )
        users: dict[str, list[Entity]] = {kind: [] for kind in _KINDS}
        for _ in range(counts["end_user"]):
            user = self._end_user()
            users[user.kind].append(user)
        self.end_users = {kind: zipf(some or [self._end_user(kind)], 0.65) for kind, some in users.items()}
        brokers = [self._broker(crooked=rank % _CROOKED_BROKER == 2) for rank in range(counts["broker"])]
        forwarders = [
            self._mover("freight_forwarder", crooked=rank % _CROOKED_FORWARDER == 4)
            for rank in range(counts["freight_forwarder"])
        ]
        self.brokers, self.forwarders = zipf(brokers, 0.6), zipf(forwarders, 0.6)
        self.carriers = zipf([self._mover("carrier", crooked=False) for _ in range(counts["carrier"])], 0.7)
        self.crooked = [party for party in brokers + forwarders if party.fault]
        self.sound_firms = [user for kind in ("commercial", "dealer") for user in users[kind] if not user.fault]
        self.agents: dict[str, list[Entity]] = {}
        for _ in range(counts["agent"]):
            agent = self._firm("agent", "dealer", self._by_demand.draw(chance), fault="")
            self.agents.setdefault(agent.country.code, []).append(agent)

    def agent_in(self, country: Country) -> Entity:
        """A local consignee of a country; a new one where there is none yet."""
        some = self.agents.setdefault(country.code, [])
        if not some:
            some.append(self._firm("agent", "dealer", country, fault=""))
        return one_of(self._chance, some)

    def front(self, at: int, ghost: Entity | None) -> Entity:
        """A new front company; with a ghost, the one that comes after it under another name."""
        chance = self._chance
        country = ghost.country if ghost else self._by_demand.draw(chance)
        while not ghost and country.order > 0.8:
            country = self._by_demand.draw(chance)
        founded = at - between(chance, 30, 650 if chance.random() < 0.7 else 4000) * clock.DAY
        firm = self._firm(
            "end_user",
            one_of(chance, ("commercial", "commercial", "dealer", "dealer", "research")),
            country,
            "front",
            founded,
        )
        card, signs = firm.card, set(firm.signs)
        lair = one_of(chance, self.lairs)
        if ghost:
            kept = [key for key in ("address", "owners", "website") if key in ghost.card and chance.random() < 0.7]
            card.update({key: ghost.card[key] for key in kept})
            if "address" in kept:
                signs.add("shared_address")
        elif chance.random() < 0.5:
            card["address"] = lair.address
            signs.add("shared_address")
            signs.discard("no_address")
        if "owners" not in card and chance.random() < 0.5:
            card["owners"] = [lair.owner]
        firm.signs = frozenset(signs)
        firm.careful = firm.careful or ghost is not None
        return firm

    def _lair(self) -> Lair:
        country = self._by_demand.draw(self._chance)
        owner = {
            "name": f"{names.stem(self._chance, country.speech)} Holding",
            "country": one_of(self._chance, ("CY", "AE", "HK", "PA", "MT")),
        }
        return Lair(
            names.address(self._chance, country),
            owner | {"share": 1.0},
            one_of(self._chance, ("AE", "HK", "CY", "TR", "PA", "CH")),
        )

    def _exporter(self, country: Country) -> Entity:
        chance = self._chance
        fault = "complicit" if chance.random() < 0.02 else ""
        firm = self._firm("exporter", "commercial", country, fault)
        if chance.random() < 0.45 and not fault:
            level = between(chance, 2, 7)
            certified = self._first + between(chance, -1500, 1500) * clock.DAY
            programme = {"certified_on": clock.day(certified), "audited_by": one_of(chance, _AUDITORS), "level": level}
            if chance.random() < 0.7:
                certified += between(chance, 30, 300) * clock.DAY  # filings name the programme once it was audited
                programme["audited_on"] = clock.day(certified)
            firm.uncertified = firm.card
            firm.card = firm.card | {"compliance_programme": programme}
            firm.certified_from = certified
            firm.level = level
        elif chance.random() < 0.2:
            firm.card["compliance_programme"] = {"level": 0}
        return firm

    def _end_user(self, kind: str = "") -> Entity:
        chance = self._chance
        kind = kind or _KINDS_BY_SHARE.draw(chance)
        country = self._by_demand.draw(chance)
        luck = chance.random()
        if kind in ("military", "police", "government"):
            fault = (
                "corrupt" if luck < 0.3 * (1 - country.order) else "lax" if luck < 0.45 * (1 - country.order) else ""
            )
            return self._public(kind, country, fault)
        fault = "lax" if luck < 0.14 * (1 - country.order) else ""
        return self._firm("end_user", kind, country, fault)

    def _public(self, kind: str, country: Country, fault: str) -> Entity:
        chance = self._chance
        card = self._named("end_user", names.public_body(chance, country, kind), country, kind)
        if chance.random() < 0.8:
            card["address"] = names.address(chance, country)
        body = Entity(
            self._number("end_user"),
            "end_user",
            kind,
            country,
            card,
            fault,
            careful=bool(fault) and chance.random() < 0.5,
        )
        # Two draws of one name are one body of state, whatever the order of its words.
        words = " ".join(sorted(card["name"].replace(" of ", " ").split()))
        body.same_as = self._bodies.setdefault((country.code, words), body.number)
        return self._born(body, firm=False)

    def _born(self, party: Entity, *, firm: bool) -> Entity:
        party.changes = lives.changes(self._life, party.card, party.country, party.number, firm, self._first, self._last)
        self.all.append(party)
        return party

    def _broker(self, crooked: bool) -> Entity:
        chance = self._chance
        abroad = chance.random() < (0.75 if crooked else 0.3)
        country = one_of(chance, _HAVENS if abroad else _BROKER_HOMES)
        firm = self._firm("broker", "dealer", country, "broker" if crooked else "")
        if chance.random() < (0.5 if crooked else 0.88):
            since = self._first - between(chance, 0, 900) * clock.DAY
            licence = {
                "kind": "brokering",
                "number": f"{country.code}-BR-{between(chance, 1000, 9999)}",
                "valid_from": clock.day(since),
            }
            firm.card["licences"] = [licence | {"valid_to": clock.day(since + 3650 * clock.DAY)}]
        else:
            firm.signs |= {"unlicensed"}
        if abroad:
            firm.signs |= {"abroad"}
        return firm

    def _mover(self, role: str, crooked: bool) -> Entity:
        country = one_of(self._chance, _MOVER_HOMES)
        return self._firm(role, "commercial", country, "transit" if crooked else "")

    def _firm(self, role: str, kind: str, country: Country, fault: str, founded: int | None = None) -> Entity:
        """A company; what it leaves out is drawn here once, for a firm tells every clerk much the same."""
        chance = self._chance
        bad = fault in ("front", "broker")
        trade = role if role in ("broker", "freight_forwarder", "carrier") else kind
        card = self._named(role, names.company(chance, country, trade), country, kind)
        signs = set()
        if founded is None:
            founded = self._first - between(chance, 0, 12_000) * clock.DAY
            if chance.random() < (0.5 if bad else 0.12):
                founded = int(self._first - 400 * clock.DAY + chance.random() * (self._last - self._first))
        if chance.random() < (0.68 if bad else 0.9):
            card["address"] = names.address(chance, country)
        else:
            signs.add("no_address")
            if chance.random() < 0.5:
                card["address"] = names.post_box(chance, country)
        if "address" in card and chance.random() < (0.25 if bad else 0.012):
            card["address"] = one_of(chance, self.lairs).address
            signs.add("shared_address")
        if chance.random() < (0.62 if bad else 0.82):
            card["registration"] = f"{between(chance, 100_000, 999_999)}-{between(chance, 1000, 9999)}"
        else:
            signs.add("no_registration")
        if chance.random() < (0.15 if bad else 0.5):
            card["lei"] = f"{between(chance, 1000, 9999)}00{self._serial:012d}{between(chance, 10, 99)}"
        if chance.random() < 0.72:
            card["registered_on"] = clock.day(founded)
        if chance.random() < (0.42 if bad else 0.66):
            card["website"] = f"https://www.{self._number(role).lower()}.example"
        else:
            signs.add("no_website")
        if chance.random() < 0.22:
            share = one_of(chance, (0.25, 0.5, 0.51, 0.75, 1.0))
            card["owners"] = [{"name": names.person(chance, country), "country": country.code, "share": share}]
        if chance.random() < _FORMER_NAMES:
            card["aliases"] = [names.company(chance, country, trade)]
        if "address" in card and not signs & {"shared_address", "no_address"} and self._life.random() < lives.BUSINESS_CENTRE:
            card["address"] = self._centres.address(country)
        firm = Entity(
            self._number(role),
            role,
            kind,
            country,
            card,
            fault,
            frozenset(signs),
            bool(fault) and chance.random() < 0.5,
            founded,
        )
        return self._born(firm, firm=True)

    def _number(self, role: str) -> str:
        return f"{_LETTER[role]}{self._serial:07d}"

    def _named(self, role: str, name: str, country: Country, kind: str) -> dict:
        self._serial += 1
        card: dict = {"name": name, "country": country.code, "kind": kind}
        if self._chance.random() < (0.92 if role == "exporter" else 0.5):
            card["party_id"] = f"P-{self._number(role)}"
        return card


_LETTER = {"exporter": "X", "end_user": "U", "broker": "B", "freight_forwarder": "F", "carrier": "C", "agent": "A"}
