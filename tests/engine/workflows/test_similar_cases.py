"""Similar cases: nearest by what moves the score, with outcomes as known now, and no other authority's."""

from collections.abc import Iterator
from datetime import datetime

import pytest
from builders import an_application, an_incident
from desks import NOW, a_desk, origin, take_in

from engine.workflows.desk import Desk
from engine.workflows.similar_cases import similar_cases

CASH = {"payment": {"method": "cash", "prepaid_share": 1.0}}


def filed(application_id: str, day: str, **told: object) -> dict:
    return an_application(application_id=application_id, filed_at=f"{day}T09:00:00Z", **told)


def diverted(application_id: str, **told: object) -> dict:
    return an_incident(application_id=application_id, finding="diversion", confirmed=True, occurred_on="2026-06-01", at="2026-07-01T10:00:00Z", **told)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with a_desk(tmp_path_factory.mktemp("similar")) as desk:
        take_in(
            desk, "application", filed("CASH", "2026-01-10", end_user="Kestrel Trading", **CASH), filed("PLAIN", "2026-01-11", end_user="Harbour Board"),
            filed("DANISH", "2026-01-12", end_user="Fjord Works", authority="DK", **CASH), filed("ASKED", "2026-10-01", end_user="Merlin Trading", **CASH),
        )
        take_in(desk, "incident", *map(diverted, ("CASH", "PLAIN", "DANISH")))
        yield desk


def test_the_nearest_case_is_one_with_the_same_reasons(desk: Desk) -> None:
    first, *_, last = similar_cases(desk, "ASKED", NOW)
    assert first.application_id in ("CASH", "DANISH") and last.application_id == "PLAIN"
    assert first.likeness > last.likeness and first.diverted and first.found_by == "incident"
    assert first.shared


def test_a_case_is_not_its_own_likeness(desk: Desk) -> None:
    assert "CASH" not in {case.application_id for case in similar_cases(desk, "CASH", NOW)}


def test_another_authoritys_cases_are_not_shown_to_a_token_that_names_one(desk: Desk) -> None:
    assert {case.application_id for case in similar_cases(desk, "ASKED", NOW, visible=("SE",))} == {"CASH", "PLAIN"}


def test_a_new_finding_makes_a_new_case(desk: Desk) -> None:
    take_in(desk, "application", filed("LATER", "2026-02-01", end_user="Osprey Trading", **CASH))
    assert "LATER" not in {case.application_id for case in similar_cases(desk, "ASKED", NOW)}
    take_in(desk, "incident", diverted("LATER"))
    found = {case.application_id: case for case in similar_cases(desk, "ASKED", NOW)}
    assert found["LATER"].learned_on == datetime(2026, 7, 1, 10)


def test_a_store_without_findings_has_no_cases(tmp_path) -> None:
    with a_desk(tmp_path) as empty:
        take_in(empty, "application", filed("ALONE", "2026-01-10"))
        assert similar_cases(empty, "ALONE", origin().at) == []
