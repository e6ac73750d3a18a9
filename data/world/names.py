"""Invents names and addresses, and the ways one name comes to be spelt. No real firm or person is meant."""

from random import Random

from .chance import one_of
from .countries import Country

# For each speech: beginnings, endings, legal forms, given names, family-name endings, streets.
_WORDS = {
    "north": (
        "Nord Lund Berg Hav Stål Öst Väst Fjäll Ljung Älv Skog Sund Bryn Kvarn Malm Silver Eke Vinter",
        "vik dal borg fors holm näs strand by sjö mark ström tek",
        "AB|Aktiebolag|AS|Oy|A/S",
        "Anders Karin Lars Ingrid Erik Maja Olav Sanna",
        "Vägen,gatan,torg,allén",
    ),
    "west": (
        "Alder Brand Crest Dorn Eber Falk Grün Harrow Kestrel Lang Mer Nieder Ober Quen Rhein Stein Thorn Weller",
        "bach feld ford gate haven hurst mann ridge stone tal wick wood",
        "GmbH|Ltd|Limited|LLC|Inc|B.V.|Pty Ltd",
        "Hans Claire Peter Julia Mark Ellen Thomas Ruth",
        "Street,Road,Strasse,Lane",
    ),
    "south": (
        "Alta Bel Cor Dora Este Fior Gal Lagu Mar Nova Ori Porto Rio San Terra Val Vega Monte",
        "bella cino dero gara lez mar nero quera rosa santi tano villa",
        "S.A.|SpA|S.r.l.|Lda|S.A.S.|SARL",
        "Marco Ana Luis Sofia Paulo Elena Jorge Chiara",
        "Calle,Via,Rua,Avenue",
    ),
    "east": (
        "Bor Cher Dub Gor Kov Krasn Lub Mil Nov Ostr Pod Rad Slav Tarn Vel Yar Zar Stan",
        "any ets grad ina islav ko mir nik ov sk tech yar",
        "d.o.o.|OOO|Sp. z o.o.|s.r.o.|Kft|SRL",
        "Ivan Olga Petr Daria Marek Irena Andrii Nino",
        "ulitsa,ul.,street,bulvar",
    ),
    "turk": (
        "Ak Alt Bey Çel Demir Ege Gök Kara Kaz Mavi Öz Sar Tash Ulu Yıld Zer Bal Tem",
        "aksu bay dağ gül han iz kent man oğlu su tepe yol",
        "A.Ş.|Ltd. Şti.|TOO|MChJ|LLC",
        "Yusuf Aigul Mehmet Leyla Timur Dilshod Nazar Elif",
        "Caddesi,Sokak,Avenue,köchesi",
    ),
    "arab": (
        "Al Noor,Al Khalij,Al Safa,Al Masar,Al Waha,Burj,Dar,Gulf,Jabal,Kanz,Madar,Najm,Qasr,Rimal,Sahara,Tariq,Wadi",
        "Desert|Falcon|Horizon|Palm|Pearl|Star|Crown|Bridge|Gate|Union|Oasis|Summit",
        "LLC|FZE|FZCO|W.L.L.|S.A.E.|Est.",
        "Khalid Fatima Youssef Layla Omar Huda Hassan Samira",
        "Street,Road,Tower,Souq",
    ),
    "afro": (
        "Aba Bora Chidi Dunia Eko Femi Goma Imara Jua Kilima Lago Maji Nyota Pamo Simba Tembo Umoja Zola",
        "bani dozi fari kani lima moyo ndu pesa sani tiko wema zuri",
        "Ltd|Limited|SARL|PLC|(Pty) Ltd",
        "Kwame Amina Chinedu Wanjiru Moussa Abena Tendai Zainab",
        "Road,Avenue,Way,Close",
    ),
    "hind": (
        "Amar Bharu Chand Dev Gang Indra Jay Kaveri Laksh Meg Navin Padma Raj Shakti Tara Uday Vish Yam",
        "dhan ganj jeet kar mani nath pur raksha sagar tek vani wala",
        "Pvt Ltd|Private Limited|Ltd|(Pvt.) Ltd",
        "Arjun Priya Imran Nadia Sanjay Ayesha Ravi Farah",
        "Marg,Road,Nagar,Sector",
    ),
    "malay": (
        "Angsana Bunga Cahaya Duri Emas Gading Indah Jati Kota Lestari Maju Nusa Perdana Rimba Setia Teguh Utama Wira",
        "baru bina daya jaya karya laut mas niaga raya sakti teknik timur",
        "Sdn Bhd|Pte Ltd|PT|Co. Ltd|Inc.",
        "Aisyah Budi Mei Somchai Rizal Siti Ananda Jose",
        "Jalan,Road,Soi,Avenue",
    ),
    "sino": (
        "Bao Chang Da Feng Guang Hai Hong Jin Kai Long Ming Nan Qing Rui Sheng Tai Xin Yong",
        "an bo cheng dong fa hua jia kang li mao tong yuan",
        "Co., Ltd.|Co. Ltd|Limited|K.K.|Corporation|JSC",
        "Wei Yuki Jun Mina Tao Haruto Linh Seo",
        "Road,Lu,Building,Street",
    ),
}
_TRADES = {
    "commercial": "Industries|Systems|Technologies|Engineering|Power|Instruments|Electronics|Energy|Telecom|Marine",
    "dealer": "Trading|General Trading|Import Export|Supply|Supplies|Sporting Arms|Commerce|Procurement",
    "research": "Institute of Technology|University|Research Centre|Laboratory",
    "state_owned": "National Petroleum|Shipyards|Arsenal|Ordnance Works|Aerospace Corporation|Power Authority",
    "broker": "Defence Consulting|Brokerage|Global Sourcing|Strategic Supplies|Agencies|Partners",
    "freight_forwarder": "Logistics|Freight|Forwarding|Cargo|Shipping Agency",
    "carrier": "Airways|Lines|Air Cargo|Shipping|Transport",
}
_PUBLIC = {
    "military": (
        "Ministry of Defence", "Army Logistics Command", "Air Force Materiel Command", "Naval Supply Directorate",
        "National Guard", "Special Forces Brigade", "Army {n} Signals Battalion", "Army {n} Infantry Brigade",
        "Air Base {n}", "Border Troops Regiment {n}", "Armed Forces Depot {n}", "Joint Procurement Directorate",
    ),
    "police": (
        "National Police", "Ministry of Interior, Directorate {n}", "Gendarmerie Region {n}", "Coast Guard",
        "Border Police Sector {n}", "Metropolitan Police District {n}", "Customs Administration",
    ),
    "government": (
        "Prison Service", "Civil Protection Agency", "Wildlife Service", "Ministry of Energy", "Space Agency",
        "Meteorological Service", "Ports Authority {n}", "Civil Aviation Authority", "Ministry of Health",
    ),
}  # fmt: skip
# Each as "heard>written" or "long>short", with a bar between.
_FORMS = (
    "Limited>Ltd|Ltd>Limited|LLC>L.L.C.|GmbH>Gesellschaft mbH|Co., Ltd.>Company Limited|S.A.>SA|Sdn Bhd>Sdn. Bhd.|"
    "Pvt Ltd>Private Limited|Trading>Trdg|A.Ş.>AS|FZE>F.Z.E.|Ministry>Min.|Technologies>Tech.|Institute>Inst.|"
    "Brigade>Bde|AB>Aktiebolag|International>Intl"
)
_SOUNDS = "ö>oe|ä>ae|å>aa|ü>ue|ş>sh|ğ>g|ı>i|ç>ch|kh>h|ou>u|Al >El |Al >Al-|q>k|sh>sch|y>i|ee>i|w>v|x>ks"


