"""The same thing twice, the same name for two things, and what speaks of something that is not on record."""

from __future__ import annotations

from itertools import permutations
from pathlib import Path

import pytest
from bad_files import a_decision, an_application, aside, on_record, reasons, verdict, write_lines

from engine.workflows import ingest as ingesting

OTHER = {"name": "Another GmbH"}


def an_event(number: int | str, **changes: object) -> dict:
    told = {"event_id": f"E-{number}", "at": "2026-03-01T10:00:00Z", "recorded_by": "officer"}
    return told | changes


@pytest.fixture(params=[1, 2, 20_000])
def chunk(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr(ingesting, "CHUNK_RECORDS", request.param)
    return request.param


def test_the_same_file_again_changes_nothing(tmp_path: Path, store: Path, ingest, chunk: int) -> None:
    path = write_lines(tmp_path / "some.jsonl", [an_application(n) for n in (1, 2, 1)])
    first, second = ingest(path), ingest(path)
    assert (first["added"], first["unchanged"], first["status"]) == (2, 1, 0)
    assert (second["added"], second["unchanged"], second["status"]) == (0, 3, 0)
    assert verdict(store).records == 2


def test_another_content_under_one_id_is_set_aside_in_the_same_file_and_in_another(tmp_path: Path, store: Path, ingest, chunk: int) -> None:
    path = write_lines(tmp_path / "some.jsonl", [an_application(1), an_application(2), an_application(1, exporter=OTHER), an_application(1)])
    told = ingest(path)
    assert (told["added"], told["unchanged"], told["set_aside"], told["status"]) == (2, 1, 1, 1)
    assert reasons(path) == [(3, "application_id")]
    assert "other content" in aside(path)[0]["problems"][0]["reason"]
    other = write_lines(tmp_path / "other.jsonl", [an_application(2, exporter=OTHER), an_application(1, revision=2, exporter=OTHER)])
    told = ingest(other)
    assert (told["added"], told["set_aside"]) == (1, 1)
    assert on_record(store) == ["application:A-1#1", "application:A-1#2", "application:A-2#1"]


def test_revisions_may_come_in_any_order_and_the_same_filing_in_other_words_is_the_same(tmp_path: Path, store: Path, ingest, chunk: int) -> None:
    later = an_application(1, revision=2, filed_at="2026-02-05T10:00:00Z")
    assert ingest(write_lines(tmp_path / "some.jsonl", [later, an_application(1)]))["status"] == 0
    again = an_application(1, filed_at="2026-01-05T11:00:00.000+01:00", revision=1, authorisation="individual", handling="internal")
    assert ingest(write_lines(tmp_path / "again.jsonl", [dict(reversed(again.items()))]))["unchanged"] == 1


def test_another_content_under_one_event_id_is_set_aside_whatever_its_kind(tmp_path: Path, store: Path, ingest, chunk: int) -> None:
    ingest(write_lines(tmp_path / "application.jsonl", [an_application(1)]))
    path = write_lines(tmp_path / "decision.jsonl", [a_decision(1), a_decision(1, outcome="returned"), a_decision(1)])
    told = ingest(path, "decision")
    assert (told["added"], told["unchanged"], told["set_aside"]) == (1, 1, 1)
    assert reasons(path) == [(2, "event_id")]
    visit = write_lines(tmp_path / "visit.jsonl", [an_event(1, event_id="D-1", visit_id="V-1", application_id="A-1", visited_on="2026-02-20", outcome="favourable")])
    told = ingest(visit, "visit")
    assert (told["added"], told["set_aside"], reasons(visit)) == (0, 1, [(1, "event_id")])
    assert verdict(store).first_fault is None


def test_one_event_id_with_one_content_is_still_two_things_in_two_kinds(tmp_path: Path, ingest) -> None:
    ingest(write_lines(tmp_path / "application.jsonl", [an_application(1)]))
    review = an_event(1, about="incident", subject="X", application_id="A-1", result="dismissed", because="no")
    assert ingest(write_lines(tmp_path / "review.jsonl", [review]), "review")["added"] == 1
    taken_back = an_event(2, corrects="E-1", withdrawn=True)
    assert ingest(write_lines(tmp_path / "one.jsonl", [taken_back]), "review")["added"] == 1
    path = write_lines(tmp_path / "two.jsonl", [taken_back])
    told = ingest(path, "incident")
    assert (told["added"], told["unchanged"], told["set_aside"]) == (0, 0, 1)


@pytest.mark.parametrize(
    ("kind", "event", "field"),
    [
        ("decision", {"application_id": "A-9", "outcome": "granted"}, "application_id"),
        ("licence", {"application_id": "A-9", "licence_number": "L-1", "change": "issued"}, "application_id"),
        ("shipment", {"shipment_id": "S-1", "application_id": "A-9", "shipped_on": "2026-02-20"}, "application_id"),
        ("shipment", {"shipment_id": "S-1", "licence_number": "L-9", "shipped_on": "2026-02-20"}, "licence_number"),
        ("delivery", {"shipment_id": "S-9", "milestone": "arrived", "on": "2026-02-20"}, "shipment_id"),
        ("visit", {"visit_id": "V-1", "application_id": "A-9", "visited_on": "2026-02-20", "outcome": "favourable"}, "application_id"),
        ("visit", {"visit_id": "V-1", "application_id": "A-1", "shipment_id": "S-9", "visited_on": "2026-02-20", "outcome": "favourable"}, "shipment_id"),
        ("incident", {"application_id": "A-9", "source": "customs", "finding": "diversion", "confirmed": True}, "application_id"),
        ("destruction", {"application_id": "A-9", "quantity": 1, "destroyed_on": "2026-02-20"}, "application_id"),
        ("request", {"request_id": "Q-1", "application_id": "A-9", "from": "authority", "to": "applicant", "for": "information"}, "application_id"),
        ("review", {"about": "visit", "subject": "V-1", "application_id": "A-9", "result": "confirmed", "because": "x"}, "application_id"),
        ("decision", {"corrects": "E-9", "withdrawn": True}, "corrects"),
        ("decision", {"corrects": "E-1", "withdrawn": True}, "corrects"),
        ("visit", {"corrects": "D-1", "withdrawn": True}, "corrects"),
        ("visit", {"corrects": "'); drop table visit; --", "withdrawn": True}, "corrects"),
    ],
)  # fmt: skip
def test_an_event_about_nothing_on_record_is_set_aside(tmp_path: Path, store: Path, ingest, kind: str, event: dict, field: str) -> None:
    ingest(write_lines(tmp_path / "application.jsonl", [an_application(1)]))
    ingest(write_lines(tmp_path / "first.jsonl", [a_decision(1)]), "decision")
    path = write_lines(tmp_path / "some.jsonl", [an_event(1, **event)])
    told = ingest(path, kind)
    assert (told["status"], told["added"], told["set_aside"]) == (1, 0, 1)
    assert reasons(path) == [(1, field)]
    assert verdict(store).first_fault is None


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_a_chain_of_corrections_goes_in_whatever_its_order_in_a_file(tmp_path: Path, ingest, order: tuple[int, ...]) -> None:
    ingest(write_lines(tmp_path / "application.jsonl", [an_application(1)]))
    chain = [a_decision(0), a_decision(1, corrects="D-0"), a_decision(2, corrects="D-1")]
    assert ingest(write_lines(tmp_path / "some.jsonl", [chain[n] for n in order]), "decision")["added"] == 3


def test_what_corrects_something_set_aside_or_runs_in_a_ring_is_set_aside_too(tmp_path: Path, store: Path, ingest) -> None:
    ingest(write_lines(tmp_path / "application.jsonl", [an_application(1)]))
    path = write_lines(tmp_path / "some.jsonl", [
        a_decision(0, application_id="A-9"), a_decision(1, corrects="D-0"), a_decision(2, corrects="D-1"),
        a_decision(3, corrects="D-4"), a_decision(4, corrects="D-3"), a_decision(5),
    ])
    told = ingest(path, "decision")
    assert (told["added"], told["set_aside"]) == (1, 5)
    assert reasons(path) == [(1, "application_id"), (2, "corrects"), (3, "corrects"), (4, "corrects"), (5, "corrects")]
    ingest(write_lines(tmp_path / "missing.jsonl", [an_application(9)]))
    told = ingest(path, "decision")
    assert (told["added"], told["unchanged"], told["set_aside"]) == (3, 1, 2)


def test_events_in_a_file_of_another_kind_are_set_aside_each_with_its_fields(tmp_path: Path, ingest) -> None:
    path = write_lines(tmp_path / "some.jsonl", [a_decision(1), an_application(1)])
    assert ingest(path, "visit")["set_aside"] == 2
    assert ingest(path, "application")["set_aside"] == 1
