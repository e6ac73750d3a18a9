"""Holds the reference tables to their cards and to the counts their sources publish."""

import csv
import itertools
import re
import tomllib
from collections import Counter, defaultdict
from datetime import date
from pathlib import Path

import pytest

from engine.screening.names import name_key

REFERENCE = Path(__file__).parents[2] / "data" / "reference"
TAIL = ["valid_from", "valid_to", "known_from", "source", "as_of", "status"]
CARD = {"title", "what", "sources", "as_of", "licence", "known_from", "columns", "limits"}
KEYS = {
    "base_rate": ("kind",),
    "country": ["country"],
    "membership": ["country", "instrument"],
    "arms_embargo": ["embargo_id"],
    "transshipment_hub": ["country"],
    "free_zone": ["country", "name"],
    "place": ["place"],
    "control_tier": ["code_prefix"],
    "priority_item": ["hs_code"],
    "control_system": ["country", "row", "column"],
    "fatf_listing": ["country", "list"],
    "border": ["country", "neighbour"],
    "armed_conflict": ["country"],
    "index_value": ["country", "index", "year"],
    "force_strength": ["country", "year"],
    "exchange_rate": ["month", "currency"],
    "vague_term": ["term", "kind"],
    "trade_word": ["word"],
    "document_element": ["element"],
    "document_undertaking": ["undertaking"],
    "purpose_fit": ["code_prefix", "purpose"],
    "cutoff": ["cutoff"],
    "hs_fit": ["category", "hs_prefix"],
    "obligation_clock": ["obligation", "counted_from"],
    "follow_up_action": ["finding", "action"],
    "unit_of_measure": ["code"],
}
WORDS = {
    ("arms_embargo", "issuer"): {"UN", "EU", "UK", "OSCE"},
    ("arms_embargo", "scope"): {"state", "non_state", "sub_area"},
    ("arms_embargo", "direction"): {"export_to", "import_from", "both"},
    ("arms_embargo", "goods"): {"arms", "small_arms", "arms_and_military_dual_use"},
    ("arms_embargo", "mandatory"): {"true", "false"},
    ("transshipment_hub", "level"): {"1", "2"},
    ("place", "kind"): {"port", "airport", "inland"},
    ("control_tier", "list_family"): {"munitions", "dual_use", "us_usml"},
    ("control_tier", "tier"): set("01234"),
    ("control_tier", "small_arms"): {"true", "false"},
    ("control_tier", "firearms"): {"true", "false"},
    ("priority_item", "tier"): {"1", "2", "3A", "3B", "4A", "4B"},
    ("control_system", "level"): set("0123"),
    ("fatf_listing", "list"): {"call_for_action", "increased_monitoring"},
    ("armed_conflict", "intensity"): {"1", "2"},
    ("vague_term", "kind"): {"end_user", "end_use"},
    ("trade_word", "activity"): {"trading", "forwarding", "shipping", "banking"},
    ("purpose_fit", "fits"): {"true", "false"},
}
TABLES = sorted(path.stem for path in REFERENCE.glob("*.csv"))
each_table = pytest.mark.parametrize("name", TABLES)


def rows(name: str) -> list[dict[str, str]]:
    with (REFERENCE / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, strict=True))


