"""Writes a deal as an application, and the amended filing where one follows. Decides nothing about the deal."""

from random import Random

from . import clock, goods, routes
from .chance import Weighted, between, one_of
from .countries import COUNTRIES, HUBS
from .deals import Deal
from .documents import Papers
from .parties import mention

_AMENDED = 0.06
_METHODS = Weighted(("transfer", "letter_of_credit", "cash", "other", "crypto"), (70, 22, 4, 3, 1))
_TRANSACTIONS = (
    "government_to_government",
    "repair_or_return",
    "exhibition",
    "intra_group",
    "loan_or_lease",
    "gift",
    "licensed_production",
)
_MISFITS = ("resale", "private_security", "demonstration", "other")
_PAYER_HAVENS = ("AE", "HK", "CY", "TR", "CH", "PA", "SG")
_PLANS = ("destroy", "destroy", "retain", "return", "donate")
_VAGUE = ("For use by the end user.", "Government use.", "Commercial use.", "As per contract.")
_USES = {
    "military_operations": "Equipment of own units, for training and operations of {user}.",
    "law_enforcement": "Equipment of officers of {user}, kept in its own stores.",
    "border_security": "Surveillance of land and sea borders by {user}.",
    "civil_industry": "Use in the works of {user} for civil manufacture.",
    "research": "Measurements in the laboratories of {user}; results are published.",
    "energy": "Maintenance of plant run by {user}.",
    "telecommunications": "Networks run by {user} for its subscribers.",
    "space": "Payload of a scientific satellite built by {user}.",
    "sport_hunting": "Sale to licensed hunters and sport shooters by {user}.",
}
_CATCH_ALL = ("wmd_informed", "wmd_suspected", "military_end_use_informed", "military_end_use_aware", "other_informed")


