"""What is due after a licence, since when, and who acts next: each clock, as of any day."""

from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from after_a_licence import planned, shipped
from builders import a_certificate, a_delivery, a_request, a_review, a_shipment, a_visit, an_event, an_item, arms
from desks import NOW, record, take_in

from engine.errors import InvalidRecord, SignatureNeeded
from engine.workflows.due import Asked, Cooperation, cooperation, due, lay_due, unverified
from engine.workflows.licences import licences

EVERY = ("due", "overdue", "met", "met_late")


def owed(desk, name: str, kind: str, as_of: datetime = NOW) -> dict[str, tuple]:
    """subject -> (state, due on, who acts next) of one kind of obligation of an application."""
    cursor = desk.store.cursor()
    lay_due(cursor, as_of)
    return {one.subject: (one.state, one.due_on, one.next_actor) for one in due(cursor, as_of, Asked(EVERY, kind, limit=10_000)) if one.application_id == name}


def status(desk, name: str, as_of: datetime = NOW) -> list[str]:
    cursor = desk.store.cursor()
    lay_due(cursor, as_of)
    return [one.state for one in unverified(cursor, None) if one.application_id == name]


def test_receipt_counts_from_shipment_until_arrival_is_told_and_then_from_arrival(office):
    name, shipment = shipped(office)
    assert owed(office, name, "receipt_confirmation")[shipment] == ("due", date(2027, 1, 30), "exporter")
    take_in(office, "delivery", a_delivery(shipment, milestone="arrived", on="2026-11-10", at="2026-12-20T10:00:00Z", proof="carrier_record"))
    assert owed(office, name, "receipt_confirmation")[shipment] == ("overdue", date(2026, 12, 10), "exporter")
    # as of the day before the arrival was told, the list is as it was then
    assert owed(office, name, "receipt_confirmation", datetime(2026, 12, 20))[shipment] == ("due", date(2027, 1, 30), "exporter")


def test_the_exporters_own_report_is_no_receipt(office):
    name, shipment = shipped(office)
    take_in(office, "delivery", a_delivery(shipment, proof="exporter_report"))
    assert owed(office, name, "receipt_confirmation")[shipment][0] == "overdue"
    take_in(office, "delivery", a_delivery(shipment, at="2026-12-01T10:00:00Z", on="2026-11-30"))
    assert owed(office, name, "receipt_confirmation")[shipment][0] == "met"


def test_delivery_verification_is_due_where_it_was_undertaken(office):
    name, _ = shipped(office)
    assert owed(office, name, "delivery_verification") == {}
    asked, other = shipped(office, licence={"conditions": [{"code": "delivery_verification", "text": "Proof of import."}]})
    assert owed(office, asked, "delivery_verification")[other][:2] == ("due", date(2027, 3, 1))
    take_in(office, "delivery", a_delivery(other, milestone="released_by_customs", proof="delivery_verification"))
    assert owed(office, asked, "delivery_verification")[other][0] == "met"


def test_the_licences_own_day_goes_before_the_general_clock(office):
    name, _ = shipped(office, licence={"conditions": [{"condition_id": "DV", "code": "delivery_verification", "text": "Proof of import.", "due_days": 20, "due_from": "shipment"}]})
    assert owed(office, name, "delivery_verification") == {}
    assert owed(office, name, "licence_condition") == {"DV": ("overdue", date(2026, 11, 21), "exporter")}


@pytest.mark.parametrize(("tier", "days"), [("sensitive", 90), ("condition", 365)])
def test_a_first_visit_in_person_is_due_from_arrival_and_a_later_one_from_it(office, tier, days):
    goods = {"items": [arms(quantity=12)]} if tier == "sensitive" else {}
    name, shipment = shipped(office, licence={"conditions": [{"code": "post_shipment_verification", "text": "Checks."}]} if not goods else None, **goods)
    take_in(office, "delivery", a_delivery(shipment, on="2026-11-05"))
    assert owed(office, name, "first_visit")[shipment] == ("due", date(2026, 11, 5) + timedelta(days), "planner")
    take_in(office, "visit", a_visit(name, mode="remote", outcome="inconclusive"))
    assert owed(office, name, "first_visit")[shipment][0] == "due"  # a camera does not close it
    take_in(office, "visit", a_visit(name))
    assert owed(office, name, "first_visit")[shipment][0] == "met"
    assert owed(office, name, "later_visit")[shipment][1] == date(2026, 12, 10) + timedelta(days=365 if goods else 730)


