"""Lets a deal run its course after filing: decision, shipment, diversion or not, visit, discovery."""

from dataclasses import dataclass
from math import log
from random import Random

from . import causes, clock
from .chance import between
from .deals import Deal
from .decisions import Decisions
from .discoveries import Discoveries
from .journal import Journal
from .parties import NEVER, Entity
from .shipping import Consignment, Shipping
from .visits import Visits

_EN_ROUTE = frozenset(("transit_diversion",))  # goods that never arrive
_SLOW = 110  # days, the mean from arrival to diversion where it comes later
_WINDOW = 1000  # days from shipment by which what is to be diverted has been


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of one application; most of it nobody in that world knows."""

    shipped: bool
    would_divert: bool
    diverted: int | None  # when
    mechanism: str
    found_by: str | None
    visit_chosen_by: str | None


class Aftermath:
    """All that happens after filing, in one world."""

    def __init__(self, chance: Random, journal: Journal) -> None:
        self._chance = chance
        self._journal = journal
        self._decisions = Decisions(chance, journal)
        self._shipping = Shipping(chance, journal)
        self._visits = Visits(chance, journal)
        self._discoveries = Discoveries(chance, journal)

    def of(self, deal: Deal, application: dict, filed: int) -> Fate:
        """Run one deal to its end.

        Args:
            deal: the truth.
            application: as last filed.
            filed: when that was, in seconds.
        """
        chance = self._chance
        application_id = application["application_id"]
        would_divert = chance.random() < deal.risk
        mechanism = causes.mechanism(deal.causes, chance)
        self._discoveries.denied_elsewhere(deal)
        self._discoveries.list_matches(deal, application_id, filed)
        permission = self._decisions.decide(deal, application, filed)
        self._visits.before(deal, application_id, filed, permission)
        astray = would_divert and mechanism in _EN_ROUTE
        consignment = permission and self._shipping.ship(deal, application, permission, astray)
        if not (permission and consignment):
            return Fate(
                shipped=False,
                would_divert=would_divert,
                diverted=None,
                mechanism=mechanism,
                found_by=None,
                visit_chosen_by=None,
            )
        diverted = self._when(consignment, mechanism) if would_divert else None
        visited = self._visits.after(deal, application, permission, consignment, mechanism, diverted)
        found_by, found_at = None, NEVER
        if diverted is None:
            self._discoveries.in_error(application_id, consignment.shipped)
        else:
            if visited and visited.found_at:
                found_by, found_at = "visit", visited.found_at
            told = self._discoveries.of_diversion(deal, application_id, mechanism, diverted)
            if told and told[1] < found_at:
                found_by, found_at = told
        if found_at < NEVER:
            culprit = _culprit(deal, mechanism)
            culprit.found_at = min(culprit.found_at, found_at)
        return Fate(
            shipped=True,
            would_divert=would_divert,
            diverted=diverted,
            mechanism=mechanism if diverted else "none",
            found_by=found_by if self._journal.known(found_at) else None,
            visit_chosen_by=visited.chosen_by if visited else None,
        )

    def _when(self, consignment: Consignment, mechanism: str) -> int:
        """When the goods went: on the way, or some months after they came."""
        chance = self._chance
        if mechanism in _EN_ROUTE:
            return (
                consignment.shipped
                + between(chance, 2, max(3, (consignment.arrived - consignment.shipped) // clock.DAY)) * clock.DAY
            )
        days = min(-_SLOW * log(1 - chance.random()), _WINDOW)
        return consignment.arrived + int(5 + days) * clock.DAY


def _culprit(deal: Deal, mechanism: str) -> Entity:
    """Whom a finding is held against."""
    if mechanism == "broker" and deal.broker:
        return deal.broker
    if mechanism == "transit_diversion":
        return deal.forwarder
    return deal.end_user or deal.exporter
