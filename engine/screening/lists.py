"""What each watch list is and what a match on it means. Reads no file."""

from dataclasses import dataclass
from typing import Literal

Effect = Literal["prohibiting", "warning"]

_TRADE_GOV = "https://www.trade.gov/consolidated-screening-list"


@dataclass(frozen=True, slots=True)
class WatchList:
    """A watch list and its effect.

    ``prohibiting``: trade with the entry is barred or needs a permission, so a match is a referral that an
    officer must settle. ``warning``: trade is lawful but the issuer doubts the entry, so it raises risk only.
    """

    code: str
    title: str
    issuer: str
    effect: Effect
    because: str
    source: str


def _prohibiting(code: str, title: str, issuer: str, because: str, source: str = _TRADE_GOV) -> WatchList:
    return WatchList(code, title, issuer, "prohibiting", because, source)


def _warning(code: str, title: str, issuer: str, because: str, source: str = _TRADE_GOV) -> WatchList:
    return WatchList(code, title, issuer, "warning", because, source)


_BIS, _STATE, _TREASURY = "US Commerce, BIS", "US Department of State", "US Treasury, OFAC"

WATCH_LISTS: tuple[WatchList, ...] = (
    _prohibiting("UN-SC", "UN Security Council Consolidated List", "United Nations", "asset freeze or arms embargo binding on all states", "https://main.un.org/securitycouncil/en/content/un-sc-consolidated-list"),
    _prohibiting("EU-FSF", "EU consolidated list of financial sanctions", "European Union", "no funds or economic resources may be made available to the listed", "https://data.europa.eu/data/datasets/consolidated-list-of-persons-groups-and-entities-subject-to-eu-financial-sanctions"),
    _prohibiting("OFAC-SDN", "Specially Designated Nationals", _TREASURY, "property blocked, dealings barred", "https://ofac.treasury.gov/specially-designated-nationals-and-blocked-persons-list-sdn-human-readable-lists"),
    _prohibiting("US-SDN", "Specially Designated Nationals, as in the US consolidated list", _TREASURY, "property blocked, dealings barred"),
    _prohibiting("US-DPL", "Denied Persons List", _BIS, "export privileges denied by order (15 CFR 764.3(a)(2))"),
    _prohibiting("US-EL", "Entity List", _BIS, "a licence is required, with a stated review policy (15 CFR 744.11, 744.16)"),
    _prohibiting("US-MEU", "Military End User List", _BIS, "a licence is required (15 CFR 744.21)"),
    _prohibiting("US-ISN", "Nonproliferation Sanctions", _STATE, "sanctioned under non-proliferation statutes"),
    _prohibiting("US-DTC", "AECA/ITAR debarred", _STATE, "barred from defence trade (22 CFR 127.7)"),
    _warning("US-UVL", "Unverified List", _BIS, "an end-use check could not verify the party; trade is lawful after a statement (15 CFR 744.15)"),
    _warning("US-CAP", "Correspondent or payable-through account sanctions", _TREASURY, "limits bank accounts in the United States, not goods"),
    _warning("US-CMIC", "Chinese Military-Industrial Complex companies", _TREASURY, "limits dealing in securities; the company is named as military-industrial"),
    _warning("US-FSE", "Foreign Sanctions Evaders", _TREASURY, "found to have evaded sanctions; only dealings in the United States are barred"),
    _warning("US-MBS", "Menu-based sanctions", _TREASURY, "less than blocking; differs by entry"),
    _warning("US-PLC", "Palestinian Legislative Council", _TREASURY, "limits transactions with members; not blocking"),
    _warning("US-SSI", "Sectoral Sanctions Identifications", _TREASURY, "limits finance and some energy goods, not all trade"),
    _warning("JP-EUL", "Japan METI Foreign End User List", "Japan, METI", "the exporter must satisfy itself that there is no use for weapons of mass destruction", "https://www.meti.go.jp/policy/anpo/englishpage.html"),
)  # fmt: skip

_BY_CODE = {row.code: row for row in WATCH_LISTS}
OPENSANCTIONS_SOURCE = "https://www.opensanctions.org/datasets/"


def watch_list(code: str) -> WatchList:
    """What the list of this code is and does.

    ``OPENSANCTIONS:<dataset>`` counts as warning: the collection also holds persons in politics, wanted notices
    and companies merely of interest, and only the original list can bar trade. A code that is not known counts
    as prohibiting, because an unread list must not quietly become the milder one.
    """
    if code in _BY_CODE:
        return _BY_CODE[code]
    if code.startswith("OPENSANCTIONS:"):
        dataset = code.partition(":")[2]
        return _warning(code, f"OpenSanctions {dataset}", "OpenSanctions", "a collection; import the original list for referrals", OPENSANCTIONS_SOURCE)
    return _prohibiting(code, code, "", "the list is not in the house's table, so the stricter effect holds", "")
