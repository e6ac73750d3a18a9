"""What was declared is looked for in every usual way of writing it, and in no other field's place."""

from datetime import date

import pytest
from papers import LINES

from engine.documents.agreement import compared, text_key, wording
from engine.screening.names import name_key

TEXT = "\n".join(LINES)
RIGHT = {
    "number": "EUC-2024-0017", "end_user": "Ministry of Defence of Chile", "consignee": "ANDES LOGISTICS SA", "final_country": "CL",
    "issued_on": date(2024, 3, 12), "expires_on": date(2026, 3, 12), "quantities": [1250], "value": 1500000,
}


def test_what_the_paper_says_is_found_however_it_is_written():
    assert compared(wording(TEXT, name_key), RIGHT, name_key) == dict.fromkeys(
        ("number", "end_user", "consignee", "final_country", "issued_on", "expires_on", "quantity", "value"), True)


@pytest.mark.parametrize(("field", "asked", "other"), [
    ("number", "number", "EUC/2024/0018"), ("end_user", "end_user", "Carabineros de Bolivia"), ("consignee", "consignee", "Baltic Freight OY"),
    ("final_country", "final_country", "AE"), ("issued_on", "issued_on", date(2024, 3, 13)), ("expires_on", "expires_on", date(2027, 3, 12)),
    ("quantity", "quantities", [12500]), ("value", "value", 150000),
])
def test_another_declaration_is_not_found(field, asked, other):
    found = compared(wording(TEXT, name_key), RIGHT | {asked: other}, name_key)
    assert not found.pop(field)
    assert all(found.values())


def test_what_was_not_declared_is_not_asked():
    assert compared(wording(TEXT, name_key), {"number": "EUC/2024/0017", "quantities": [None]}, name_key) == {"number": True}


def test_a_scan_without_text_is_held_to_nothing():
    assert compared(wording("p. 1", name_key), RIGHT, name_key) == {}


def test_the_same_words_have_one_key_whatever_their_spacing():
    assert text_key(TEXT) == text_key(TEXT.upper().replace("\n", "   "))
    assert text_key("too few words") is None


@pytest.mark.parametrize(("country", "text"), [("AE", "the goods are for the army as per agreement and can be used in Iran"), ("PE", "delivered as per contract and order of the other party")])
def test_a_three_letter_code_that_is_a_word_names_no_country(country, text):
    assert compared(wording(text, name_key), {"final_country": country}, name_key) == {"final_country": False}


def test_columns_of_a_table_are_not_one_number():
    row = wording("Quantity   Price   Value in all: 10 1,500.50 15,005.00 EUR", name_key)
    assert compared(row, {"quantities": [10], "value": 15005}, name_key) == {"quantity": True, "value": True}


@pytest.mark.parametrize("written", ["1,500,000.00", "1.500.000,00", "1 500 000", "1'500'000", "1500000"])
def test_a_value_is_found_with_any_sign_for_thousands(written):
    assert compared(wording(f"the total value of the goods is EUR {written} in words", name_key), {"value": 1500000}, name_key) == {"value": True}
