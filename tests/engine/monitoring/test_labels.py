"""Labels to the letter of the contract's section 2, each clause once."""

from datetime import datetime, timedelta

import pytest
from builders import (
    a_decision,
    a_delivery,
    a_licence,
    a_review,
    a_shipment,
    a_visit,
    an_application,
    an_incident,
    correcting,
    withdrawing,
)
from desks import NOW, a_desk, labels, record, take_in

FOUND = ("re_transfer", "re_export", "diversion", "theft_or_capture")
LATE = datetime(2031, 1, 1)


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    with a_desk(tmp_path_factory.mktemp("labels")) as desk:
        yield desk


@pytest.fixture(scope="module")
def pool(desk) -> list[str]:
    """Applications granted and shipped, whose goods arrived; each test takes its own."""
    applications = [an_application() for _ in range(80)]
    names = [application["application_id"] for application in applications]
    shipments = [a_shipment(name) for name in names]
    take_in(desk, "application", *applications)
    take_in(desk, "decision", *[a_decision(name) for name in names])
    take_in(desk, "shipment", *shipments)
    take_in(desk, "delivery", *[a_delivery(shipment["shipment_id"]) for shipment in shipments])
    return names


@pytest.fixture
def name(pool) -> str:
    return pool.pop()


def label(desk, name: str, as_of: datetime = NOW) -> int | None:
    return labels(desk, as_of).get(name)


@pytest.mark.parametrize("finding", FOUND)
def test_a_finding_of_diversion_after_shipment_is_a_diversion(desk, name, finding):
    take_in(desk, "visit", a_visit(name, outcome="unfavourable", findings=[finding]))
    assert label(desk, name) == 1


@pytest.mark.parametrize("finding", FOUND)
def test_a_confirmed_incident_is_a_diversion(desk, name, finding):
    take_in(desk, "incident", an_incident(name, finding=finding))
    assert label(desk, name) == 1


@pytest.mark.parametrize("finding", ["loss", "licence_breach"])
def test_an_incident_of_another_kind_is_no_label(desk, name, finding):
    take_in(desk, "incident", an_incident(name, finding=finding))
    assert label(desk, name) is None


@pytest.mark.parametrize("finding", ["discrepancy", "not_confirmed", "refused_cooperation", "stockpiling", "loss", "terms_violation"])
def test_a_finding_that_is_not_diversion_is_no_label(desk, name, finding):
    take_in(desk, "visit", a_visit(name, outcome="unfavourable", findings=[finding]))
    assert label(desk, name) is None


def test_a_favourable_visit_on_site_that_saw_the_goods_is_a_clean_label(desk, name):
    take_in(desk, "visit", a_visit(name))
    assert label(desk, name) == 0


def test_a_favourable_pre_licence_visit_is_no_label(desk, name):
    take_in(desk, "visit", a_visit(name, stage="pre_licence"))
    assert label(desk, name) is None


@pytest.mark.parametrize("stage", ["pre_licence", "pre_shipment"])
def test_a_finding_before_shipment_is_no_label(desk, name, stage):
    take_in(desk, "visit", a_visit(name, stage=stage, outcome="unfavourable", findings=["diversion"]))
    assert label(desk, name) is None


@pytest.mark.parametrize("mode", ["remote", "documentary", "delegated", None])
def test_a_favourable_visit_that_was_not_on_site_is_no_label(desk, name, mode):
    take_in(desk, "visit", a_visit(name, mode=mode))
    assert label(desk, name) is None


def test_a_remote_finding_of_diversion_is_a_label_all_the_same(desk, name):
    take_in(desk, "visit", a_visit(name, mode="remote", outcome="unfavourable", findings=["re_export"]))
    assert label(desk, name) == 1


@pytest.mark.parametrize("outcome", ["unfavourable", "inconclusive", "not_possible"])
def test_a_visit_that_is_not_favourable_is_no_clean_label(desk, name, outcome):
    take_in(desk, "visit", a_visit(name, outcome=outcome))
    assert label(desk, name) is None


@pytest.mark.parametrize("state", ["not_seen", "not_presented", "lost", "stolen", "transferred"])
def test_a_favourable_visit_without_the_goods_is_no_label(desk, name, state):
    take_in(desk, "visit", a_visit(name, items=[{"line": 1, "state": state}]))
    assert label(desk, name) is None


def test_a_favourable_visit_that_names_no_goods_is_no_label(desk, name):
    take_in(desk, "visit", a_visit(name, items=None))
    assert label(desk, name) is None


@pytest.mark.parametrize("state", ["destroyed", "consumed", "in_repair", "incorporated"])
def test_goods_accounted_for_count_as_seen(desk, name, state):
    take_in(desk, "visit", a_visit(name, items=[{"line": 1, "state": state}]))
    assert label(desk, name) == 0


def test_a_seen_sample_counts_as_seen(desk, name):
    take_in(desk, "visit", a_visit(name, items=None, sample={"lot_size": 12, "seen": 4}))
    assert label(desk, name) == 0