def _pairs(text: str) -> tuple[tuple[str, str], ...]:
    return tuple((old, new) for old, _, new in (pair.partition(">") for pair in text.split("|")))


_FORM_PAIRS, _SOUND_PAIRS = _pairs(_FORMS), _pairs(_SOUNDS)


def _split(text: str) -> tuple[str, ...]:
    for mark in ("|", ","):
        if mark in text:
            return tuple(text.split(mark))
    return tuple(text.split())


# A legal form may hold a comma, so those are cut at the bar alone.
_LISTS = {
    speech: (_split(first), _split(last), tuple(forms.split("|")), _split(given), tuple(streets.split(",")))
    for speech, (first, last, forms, given, streets) in _WORDS.items()
}
_TRADE_LISTS = {kind: tuple(words.split("|")) for kind, words in _TRADES.items()}


def stem(chance: Random, speech: str) -> str:
    first, last, _, _, _ = _LISTS[speech]
    between = " " if speech == "arab" else ""
    return one_of(chance, first) + between + one_of(chance, last)


def company(chance: Random, country: Country, trade: str) -> str:
    """A firm's name: stem, line of business, legal form."""
    words = one_of(chance, _TRADE_LISTS[trade])
    if trade == "research":
        return f"{stem(chance, country.speech)} {words}"
    root = stem(chance, country.speech)
    if chance.random() < 0.3:
        root += f" {stem(chance, country.speech)}"
    return f"{root} {words} {one_of(chance, _LISTS[country.speech][2])}"


def public_body(chance: Random, country: Country, kind: str) -> str:
    """A part of the state, named as it would sign."""
    body = one_of(chance, _PUBLIC[kind]).format(n=1 + int(chance.random() * 60))
    return f"{country.name} {body}" if chance.random() < 0.5 else f"{body} of {country.name}"


def person(chance: Random, country: Country) -> str:
    _, _, _, given, _ = _LISTS[country.speech]
    return f"{one_of(chance, given)} {stem(chance, country.speech)}"


def address(chance: Random, country: Country) -> str:
    """Street, number, and a town invented for the country."""
    street = one_of(chance, _LISTS[country.speech][4])
    return f"{stem(chance, country.speech)} {street} {1 + int(chance.random() * 240)}, {stem(chance, country.speech)}"


def post_box(chance: Random, country: Country) -> str:
    return f"PO Box {100 + int(chance.random() * 90_000)}, {stem(chance, country.speech)}"


def variant(chance: Random, name: str) -> str:
    """The same name as another clerk would write it: case, stops, legal form, sounds, or a slip of the hand."""
    kind = chance.random()
    if kind < 0.2:
        return name.upper()
    if kind < 0.4:
        for full, short in _FORM_PAIRS:
            if full in name:
                return name.replace(full, short)
    if kind < 0.55:
        return name.replace(".", "").replace(",", "").replace("-", " ")
    if kind < 0.8:
        for heard, written in _SOUND_PAIRS:
            if heard in name and chance.random() < 0.7:
                return name.replace(heard, written)
    place = 1 + int(chance.random() * max(1, len(name) - 3))
    if chance.random() < 0.5:
        return name[:place] + name[place + 1 :]
    return name[:place] + name[place : place + 2][::-1] + name[place + 2 :]
