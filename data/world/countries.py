"""The countries and places of the synthetic world.

Codes of countries and places (UN/LOCODE) are real, so that distances and reference tables can be joined. `order` and
`hub` are figures of this invented world only: not an assessment of any state, and not for use outside it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from .chance import Weighted, one_of


@dataclass(frozen=True, slots=True)
class Country:
    """One country as the synthetic world has it."""

    code: str
    name: str
    speech: str  # which word list its invented names come from
    order: float  # 0..1, how well state and firms keep to what they sign, in this world
    demand: float  # weight as a destination
    currency: str
    ports: Sequence[str]  # empty where it has no sea
    airports: Sequence[str]
    gate: str  # the port used where it has none of its own


# code|name|speech|order|demand|currency|ports|airports|gate
_TABLE = """
SE|Sweden|north|.93|0|SEK|SEGOT SEMMA SEHEL SENRK|SEARN SESTO|
NO|Norway|north|.95|4|NOK|NOOSL NOBGO NOSVG|NOOSL NOTRD|
DK|Denmark|north|.95|3|DKK|DKCPH DKAAR|DKCPH|
FI|Finland|north|.94|4|EUR|FIHEL FITKU|FIHEL|
IS|Iceland|north|.9|.2|ISK|ISREY|ISKEF|
EE|Estonia|north|.85|1.2|EUR|EETLL|EETLL|
LV|Latvia|north|.8|1|EUR|LVRIX|LVRIX|
LT|Lithuania|north|.8|1.1|EUR|LTKLJ|LTVNO|
DE|Germany|west|.9|7|EUR|DEHAM DEBRV|DEFRA DEMUC|
NL|Netherlands|west|.9|4|EUR|NLRTM NLAMS|NLAMS|
BE|Belgium|west|.86|2|EUR|BEANR BEZEE|BEBRU BELGG|
GB|United Kingdom|west|.88|6|GBP|GBFXT GBSOU GBLGP|GBLHR GBMAN|
IE|Ireland|west|.88|.5|EUR|IEDUB|IEDUB IESNN|
AT|Austria|west|.87|1.6|EUR||ATVIE|SIKOP
CH|Switzerland|west|.92|2|CHF||CHZRH CHBSL|NLRTM
US|United States|west|.86|9|USD|USNYC USORF USHOU USLAX|USCHI USMIA|
CA|Canada|west|.89|3|CAD|CAHAL CAMTR CAVAN|CATOR|
AU|Australia|west|.9|4|AUD|AUSYD AUMEL AUFRE|AUSYD AUPER|
NZ|New Zealand|west|.93|.7|NZD|NZAKL|NZAKL|
FR|France|south|.86|5|EUR|FRLEH FRMRS FRFOS|FRCDG FRTLS|
ES|Spain|south|.78|2.5|EUR|ESVLC ESBCN ESALG|ESMAD|
PT|Portugal|south|.78|1|EUR|PTSIE PTLIS PTLEI|PTLIS|
IT|Italy|south|.75|3|EUR|ITGOA ITTRS ITGIT|ITMIL ITROM|
MT|Malta|south|.66|.2|EUR|MTMAR MTMLA|MTMLA|
GR|Greece|south|.68|1.8|EUR|GRPIR GRSKG|GRATH|
CY|Cyprus|south|.66|.3|EUR|CYLMS|CYLCA|
BR|Brazil|south|.6|3|BRL|BRSSZ BRRIO|BRSAO|
AR|Argentina|south|.56|.8|ARS|ARBUE|ARBUE|
CL|Chile|south|.78|1|CLP|CLVAP CLIQQ CLSAI|CLSCL|
PE|Peru|south|.5|.6|PEN|PECLL|PELIM|
CO|Colombia|south|.52|.8|COP|COCTG COBUN|COBOG|
MX|Mexico|south|.48|1.2|MXN|MXVER MXZLO|MXMEX|
PA|Panama|south|.5|.3|USD|PAONX PABLB|PAPTY|
UY|Uruguay|south|.8|.2|UYU|UYMVD|UYMVD|
PL|Poland|east|.8|4|PLN|PLGDN PLGDY|PLWAW|
CZ|Czechia|east|.8|1.6|CZK||CZPRG|DEHAM
HU|Hungary|east|.66|1.2|HUF||HUBUD|HRRJK
RO|Romania|east|.66|1.2|RON|ROCND|ROBUH|
BG|Bulgaria|east|.62|.7|EUR|BGVAR BGBOJ|BGSOF|
HR|Croatia|east|.7|.5|EUR|HRRJK|HRZAG|
RS|Serbia|east|.52|.5|RSD||RSBEG|MEBAR
UA|Ukraine|east|.5|3|UAH|UAODS|UAIEV|
GE|Georgia|east|.58|.4|GEL|GEPTI GEBUS|GETBS|
AM|Armenia|east|.5|.3|AMD||AMEVN|GEPTI
KZ|Kazakhstan|turk|.45|.6|KZT|KZAAU|KZALA|
KG|Kyrgyzstan|turk|.33|.2|KGS||KGFRU|CNSHA
UZ|Uzbekistan|turk|.4|.3|UZS||UZTAS|GEPTI
AZ|Azerbaijan|turk|.4|.2|AZN|AZBAK|AZBAK|
TR|Türkiye|turk|.52|3|TRY|TRIST TRMER TRIZM|TRIST TRANK|
AE|United Arab Emirates|arab|.62|4|AED|AEJEA AEAUH AEFJR AEKLF|AEDXB AEAUH AESHJ|
SA|Saudi Arabia|arab|.6|3|SAR|SAJED SADMM|SARUH|
QA|Qatar|arab|.66|1.2|QAR|QADOH|QADOH|
KW|Kuwait|arab|.58|.7|KWD|KWSAA KWSWK|KWKWI|
OM|Oman|arab|.64|.6|OMR|OMSLL OMSOH|OMMCT|
JO|Jordan|arab|.56|.6|JOD|JOAQJ|JOAMM|
LB|Lebanon|arab|.3|.15|USD|LBBEY|LBBEY|
IQ|Iraq|arab|.28|.4|IQD|IQUQR|IQBGW|
EG|Egypt|arab|.42|.9|EGP|EGPSD EGALY|EGCAI|
LY|Libya|arab|.15|.03|LYD|LYTIP|LYTIP|
DZ|Algeria|arab|.42|.6|DZD|DZALG|DZALG|
MA|Morocco|arab|.52|.6|MAD|MACAS MAPTM|MACAS|
TN|Tunisia|arab|.55|.3|TND|TNTUN|TNTUN|
SD|Sudan|arab|.15|.02|SDG|SDPZU|SDKRT|
NG|Nigeria|afro|.32|.6|NGN|NGAPP NGLOS|NGABV NGLOS|
GH|Ghana|afro|.52|.3|GHS|GHTEM|GHACC|
KE|Kenya|afro|.42|.5|KES|KEMBA|KENBO|
TZ|Tanzania|afro|.44|.2|TZS|TZDAR|TZDAR|
UG|Uganda|afro|.33|.15|UGX||UGEBB|KEMBA
ET|Ethiopia|afro|.38|.15|ETB||ETADD|DJJIB
DJ|Djibouti|afro|.4|.1|DJF|DJJIB|DJJIB|
SN|Senegal|afro|.52|.2|XOF|SNDKR|SNDKR|
ML|Mali|afro|.25|.05|XOF||MLBKO|SNDKR
ZA|South Africa|afro|.6|1.6|ZAR|ZADUR ZACPT|ZAJNB|
IL|Israel|west|.76|1.6|ILS|ILASH ILHFA|ILTLV|
IN|India|hind|.56|5|INR|INNSA INMAA INMUN|INDEL INBOM INBLR|
PK|Pakistan|hind|.36|.9|PKR|PKKHI PKBQM|PKISB|
BD|Bangladesh|hind|.38|.4|BDT|BDCGP|BDDAC|
LK|Sri Lanka|hind|.45|.2|LKR|LKCMB|LKCMB|
TH|Thailand|malay|.54|1.8|THB|THLCH THBKK|THBKK|
MY|Malaysia|malay|.62|1.6|MYR|MYPKG MYTPP|MYKUL|
SG|Singapore|malay|.88|3|SGD|SGSIN|SGSIN|
ID|Indonesia|malay|.5|1.4|IDR|IDJKT IDSUB|IDJKT|
PH|Philippines|malay|.44|.8|PHP|PHMNL PHSFS|PHMNL|
VN|Viet Nam|sino|.5|.8|VND|VNSGN VNHPH|VNHAN|
CN|China|sino|.5|4|CNY|CNSHA CNTAO CNSZX|CNBJS CNCAN|
HK|Hong Kong|sino|.66|1.4|HKD|HKHKG|HKHKG|
TW|Taiwan|sino|.8|1.6|TWD|TWKHH|TWTPE|
JP|Japan|sino|.93|4|JPY|JPTYO JPYOK JPUKB|JPNRT|
KR|Korea|sino|.84|4|KRW|KRPUS|KRICN KRSEL|
RU|Russia|east|.18|.05|RUB|RULED RUVVO|RUMOW|
BY|Belarus|east|.18|.03|BYN||BYMSQ|LTKLJ
IR|Iran|turk|.15|.03|IRR|IRBND|IRTHR|
MM|Myanmar|malay|.15|.02|MMK|MMRGN|MMRGN|
"""


def _read(line: str) -> Country:
    code, name, speech, order, demand, currency, ports, airports, gate = line.split("|")
    return Country(
        code=code,
        name=name,
        speech=speech,
        order=float(order),
        demand=float(demand),
        currency=currency,
        ports=tuple(ports.split()),
        airports=tuple(airports.split()),
        gate=gate,
    )


COUNTRIES = {country.code: country for country in map(_read, _TABLE.strip().splitlines())}

# Where goods change ships anyway, whoever sends them.
HUBS = Weighted(
    ("NLRTM", "DEHAM", "BEANR", "SGSIN", "AEJEA", "ESALG", "MTMAR", "HKHKG", "MYPKG", "LKCMB", "EGPSD", "MAPTM"),
    (20, 14, 12, 9, 8, 6, 4, 4, 3, 3, 3, 3),
)
AIR_HUBS = Weighted(
    ("DEFRA", "NLAMS", "BELGG", "GBLHR", "AEDXB", "TRIST", "QADOH", "SGSIN"), (16, 12, 8, 8, 8, 6, 4, 5)
)
_FREE_ZONES = "AEJEA AEDXB AESHJ AEFJR AEKLF PAONX SGSIN HKHKG MYPKG OMSLL OMSOH TRMER GEPTI DJJIB CLIQQ JOAQJ"
FREE_ZONES = frozenset(_FREE_ZONES.split())

# The ways round move with the world: each year has its own.
_DETOURS_BEFORE_2022 = ("AEJEA", "AEDXB", "HKHKG", "PAONX", "CYLMS", "MYPKG", "SGSIN", "DJJIB", "JOAQJ")
_DETOURS_SINCE_2022 = (
    "AEJEA",
    "AEDXB",
    "TRMER",
    "TRIST",
    "GEPTI",
    "KZALA",
    "AMEVN",
    "HKHKG",
    "OMSOH",
    "MYPKG",
    "KGFRU",
)

# Host states that often put a visit off, in this world.
SHY_HOSTS = frozenset(("CN", "EG", "IQ", "VN", "DZ", "KG"))


def detour_place(chance: Random, year: int) -> str:
    """A place that the goods have no need to pass."""
    return one_of(chance, _DETOURS_BEFORE_2022 if year < 2022 else _DETOURS_SINCE_2022)


def destinations() -> Weighted[Country]:
    """Countries by how much is sent there, from anywhere but themselves."""
    wanted = [country for country in COUNTRIES.values() if country.demand]
    return Weighted(wanted, (country.demand for country in wanted))
