"""The goods of the world: what they are, what they cost, who buys them, how much others would want them."""

from dataclasses import dataclass
from math import exp
from random import Random

from . import clock
from .chance import Weighted, between, one_of
from .parties import Entity

_EUR = {"EUR": 1.0, "USD": 1.1, "SEK": 11.0, "GBP": 0.86, "NOK": 11.4}  # units of the currency to the euro, held fixed
_CURRENCIES = Weighted(tuple(_EUR), (40, 30, 20, 6, 4))


@dataclass(frozen=True, slots=True)
class Good:
    """One line of goods."""

    control_code: str
    control_list: str
    hs_code: str
    description: str
    unit: str
    price: float  # EUR for one unit, the median
    amount: float  # units in one line, the median
    appetite: float  # 0..1, how much others would give for it
    serialised: bool
    form: str
    buyers: tuple[str, ...]  # kinds of end users
    purpose: str


_BUYERS = {
    "M": "military",
    "P": "police",
    "G": "government",
    "S": "state_owned",
    "C": "commercial",
    "R": "research",
    "D": "dealer",
}
# code|HS|description|unit|EUR|amount|appetite|serialised|buyers|purpose ; munitions in the EU list, the rest dual-use
_TABLE = """
ML1.a|930190|Assault rifles 5.56 mm|C62|1400|400|.95|1|MPG|military_operations
ML1.a|930320|Bolt-action rifles and shotguns|C62|900|60|.55|1|DP|sport_hunting
ML1.b|930200|Semi-automatic pistols 9 mm|C62|520|250|.85|1|MPD|law_enforcement
ML1.d|930599|Rifle sights and suppressors|C62|650|120|.7|1|MPD|law_enforcement
ML2.a|930110|81 mm mortars|C62|38000|12|.8|1|M|military_operations
ML2.a|871000|155 mm howitzers, refurbished|C62|900000|8|.5|1|M|military_operations
ML2.c|901310|Weapon sights for guns over 20 mm|C62|24000|10|.55|1|M|military_operations
ML3.a|930621|Small-arms ammunition 7.62 mm|MIL|380|600|.9|0|MPD|military_operations
ML3.a|930690|Artillery rounds 155 mm|C62|2600|1500|.75|0|M|military_operations
ML4.a|930690|Anti-tank missiles|C62|92000|40|1|1|M|military_operations
ML4.a|930690|Portable anti-aircraft missiles|C62|120000|20|1|1|M|military_operations
ML4.b|930120|Launchers for anti-tank missiles|C62|140000|6|.9|1|M|military_operations
ML5.b|852610|Fire-control radars|C62|1800000|2|.5|1|M|military_operations
ML5.a|901320|Laser rangefinders, military|C62|21000|30|.7|1|MP|military_operations
ML6.a|871000|Armoured personnel carriers|C62|850000|10|.55|1|MP|military_operations
ML6.a|870899|Spare parts for armoured vehicles|KGM|120|900|.45|0|M|military_operations
ML7.g|902710|Detectors for chemical agents|C62|9500|20|.3|1|MG|military_operations
ML8.a|360200|Military explosives|KGM|28|2500|.85|0|M|military_operations
ML9.a|890610|Fast patrol craft|C62|5200000|2|.35|1|MPG|border_security
ML10.a|880240|Trainer aircraft|C62|9000000|3|.3|1|M|military_operations
ML10.c|880620|Unmanned aircraft, military|C62|260000|8|.85|1|M|military_operations
ML10.d|880330|Aero-engine and airframe spares|C62|4200|60|.6|0|M|military_operations
ML11.a|852560|Tactical radios|C62|7800|150|.65|1|MPG|military_operations
ML11.a|852910|Electronic-warfare receivers|C62|310000|4|.6|1|M|military_operations
ML13.d|621040|Body armour and helmets|C62|480|800|.6|0|MPG|law_enforcement
ML14|902300|Training simulators|C62|620000|2|.15|1|M|military_operations
ML15.c|900580|Night-vision goggles|C62|5600|120|.95|1|MPG|military_operations
ML15.d|852580|Thermal weapon sights|C62|8900|60|.9|1|MP|military_operations
ML16|732690|Forgings for gun barrels|KGM|35|3000|.5|0|CS|civil_industry
ML17.n|880000|Test models|C62|30000|3|.1|0|RS|research
ML18.a|846490|Machines for making ammunition|C62|780000|2|.6|1|CS|civil_industry
ML21.a|852380|Software for command and control|C62|240000|1|.4|0|M|military_operations
ML22.a|490600|Design data for armoured vehicles|C62|350000|1|.4|0|CM|civil_industry
0A001|840140|Parts for reactor cooling|C62|180000|3|.3|1|SG|energy
1A004|902000|Protective masks|C62|210|600|.4|0|GPC|civil_industry
1A001|401693|Seals of fluorinated elastomer|KGM|160|120|.2|0|CS|civil_industry
1B201|844400|Filament winding machines|C62|420000|1|.7|1|CR|civil_industry
1C010|681511|Carbon fibre|KGM|95|1200|.75|0|CSR|civil_industry
1C202|760429|Aluminium alloy tubes|KGM|24|2500|.6|0|CS|civil_industry
1C350|292090|Phosphorus compounds|KGM|12|4000|.65|0|CRD|civil_industry
1C450|281129|Precursor chemicals|KGM|9|5000|.5|0|CRD|civil_industry
1C351|300249|Cultures for research|C62|400|6|.4|0|RG|research
2A001|848210|Precision bearings|C62|340|400|.55|0|CSD|civil_industry
2B001|845710|Five-axis machining centres|C62|390000|2|.8|1|CS|civil_industry
2B006|903149|Coordinate measuring machines|C62|160000|2|.45|1|CR|civil_industry
2B201|845811|Turning machines|C62|210000|2|.7|1|CS|civil_industry
2B350|841989|Corrosion-resistant reactors|C62|58000|4|.6|1|CS|civil_industry
2B350.g|848180|Corrosion-resistant valves|C62|1900|60|.55|0|CSD|civil_industry
3A001.a.2|854231|Radiation-tolerant microcircuits|C62|640|300|.9|0|CRD|space
3A001.a.7|854239|Programmable logic devices|C62|180|1500|.9|0|CRD|civil_industry
3A001.b.4|854370|Microwave power amplifiers|C62|5200|25|.75|1|CR|telecommunications
3A002|903020|Digital oscilloscopes|C62|26000|5|.6|1|CR|research
3A233|902781|Mass spectrometers|C62|230000|1|.45|1|RC|research
3B001|848620|Deposition equipment for wafers|C62|1900000|1|.7|1|C|civil_industry
4A003|847150|High-performance computers|C62|64000|6|.6|1|CRG|research
5A001.f|852691|Monitoring equipment for mobile phones|C62|340000|1|.7|1|PG|law_enforcement
5A002.a|851762|Network encryption equipment|C62|8800|40|.5|1|CGS|telecommunications
5D002|852380|Encryption software|C62|1200|50|.2|0|CGR|telecommunications
6A001|901580|Sonar for sea-bed survey|C62|270000|1|.5|1|CRG|research
6A002|854149|Focal plane arrays|C62|11000|20|.85|1|CR|research
6A003.b.4.b|852589|Thermal cameras|C62|7400|35|.8|1|CPGD|border_security
6A005|901320|High-power lasers|C62|88000|3|.55|1|CR|research
6A008|852610|Coastal radars|C62|640000|2|.4|1|GP|border_security
7A003|901420|Inertial navigation units|C62|72000|6|.8|1|CS|civil_industry
7A103|901480|Gyroscopes|C62|19000|20|.85|1|CS|civil_industry
8A001|890690|Unmanned submersibles|C62|1300000|1|.45|1|CRG|research
8A002|851310|Underwater cameras and lights|C62|36000|4|.3|1|CR|research
9A001|841112|Gas turbine engines|C62|2100000|2|.45|1|CS|civil_industry
9A012|880622|Unmanned aircraft with long endurance|C62|85000|4|.85|1|CPGR|border_security
9A012.b|840790|Engines for unmanned aircraft|C62|9800|25|.85|1|CD|civil_industry
9E003|490600|Technology for turbine blades|C62|450000|1|.6|0|C|civil_industry
|854232|Memory circuits, not listed|C62|14|6000|.7|0|CD|civil_industry
|848210|Ball bearings, not listed|C62|22|3000|.4|0|CD|civil_industry
|853400|Printed circuits, not listed|C62|60|1200|.45|0|CD|civil_industry
"""
_SOFT = {"technology": ("9E003", "ML22.a"), "software": ("5D002", "ML21.a")}


