"""An amended filing: each moment sees the newest revision filed by then, and an amendment changes nothing before it."""

from __future__ import annotations

from datetime import datetime

import pytest
from builders import a_party, an_application
from matrices import ORIGIN, a_store, differing, matrix, take

from engine.errors import UnknownApplication
from engine.workflows.assess import Subject, filing_in_force, score_application


def revision(number: int, day: str, **told: object) -> dict:
    return an_application(application_id="R-1", revision=number, filed_at=f"{day}T09:00:00Z", **told)


@pytest.fixture
def desk():
    with a_store() as desk:
        yield desk


def test_a_moment_between_two_revisions_sees_the_older(desk):
    take(desk, {"application": [
        revision(1, "2024-01-10", end_user=a_party("Anker", "FI", "dealer")), revision(2, "2024-03-01", end_user=a_party("Anker", "FI", "military")),
    ]})
    assert score_application(desk, "R-1", ORIGIN.at, as_of=datetime(2024, 2, 1)).revision == 1
    assert score_application(desk, "R-1", ORIGIN.at, as_of=datetime(2024, 4, 1)).revision == 2
    with pytest.raises(UnknownApplication):
        score_application(desk, "R-1", ORIGIN.at, as_of=datetime(2024, 1, 1))


def test_a_later_revision_moves_no_earlier_score(desk):
    take(desk, {"application": [revision(1, "2024-01-10", end_user=a_party("Anker", "FI", "dealer"))]})
    cursor = desk.store.cursor()
    record_no, _, filed_at = filing_in_force(cursor, "R-1", datetime(2024, 2, 1))
    subjects = [Subject(record_no, at, at) for at in (filed_at, datetime(2024, 2, 1), datetime(2024, 3, 1, 9))]
    before = matrix(desk, subjects)
    take(desk, {"application": [revision(2, "2024-03-01", end_user=a_party("Birch", "FI", "military"))]})
    assert not differing(before, matrix(desk, subjects))


def test_revisions_filed_out_of_order_are_known_when_they_were_filed(desk):
    take(desk, {"application": [revision(3, "2024-01-10"), revision(2, "2024-03-01")]})
    cursor = desk.store.cursor()
    assert filing_in_force(cursor, "R-1", datetime(2024, 2, 1))[1] == 3
    assert filing_in_force(cursor, "R-1", datetime(2024, 4, 1))[1] == 3
    assert cursor.execute("select count(*) from filing").fetchall() == [(2,)]