def test_goods_asked_for_and_not_shown_undo_the_clean_label(desk, name):
    take_in(desk, "visit", a_visit(name, items=[{"line": 1, "state": "seen"}, {"line": 1, "state": "not_presented"}]))
    assert label(desk, name) is None


def test_a_visit_before_arrival_is_no_label(desk, name):
    take_in(desk, "visit", a_visit(name, visited_on="2026-11-04"))
    assert label(desk, name) is None


def test_a_visit_to_goods_that_never_arrived_is_no_label(desk):
    application = an_application()
    name = application["application_id"]
    take_in(desk, "application", application)
    take_in(desk, "shipment", a_shipment(name))
    take_in(desk, "visit", a_visit(name))
    assert label(desk, name) is None


def test_a_consented_re_transfer_is_no_label(desk, name):
    shipment = a_shipment(name)
    take_in(desk, "shipment", shipment)
    take_in(desk, "delivery", a_delivery(shipment["shipment_id"], milestone="transferred_with_consent", proof="customs_record"))
    assert label(desk, name) is None
    take_in(desk, "visit", a_visit(name, outcome="inconclusive", items=[{"line": 1, "state": "transferred"}]))
    assert label(desk, name) is None


def test_goods_transferred_with_consent_are_accounted_for(desk, name):
    shipment = a_shipment(name)
    take_in(desk, "shipment", shipment)
    take_in(desk, "delivery", a_delivery(shipment["shipment_id"], milestone="transferred_with_consent"))
    take_in(desk, "visit", a_visit(name, items=[{"line": 1, "state": "transferred"}]))
    assert label(desk, name) == 0


def test_the_window_is_thirty_six_months_from_the_first_filing(desk, pool):
    inside, outside = pool.pop(), pool.pop()
    take_in(desk, "visit", a_visit(inside, visited_on="2029-10-20", at="2029-10-25T10:00:00Z", outcome="unfavourable", findings=["diversion"]))
    take_in(desk, "visit", a_visit(outside, visited_on="2029-10-21", at="2029-10-25T10:00:00Z", outcome="unfavourable", findings=["diversion"]))
    told = labels(desk, LATE)
    assert told.get(inside) == 1 and outside not in told


def test_an_amended_filing_does_not_move_the_window(desk, name):
    take_in(desk, "application", an_application(application_id=name, revision=2, filed_at="2026-10-24T09:00:00Z"))
    take_in(desk, "incident", an_incident(name, occurred_on="2029-10-22", at="2029-10-25T10:00:00Z"))
    assert label(desk, name, LATE) is None


def test_an_incident_outside_the_window_leaves_a_clean_label(desk, pool):
    before, after = pool.pop(), pool.pop()
    take_in(desk, "visit", a_visit(before), a_visit(after))
    take_in(desk, "incident", an_incident(before, occurred_on="2026-10-01"), an_incident(after, occurred_on="2029-11-01", at="2029-11-02T10:00:00Z"))
    told = labels(desk, LATE)
    assert told.get(before) == 0 and told.get(after) == 0


def test_an_incident_in_the_window_outweighs_a_clean_visit(desk, name):
    take_in(desk, "visit", a_visit(name))
    take_in(desk, "incident", an_incident(name))
    assert label(desk, name) == 1


def test_a_finding_without_its_day_counts_from_when_it_became_known(desk, name):
    take_in(desk, "visit", a_visit(name, visited_on=None, outcome="unfavourable", findings=["diversion"]))
    assert label(desk, name) == 1


def test_imported_history_counts_as_reviewed(desk, name):
    take_in(desk, "visit", a_visit(name))
    assert label(desk, name) == 0


def test_a_visit_made_here_teaches_nothing_until_another_person_reviewed_it(desk, name):
    visit = a_visit(name)
    record(desk, "visit", visit)
    assert label(desk, name) is None
    record(desk, "review", a_review("visit", visit["visit_id"], "confirmed", at="2026-12-20T10:00:00Z"))
    assert label(desk, name) == 0
    assert label(desk, name, datetime(2026, 12, 20, 10)) is None


@pytest.mark.parametrize("reviewer", ["inspector", " Inspector ", "signer"])
def test_who_made_or_recorded_a_visit_does_not_review_it(desk, name, pool, reviewer):
    visit = a_visit(name, signed_by="Signer")
    record(desk, "visit", visit)
    record(desk, "review", a_review("visit", visit["visit_id"], "confirmed", recorded_by=reviewer, at="2026-12-20T10:00:00Z"))
    named = pool.pop()
    record(desk, "visit", a_visit(named, signed_by="Signer", reviewed_by=reviewer))
    told = labels(desk)
    assert name not in told and named not in told


def test_a_visit_that_names_its_reviewer_counts_at_once(desk, name):
    record(desk, "visit", a_visit(name, reviewed_by="another person"))
    assert label(desk, name) == 0


