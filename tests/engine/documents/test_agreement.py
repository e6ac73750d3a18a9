"""What was declared is looked for in every usual way of writing it, and in no other field's place."""

from datetime import date

import pytest
from papers import LINES

from engine.documents.agreement import compared, text_key
from engine.screening.names import name_key

TEXT = "\n".join(LINES)
RIGHT = {
    "number": "EUC-2024-0017", "end_user": "Ministry of Defence of Chile", "consignee": "ANDES LOGISTICS SA", "final_country": "CL",
    "issued_on": date(2024, 3, 12), "expires_on": date(2026, 3, 12), "quantities": [1250], "value": 1500000,
}


def test_what_the_paper_says_is_found_however_it_is_written():
    assert compared(TEXT, RIGHT, name_key) == dict.fromkeys(
        ("number", "end_user", "consignee", "final_country", "issued_on", "expires_on", "quantity", "value"), True)


@pytest.mark.parametrize(("field", "asked", "other"), [
    ("number", "number", "EUC/2024/0018"), ("end_user", "end_user", "Carabineros de Bolivia"), ("consignee", "consignee", "Baltic Freight OY"),
    ("final_country", "final_country", "AE"), ("issued_on", "issued_on", date(2024, 3, 13)), ("expires_on", "expires_on", date(2027, 3, 12)),
    ("quantity", "quantities", [12500]), ("value", "value", 150000),
])
def test_another_declaration_is_not_found(field, asked, other):
    found = compared(TEXT, RIGHT | {asked: other}, name_key)
    assert not found.pop(field)
    assert all(found.values())


def test_what_was_not_declared_is_not_asked():
    assert compared(TEXT, {"number": "EUC/2024/0017", "quantities": [None]}, name_key) == {"number": True}


def test_a_scan_without_text_is_held_to_nothing():
    assert compared("p. 1", RIGHT, name_key) == {}


def test_the_same_words_have_one_key_whatever_their_spacing():
    assert text_key(TEXT) == text_key(TEXT.upper().replace("\n", "   "))
    assert text_key("too few words") is None
