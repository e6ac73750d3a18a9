"""Visits to where the goods should be, some chosen by an officer, some by lot. Sees the truth only on the spot."""

from dataclasses import dataclass
from math import exp
from random import Random

from . import causes, clock
from .chance import Weighted, between, digest, one_of
from .countries import SHY_HOSTS
from .deals import Deal
from .decisions import Permission
from .journal import Journal, inspector, officer, working_hour
from .shipping import Consignment

_BY_LOT = 0.021  # share of shipped applications
_JUDGED = 0.034  # share at no suspicion at all; grows with what the officer sees
_JUDGED_SLOPE = 0.55
_MODES = Weighted(("on_site", "remote", "documentary", "delegated"), (78, 8, 9, 5))
_DETECTED = {"on_site": 0.75, "delegated": 0.5, "remote": 0.35, "documentary": 0.25}
_OTHER_FINDINGS = Weighted(
    (
        "discrepancy",
        "not_confirmed",
        "party_not_on_licence",
        "unresponsive",
        "terms_violation",
        "insecure_storage",
        "derogatory_information",
        "refused_cooperation",
        "stockpiling",
        "party_unknown",
        "loss",
    ),
    (20, 16, 16, 12, 9, 9, 9, 4, 2, 2, 1),
)
FINDING = {
    "front_company": "diversion",
    "broker": "diversion",
    "transit_diversion": "diversion",
    "forged_certificate": "diversion",
    "re_transfer": "re_transfer",
    "old_stock": "re_transfer",
    "re_export": "re_export",
    "battlefield": "theft_or_capture",
}


@dataclass(frozen=True, slots=True)
class Visited:
    """How a visit was chosen, and when it found a diversion (None: it did not)."""

    chosen_by: str
    found_at: int | None


