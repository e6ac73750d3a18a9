"""What auditors ask of a visit years later (Commerce OIG-26-019-A, GAO): the evidence, every change of a rating, what was done before closing."""

import hashlib

import pytest
from builders import a_certificate, a_decision, a_delivery, a_licence, a_party, a_review, a_shipment, a_visit, an_application, correcting, fresh
from desks import NOW, a_desk, origin, record, take_in

from engine.errors import Conflict
from engine.workflows.evidence import keep_evidence
from engine.workflows.visit_file import visit_file


@pytest.fixture(scope="module")
def office(tmp_path_factory):
    with a_desk(tmp_path_factory.mktemp("office")) as desk:
        yield desk


@pytest.fixture
def case(office):
    """An application with licence, shipment and delivery."""
    application = an_application(documents=[a_certificate()], end_user=a_party(fresh("Buyer"), "TR", "dealer"))
    name = application["application_id"]
    take_in(office, "application", application)
    take_in(office, "decision", a_decision(name))
    take_in(office, "licence", a_licence(name, conditions=[{"condition_id": "C1", "text": "No use outside the zone."}]))
    shipment = a_shipment(name)
    take_in(office, "shipment", shipment)
    take_in(office, "delivery", a_delivery(shipment["shipment_id"]))
    return name


def kept(desk, content: bytes) -> str:
    digest = hashlib.sha256(content).hexdigest()
    path = desk.store.path.parent / fresh("evidence")
    path.write_bytes(content)
    keep_evidence(desk, digest, digest, path, origin())
    return digest


def file_of(desk, visit_id: str):
    return visit_file(desk, desk.store.cursor(), visit_id, NOW)


def rate(desk, visit_id: str, at: str, **told: object) -> None:
    record(desk, "review", a_review("visit", visit_id, "confirmed", at=at, recorded_by="supervisor") | told)


def test_what_is_the_evidence_behind_the_final_rating(office, case):
    photo, lost = kept(office, b"photograph of the plates, in words"), "0" * 64
    visit = a_visit(case, evidence=[photo, lost], conditions=[{"condition": "C1", "met": "yes"}])
    record(office, "visit", visit)
    unrated = file_of(office, visit["visit_id"])
    assert unrated.final is None and any("not final" in line for line in unrated.missing)
    rate(office, visit["visit_id"], "2026-12-20T10:00:00Z")
    told = file_of(office, visit["visit_id"])
    assert told.final["outcome"] == "favourable" and told.final["conditions"] == [{"condition": "C1", "met": "yes"}]
    assert {one.sha256: one.kept for one in told.evidence} == {photo: True, lost: False}
    assert any(lost in line for line in told.missing)  # a file that is named and not here is told as missing
    assert [one["milestone"] for one in told.receipts] == ["received_by_end_user"]
    assert [(one.result, one.recorded_by) for one in told.signatures] == [("confirmed", "supervisor")]


def test_who_changed_the_rating_when_and_why(office, case):
    visit = a_visit(case)
    record(office, "visit", visit)
    rate(office, visit["visit_id"], "2026-12-20T10:00:00Z")
    change = correcting(visit, "2026-12-28T10:00:00Z", outcome="unfavourable", findings=["discrepancy"], because="The plates were another lot's.", recorded_by="second inspector")
    record(office, "visit", change)
    between = file_of(office, visit["visit_id"])
    assert between.final is None  # the old rating no longer holds, the new one is not yet anybody else's
    rate(office, visit["visit_id"], "2026-12-30T10:00:00Z")
    told = file_of(office, visit["visit_id"])
    assert [(one.outcome, one.recorded_by, one.corrects, one.because, one.in_force) for one in told.ratings] == [
        ("favourable", "inspector", None, None, False),
        ("unfavourable", "second inspector", visit["event_id"], "The plates were another lot's.", True),
    ]
    assert told.final["event_id"] == change["event_id"] and len(told.signatures) == 2


def test_were_the_recommended_actions_taken_before_the_visit_was_closed(office, case):
    visit = a_visit(case, outcome="unfavourable", findings=["insecure_storage"])
    record(office, "visit", visit)
    close = a_review("visit", visit["visit_id"], "ended", at="2027-01-10T10:00:00Z", recorded_by="supervisor")
    with pytest.raises(Conflict, match="final rating"):
        record(office, "review", close)
    rate(office, visit["visit_id"], "2026-12-20T10:00:00Z")
    with pytest.raises(Conflict, match=r"2 proposal\(s\) open"):
        record(office, "review", close)
    answers = {"storage_improvement": ("confirmed", "A guard and new locks; photographs in the file."), "follow_up_visit": ("dismissed", "The yearly visit in March will see it.")}
    for one in file_of(office, visit["visit_id"]).proposals:
        result, because = answers[one.action]
        record(office, "review", a_review("visit", one.proposal_id, result, application_id=case, at="2027-01-05T10:00:00Z", recorded_by="supervisor", because=because))
    record(office, "review", close)
    told = file_of(office, visit["visit_id"])
    assert {one.action: (one.state, one.because, one.settled_by) for one in told.proposals} == {
        "storage_improvement": ("done", answers["storage_improvement"][1], "supervisor"), "follow_up_visit": ("not_done", answers["follow_up_visit"][1], "supervisor"),
    }
    assert told.closed_by.recorded_by == "supervisor" and not any("closed" in line or "proposed" in line for line in told.missing)


def test_a_visit_that_no_plan_chose_says_so(office, case):
    visit = a_visit(case)
    record(office, "visit", visit)
    told = file_of(office, visit["visit_id"])
    assert told.chosen is None and any("No plan chose" in line for line in told.missing)
