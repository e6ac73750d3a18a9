"""Decides who deals with whom in what, and what is hidden in the deal. Writes no document."""

from dataclasses import dataclass, field
from random import Random

from . import causes
from .chance import Weighted, one_of
from .countries import Country, destinations
from .goods import HARD_GOODS, SOFT_GOODS, Good, for_buyer, line_of_business
from .parties import Entity, Parties

_KINDS = Weighted(("export", "re_export", "transit", "transshipment", "brokering", "technology"), (82, 4, 4, 1, 4, 5))
_AUTHORISATIONS = Weighted(("individual", "global", "general", "large_project"), (930, 40, 22, 8))
_REPEAT = 0.62  # share of filings by an exporter that follow an earlier deal of the same kind
_FRONT = 0.03  # share of new ties that are with a front company
_TIES = 20  # customers an exporter keeps up with
_STOCK = 0.3  # share of deals with an army or police that replace what they hold


@dataclass(slots=True, eq=False)
class Tie:
    """An exporter's standing business with one end user."""

    end_user: Entity
    consignee: Entity | None
    broker: Entity | None
    forwarder: Entity
    good: Good
    certificate: dict = field(default_factory=dict)


@dataclass(slots=True, eq=False)
class Deal:
    """One transaction, with all that the filing will not say."""

    at: int
    kind: str
    authorisation: str
    exporter: Entity
    tie: Tie
    end_user: Entity | None  # none under a global or general authorisation
    consignee: Entity | None
    broker: Entity | None
    forwarder: Entity
    carrier: Entity
    good: Good
    destination: Country
    origin: Country  # where the goods set out
    stock: bool  # they replace what the end user holds
    causes: set[str]
    seen: set[str]
    risk: float
    certified: bool

    @property
    def parties(self) -> dict[str, Entity]:
        roles = {
            "exporter": self.exporter,
            "end_user": self.end_user,
            "consignee": self.consignee,
            "broker": self.broker,
        }
        return {role: party for role, party in (roles | {"freight_forwarder": self.forwarder}).items() if party}