def test_a_missing_report_of_arrival_does_not_hide_a_visit(office):
    name, shipment = shipped(office, items=[arms(quantity=12)])
    assert owed(office, name, "first_visit")[shipment][1] == date(2026, 11, 1) + timedelta(days=45 + 90)


def test_a_planned_visit_is_open_until_someone_was_there(office):
    name, _ = shipped(office)
    visit_id = planned(office, name)
    take_in(office, "visit", a_visit(name, visit_id=visit_id, mode="remote", outcome="inconclusive"))
    assert owed(office, name, "planned_visit")[visit_id] == ("overdue", date(2026, 12, 31), "inspector")
    take_in(office, "visit", a_visit(name, visit_id=visit_id))
    assert owed(office, name, "planned_visit")[visit_id][0] == "met"


def test_replaced_stock_is_owed_until_all_of_it_is_destroyed(office):
    name, _ = shipped(office, replaced_stock=[{"control_code": "ML1.a", "quantity": 100, "plan": "destroy"}, {"control_code": "ML3.a", "quantity": 5, "plan": "retain"}])
    destroy = {"application_id": name, "control_code": "ML1.a", "destroyed_on": "2026-12-01", "at": "2026-12-02T10:00:00Z"}
    take_in(office, "destruction", an_event(**destroy, quantity=60))
    assert owed(office, name, "replaced_stock_destruction")[name][0] == "due"
    take_in(office, "destruction", an_event(**destroy, quantity=40))
    assert owed(office, name, "replaced_stock_destruction")[name][0] == "met"


def test_a_temporary_export_is_due_back_whole(office):
    name, shipment = shipped(office, temporary_until="2026-12-31")
    back = {"milestone": "returned", "proof": "customs_record", "on": "2026-12-20", "at": "2026-12-21T10:00:00Z"}
    take_in(office, "delivery", a_delivery(shipment, items=[{"line": 1, "quantity": 5}], **back))
    assert owed(office, name, "temporary_return")[name] == ("overdue", date(2026, 12, 31), "exporter")
    take_in(office, "delivery", a_delivery(shipment, items=[{"line": 1, "quantity": 7}], **back))
    assert owed(office, name, "temporary_return")[name][0] == "met"


def test_each_line_tells_authorised_shipped_returned_and_left(office):
    name, shipment = shipped(office, licence={"items": [{"line": 1, "quantity": 20}]})
    take_in(office, "delivery", a_delivery(shipment, milestone="returned", items=[{"line": 1, "quantity": 5}]))
    (licence,) = [one for one in licences(office.store.cursor(), NOW).licences if one.application_id == name]
    (line,) = licence.lines
    assert (line.authorised, line.shipped, line.returned, line.left) == (20, 12, 5, 8)


def consent(desk, name: str, of: str = "host_state", sent: str = "2026-10-21", **told: object) -> str:
    asked = a_request(name, to=of, sent_on=sent, **told) | {"for": "visit_consent"}
    take_in(desk, "request", asked)
    return asked["request_id"]


def test_a_silent_host_state_is_waited_for_60_days_then_unverified_status_is_proposed(office):
    name, _ = shipped(office)
    request = consent(office, name)
    assert owed(office, name, "host_state_response", datetime(2026, 12, 20))[request] == ("due", date(2026, 12, 20), "approver")
    assert owed(office, name, "host_state_response", datetime(2026, 12, 19))[request] == ("due", date(2026, 12, 20), "host_state")
    assert status(office, name, datetime(2026, 12, 19)) == [] and status(office, name) == ["proposed"]
    later = datetime(2026, 10, 21) + timedelta(days=121)
    cursor = office.store.cursor()
    lay_due(cursor, later)
    (row,) = [one for one in due(cursor, later, Asked(obligation="host_state_response", limit=10_000)) if one.subject == request]
    assert "twice the time allowed" in row.what and row.next_actor == "approver"


