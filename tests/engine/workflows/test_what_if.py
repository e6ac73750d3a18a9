"""What-if: the score as filed is the score, remedies lower it by the score's own code, and nothing stays on record but the question."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from builders import an_application
from desks import NOW, a_desk, origin, score_of, take_in

from engine.errors import InvalidRecord, RefusedInput
from engine.workflows.desk import Desk
from engine.workflows.what_if import CAVEAT, what_if

PAPER = {"kind": "end_user_certificate", "number": "EUC-1", "issuer": "Ministry of Defence", "issuer_country": "FI", "end_user": "Border Guard Service",
         "issued_on": "2026-01-10", "undertakings": ["stated_use_only"], "authentication": "requested", "original": False}
LEGS = [{"from": "SEGOT", "to": "AEJEA", "mode": "sea", "free_zone": True, "storage_days": 90}, {"from": "AEJEA", "to": "FIHEL", "mode": "sea"}]


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with a_desk(tmp_path_factory.mktemp("what-if")) as desk:
        take_in(desk, "application", an_application(application_id="A-1", documents=[PAPER], route=LEGS))
        yield desk


def test_the_score_as_filed_is_the_score(desk: Desk) -> None:
    assert what_if(desk, "A-1", origin()).filed.risk == score_of(desk, "A-1").risk


def test_nothing_stays_on_record_but_the_question(desk: Desk) -> None:
    cursor = desk.store.cursor()
    before = cursor.execute("select count(*) from record").fetchall()
    told = what_if(desk, "A-1", origin(), changes={"payment": {"method": "crypto"}})
    assert cursor.execute("select count(*) from record").fetchall() == before
    ((action, note),) = cursor.execute("select action, note from audit_entry order by seq desc limit 1").fetchall()
    assert action == "what if" and '"A-1"' in note and "payment" in note and "crypto" not in note
    assert score_of(desk, "A-1").risk == told.filed.risk


def test_a_change_scores_as_a_filing_so_made_would(desk: Desk, tmp_path: Path) -> None:
    told = what_if(desk, "A-1", origin(), changes={"route": None, "payment": {"method": "cash"}})
    with a_desk(tmp_path) as other:
        take_in(other, "application", an_application(application_id="A-1", documents=[PAPER], payment={"method": "cash"}))
        assert told.asked is not None and told.asked.risk == score_of(other, "A-1").risk
    assert {moved.family for moved in told.moved} >= {"route", "end_user"}


def test_the_fewest_are_never_more_than_needed(desk: Desk) -> None:
    told = what_if(desk, "A-1", origin(), band="low")
    lone = [remedy.code for remedy, alone in told.alone if alone.band == "low"]
    if told.filed.band == "low":
        assert told.fewest == () and told.with_fewest == told.filed
    elif lone:
        assert [remedy.code for remedy in told.fewest] == lone[:1]
    elif told.with_fewest:
        assert told.with_fewest.band == "low" and len(told.fewest) > 1
    else:
        assert told.fewest == () and told.tried >= len(told.alone)


def test_remedies_are_listed_lowest_first_and_only_those_that_change_the_filing(desk: Desk) -> None:
    told = what_if(desk, "A-1", origin())
    risks = [alone.risk for _, alone in told.alone]
    assert risks == sorted(risks)
    codes = {remedy.code for remedy, _ in told.alone}
    assert {"direct_route", "authentication_confirmed", "no_re_export", "originals_sighted"} <= codes
    assert "replaced_stock_destroyed" not in codes and told.caveat == CAVEAT and "no evidence that a condition" in told.caveat


def test_what_names_the_filing_cannot_be_changed(desk: Desk) -> None:
    with pytest.raises(InvalidRecord, match="filed_at"):
        what_if(desk, "A-1", origin(), changes={"filed_at": "2020-01-01T00:00:00Z"})


def test_a_change_that_breaks_the_contract_is_refused_by_field(desk: Desk) -> None:
    with pytest.raises(InvalidRecord, match=r"payment\.method"):
        what_if(desk, "A-1", origin(), changes={"payment": {"method": "shells"}})


def test_an_unknown_remedy_is_refused_with_those_there_are(desk: Desk) -> None:
    with pytest.raises(RefusedInput, match="direct_route"):
        what_if(desk, "A-1", origin(at=NOW), codes=("prayer",))