def _read(line: str) -> Good:
    code, hs, description, unit, price, amount, appetite, serialised, buyers, purpose = line.split("|")
    form = next((form for form, codes in _SOFT.items() if code in codes), "goods")
    return Good(
        control_code=code,
        control_list="EU-ML" if code.startswith("ML") else "EU" if code else "",
        hs_code=hs,
        description=description,
        unit=unit,
        price=float(price),
        amount=float(amount),
        appetite=float(appetite),
        serialised=serialised == "1",
        form=form,
        buyers=tuple(_BUYERS[letter] for letter in buyers),
        purpose=purpose,
    )


GOODS = tuple(map(_read, _TABLE.strip().splitlines()))
SOFT_GOODS = tuple(good for good in GOODS if good.form != "goods")
HARD_GOODS = tuple(good for good in GOODS if good.form == "goods")
_EDITIONS = ("2020-03-06", "2021-09-09", "2022-05-05", "2023-05-26", "2024-11-08", "2025-11-15")


def line_of_business(chance: Random) -> tuple[Good, ...]:
    """The three or four goods an exporter deals in, near each other in the lists."""
    start = int(chance.random() * len(HARD_GOODS))
    return tuple(HARD_GOODS[(start + step) % len(HARD_GOODS)] for step in range(between(chance, 3, 4)))