def test_unverified_status_is_made_by_two_with_reason_and_end_day_and_ends_by_a_completed_check(office):
    name, _ = shipped(office)
    request = consent(office, name)
    review = a_review("unverified_status", request, "confirmed", application_id=name, at="2026-12-22T10:00:00Z", recorded_by="analyst", approved_by="approver", valid_to="2027-12-31")
    with pytest.raises(SignatureNeeded):
        record(office, "review", {k: v for k, v in review.items() if k != "approved_by"})
    for missing in ("valid_to", "because"):
        with pytest.raises(InvalidRecord, match=missing):
            record(office, "review", {k: v for k, v in review.items() if k != missing})
    record(office, "review", review)
    assert status(office, name) == ["unverified"]
    assert status(office, name, datetime(2028, 1, 2)) == ["run_out"]
    made = a_visit(name, at="2027-01-10T10:00:00Z", visited_on="2027-01-09")
    record(office, "visit", made)
    assert status(office, name) == ["unverified"]  # not before the rating is final
    record(office, "review", a_review("visit", made["visit_id"], "confirmed", at="2027-01-11T10:00:00Z"))
    assert status(office, name) == ["removed_by_check"]


def test_a_delay_counts_with_whoever_caused_it(office):
    name, _ = shipped(office, end_user={"name": "Slow Institute", "country": "MT", "kind": "research"}, end_use={"statement": "Tests.", "purpose": "research", "country": "MT"})
    consent(office, name)  # of the state: 86 days by NOW
    consent(office, name, of="end_user", sent="2026-11-01")  # of the party: 75 days
    cursor = office.store.cursor()
    lay_due(cursor, NOW)
    told = [one for one in cooperation(cursor) if one.subject == "MT" or one.name == "Slow Institute"]
    assert [(one.whose, one.late, one.days_late) for one in told] == [("country", 1, 26), ("party", 1, 15)]
    assert all(isinstance(one, Cooperation) for one in told)


def test_an_answer_in_time_is_no_delay(office):
    name, _ = shipped(office)
    request = consent(office, name)
    take_in(office, "request", an_event(request_id=request, answer="given", answered_on="2026-11-20", at="2026-11-21T10:00:00Z"))
    assert owed(office, name, "host_state_response")[request][0] == "met" and status(office, name) == []


def test_a_visit_without_its_final_rating_is_the_approvers_to_rate(office):
    name, _ = shipped(office)
    visit = a_visit(name)
    record(office, "visit", visit)
    assert owed(office, name, "visit_review")[visit["visit_id"]] == ("overdue", date(2027, 1, 10), "approver")
    record(office, "review", a_review("visit", visit["visit_id"], "confirmed", at="2026-12-20T10:00:00Z"))
    assert owed(office, name, "visit_review") == {}


def test_lists_go_by_age_or_by_value_in_eur_of_the_goods_shipped(office):
    cheap, cheap_shipment = shipped(office, items=[an_item(value=1000)], shipment={"shipped_on": "2026-08-01"})
    dear, dear_shipment = shipped(office, items=[an_item(value=900000)], shipment={"items": [{"line": 1, "quantity": 4}], "shipped_on": "2026-09-01"})
    cursor = office.store.cursor()
    lay_due(cursor, NOW)
    orders = {order: [one for one in due(cursor, NOW, Asked(("overdue",), "receipt_confirmation", order=order)) if one.application_id in (cheap, dear)] for order in ("age", "value")}
    assert [one.subject for one in orders["age"]] == [cheap_shipment, dear_shipment]
    assert [one.value_eur for one in orders["value"]] == [Decimal(300000), Decimal(1000)]


def test_a_corrected_shipment_moves_its_clock_from_the_corrections_own_moment(office):
    name, shipment = shipped(office)
    cursor = office.store.cursor()
    first = cursor.execute("select event_id from shipment where shipment_id = ?", [shipment]).fetchall()[0][0]
    take_in(office, "shipment", a_shipment(name, shipment_id=shipment, shipped_on="2026-09-01", corrects=first, at="2027-01-02T10:00:00Z"))
    assert owed(office, name, "receipt_confirmation", datetime(2027, 1, 2))[shipment][1] == date(2027, 1, 30)
    assert owed(office, name, "receipt_confirmation")[shipment][1] == date(2026, 11, 30)


def test_an_undertaking_on_the_certificate_asks_for_delivery_verification(office):
    name, shipment = shipped(office, documents=[a_certificate(undertakings=["delivery_verification"])])
    assert shipment in owed(office, name, "delivery_verification")
