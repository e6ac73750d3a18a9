"""Writes the papers of a filing: certificates in their issuers' sequence, contracts, invoices, consents."""

from random import Random

from . import clock, names
from .chance import between, digest, one_of
from .countries import Country
from .deals import Deal
from .parties import Entity

_UNDERTAKINGS = ("stated_use_only", "no_re_export", "no_re_transfer", "report_loss", "delivery_verification")
_TITLES = ("Director", "Head of Procurement", "Colonel", "Deputy Minister", "Head of Department", "Managing Director")
_PUBLIC = frozenset(("military", "police", "government", "state_owned"))
_YEAR = 365 * clock.DAY


class Papers:
    """The offices that issue papers: each country's running number, who signs for it, what it issued last."""

    def __init__(self, chance: Random) -> None:
        self._chance = chance
        self._numbers: dict[str, int] = {}
        self._latest: dict[str, str] = {}
        self._signers: dict[tuple[str, int], tuple[str, ...]] = {}
        self.strangers: list[Entity] = []

    def of(self, deal: Deal, items: list[dict], route: list[dict], at: int) -> list[dict]:
        """All papers handed in with one filing, the end user's first."""
        chance, seen = self._chance, deal.seen
        papers = []
        if deal.end_user:
            papers.append(self._assurance(deal, deal.end_user, items, at))
        if chance.random() < 0.7:
            papers.append(self._contract(deal, items, at))
        if chance.random() < 0.3:
            papers.append(self._paper("invoice", deal.exporter.card["name"], deal.exporter.country, at, 40))
        if chance.random() < 0.16 and deal.destination.order > 0.4:
            licence = "import_licence" if chance.random() < 0.4 else "import_certificate"
            papers.append(self._paper(licence, f"Trade Ministry of {deal.destination.name}", deal.destination, at, 120))
        if deal.kind == "re_export" and "copy_only" not in seen:
            papers.append(
                self._paper("re_export_consent", f"Licensing Office of {deal.origin.name}", deal.origin, at, 90)
            )
        if deal.broker and "unlicensed" not in deal.broker.signs:
            paper = self._paper(
                "broker_licence", f"Trade Register of {deal.broker.country.name}", deal.broker.country, at, 900
            )
            papers.append(
                paper | {"number": deal.broker.card["licences"][0]["number"]}
                if "licences" in deal.broker.card
                else paper
            )
        if len(route) > 1 and "transit_authorisation" in route[0] and chance.random() < 0.25:
            paper = self._paper("transit_authorisation", "Customs", deal.exporter.country, at, 60)
            papers.append(paper | {"number": route[0]["transit_authorisation"], "issuer_country": route[0]["to"][:2]})
        if deal.stock and deal.end_user and chance.random() < 0.05:
            papers.append(self._paper("destruction_certificate", deal.end_user.card["name"], deal.destination, at, 400))
        return papers

    def _assurance(self, deal: Deal, user: Entity, items: list[dict], at: int) -> dict:
        """The end user's certificate or statement; a regular customer may hand in last time's again."""
        chance, seen = self._chance, deal.seen
        country = deal.destination
        public = user.kind in _PUBLIC
        old = deal.tie.certificate
        if old and at < old["_until"] and chance.random() < 0.14 and "certificate_reused" not in seen:
            return old["paper"]
        official = public or chance.random() < 0.18
        issued = at - between(chance, 3, 150) * clock.DAY
        paper: dict = {"kind": "end_user_certificate" if official else "end_user_statement"}
        if "certificate_reused" in seen and country.code in self._latest:
            paper["number"] = self._latest[country.code]
        elif "certificate_unnumbered" not in seen:
            paper["number"] = self._next(country, issued) if official else f"EUS-{between(chance, 1000, 99_999)}"
        if official:
            self._latest[country.code] = paper.get("number", self._latest.get(country.code, "1"))
        paper["issuer"] = f"Ministry of Defence of {country.name}" if official else user.card["name"]
        paper["issuer_country"] = country.code
        if not official and chance.random() < 0.3 and not deal.causes:
            paper["certified_by"] = f"Chamber of Commerce of {country.name}"
        if chance.random() < 0.93:
            paper["signatory"] = self._signer(country, issued, official and "odd_signatory" not in seen)
            paper["signatory_title"] = one_of(chance, _TITLES)
        paper["issued_on"] = clock.day(issued)
        if "certificate_expired" in seen:
            paper["expires_on"] = clock.day(at - between(chance, 1, 200) * clock.DAY)
        elif chance.random() < 0.8:
            paper["expires_on"] = clock.day(issued + between(chance, 1, 3) * _YEAR)
        paper["original"] = "copy_only" not in seen
        if chance.random() < 0.4:
            paper["language"] = "en"
        paper["end_user"] = user.card["name"]
        paper["consignee"] = (
            self.firm(country) if "consignee_mismatch" in seen else (deal.consignee or user).card["name"]
        )
        paper["final_country"] = (
            one_of(chance, ("AE", "TR", "KG", "HK", "AM")) if "country_mismatch" in seen else country.code
        )
        paper["items"] = [self._covered(item, deal) for item in items]
        paper["undertakings"] = self._undertakings(deal, public)
        paper["submitted_by"] = (
            "broker"
            if deal.broker and "broker_submits" in seen
            else "end_user"
            if chance.random() < 0.12
            else "exporter"
        )
        if "not_authenticated" in seen:
            paper["authentication"] = "denied" if chance.random() < 0.3 else "no_reply"
        elif chance.random() < 0.7:
            paper["authentication"] = (
                "confirmed" if chance.random() < 0.12 and "forged" not in deal.causes else "not_requested"
            )
        paper["sha256"] = digest(chance)
        deal.tie.certificate = {"paper": paper, "_until": issued + _YEAR}
        return paper

    def _covered(self, item: dict, deal: Deal) -> dict:
        chance = self._chance
        covered: dict = {"description": item["description"], "quantity": item["quantity"]}
        if "control_code" in item and chance.random() < 0.7:
            covered["control_code"] = item["control_code"]
        if chance.random() < (0.12 if "forged" in deal.causes else 0.015):
            covered["quantity"] = max(1, item["quantity"] // 2)
        return covered

    def _undertakings(self, deal: Deal, public: bool) -> list[str]:
        chance, seen = self._chance, deal.seen
        if "few_undertakings" in seen:
            return ["stated_use_only"] if chance.random() < 0.6 else []
        made = [one for one in _UNDERTAKINGS if chance.random() < 0.85]
        if public and chance.random() < 0.55:
            made.append("on_site_verification")
        if not deal.good.control_code.startswith("ML") and chance.random() < 0.7:
            made.append("no_wmd_use")
        if deal.stock and chance.random() < (0.3 if "old_stock" in deal.causes else 0.6):
            made.append("destroy_replaced_stock")
        return made

    def _contract(self, deal: Deal, items: list[dict], at: int) -> dict:
        chance = self._chance
        kind = "contract" if chance.random() < 0.7 else "purchase_order"
        paper = self._paper(kind, deal.exporter.card["name"], deal.exporter.country, at, 200)
        if deal.end_user:
            paper["end_user"] = deal.end_user.card["name"]
        if deal.destination:
            paper["final_country"] = deal.destination.code
        if "value" in items[0] and chance.random() < 0.6:
            slip = one_of(chance, (0.5, 0.8, 1.4)) if chance.random() < (0.2 if deal.causes else 0.02) else 1
            paper["value"] = round(sum(item.get("value", 0) for item in items) * slip, 2)
            paper["currency"] = items[0]["currency"]
        return paper

    def _paper(self, kind: str, issuer: str, country: Country, at: int, age: int) -> dict:
        chance = self._chance
        issued = clock.day(at - between(chance, 1, age) * clock.DAY)
        number = f"{country.code}-{between(chance, 100_000, 999_999)}"
        paper: dict = {
            "kind": kind,
            "number": number,
            "issuer": issuer,
            "issuer_country": country.code,
            "issued_on": issued,
        }
        if chance.random() < 0.5:
            paper["sha256"] = digest(chance)
        return paper

    def _next(self, country: Country, at: int) -> str:
        last = self._numbers.get(country.code) or between(self._chance, 200, 4000)
        self._numbers[country.code] = last + between(self._chance, 1, 6)
        return f"{country.code}/EUC/{clock.year(at)}/{self._numbers[country.code]:06d}"

    def _signer(self, country: Country, at: int, authorised: bool) -> str:
        """One of the three who may sign in those two years, or somebody nobody has heard of."""
        if not authorised:
            return names.person(self._chance, country)
        term = (country.code, clock.year(at) // 2)
        if term not in self._signers:
            self._signers[term] = tuple(names.person(self._chance, country) for _ in range(3))
        return one_of(self._chance, self._signers[term])

    def firm(self, country: Country) -> str:
        """The name of some trading firm that is no party to any other deal."""
        return names.company(self._chance, country, "dealer")

    def stranger(self, country: Country, user: Entity) -> Entity:
        """A consignee nobody has heard of, put in at the last minute."""
        card: dict = {"name": self.firm(country), "country": country.code, "kind": "dealer"}
        some = Entity(f"S{len(self.strangers) + 1:07d}", "consignee", "dealer", country, card)
        self.strangers.append(some)
        return some