def for_buyer(chance: Random, kind: str) -> Good:
    """Something that this kind of end user buys."""
    return one_of(chance, _BY_BUYER[kind])


def items(chance: Random, main: Good, exporter: Entity, at: int, seen: set[str]) -> list[dict]:
    """The lines of one filing: the main good, and now and then what goes with it."""
    lines = [main]
    luck = chance.random()
    if luck < 0.28 and exporter.goods:
        lines.append(one_of(chance, exporter.goods))
        if luck < 0.08:
            lines.append(one_of(chance, exporter.goods))
    currency = _CURRENCIES.draw(chance)
    factor = one_of(chance, (0.45, 0.55, 1.7, 2.1, 2.6)) if "odd_price" in seen else 1.0
    share = 6.0 if "large_quantity" in seen else 1.0
    return [_item(chance, number, good, exporter, at, currency, factor, share) for number, good in enumerate(lines, 1)]


def _item(
    chance: Random, number: int, good: Good, exporter: Entity, at: int, currency: str, factor: float, share: float
) -> dict:
    amount = good.amount * share * exp(chance.gauss(0, 0.8)) if good.amount > 1 else 1
    quantity = max(1, round(amount))
    price = good.price * _EUR[currency] * factor * exp(chance.gauss(0, 0.22)) * quantity**-0.03
    item: dict = {"line": number}
    if good.control_code and chance.random() > 0.015:
        item["control_code"] = good.control_code
        item["control_list"] = good.control_list
        if chance.random() < 0.3:
            item["control_list_edition"] = next(
                (day for day in reversed(_EDITIONS) if day <= clock.day(at)), _EDITIONS[0]
            )
    item["form"] = good.form
    if good.form == "goods" and chance.random() < 0.94:
        item["hs_code"] = good.hs_code
    item["description"] = good.description
    luck = chance.random()
    if luck < 0.6:
        item["manufacturer"] = exporter.card["name"]
    if luck < 0.35:
        item["model"] = f"{good.description[:2].upper()}-{1 + int(luck * 2000) % 90}"
    if good.form == "goods" and luck < 0.7:
        item["origin"] = exporter.country.code
        old = "refurbished" in good.description or luck > 0.67
        item["made_year"] = clock.year(at) - (between(chance, 12, 35) if old else between(chance, 0, 2))
    item["quantity"] = quantity
    item["unit"] = good.unit
    if chance.random() < 0.985:
        item["value"] = round(price * quantity, 2)
        item["currency"] = currency
    if good.form == "goods" and chance.random() < 0.9:
        item["serialised"] = good.serialised
    return item


_BY_BUYER = {kind: tuple(good for good in HARD_GOODS if kind in good.buyers) for kind in _BUYERS.values()}
