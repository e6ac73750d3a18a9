"""What the authority asks, decides and licenses. Sees the filing and what is known of its parties, not the truth."""

from dataclasses import dataclass
from math import exp
from random import Random

from . import causes, clock
from .chance import between, one_of
from .deals import Deal
from .journal import Journal, officer, working_hour

_DENIED_AT = 4.6  # suspicion at which every other filing is denied
_YEAR = 365 * clock.DAY
_WORDS = {
    "detour": "the route passes a place it has no need to pass",
    "free_zone": "goods enter a free zone on the way",
    "certificate_reused": "the certificate's number was seen on another file",
    "certificate_expired": "the end user's certificate had expired",
    "not_authenticated": "the issuer did not confirm the certificate",
    "consignee_mismatch": "the certificate names another consignee",
    "country_mismatch": "the papers name another country of destination",
    "few_undertakings": "the usual undertakings are missing",
    "ill_fitting_use": "the declared use does not fit the end user",
    "odd_price": "the price is far from that of comparable goods",
    "third_country_payer": "payment comes from a third country",
    "stock_for_sale": "the stock replaced is to be sold, or its fate is not declared",
    "young": "the end user was founded recently",
    "no_address": "no address was given where the goods will be",
    "found_before": "goods licensed to a party were found elsewhere before",
    "consignee_changed": "the consignee was changed after filing",
}


@dataclass(frozen=True, slots=True)
class Permission:
    """A licence that was given."""

    number: str
    at: int  # issued
    valid_to: int
    lines: list[dict]
    conditions: tuple[str, ...]


