"""What leaves under a licence, how it arrives, what is proved, and what old stock is destroyed."""

from dataclasses import dataclass
from math import ceil
from random import Random

from . import clock
from .chance import Weighted, between, digest, one_of
from .deals import Deal
from .decisions import Permission
from .journal import Journal, officer, working_hour

_PARTS = Weighted((1, 2, 3), (76, 16, 8))
_PROOFS = Weighted(
    ("customs_record", "delivery_verification", "end_user_receipt", "carrier_record", "exporter_report", "none"),
    (24, 26, 26, 10, 11, 3),
)
_WEAK_PROOFS = Weighted(
    ("exporter_report", "none", "carrier_record", "end_user_receipt", "customs_record"), (30, 20, 20, 20, 10)
)


@dataclass(frozen=True, slots=True)
class Consignment:
    """The first shipment under a licence, by which visits and findings name the goods."""

    shipment_id: str
    shipped: int
    arrived: int
    items: list[dict]


class Shipping:
    """What becomes of licences."""

    def __init__(self, chance: Random, journal: Journal) -> None:
        self._chance = chance
        self._journal = journal

    def ship(self, deal: Deal, application: dict, permission: Permission, astray: bool) -> Consignment | None:
        """Ship what is shipped and close the licence; the first shipment, or None where nothing left.

        Args:
            deal: what is behind it.
            application: as last filed.
            permission: the licence.
            astray: the goods never reach the end user, so that nobody proves it.
        """
        chance = self._chance
        application_id = application["application_id"]
        if chance.random() < 0.13:
            self._close(
                permission, application_id, permission.valid_to, "expired" if chance.random() < 0.8 else "surrendered"
            )
            return None
        self._changes(permission, application_id)
        parts = _PARTS.draw(chance)
        shares = [1.0] if parts == 1 else [0.5, 0.5] if parts == 2 else [0.4, 0.3, 0.3]
        overdrawn = chance.random() < 0.006
        shipped = permission.at + between(chance, 8, 150) * clock.DAY
        if chance.random() < 0.01:
            shipped = permission.valid_to + between(chance, 2, 60) * clock.DAY
        first, gone = None, 0.0
        for part, share in enumerate(shares, 1):
            items = self._items(application, gone, gone + share, 1.15 if overdrawn else 1.0, part)
            gone += share
            if not items:  # a single piece left with the first part
                break
            final = part == parts
            one = self._shipment(
                deal, application, permission, f"S-{application_id}-{part}", shipped, items, final, astray
            )
            first = first or one
            shipped = one.shipped + between(chance, 20, 140) * clock.DAY
        if chance.random() < 0.85:
            self._close(permission, application_id, one.shipped + between(chance, 2, 20) * clock.DAY, "exhausted")
        else:
            self._close(permission, application_id, permission.valid_to, "expired")
        if deal.stock and first:
            self._destruction(deal, application, first)
        return first

    def _items(self, application: dict, gone: float, by_then: float, excess: float, part: int) -> list[dict]:
        """What leaves with one part: each line's pieces up to a share of all, rounded up, less those gone before."""
        chance = self._chance
        items = []
        for item in application["items"]:
            whole = item["quantity"] * excess
            quantity = ceil(round(whole * by_then, 6)) - ceil(round(whole * gone, 6))
            if quantity < 1:
                continue
            shipped: dict = {"line": item["line"], "quantity": quantity}
            if item.get("serialised") and chance.random() < 0.75:
                start = between(chance, 10_000, 900_000)
                shipped["serials"] = [f"{start + step}-{part}" for step in range(min(quantity, 5))]
            items.append(shipped)
        return items

    def _shipment(
        self,
        deal: Deal,
        application: dict,
        permission: Permission,
        shipment_id: str,
        shipped: int,
        items: list[dict],
        final: bool,
        astray: bool,
    ) -> Consignment:
        chance, journal = self._chance, self._journal
        days = between(chance, 1, 4) if deal.kind == "technology" else between(chance, 4, 55)
        if astray:
            days += between(chance, 0, 60)
        arrived = shipped + days * clock.DAY
        told_after = chance.random() < 0.55
        at = working_hour(chance, (arrived if told_after else shipped) + between(chance, 1, 12) * clock.DAY)
        journal.record(
            "shipment",
            at,
            "exporter-report",
            shipment_id=shipment_id,
            application_id=application["application_id"],
            licence_number=permission.number,
            shipped_on=clock.day(shipped),
            arrived_on=clock.day(arrived) if told_after else None,
            items=items,
            route=application.get("route") if chance.random() < 0.15 else None,
            final=final,
        )
        if chance.random() < 0.3:
            left = max(at, working_hour(chance, shipped + between(chance, 1, 3) * clock.DAY))
            place = application["route"][0]["from"] if application.get("route") else None
            journal.record(
                "delivery",
                left,
                "customs",
                shipment_id=shipment_id,
                milestone="left_territory",
                on=clock.day(shipped),
                place=place,
                proof="customs_record",
            )
        if chance.random() < (0.5 if astray else 0.9):
            self._delivery(deal, application, shipment_id, at, arrived, items, astray)
        return Consignment(shipment_id, shipped, arrived, items)

    def _delivery(
        self,
        deal: Deal,
        application: dict,
        shipment_id: str,
        reported: int,
        arrived: int,
        items: list[dict],
        astray: bool,
    ) -> None:
        """What proves the arrival; known no sooner than the shipment itself, without which no system can file it."""
        chance = self._chance
        proof = (_WEAK_PROOFS if astray else _PROOFS).draw(chance)
        papered = proof in ("delivery_verification", "customs_record")
        milestone = (
            "received_by_end_user"
            if proof == "end_user_receipt"
            else one_of(chance, ("arrived", "released_by_customs", "received_by_end_user"))
        )
        days = between(chance, 2, 110 if proof == "delivery_verification" else 40)
        at = max(reported, working_hour(chance, arrived + days * clock.DAY))
        short = astray and chance.random() < 0.15
        self._journal.record(
            "delivery",
            at,
            "exporter-report" if not papered else officer(chance),
            shipment_id=shipment_id,
            milestone=milestone,
            on=clock.day(arrived),
            place=application["route"][-1]["to"] if application.get("route") else None,
            items=[item | {"quantity": max(1, item["quantity"] // 2)} for item in items]
            if short
            else items
            if chance.random() < 0.4
            else None,
            proof=proof,
            number=f"{deal.destination.code}-DV-{between(chance, 1000, 99_999)}" if papered else None,
            issuer=f"Customs of {deal.destination.name}" if papered else None,
            sha256=digest(chance) if proof != "none" and chance.random() < 0.4 else None,
        )

    def _changes(self, permission: Permission, application_id: str) -> None:
        """Now and then a licence is amended, extended, or held up for a while."""
        chance, journal = self._chance, self._journal
        luck = chance.random()
        if luck > 0.075:
            return
        at = working_hour(chance, permission.at + between(chance, 20, 200) * clock.DAY)
        common = {"application_id": application_id, "licence_number": permission.number, "effective_on": clock.day(at)}
        if luck < 0.03:
            journal.record(
                "decision",
                at,
                officer(chance),
                application_id=application_id,
                outcome="granted",
                basis="amendment",
                rationale="A change of detail.",
            )
            journal.record("licence", at, officer(chance), **common, change="amended", items=permission.lines)
        elif luck < 0.06:
            journal.record(
                "licence",
                at,
                officer(chance),
                **common,
                change="extended",
                valid_to=clock.day(permission.valid_to + 180 * clock.DAY),
            )
        else:
            journal.record(
                "licence", at, officer(chance), **common, change="suspended", because="Questions about the end user."
            )
            later = working_hour(chance, at + between(chance, 15, 90) * clock.DAY)
            journal.record(
                "licence", later, officer(chance), **(common | {"effective_on": clock.day(later)}), change="reinstated"
            )

    def _close(self, permission: Permission, application_id: str, at: int, change: str) -> None:
        self._journal.record(
            "licence",
            at,
            "licensing-system",
            application_id=application_id,
            licence_number=permission.number,
            change=change,
            effective_on=clock.day(at),
        )

    def _destruction(self, deal: Deal, application: dict, first: Consignment) -> None:
        """What was promised to be destroyed, where it is: a corrupt unit seldom does, a sound one not always."""
        chance = self._chance
        stock = application["replaced_stock"][0]
        if stock["plan"] != "destroy" or chance.random() > (0.15 if "corrupt" in deal.causes else 0.6):
            return
        destroyed = first.arrived + between(chance, 60, 540) * clock.DAY
        at = working_hour(chance, destroyed + between(chance, 1, 40) * clock.DAY)
        whole = chance.random() < 0.8
        self._journal.record(
            "destruction",
            at,
            officer(chance),
            application_id=application["application_id"],
            control_code=stock["control_code"] or None,
            quantity=stock["quantity"] if whole else max(1, stock["quantity"] // 2),
            serials=[f"OLD-{between(chance, 1000, 99_999)}"] if chance.random() < 0.3 else None,
            witnessed_by=f"Embassy in {deal.destination.name}" if chance.random() < 0.6 else None,
            destroyed_on=clock.day(destroyed),
            sha256=digest(chance),
        )
