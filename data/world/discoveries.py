"""How diversions come to light other than by visits, what is wrongly reported, and what partners tell."""

from random import Random

from . import clock
from .chance import Weighted, between, one_of
from .deals import Deal
from .journal import Journal, officer, working_hour
from .parties import NEVER, mention
from .visits import FINDING

_SOURCES = Weighted(("customs", "partner", "trace", "open_source"), (35, 30, 20, 15))
_FOUND = 0.36  # share of diversions that somebody else finds
_WRONG = 0.002  # share of shipped applications wrongly reported
_OWN_UP = 0.003  # share whose exporter reports a loss or a breach
_NOTICE = {"front": 0.06, "broker": 0.012, "": 0.0012}  # chance of a partner's denial, a filing, by what the party is
_ISSUERS = ("DE", "FR", "GB", "NL", "US", "PL", "IT", "CA")


class Discoveries:
    """What becomes known of goods and parties."""

    def __init__(self, chance: Random, journal: Journal) -> None:
        self._chance = chance
        self._journal = journal

    def of_diversion(self, deal: Deal, application_id: str, mechanism: str, diverted: int) -> tuple[str, int] | None:
        """An incident about goods that did go astray: its source, and when it was confirmed."""
        chance, journal = self._chance, self._journal
        if chance.random() > _FOUND:
            return None
        at = working_hour(chance, diverted + between(chance, 90, 900) * clock.DAY)
        source = _SOURCES.draw(chance)
        fields = {
            "source": source,
            "finding": FINDING[mechanism],
            "occurred_on": clock.day(diverted) if chance.random() < 0.7 else None,
        }
        fields["wilful"] = one_of(chance, ("yes", "not_known", "not_known"))
        if source == "partner" and deal.end_user and chance.random() < 0.4:
            journal.record(
                "incident",
                at,
                "liaison",
                party=mention(deal.end_user, chance, at),
                **fields,
                confirmed=True,
                handling="originator_controlled",
            )
            return source, at
        sure = chance.random() < 0.8
        event_id = journal.record("incident", at, "liaison", application_id=application_id, **fields, confirmed=sure)
        if sure:
            self._licence_revoked(application_id, at)
            return source, at
        later = working_hour(chance, at + between(chance, 30, 240) * clock.DAY)
        if chance.random() < 0.65:
            journal.record(
                "incident",
                later,
                "liaison",
                application_id=application_id,
                **fields,
                confirmed=True,
                corrects=event_id,
                because="A second source agrees.",
            )
            return source, later
        if chance.random() < 0.4:
            self._dismissed(event_id, application_id, later)
        return None

    def in_error(self, application_id: str, shipped: int) -> None:
        """Reports about goods that are where they should be, and what exporters own up to."""
        chance, journal = self._chance, self._journal
        luck = chance.random()
        if luck > _WRONG + _OWN_UP:
            return
        at = working_hour(chance, shipped + between(chance, 60, 700) * clock.DAY)
        if luck < _OWN_UP:
            finding = one_of(chance, ("loss", "licence_breach", "licence_breach"))
            journal.record(
                "incident",
                at,
                "exporter-report",
                application_id=application_id,
                source="exporter",
                finding=finding,
                confirmed=True,
                wilful="no",
            )
            return
        sure = chance.random() < 0.35
        fields = {
            "application_id": application_id,
            "source": _SOURCES.draw(chance),
            "finding": one_of(chance, ("diversion", "re_export", "re_transfer")),
        }
        event_id = journal.record("incident", at, "liaison", **fields, confirmed=sure)
        later = working_hour(chance, at + between(chance, 30, 300) * clock.DAY)
        if sure:
            journal.record(
                "incident",
                later,
                officer(chance),
                **fields,
                confirmed=False,
                corrects=event_id,
                withdrawn=True,
                because="The serial numbers belong to other goods.",
            )
        elif chance.random() < 0.7:
            self._dismissed(event_id, application_id, later)

    def denied_elsewhere(self, deal: Deal) -> None:
        """A partner's denial of some other deal with a party of this one."""
        chance = self._chance
        party = deal.broker if deal.broker and deal.broker.fault else deal.end_user
        if party is None or chance.random() > _NOTICE.get(party.fault, _NOTICE[""]):
            return
        at = working_hour(chance, deal.at + between(chance, 2, 420) * clock.DAY)
        issuer = one_of(chance, _ISSUERS)
        denied = at - between(chance, 5, 60) * clock.DAY
        self._journal.record(
            "denial_notice",
            at,
            "liaison",
            party=mention(party, chance, at)["name"],
            country=party.country.code,
            control_code=deal.good.control_code or None,
            reason="Risk that the goods do not stay with the stated end user.",
            grounds=["diversion"] if chance.random() < 0.7 else ["end_use"],
            denied_on=clock.day(denied),
            expires_on=clock.day(denied + 3 * 365 * clock.DAY),
            issuer=issuer,
            handling="originator_controlled",
            reference=f"{issuer}-DN-{between(chance, 1000, 9999)}",
        )
        if party.fault and party.found_at == NEVER and chance.random() < 0.5:
            party.found_at = at

    def list_matches(self, deal: Deal, application_id: str, filed: int) -> None:
        """Matches and referrals that an officer settled, mostly namesakes."""
        chance = self._chance
        if chance.random() > 0.008:
            return
        at = working_hour(chance, filed + between(chance, 1, 9) * clock.DAY)
        about = one_of(chance, ("list_match", "referral"))
        result = (
            "confirmed"
            if "found_before" in deal.seen
            else one_of(chance, ("dismissed", "dismissed", "exempted", "escalated"))
        )
        self._journal.record(
            "review",
            at,
            officer(chance),
            about=about,
            subject=f"M-{application_id}",
            application_id=application_id,
            result=result,
            because="Another firm of that name." if result == "dismissed" else "See file.",
            approved_by=f"head-{between(chance, 1, 4)}",
        )

    def _dismissed(self, event_id: str, application_id: str, at: int) -> None:
        self._journal.record(
            "review",
            at,
            officer(self._chance),
            about="incident",
            subject=event_id,
            application_id=application_id,
            result="dismissed",
            because="The report could not be borne out.",
            approved_by=f"head-{between(self._chance, 1, 4)}",
        )

    def _licence_revoked(self, application_id: str, at: int) -> None:
        if self._chance.random() < 0.3:
            later = working_hour(self._chance, at + between(self._chance, 3, 30) * clock.DAY)
            self._journal.record(
                "licence",
                later,
                officer(self._chance),
                application_id=application_id,
                change="revoked",
                effective_on=clock.day(later),
                because="Goods of this licence were found elsewhere.",
                approved_by=f"head-{between(self._chance, 1, 4)}",
            )