class Decisions:
    """The licensing desk of one world."""

    def __init__(self, chance: Random, journal: Journal) -> None:
        self._chance = chance
        self._journal = journal

    def decide(self, deal: Deal, application: dict, filed: int) -> Permission | None:
        """Ask, decide, and issue the licence where it is granted."""
        chance = self._chance
        application_id = application["application_id"]
        at = working_hour(chance, filed + int((10 + 70 * chance.random() ** 2.2) * clock.DAY))
        false_paper = self._questions(deal, application, filed, at)
        doubt = causes.suspicion(deal.seen)
        luck = chance.random()
        embargoed = deal.destination.order < 0.2
        denied = 0.55 if embargoed else 0.9 if false_paper else 0.008 + 0.6 / (1 + exp(-1.5 * (doubt - _DENIED_AT)))
        if luck < denied:
            self._denied(deal, application_id, at, embargoed)
            return None
        if luck > 0.945 - 0.01 * min(3, doubt):
            outcome = "withdrawn" if luck > 0.972 else "returned"
            grounds = ["incomplete"] if outcome == "returned" else None
            why = (
                "The applicant took the application back."
                if outcome == "withdrawn"
                else "Papers asked for did not come in."
            )
            self._journal.record(
                "decision",
                at,
                officer(chance),
                application_id=application_id,
                outcome=outcome,
                basis="first",
                grounds=grounds,
                rationale=why,
            )
            return None
        return self._granted(deal, application, at)

    def _denied(self, deal: Deal, application_id: str, at: int, embargoed: bool) -> None:
        chance = self._chance
        if embargoed:
            grounds = ["embargo"]
        elif chance.random() < 0.7:
            grounds = ["diversion"] if chance.random() < 0.7 else ["diversion", "end_use"]
        else:
            grounds = [
                one_of(chance, ("end_use", "human_rights", "regional_stability", "national_security", "catch_all"))
            ]
        why = self._why(deal)
        by = officer(chance)
        fields = {
            "application_id": application_id,
            "outcome": "denied",
            "grounds": grounds,
            "approved_by": f"head-{between(chance, 1, 4)}",
        }
        told = (
            "The authority is not satisfied that the goods would stay with the stated end user."
            if "diversion" in grounds
            else "National rules do not permit it."
        )
        self._journal.record("decision", at, by, **fields, basis="first", rationale=why, reasons_for_applicant=told)
        if chance.random() < 0.08:
            later = working_hour(chance, at + between(chance, 40, 160) * clock.DAY)
            self._journal.record(
                "decision", later, officer(chance), **fields, basis="appeal", rationale="Nothing new was put forward."
            )

    def _granted(self, deal: Deal, application: dict, at: int) -> Permission:
        chance, journal = self._chance, self._journal
        application_id = application["application_id"]
        conditions = _conditions(deal, chance)
        journal.record(
            "decision",
            at,
            officer(chance),
            application_id=application_id,
            outcome="granted",
            basis="first",
            conditions=[text for _, text, _, _ in conditions] or None,
            rationale=self._why(deal),
            approved_by=f"head-{between(chance, 1, 4)}" if deal.good.appetite > 0.8 else None,
        )
        issued = at + between(chance, 0, 4) * clock.DAY
        open_licence = deal.end_user is None
        valid_to = issued + (3 * _YEAR if open_licence else between(chance, 12, 24) * 30 * clock.DAY)
        number = f"{application['authority']}-L-{clock.year(issued)}-{application_id[-7:]}"
        lines = [
            {"line": item["line"], "quantity": item["quantity"], "unit": item["unit"]} for item in application["items"]
        ]
        journal.record(
            "licence",
            issued,
            officer(chance),
            application_id=application_id,
            licence_number=number,
            change="issued",
            effective_on=clock.day(issued),
            valid_from=clock.day(issued),
            valid_to=clock.day(valid_to),
            items=lines,
            conditions=[
                {"condition_id": f"{number}/{place}", "code": code, "text": text}
                | ({"due_days": days, "due_from": start} if days else {})
                for place, (code, text, days, start) in enumerate(conditions, 1)
            ]
            or None,
        )
        names = tuple(f"{number}/{place}" for place in range(1, len(conditions) + 1))
        return Permission(number, issued, valid_to, lines, names)

    def _why(self, deal: Deal) -> str:
        """The officer's words: what was seen, in plain sentences."""
        noted = [_WORDS[name] for name in sorted(deal.seen) if name in _WORDS]
        if not noted:
            return "Parties, goods and end use are plausible; no objection by the agencies asked."
        return f"Noted: {'; '.join(noted[:4])}."

    def _questions(self, deal: Deal, application: dict, filed: int, decided: int) -> bool:
        """Questions to others before the decision; true if a paper came back as false in time."""
        chance = self._chance
        application_id = application["application_id"]
        doubt = causes.suspicion(deal.seen)
        if chance.random() < 0.09:
            to = one_of(chance, ("applicant", "applicant", "end_user"))
            self._ask(application_id, filed, to, "information", ("given", "given", "given_with_conditions", "no_reply"))
        if chance.random() < 0.05 + 0.02 * doubt:
            self._ask(
                application_id,
                filed,
                one_of(chance, ("agency", "expert")),
                "opinion",
                ("given", "given", "given_with_conditions", "no_view"),
            )
        number = next(
            (paper.get("number") for paper in application["documents"] if paper["kind"].startswith("end_user")), None
        )
        if number and deal.end_user and chance.random() < 0.03 + 0.04 * min(3.0, doubt):
            luck = chance.random()
            if "forged" in deal.causes:
                answer = "found_false" if luck < 0.45 else "no_reply" if luck < 0.85 else "given"
            else:
                answer = "given" if luck < 0.86 else "no_reply" if luck < 0.998 else "found_false"
            answered = self._ask(
                application_id,
                filed,
                "document_issuer",
                "authentication",
                (answer,),
                document_number=number,
                country=deal.destination.code,
            )
            return answer == "found_false" and answered < decided
        if "found_before" in deal.seen and chance.random() < 0.1:
            self._ask(application_id, filed, "partner_state", "no_undercut", ("given", "refused", "no_view"))
        return False

    def _ask(
        self, application_id: str, filed: int, to: str, purpose: str, answers: tuple[str, ...], **about: str
    ) -> int:
        """One question and its answer; the time of the answer."""
        chance, journal = self._chance, self._journal
        sent = working_hour(chance, filed + between(chance, 1, 9) * clock.DAY)
        request_id = f"Q-{application_id}-{purpose[:4]}"
        stops = purpose == "information"
        asked = {
            "request_id": request_id,
            "application_id": application_id,
            "from": "authority",
            "to": to,
            "for": purpose,
        } | about
        journal.record(
            "request",
            sent,
            officer(chance),
            **asked,
            sent_on=clock.day(sent),
            due_on=clock.day(sent + 30 * clock.DAY),
            stops_clock=stops,
        )
        answered = working_hour(chance, sent + between(chance, 3, 75) * clock.DAY)
        journal.record(
            "request",
            answered,
            officer(chance),
            **asked,
            answer=one_of(chance, answers),
            answered_on=clock.day(answered),
        )
        return answered


def _conditions(deal: Deal, chance: Random) -> list[tuple[str, str, int, str]]:
    """Code, words, days and what they are counted from."""
    made = []
    if chance.random() < 0.55:
        made.append(("DV", "Delivery verification of the importing state.", 90, "arrival"))
    if deal.good.appetite > 0.6 and chance.random() < 0.6:
        made.append(("OSV", "The end user permits checks on the spot.", 0, ""))
    if deal.stock and chance.random() < 0.5:
        made.append(("NFO", "The stock replaced is destroyed before witnesses.", 365, "arrival"))
    if chance.random() < 0.2:
        made.append(("REP", "The exporter reports each shipment.", 30, "shipment"))
    return made
