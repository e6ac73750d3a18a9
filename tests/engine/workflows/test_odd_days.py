"""Odd days are taken in by the file and one by one, and told; only an event whose own days contradict each other is refused."""

import json
from datetime import timedelta

import pytest
from builders import a_delivery, a_denial_notice, a_request, a_shipment, a_visit, an_application, an_event, an_incident, correcting, fresh
from desks import NOW, a_desk, offer, record, take_in

from engine.wire import parse_event
from engine.workflows.warnings import warnings_of

TOMORROW, LATER = (str((NOW + timedelta(days=days)).date()) for days in (1, 2))


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    with a_desk(tmp_path_factory.mktemp("days")) as desk:
        yield desk


@pytest.fixture(scope="module")
def case(desk) -> tuple[str, str]:
    """An application with a shipment that left on the first of November 2026."""
    application = an_application()
    take_in(desk, "application", application)
    shipment = a_shipment(application["application_id"])
    take_in(desk, "shipment", shipment)
    return application["application_id"], shipment["shipment_id"]


def accepted(desk, kind: str, document: dict) -> None:
    """Both ways in take an event."""
    take_in(desk, kind, document)
    assert record(desk, kind, document | {"event_id": fresh("E")} | ({"visit_id": fresh("V")} if kind == "visit" else {}))


def happened(kind: str, application: str, shipment: str, day: str) -> tuple[str, dict]:
    """An event of a kind that tells of something on a day, and the field that does."""
    return {
        "shipment": lambda: ("shipped_on", a_shipment(application, shipped_on=day)),
        "arrival": lambda: ("arrived_on", a_shipment(application, arrived_on=day)),
        "delivery": lambda: ("on", a_delivery(shipment, on=day)),
        "visit": lambda: ("visited_on", a_visit(application, visited_on=day)),
        "incident": lambda: ("occurred_on", an_incident(application, occurred_on=day)),
        "denial_notice": lambda: ("denied_on", a_denial_notice("Any Works", "TR", denied_on=day, expires_on=None)),
        "destruction": lambda: ("destroyed_on", an_event(application_id=application, quantity=1, at="2026-12-01T10:00:00Z", destroyed_on=day)),
        "request": lambda: ("sent_on", a_request(application, sent_on=day, due_on=None)),
    }[kind]()


KINDS = ("shipment", "arrival", "delivery", "visit", "incident", "denial_notice", "destruction", "request")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("day", "is_told"), [(TOMORROW, False), (LATER, True)])
def test_a_day_to_come_is_taken_in_and_told_beyond_what_time_zones_do(desk, case, kind, day, is_told):
    field, document = happened(kind, *case, day)
    kind = "shipment" if kind == "arrival" else kind
    accepted(desk, kind, document)
    event = parse_event(kind, json.dumps(document)).model
    assert any(told.startswith(f"{field}: it lies in the future") for told in warnings_of(desk, event, NOW)) is is_told


def told(desk, kind: str, document: dict) -> tuple[str, ...]:
    """What is odd about an event, which both ways in take."""
    accepted(desk, kind, document)
    return warnings_of(desk, parse_event(kind, json.dumps(document)).model, NOW)


def test_a_moment_of_becoming_known_that_is_still_to_come_is_told(desk, case):
    assert told(desk, "incident", an_incident(case[0], at=f"{TOMORROW}T11:00:00Z")) == ()
    (odd,) = told(desk, "incident", an_incident(case[0], at=f"{LATER}T13:00:00Z"))
    assert odd.startswith("at: it lies in the future")


def test_a_delivery_before_its_shipment_left_is_told(desk, case):
    (odd,) = told(desk, "delivery", a_delivery(case[1], on="2026-10-30"))
    assert odd.startswith("on: it lies before the day on which the shipment left (2026-11-01)")
    assert told(desk, "delivery", a_delivery(case[1], on="2026-10-31")) == ()


def test_a_visit_after_shipment_that_was_made_before_it_is_told(desk, case):
    (odd,) = told(desk, "visit", a_visit(None, shipment_id=case[1], visited_on="2026-10-20"))
    assert odd.startswith("visited_on: it lies before the day on which the shipment left")
    assert told(desk, "visit", a_visit(None, shipment_id=case[1], visited_on="2026-10-20", stage="pre_shipment")) == ()


def test_an_answer_before_its_question_is_told(desk, case):
    question = a_request(case[0], sent_on="2026-10-28", due_on=None)
    take_in(desk, "request", question)
    early = a_request(None, request_id=question["request_id"], sent_on=None, due_on=None, answer="given", answered_on="2026-10-20", at="2026-11-11T10:00:00Z")
    assert told(desk, "request", early)[0].startswith("answered_on: it lies before the day on which the question was sent (2026-10-28)")


@pytest.mark.parametrize(("kind", "earlier", "later"), [("shipment", "shipped_on", "arrived_on"), ("request", "sent_on", "due_on"), ("denial_notice", "denied_on", "expires_on")])
def test_the_days_of_one_event_are_in_order(desk, case, kind, earlier, later):
    def event(day: str) -> dict:
        make = {"shipment": lambda **d: a_shipment(case[0], **d), "request": lambda **d: a_request(case[0], **d), "denial_notice": lambda **d: a_denial_notice("Any Works", "TR", **d)}
        return make[kind](**{earlier: "2026-11-01", later: day})

    aside = offer(desk, kind, event("2026-10-30"))
    assert [one["field"] for one in json.loads(aside.set_aside_file.read_text())["problems"]] == [later]
    take_in(desk, kind, event("2026-10-31"))  # across the date line


def test_a_shipment_with_its_day_corrected_is_followed_by_that_day(desk, case):
    wrong = a_shipment(case[0], shipped_on="2026-12-01", at="2026-12-02T10:00:00Z")
    take_in(desk, "shipment", wrong)
    delivery = a_delivery(wrong["shipment_id"], on="2026-11-20")
    assert told(desk, "delivery", delivery)
    take_in(desk, "shipment", correcting(wrong, "2026-12-03T10:00:00Z", shipped_on="2026-11-15"))
    assert warnings_of(desk, parse_event("delivery", json.dumps(delivery)).model, NOW) == ()


def test_a_record_that_takes_another_back_tells_no_day(desk, case):
    wrong = a_visit(case[0])
    take_in(desk, "visit", wrong)
    take_in(desk, "visit", correcting(wrong, "2026-12-20T10:00:00Z", visited_on=LATER, withdrawn=True))


def test_goods_shipped_before_the_filing_are_listed_and_not_refused(desk, case):
    accepted(desk, "shipment", a_shipment(case[0], shipped_on="2020-01-01"))


def test_a_paper_dated_after_the_filing_stays_for_the_engine_to_see(desk):
    take_in(desk, "application", an_application(documents=[{"kind": "end_user_certificate", "issued_on": LATER, "expires_on": "2026-01-01"}]))