def header(name: str) -> list[str]:
    with (REFERENCE / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return next(csv.reader(file))


def card(name: str) -> dict:
    return tomllib.loads((REFERENCE / f"{name}.toml").read_text(encoding="utf-8"))


def current(name: str) -> list[dict[str, str]]:
    return [row for row in rows(name) if not row["valid_to"]]


def tier(code: str) -> int:
    prefixes = {row["code_prefix"]: int(row["tier"]) for row in rows("control_tier")}
    return prefixes[max((p for p in prefixes if code.startswith(p)), key=len)]


def test_every_table_has_a_card_and_every_card_a_table():
    assert TABLES == sorted(path.stem for path in REFERENCE.glob("*.toml")) == sorted(KEYS)


def test_every_table_stands_in_the_index():
    index = (REFERENCE / "README.md").read_text(encoding="utf-8")
    assert [name for name in TABLES if f"`{name}`" not in index] == []


@each_table
def test_the_card_explains_exactly_the_columns(name):
    about = card(name)
    assert list(about["columns"]) == header(name)
    assert header(name)[-len(TAIL) :] == TAIL
    assert set(about) - {"builder"} == CARD
    assert about["known_from"] in {"published", "always"}
    assert all(set(source) == {"title", "url"} for source in about["sources"])


@each_table
def test_dates_parse_and_no_row_ends_before_it_begins(name):
    for row in rows(name):
        days = {column: date.fromisoformat(row[column]) for column in (*TAIL[:3], "as_of") if row[column]}
        assert "as_of" in days, row
        if "valid_from" in days and "valid_to" in days:
            assert days["valid_from"] < days["valid_to"], row


@each_table
def test_every_row_names_its_source_and_status(name):
    for row in rows(name):
        assert row["source"] and row["status"] in {"verified", "unverified"}, row
        assert None not in row and None not in row.values(), row


@each_table
def test_countries_are_in_the_country_table(name):
    known = {row["country"] for row in rows("country")}
    for column in {"country", "neighbour"} & set(header(name)):
        assert {row[column] for row in rows(name)} <= known


@each_table
def test_no_two_rows_of_one_key_hold_on_the_same_day(name):
    spells = defaultdict(list)
    for row in rows(name):
        spells[tuple(row[column] for column in KEYS[name])].append((row["valid_from"], row["valid_to"] or "9999"))
    for key, days in spells.items():
        days.sort()
        for (_, end), (begin, _) in itertools.pairwise(days):
            assert end <= begin, key


@pytest.mark.parametrize(("name", "column"), WORDS)
def test_coded_columns_hold_only_their_words(name, column):
    assert {row[column] for row in rows(name)} <= WORDS[name, column]


def test_namibia_and_norway_survive_as_text():
    assert {"NA", "NO", "XK"} <= {row["country"] for row in rows("country")}


def test_membership_counts_agree_with_the_published_totals():
    now = Counter(row["instrument"] for row in current("membership"))
    published = {"ATT": 116, "WA": 42, "MTCR": 35, "AG": 42, "NSG": 48, "EU": 27, "E5": 5, "GECC": 39}
    assert {instrument: now[instrument] for instrument in published} == published


def test_united_kingdom_left_the_union():
    (spell,) = [row for row in rows("membership") if (row["country"], row["instrument"]) == ("GB", "EU")]
    assert spell["valid_to"] == "2020-02-01"


def test_resolution_1533_is_about_the_democratic_republic_of_the_congo():
    assert {row["country"] for row in rows("arms_embargo") if "1533" in row["instrument"]} == {"CD"}


def test_an_exempt_kind_is_a_party_kind_of_the_contract():
    kinds = {
        "military",
        "police",
        "government",
        "state_owned",
        "commercial",
        "dealer",
        "research",
        "individual",
        "other",
    }
    for row in rows("arms_embargo"):
        assert set(filter(None, row["exempt_end_user_kinds"].split(";"))) <= kinds, row["embargo_id"]


def test_syria_may_buy_but_not_sell_under_the_eu_measure():
    (measure,) = [row for row in current("arms_embargo") if (row["issuer"], row["country"]) == ("EU", "SY")]
    assert measure["direction"] == "import_from"


def test_ended_embargoes_are_kept_with_their_end():
    ended = {row["country"] for row in rows("arms_embargo") if row["valid_to"]}
    assert {"GN", "UZ", "ER", "CI", "LR", "SL"} <= ended


def test_no_embargo_takes_effect_before_it_is_decided():
    assert all(row["known_from"] <= row["valid_from"] for row in rows("arms_embargo"))


def test_the_newest_priority_list_has_fifty_codes_in_six_tiers():
    newest = current("priority_item")
    assert len({row["hs_code"] for row in newest}) == len(newest) == 50
    assert all(re.fullmatch(r"\d{6}", row["hs_code"]) for row in newest)
    assert all(row["tier"].startswith(row["tier_rank"]) for row in newest)
    assert len({row["tier"] for row in newest}) == 6


def test_every_assessed_country_has_all_sixteen_cells():
    cells = Counter(row["country"] for row in current("control_system"))
    assert len(cells) >= 45
    assert set(cells.values()) == {16}


def test_assessments_say_who_and_why():
    assert all(row["reviewer"] and row["evidence"] and row["assessed_on"] for row in rows("control_system"))


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("ML1.a", 4),
        ("ML10.c", 3),
        ("ML22.a", 2),
        ("6A002.a.1", 3),
        ("6A003.b.4.b", 3),
        ("1C351.a.4", 4),
        ("3A991.d", 0),
        ("EAR99", 0),
        ("9A610.x", 3),
        ("XII(c)", 3),
        ("XI(a)(3)", 2),
        ("VIII(h)", 2),
        ("5A002", 1),
    ],
)
def test_the_longest_prefix_gives_the_tier(code, expected):
    assert tier(code) == expected