class Market:
    """All business of one world: it remembers each exporter's customers and the fronts now at work."""

    def __init__(self, parties: Parties, chance: Random, applications: int) -> None:
        self._parties = parties
        self._chance = chance
        self._destinations = destinations()
        self._fronts: list[Entity] = []
        self._fronts_wanted = max(4, round(16 * applications / 20_000))
        self.all_fronts: list[Entity] = []

    def deal(self, at: int, neighbour: bool) -> Deal:
        """The next transaction, filed at that time; a neighbour's is one before the second authority."""
        chance, parties = self._chance, self._parties
        kind = _KINDS.draw(chance)
        authorisation = _AUTHORISATIONS.draw(chance) if kind in ("export", "technology") else "individual"
        table = parties.neighbours if neighbour else parties.exporters
        if kind in ("transit", "transshipment", "brokering"):
            table = parties.foreign_exporters
        exporter = _existing(table, chance, at)
        if not exporter.goods:
            exporter.goods = line_of_business(chance)
        tie = self._tie(exporter, at)
        open_licence = authorisation in ("global", "general")
        end_user = None if open_licence else tie.end_user
        good = one_of(chance, SOFT_GOODS) if kind == "technology" else tie.good
        destination = self._destinations.draw(chance) if open_licence else tie.end_user.country
        stock = (
            end_user is not None
            and end_user.kind in ("military", "police")
            and good in _ARMS
            and chance.random() < _STOCK
        )
        broker = tie.broker or (_existing(parties.brokers, chance, at) if kind == "brokering" else None)
        certified = exporter.is_certified(at)
        hidden = self._hidden(end_user, broker, tie.forwarder, stock, kind, certified)
        careful = any(party.careful for party in (end_user, broker, tie.forwarder) if party)
        seen = causes.signs(hidden, careful, chance) | _party_signs(end_user, broker, at)
        order = destination.order
        return Deal(
            at=at,
            kind=kind,
            authorisation=authorisation,
            exporter=exporter,
            tie=tie,
            end_user=end_user,
            consignee=None if open_licence else tie.consignee,
            broker=broker,
            forwarder=tie.forwarder,
            carrier=parties.carriers.draw(chance),
            good=good,
            destination=destination,
            origin=exporter.country,
            stock=stock,
            causes=hidden,
            seen=seen,
            risk=causes.risk(hidden, order, good.appetite, certified, exporter.fault == "complicit"),
            certified=certified,
        )

    def _tie(self, exporter: Entity, at: int) -> Tie:
        """An old customer of this exporter's, or a new one."""
        chance, parties = self._chance, self._parties
        if exporter.deals and chance.random() < _REPEAT:
            tie = exporter.deals[int(len(exporter.deals) * chance.random() ** 1.5)]
            dropped = tie.end_user.known_bad(at) and chance.random() < 0.3
            retired = tie.end_user.fault == "front" and tie.end_user not in self._fronts
            if not (dropped or retired):
                return tie
            exporter.deals.remove(tie)
        complicit = exporter.fault == "complicit"
        if chance.random() < (_FRONT * 4 if complicit else _FRONT):
            user = self._front(at)
            good = max((one_of(chance, exporter.goods), for_buyer(chance, user.kind)), key=lambda good: good.appetite)
        else:
            good = one_of(chance, exporter.goods)
            user = _existing(parties.end_users[one_of(chance, good.buyers)], chance, at)
        front = user.fault == "front"
        tie = Tie(
            end_user=user,
            consignee=parties.agent_in(user.country) if chance.random() < 0.28 else None,
            broker=_existing(parties.brokers, chance, at) if chance.random() < (0.35 if front else 0.2) else None,
            forwarder=parties.forwarders.draw(chance),
            good=good,
        )
        exporter.deals.append(tie)
        if len(exporter.deals) > _TIES:
            exporter.deals.pop(0)
        return tie

    def _front(self, at: int) -> Entity:
        """One of the fronts at work; a found one goes, and half of them come back under another name."""
        chance = self._chance
        while len(self._fronts) < self._fronts_wanted:
            self._open_front(at, None)
        front = one_of(chance, self._fronts)
        found = front.found_at < at
        if chance.random() < (0.2 if found else 0.02):
            self._fronts.remove(front)
            self._open_front(at, front if chance.random() < (0.6 if found else 0.2) else None)
            front = self._fronts[-1]
        return front

    def _open_front(self, at: int, ghost: Entity | None) -> None:
        front = self._parties.front(at, ghost)
        self._fronts.append(front)
        self.all_fronts.append(front)

    def _hidden(
        self, user: Entity | None, broker: Entity | None, forwarder: Entity, stock: bool, kind: str, certified: bool
    ) -> set[str]:
        """The causes at work in this one deal: a bad party does not do every deal badly."""
        draw = self._chance.random
        hidden = set()
        if user and user.fault == "front":
            hidden.add("front")
            if draw() < 0.15:
                hidden.add("transit")
            if draw() < 0.12:
                hidden.add("forged")
        elif user and user.fault == "corrupt":
            hidden.add("corrupt")
            if stock:
                hidden.add("old_stock")
        elif user and user.fault == "lax":
            hidden.add("lax")
        if broker and broker.fault and draw() < 0.75:
            hidden.add("broker")
            if draw() < 0.15:
                hidden.add("forged")
        if forwarder.fault and kind != "technology" and not certified and draw() < 0.4:
            hidden.add("transit")
        if user and draw() < 0.003:
            hidden.add("forged")
        return hidden


_ARMS = frozenset(good for good in HARD_GOODS if good.control_code.startswith("ML"))


def _existing(table: Weighted[Entity], chance: Random, at: int) -> Entity:
    """A party that exists by then."""
    for _ in range(50):
        party = table.draw(chance)
        if party.founded <= at:
            break
    return party


def _party_signs(user: Entity | None, broker: Entity | None, at: int) -> set[str]:
    """What the filing shows of its parties: the end user's own, and of the broker's only where he is at home."""
    shown: set[str] = set()
    if user:
        shown |= user.signs
        if user.is_young(at):
            shown.add("young")
        if user.found_at < at:
            shown.add("found_before")
    if broker:
        shown |= broker.signs & {"abroad", "unlicensed"}
        if broker.found_at < at:
            shown.add("found_before")
    return shown