class Visits:
    """The inspectors of one world."""

    def __init__(self, chance: Random, journal: Journal) -> None:
        self._chance = chance
        self._journal = journal

    def before(self, deal: Deal, application_id: str, filed: int, permission: Permission | None) -> None:
        """A visit before the licence or the shipment, now and then."""
        chance = self._chance
        doubt = causes.suspicion(deal.seen)
        if deal.end_user is None or chance.random() > 0.006 * (1 + doubt):
            return
        stage, start = "pre_licence", filed
        if permission and chance.random() < 0.35:
            stage, start = "pre_shipment", permission.at
        on = start + between(chance, 2, 8) * clock.DAY
        at = working_hour(chance, on + between(chance, 2, 25) * clock.DAY)
        bad = chance.random() < (0.45 if deal.causes else 0.15)
        self._journal.record(
            "visit",
            at,
            inspector(chance),
            visit_id=f"V-{application_id}-0",
            application_id=application_id,
            stage=stage,
            visited_on=clock.day(on),
            mode=one_of(chance, ("on_site", "on_site", "documentary")),
            access="full",
            outcome="unfavourable" if bad else "favourable",
            findings=[one_of(chance, ("party_unknown", "not_confirmed", "derogatory_information"))] if bad else None,
            signed_by=inspector(chance),
            reviewed_by=officer(chance),
        )

    def after(
        self,
        deal: Deal,
        application: dict,
        permission: Permission,
        consignment: Consignment,
        mechanism: str,
        diverted: int | None,
    ) -> Visited | None:
        """The visit after shipment, where there is one.

        Args:
            deal: what is behind it.
            application: as last filed.
            permission: the licence, for its conditions.
            consignment: what to look for.
            mechanism: how the goods were or will be diverted.
            diverted: when; None where they never are.
        """
        chance = self._chance
        if deal.kind == "technology" and chance.random() < 0.7:
            return None
        luck = chance.random()
        judged = min(0.5, _JUDGED * exp(_JUDGED_SLOPE * causes.suspicion(deal.seen)))
        if luck > _BY_LOT + judged:
            return None
        application_id = application["application_id"]
        on = consignment.arrived + between(chance, 75, 460) * clock.DAY
        at = working_hour(chance, on + between(chance, 3, 45) * clock.DAY)
        mode = _MODES.draw(chance)
        refused = deal.destination.code in SHY_HOSTS and chance.random() < 0.3
        self._consent(application_id, deal, consignment.arrived, on, refused)
        gone = diverted is not None and diverted < on
        access = "none" if refused else "limited" if chance.random() < 0.1 else "full"
        found = gone and not refused and chance.random() < _DETECTED[mode] * (0.6 if access == "limited" else 1.0)
        fields = self._report(deal, consignment, permission, mode, access, gone, FINDING[mechanism] if found else None)
        event_id = self._journal.record(
            "visit",
            at,
            inspector(chance),
            visit_id=f"V-{application_id}-1",
            application_id=application_id,
            shipment_id=consignment.shipment_id,
            stage="post_shipment",
            visited_on=clock.day(on),
            mode=mode,
            **fields,
        )
        self._second_thoughts(event_id, at, application_id, consignment, mode, on, fields)
        return Visited("lot" if luck < _BY_LOT else "judgement", at if found else None)

    def _report(
        self,
        deal: Deal,
        consignment: Consignment,
        permission: Permission,
        mode: str,
        access: str,
        gone: bool,
        finding: str | None,
    ) -> dict:
        """What the inspectors write."""
        chance = self._chance
        signed = inspector(chance)
        fields: dict = {"access": access, "signed_by": signed}
        country = deal.destination
        fields["place"] = one_of(chance, country.airports) if chance.random() < 0.6 else None
        if chance.random() < 0.92:
            fields["reviewed_by"] = f"reviewer-{between(chance, 1, 6)}"
        if access == "none":
            return fields | {
                "outcome": "not_possible",
                "limited_by": "host_state" if deal.destination.code in SHY_HOSTS else "travel",
            }
        if access == "limited":
            fields["limited_by"] = one_of(chance, ("host_state", "party", "security", "travel", "site_moved", "health"))
        luck = chance.random()
        if finding:
            outcome, findings = "unfavourable", [finding] + ([_OTHER_FINDINGS.draw(chance)] if luck < 0.4 else [])
        elif luck < (0.5 if gone else 0.17 + (0.08 if deal.causes else 0)):
            outcome, findings = "unfavourable", [_OTHER_FINDINGS.draw(chance)]
        elif luck > 0.93:
            outcome, findings = "inconclusive", None
        else:
            outcome, findings = "favourable", None
        fields |= {"outcome": outcome, "findings": findings}
        fields["items"] = [self._state(item, mode, outcome, finding) for item in consignment.items]
        amount = consignment.items[0]["quantity"]
        if amount > 50 and mode == "on_site":
            fields["sample"] = {
                "lot_size": amount,
                "seen": min(amount, between(chance, 8, 50)),
                "method": "drawn by lot from the inventory",
            }
        if permission.conditions:
            fields["conditions"] = [{"condition": name, "met": self._met(outcome)} for name in permission.conditions]
        if mode == "on_site" and chance.random() < 0.6:
            secure = not (findings and "insecure_storage" in findings)
            fields["storage"] = {
                "text": "Locked store with register." if secure else "Open shed, no register.",
                "secure": secure,
            }
        if chance.random() < 0.6:
            fields["evidence"] = [digest(chance) for _ in range(between(chance, 1, 2))]
        if outcome != "favourable" and chance.random() < 0.5:
            fields["limitations"] = (
                "Not all rooms were shown." if access == "limited" else "Records could not be compared."
            )
            fields["party_reply"] = "The party says that it will answer in writing."
        if chance.random() < 0.5:
            fields["host"] = deal.end_user.card["name"] if deal.end_user else None
        return fields

    def _state(self, item: dict, mode: str, outcome: str, finding: str | None) -> dict:
        chance = self._chance
        seen: dict = {"line": item["line"]}
        if "serials" in item and mode == "on_site":
            seen["serial"] = item["serials"][0]
        else:
            seen["quantity"] = item["quantity"]
        if finding:
            seen["state"] = one_of(
                chance,
                ("stolen",) if finding == "theft_or_capture" else ("not_presented", "not_presented", "transferred"),
            )
        elif outcome == "favourable":
            luck = chance.random()
            seen["state"] = (
                "seen" if luck < 0.84 else "consumed" if luck < 0.9 else "incorporated" if luck < 0.95 else "in_repair"
            )
        else:
            seen["state"] = one_of(chance, ("seen", "seen", "not_seen", "not_seen", "not_presented"))
        return seen

    def _met(self, outcome: str) -> str:
        luck = self._chance.random()
        if outcome == "favourable":
            return "yes" if luck < 0.8 else "not_checked"
        return "yes" if luck < 0.35 else "no" if luck < 0.65 else "not_checked"

    def _consent(self, application_id: str, deal: Deal, arrived: int, on: int, refused: bool) -> None:
        """The request to the host state that goes before half of the visits, and all refused ones."""
        chance, journal = self._chance, self._journal
        if not refused and chance.random() < 0.5:
            return
        sent = working_hour(chance, arrived + between(chance, 5, 40) * clock.DAY)
        fields = {
            "request_id": f"Q-{application_id}-visit",
            "application_id": application_id,
            "from": "authority",
            "to": "host_state",
        }
        fields |= {"country": deal.destination.code, "for": "visit_consent"}
        journal.record(
            "request",
            sent,
            inspector(chance),
            **fields,
            sent_on=clock.day(sent),
            due_on=clock.day(sent + 60 * clock.DAY),
        )
        answered = working_hour(chance, max(sent + clock.DAY, on - 10 * clock.DAY))
        answer = (
            one_of(chance, ("refused", "no_reply"))
            if refused
            else one_of(chance, ("given", "given", "given_with_conditions"))
        )
        journal.record("request", answered, inspector(chance), **fields, answer=answer, answered_on=clock.day(answered))

    def _second_thoughts(
        self, event_id: str, at: int, application_id: str, consignment: Consignment, mode: str, on: int, fields: dict
    ) -> None:
        """A visit corrected later, or taken back."""
        chance, journal = self._chance, self._journal
        luck = chance.random()
        if luck > 0.05:
            return
        later = working_hour(chance, at + between(chance, 5, 120) * clock.DAY)
        same = {
            "visit_id": f"V-{application_id}-1",
            "application_id": application_id,
            "shipment_id": consignment.shipment_id,
        }
        same |= {"stage": "post_shipment", "visited_on": clock.day(on), "mode": mode, "corrects": event_id}
        if luck < 0.015:
            journal.record(
                "visit",
                later,
                inspector(chance),
                **(same | fields),
                withdrawn=True,
                because="The report was filed under the wrong case.",
            )
        elif fields.get("findings") and len(fields["findings"]) > 1:
            journal.record(
                "visit",
                later,
                inspector(chance),
                **(same | fields | {"findings": fields["findings"][:1]}),
                because="One finding was not upheld.",
            )
        elif fields["outcome"] == "inconclusive":
            journal.record(
                "visit",
                later,
                inspector(chance),
                **(same | fields | {"outcome": "favourable"}),
                because="Records came in afterwards.",
            )
        else:
            journal.record(
                "visit",
                later,
                inspector(chance),
                **(same | fields | {"place": None}),
                because="The place was given wrongly.",
            )