class Filings:
    """The filing desk of one world."""

    def __init__(self, chance: Random, papers: Papers) -> None:
        self._chance = chance
        self._papers = papers

    def application(self, deal: Deal, application_id: str, authority: str) -> dict:
        """The first filing of a deal."""
        chance, seen, at = self._chance, deal.seen, deal.at
        for party in (*deal.parties.values(), deal.carrier, *(tie.end_user for tie in deal.exporter.deals)):
            party.live(at)
        items = goods.items(chance, deal.good, deal.exporter, at, seen)
        route: list[dict] = []
        if deal.kind != "technology":
            origin = deal.exporter.country
            route = routes.legs(chance, origin, deal.destination, deal.carrier, at, seen)
        if deal.kind in ("transit", "transshipment") and route:
            route = _through(chance, route, authority)
        document: dict = {
            "application_id": application_id,
            "authority": authority,
            "filed_at": clock.stamp(at),
            "kind": deal.kind,
            "authorisation": deal.authorisation,
            "transaction": one_of(chance, _TRANSACTIONS) if chance.random() < 0.1 else "sale",
        }
        document["exporter"] = mention(deal.exporter, chance, at)
        if deal.kind == "brokering" and deal.broker:
            document["applicant"] = mention(deal.broker, chance, at)
        elif deal.kind in ("transit", "transshipment"):
            document["applicant"] = mention(deal.forwarder, chance, at)
        self._receivers(document, deal)
        document["items"] = items
        document["end_use"] = self._end_use(deal)
        if route:
            document["route"] = route
        document["documents"] = self._papers.of(deal, items, route, at)
        if deal.stock:
            document["replaced_stock"] = [self._old_stock(deal, items[0])]
        if chance.random() < 0.01 and not deal.good.control_code.startswith("ML"):
            document["catch_all"] = {
                one_of(chance, _CATCH_ALL): True,
                "reference": f"Letter {between(chance, 100, 9999)}",
            }
        if document["transaction"] in ("exhibition", "loan_or_lease", "repair_or_return"):
            document["temporary_until"] = clock.day(at + between(chance, 120, 500) * clock.DAY)
        if chance.random() < 0.55 or "prepaid" in seen or "third_country_payer" in seen:
            document["payment"] = self._payment(deal)
        return document

    def amended(self, deal: Deal, first: dict) -> tuple[int, dict] | None:
        """The amended filing that follows the first, and when; mostly there is none."""
        chance = self._chance
        changed = "consignee_changed" in deal.seen
        if chance.random() > _AMENDED and not changed:
            return None
        at = deal.at + between(chance, 3 * clock.DAY, 28 * clock.DAY)
        second = {**first, "revision": 2, "filed_at": clock.stamp(at)}
        luck = chance.random()
        if changed and deal.end_user:
            second["consignee"] = mention(self._papers.stranger(deal.destination, deal.end_user), chance, at)
        elif luck < 0.4 or deal.kind == "technology":
            share = one_of(chance, (0.5, 0.8, 1.2, 1.5))
            second["items"] = [
                item
                | {"quantity": max(1, round(item["quantity"] * share))}
                | ({"value": round(item["value"] * share, 2)} if "value" in item else {})
                for item in first["items"]
            ]
        elif luck < 0.65 and deal.kind not in ("transit", "transshipment"):
            second["route"] = routes.legs(chance, deal.exporter.country, deal.destination, deal.carrier, at, deal.seen)
        elif deal.kind not in ("transit", "transshipment"):
            second["documents"] = self._papers.of(deal, first["items"], first.get("route", []), at)
        return at, second

    def _receivers(self, document: dict, deal: Deal) -> None:
        """End user, consignee and those between, as the filing names them."""
        chance, at = self._chance, deal.at
        if deal.end_user:
            document["end_user"] = mention(deal.end_user, chance, at)
            if deal.consignee:
                document["consignee"] = mention(deal.consignee, chance, at)
            elif chance.random() < 0.6:
                document["consignee"] = document["end_user"]
        else:
            places = {deal.destination.code} | {tie.end_user.country.code for tie in deal.exporter.deals}
            document["destinations"] = sorted(places)[:12]
            if deal.authorisation == "global" and deal.exporter.deals:
                users = {tie.end_user.number: tie.end_user for tie in deal.exporter.deals[:4]}
                document["end_users"] = [mention(user, chance, at) | {"role": "additional"} for user in users.values()]
        between_them: list[dict] = []
        if deal.broker and deal.kind != "brokering":
            between_them.append(mention(deal.broker, chance, at) | {"role": "broker"})
        if deal.kind not in ("technology", "transit", "transshipment") and (
            deal.forwarder.fault or chance.random() < 0.6
        ):
            between_them.append(mention(deal.forwarder, chance, at) | {"role": "freight_forwarder"})
        if deal.kind != "technology" and chance.random() < 0.25:
            between_them.append(mention(deal.carrier, chance, at) | {"role": "carrier"})
        if between_them:
            document["intermediaries"] = between_them

    def _end_use(self, deal: Deal) -> dict:
        chance, seen = self._chance, deal.seen
        purpose = one_of(chance, _MISFITS) if "ill_fitting_use" in seen else _purpose(deal)
        user = deal.end_user.card["name"] if deal.end_user else "the end users named"
        text = (
            one_of(chance, _VAGUE)
            if "vague_use" in seen
            else _USES.get(purpose, "Use by {user} in its own business.").format(user=user)
        )
        end_use: dict = {"statement": text, "purpose": purpose, "country": deal.destination.code}
        if deal.end_user and "address" in deal.end_user.card and "vague_use" not in seen and chance.random() < 0.5:
            end_use["site"] = deal.end_user.card["address"]
        return end_use

    def _old_stock(self, deal: Deal, item: dict) -> dict:
        chance, seen = self._chance, deal.seen
        stock: dict = {
            "control_code": deal.good.control_code,
            "description": f"{deal.good.description}, earlier model",
            "quantity": max(1, round(item["quantity"] * (0.4 + chance.random()))),
            "acquired_year": clock.year(deal.at) - between(chance, 10, 35),
            "origin": one_of(chance, ("SE", "US", "DE", "RU", "FR", "GB", "CN")),
            "plan": one_of(chance, ("sell", "undeclared")) if "stock_for_sale" in seen else one_of(chance, _PLANS),
        }
        if chance.random() < 0.8:
            stock["origin_consent"] = "stock_without_consent" not in seen
        if chance.random() < 0.85:
            stock["serials_declared"] = "stock_serials_missing" not in seen
        return stock

    def _payment(self, deal: Deal) -> dict:
        chance, seen = self._chance, deal.seen
        payment: dict = {}
        if "third_country_payer" in seen:
            payment["payer_country"] = one_of(
                chance, [place for place in _PAYER_HAVENS if place != deal.destination.code]
            )
            if chance.random() < 0.6:
                payment["payer_name"] = self._papers.firm(COUNTRIES[payment["payer_country"]])
        else:
            payment["payer_country"] = deal.destination.code
            if deal.end_user and chance.random() < 0.8:
                payment["payer_name"] = deal.end_user.card["name"]
        payment["method"] = _METHODS.draw(chance)
        if "prepaid" in seen:
            payment["prepaid_share"] = one_of(chance, (0.8, 0.9, 1.0, 1.0))
        elif chance.random() < 0.6:
            payment["prepaid_share"] = one_of(chance, (0.0, 0.1, 0.2, 0.3, 0.3, 0.5))
        return payment


def _purpose(deal: Deal) -> str:
    """What such a buyer wants such goods for."""
    kind = deal.end_user.kind if deal.end_user else "commercial"
    if kind == "military":
        return "military_operations"
    if kind == "police":
        return "law_enforcement"
    if kind == "research":
        return "research"
    if kind == "dealer":
        return "sport_hunting" if deal.good.control_code.startswith("ML1.") else "resale"
    return deal.good.purpose if deal.good.purpose != "military_operations" else "civil_industry"


def _through(chance: Random, route: list[dict], authority: str) -> list[dict]:
    """The same way, through the authority's own territory: transit is filed where the goods pass."""
    port = one_of(chance, COUNTRIES[authority].ports)
    start, goal = route[0]["from"], route[-1]["to"]
    if start[:2] == authority:
        start = HUBS.draw(chance)
    by_air = route[0]["mode"] == "air"
    inward = {
        "from": start,
        "to": port,
        "mode": "air" if by_air else "sea" if routes.by_the_sea(start) else "road",
        "transit_authorisation": f"{authority}-TR-{between(chance, 10_000, 99_999)}",
    }
    return [inward, route[0] | {"from": port, "to": route[0]["to"] if len(route) > 1 else goal}, *route[1:]]