def test_every_category_of_every_list_has_a_tier():
    prefixes = {row["code_prefix"] for row in rows("control_tier")}
    assert {f"ML{n}" for n in range(1, 23)} <= prefixes
    assert {f"{digit}{group}" for digit in range(10) for group in "ABCDE"} <= prefixes
    roman = "I II III IV V VI VII VIII IX X XI XII XIII XIV XV XVI XVII XVIII XIX XX XXI"
    assert set(roman.split()) <= prefixes


def test_coordinates_lie_on_the_globe_and_codes_begin_with_their_country():
    for row in rows("place"):
        assert -90 <= float(row["latitude"]) <= 90 and -180 <= float(row["longitude"]) <= 180, row
        assert re.fullmatch(r"[A-Z]{2}[A-Z2-9]{3}", row["place"]) and row["place"][:2] == row["country"], row


def test_free_zones_stand_at_known_places():
    places = {row["place"] for row in rows("place")}
    assert {row["place"] for row in rows("free_zone")} - {""} <= places


def test_words_to_look_for_are_lower_case():
    for row in rows("free_zone"):
        assert row["aliases"] == row["aliases"].lower()
    for row in rows("vague_term"):
        assert row["term"] == row["term"].lower().strip() != ""
    for row in rows("trade_word"):
        assert row["word"] == name_key(row["word"]) != ""


def test_a_border_has_two_sides():
    pairs = {(row["country"], row["neighbour"]) for row in rows("border")}
    assert pairs == {(there, here) for here, there in pairs}


def test_the_grey_list_of_june_2026_has_22_names():
    now = Counter(row["list"] for row in current("fatf_listing"))
    assert now == {"increased_monitoring": 22, "call_for_action": 3}


def test_a_rate_is_known_before_its_month_begins():
    for row in rows("exchange_rate"):
        assert float(row["units_per_eur"]) > 0
        assert row["month"].endswith("-01") and row["month"] == row["valid_from"]
        assert row["known_from"] < row["month"] or row["month"] == "1999-01-01", row


def test_a_conflict_is_not_known_before_its_year_is_over():
    for row in rows("armed_conflict"):
        assert row["known_from"] == row["valid_from"][:4] + "-12-31"


def test_undertakings_and_purposes_are_those_of_the_contract():
    undertakings = {
        "stated_use_only", "no_re_export", "no_re_transfer", "no_wmd_use", "on_site_verification",
        "delivery_verification", "destroy_replaced_stock", "report_loss", "secure_storage",
    }  # fmt: skip
    purposes = {
        "military_operations", "law_enforcement", "border_security", "civil_industry", "medical", "research", "energy",
        "telecommunications", "space", "private_security", "sport_hunting", "resale", "demonstration", "other",
    }  # fmt: skip
    assert {row["undertaking"] for row in rows("document_undertaking")} == undertakings
    assert {row["purpose"] for row in rows("purpose_fit")} <= purposes


def test_indices_that_were_not_read_are_empty_slots():
    assert rows("index_value") == rows("force_strength") == []
