"""The memo says what speaks for and against, and nothing of questions that do not arise."""

import json

from builders import an_application

from engine.documents.page import as_html
from engine.wire import Application, Reason, Score, parse
from engine.workflows.memo import memo, memo_page
from features.feature import DOES_NOT_ARISE

FAMILIES = ("destination", "end_user", "consignee", "exporter", "broker", "goods", "route", "documents", "document_files", "old_stock", "timing")


def a_score(*reasons: Reason) -> Score:
    return Score(
        application_id="A-1", revision=1, scored_at="2026-10-20T10:00:00Z", as_of="2026-10-20T09:00:00Z", risk=0.02, risk_low=0.01, risk_high=0.05,
        band="low", reasons=reasons, family_risk={family: 0.125 for family in FAMILIES}, model_version="m", features_version="f", rules_version="r",
        policy_version="p", reference_as_of="2026-10-01",
    )


def a_memo(*reasons: Reason) -> str:
    return memo(parse(Application, json.dumps(an_application())).model, a_score(*reasons))


def a_reason(contribution: float, text: str) -> Reason:
    return Reason(feature="end_user_dealer_flag", family="end_user", contribution=contribution, text=text, source="Guidance")


def test_questions_that_do_not_arise_stand_in_one_line_at_the_end():
    text = a_memo(a_reason(0.4, "The end user is a dealer"), a_reason(0.5, f"Hubs: {DOES_NOT_ARISE}"), a_reason(-0.18, f"Stock: {DOES_NOT_ARISE}"))
    spoken, _, after = text.partition("BY FAMILY")
    assert "The end user is a dealer" in spoken and DOES_NOT_ARISE not in text
    assert "Nothing among the ten weightiest." in spoken
    assert "Questions that do not arise here moved the score by +0.32 in all." in after
    assert "Questions that do not arise" not in a_memo(a_reason(0.4, "The end user is a dealer"))


def test_goods_and_days_stand_in_words():
    filing = parse(Application, json.dumps(an_application(
        filed_at="2026-03-02T10:00:00Z", items=[{"description": "Carbon fibre", "control_code": "1C010", "quantity": 897, "unit": "KGM"}, {"description": "Pistols", "quantity": 1, "unit": "C62"}],
    ))).model  # fmt: skip
    text = " ".join(memo(filing, a_score()).split())
    assert "filed 2 March 2026 with" in text and "reference data of 1 October 2026" in text
    assert "of Carbon fibre (1C010), 897 kg; Pistols, 1 piece, from" in text
    page = as_html(memo_page(filing, a_score()))
    assert "897 kg" in page and "2 March 2026" in page and "KGM" not in page and "2026-03-02" not in page


def test_no_line_of_a_memo_is_longer_than_100_columns():
    assert max(len(line) for line in a_memo().splitlines()) <= 100