def test_a_review_that_does_not_confirm_teaches_nothing(desk, name):
    visit = a_visit(name)
    record(desk, "visit", visit)
    record(desk, "review", a_review("visit", visit["visit_id"], "escalated", at="2026-12-20T10:00:00Z"))
    assert label(desk, name) is None


def test_a_correction_changes_the_label_from_its_own_moment(desk, name):
    visit = a_visit(name)
    take_in(desk, "visit", visit)
    take_in(desk, "visit", correcting(visit, "2026-12-28T10:00:00Z", outcome="unfavourable", findings=["diversion"]))
    changed = datetime(2026, 12, 28, 10)
    assert label(desk, name, changed) == 0 and label(desk, name, changed + timedelta(seconds=1)) == 1


def test_a_withdrawn_finding_is_no_label_from_then_on(desk, name):
    visit = a_visit(name, outcome="unfavourable", findings=["diversion"])
    take_in(desk, "visit", visit)
    take_in(desk, "visit", withdrawing(visit, "2026-12-28T10:00:00Z"))
    assert label(desk, name, datetime(2026, 12, 28, 10)) == 1 and label(desk, name) is None


def test_a_correction_made_here_is_reviewed_in_its_turn(desk, name):
    visit = a_visit(name)
    record(desk, "visit", visit)
    record(desk, "review", a_review("visit", visit["visit_id"], "confirmed", at="2026-12-20T10:00:00Z"))
    record(desk, "visit", correcting(visit, "2026-12-28T10:00:00Z", outcome="unfavourable", findings=["diversion"], because="The numbers were another lot's."))
    assert label(desk, name) is None
    record(desk, "review", a_review("visit", visit["visit_id"], "confirmed", at="2026-12-30T10:00:00Z"))
    assert label(desk, name) == 1


def test_an_unconfirmed_incident_is_no_label_until_a_review_confirms_it(desk, name):
    incident = an_incident(name, confirmed=False)
    take_in(desk, "incident", incident)
    assert label(desk, name) is None
    record(desk, "review", a_review("incident", incident["event_id"], "confirmed", at="2026-12-30T10:00:00Z"))
    assert label(desk, name) == 1 and label(desk, name, datetime(2026, 12, 30, 10)) is None


def test_a_dismissed_incident_is_no_label(desk, name):
    incident = an_incident(name)
    take_in(desk, "incident", incident)
    dismissal = a_review("incident", incident["event_id"], "dismissed", at="2026-12-30T10:00:00Z")
    record(desk, "review", dismissal)
    assert label(desk, name, datetime(2026, 12, 30)) == 1 and label(desk, name) is None
    record(desk, "review", withdrawing(dismissal, "2027-01-02T10:00:00Z"))
    assert label(desk, name) == 1 and label(desk, name, datetime(2027, 1, 1)) is None


def test_a_confirmation_taken_back_takes_the_label_back(desk, name):
    incident = an_incident(name, confirmed=None)
    take_in(desk, "incident", incident)
    confirmation = a_review("incident", incident["event_id"], "confirmed", at="2026-12-30T10:00:00Z")
    record(desk, "review", confirmation)
    record(desk, "review", withdrawing(confirmation, "2027-01-02T10:00:00Z"))
    assert label(desk, name, datetime(2027, 1, 1)) == 1 and label(desk, name) is None


@pytest.mark.parametrize("outcome", ["denied", "withdrawn", "returned"])
def test_what_was_not_granted_is_unlabelled(desk, name, outcome):
    take_in(desk, "decision", a_decision(name, at="2026-10-27T10:00:00Z", outcome=outcome, grounds=["diversion"]))
    take_in(desk, "visit", a_visit(name))
    take_in(desk, "incident", an_incident(name))
    assert label(desk, name) is None


def test_what_never_shipped_is_unlabelled(desk):
    application = an_application()
    take_in(desk, "application", application)
    take_in(desk, "decision", a_decision(application["application_id"]))
    take_in(desk, "visit", a_visit(application["application_id"]))
    assert label(desk, application["application_id"]) is None


def test_what_was_not_visited_is_unlabelled(desk, name):
    assert label(desk, name) is None


def test_a_shipment_that_names_only_the_licence_belongs_to_its_application(desk):
    application = an_application()
    name = application["application_id"]
    take_in(desk, "application", application)
    take_in(desk, "licence", a_licence(name))
    shipment = a_shipment(None, licence_number=f"L-{name}")
    take_in(desk, "shipment", shipment)
    take_in(desk, "delivery", a_delivery(shipment["shipment_id"]))
    take_in(desk, "visit", a_visit(None, shipment_id=shipment["shipment_id"]))
    assert label(desk, name) == 0


def test_a_visit_to_one_shipment_says_nothing_of_another_that_has_not_arrived(desk, name):
    second = a_shipment(name, at="2026-11-20T10:00:00Z", shipped_on="2026-11-19")
    take_in(desk, "shipment", second)
    take_in(desk, "visit", a_visit(name, shipment_id=second["shipment_id"]))
    assert label(desk, name) is None
