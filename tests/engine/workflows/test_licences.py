"""Licences: open or not, what is left, and the shipments outside, which are recorded and listed and never refused."""

from datetime import datetime

import pytest
from builders import a_decision, a_licence, a_shipment, an_application, an_event, an_item, correcting, withdrawing
from desks import NOW, a_desk, record, take_in

from engine.workflows.licences import licences


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    with a_desk(tmp_path_factory.mktemp("licences")) as desk:
        yield desk


def filed(desk, **told) -> str:
    application = an_application(**told)
    take_in(desk, "application", application)
    return application["application_id"]


def licensed(desk, **told) -> str:
    name = filed(desk)
    take_in(desk, "licence", a_licence(name, **told))
    return name


def changed(desk, name: str, change: str, day: str, **told) -> None:
    take_in(desk, "licence", an_event(licence_number=f"L-{name}", change=change, effective_on=day, at=f"{day}T12:00:00Z", **told))


def state(desk, name: str, as_of: datetime = NOW):
    return next(one for one in licences(desk.store.cursor(), as_of).licences if one.application_id == name)


def outside(desk, shipment: dict, as_of: datetime = NOW) -> str | None:
    """Why a shipment is outside, or None."""
    found = [one for one in licences(desk.store.cursor(), as_of).outside if one.shipment_id == shipment["shipment_id"]]
    return "; ".join(found[0].why) if found else None


def test_a_shipment_after_expiry_is_listed_not_lost(desk):
    name = licensed(desk, valid_to="2026-11-30")
    inside, late = a_shipment(name, items=[{"line": 1, "quantity": 5}]), a_shipment(name, shipped_on="2026-12-01", at="2026-12-05T10:00:00Z", items=[{"line": 1, "quantity": 5}])
    assert take_in(desk, "shipment", inside, late).added == 2
    assert outside(desk, inside) is None and outside(desk, late) == "after expiry: the licence held until 2026-11-30"
    assert desk.store.cursor().execute("select count(*) from shipment where shipment_id = ?", [late["shipment_id"]]).fetchall() == [(1,)]


def test_a_shipment_on_the_last_day_is_inside(desk):
    name = licensed(desk, valid_to="2026-11-30")
    shipment = a_shipment(name, shipped_on="2026-11-30")
    take_in(desk, "shipment", shipment)
    assert outside(desk, shipment) is None


def test_an_over_drawn_shipment_is_listed_and_the_ones_before_it_are_not(desk):
    name = licensed(desk)
    first, second = a_shipment(name, items=[{"line": 1, "quantity": 8}]), a_shipment(name, shipped_on="2026-11-20", items=[{"line": 1, "quantity": 6}])
    take_in(desk, "shipment", second, first)
    assert outside(desk, first) is None and outside(desk, second) == "over-drawn: 14 of 12 C62 shipped on line 1"
    assert state(desk, name).lines[0].left == -2


def test_a_shipment_while_suspended_is_listed_and_one_after_reinstatement_is_not(desk):
    name = licensed(desk)
    changed(desk, name, "suspended", "2026-11-10")
    changed(desk, name, "reinstated", "2026-11-20")
    shipments = [a_shipment(name, shipped_on=day, at="2026-12-01T10:00:00Z", items=[{"line": 1, "quantity": 3}]) for day in ("2026-11-09", "2026-11-10", "2026-11-20")]
    take_in(desk, "shipment", *shipments)
    assert [outside(desk, one) for one in shipments] == [None, "the licence was suspended on that day", None]


def test_a_shipment_recorded_through_the_system_is_taken_in_all_the_same(desk):
    name = licensed(desk, valid_to="2026-11-30")
    assert record(desk, "shipment", a_shipment(name, shipped_on="2026-12-24", at="2026-12-25T10:00:00Z"))


def test_a_shipment_without_any_licence_is_listed(desk):
    shipment = a_shipment(filed(desk))
    take_in(desk, "shipment", shipment)
    assert outside(desk, shipment) == "no licence was in effect on that day"


def test_a_shipment_before_issue_or_validity_is_listed(desk):
    early, premature = a_shipment(licensed(desk), shipped_on="2026-10-25"), a_shipment(licensed(desk, valid_from="2026-11-05"))
    take_in(desk, "shipment", early, premature)
    assert outside(desk, early) == "no licence was in effect on that day"
    assert outside(desk, premature) == "before validity: the licence holds from 2026-11-05"


def test_a_line_that_is_not_on_the_licence_is_listed(desk):
    name = licensed(desk)
    shipment = a_shipment(name, items=[{"line": 7, "quantity": 1}])
    take_in(desk, "shipment", shipment)
    assert outside(desk, shipment) == "line 7 is not on the licence"


def test_the_last_shipment_may_use_a_licence_up_on_its_own_day(desk):
    name = licensed(desk)
    shipment = a_shipment(name)
    take_in(desk, "shipment", shipment)
    changed(desk, name, "exhausted", "2026-11-01")
    assert outside(desk, shipment) is None and state(desk, name).state == "exhausted"


def test_what_is_left_is_counted_by_line_and_unit(desk):
    name = filed(desk, items=[an_item(), an_item(line=2, unit="KGM", quantity=40)])
    take_in(desk, "licence", a_licence(name, items=[{"line": 1, "quantity": 12}, {"line": 2, "quantity": 30.5}]))
    take_in(desk, "shipment", a_shipment(name, items=[{"line": 1, "quantity": 12}, {"line": 2, "quantity": 10.25}]))
    told = state(desk, name)
    assert told.state == "open"
    assert [(line.line, line.unit, float(line.authorised), float(line.shipped), float(line.left)) for line in told.lines] == [
        (1, "C62", 12, 12, 0), (2, "KGM", 30.5, 10.25, 20.25)]


def test_a_licence_whose_goods_all_left_is_not_open(desk):
    name = licensed(desk)
    take_in(desk, "shipment", a_shipment(name))
    assert state(desk, name).state == "exhausted"


@pytest.mark.parametrize("change", ["suspended", "revoked", "surrendered", "exhausted", "expired"])
def test_the_newest_change_closes_a_licence(desk, change):
    name = licensed(desk)
    changed(desk, name, change, "2026-11-10")
    assert state(desk, name).state == change and state(desk, name, datetime(2026, 11, 9)).state == "open"


def test_a_change_that_takes_effect_later_is_not_yet_the_state(desk):
    name = licensed(desk)
    take_in(desk, "licence", an_event(licence_number=f"L-{name}", change="revoked", effective_on="2027-01-01", at="2026-12-01T12:00:00Z"))
    assert state(desk, name, datetime(2026, 12, 15)).state == "open" and state(desk, name).state == "revoked"


def test_an_extension_moves_the_end_and_an_amendment_the_quantity(desk):
    name = licensed(desk, valid_to="2026-11-30")
    changed(desk, name, "extended", "2026-11-25", valid_to="2027-05-31")
    changed(desk, name, "amended", "2026-11-26", items=[{"line": 1, "quantity": 20}])
    shipment = a_shipment(name, shipped_on="2026-12-10", at="2026-12-12T10:00:00Z", items=[{"line": 1, "quantity": 15}])
    take_in(desk, "shipment", shipment)
    assert outside(desk, shipment) is None and state(desk, name).state == "open" and state(desk, name).lines[0].left == 5


def test_a_licence_past_its_last_day_is_expired_without_being_told(desk):
    name = licensed(desk, valid_to="2026-12-31")
    assert state(desk, name, datetime(2026, 12, 31, 23)).state == "open" and state(desk, name).state == "expired"


def test_where_no_licence_events_are_sent_a_grant_counts_as_issued_on_that_day(desk):
    name = filed(desk)
    take_in(desk, "decision", a_decision(name))
    early, fine = a_shipment(name, shipped_on="2026-10-24"), a_shipment(name)
    take_in(desk, "shipment", early, fine)
    assert state(desk, name, datetime(2026, 10, 26)).state == "open" and state(desk, name).told_by == "decision"
    assert outside(desk, early) == "no licence was in effect on that day"
    assert state(desk, name).lines[0].authorised == 12


def test_a_refusal_is_no_licence(desk):
    name = filed(desk)
    take_in(desk, "decision", a_decision(name, outcome="denied", grounds=["diversion"]))
    assert all(one.application_id != name for one in licences(desk.store.cursor(), NOW).licences)


def test_a_grant_withdrawn_on_review_is_revoked(desk):
    name = filed(desk)
    take_in(desk, "decision", a_decision(name), a_decision(name, outcome="denied", basis="review", grounds=["diversion"], at="2026-11-15T10:00:00Z"))
    assert state(desk, name).state == "revoked"


def test_a_corrected_shipment_counts_once_and_a_withdrawn_one_not_at_all(desk):
    name = licensed(desk)
    wrong, gone = a_shipment(name, items=[{"line": 1, "quantity": 120}]), a_shipment(name)
    take_in(desk, "shipment", wrong, gone)
    take_in(desk, "shipment", correcting(wrong, "2026-11-20T10:00:00Z", items=[{"line": 1, "quantity": 10}]), withdrawing(gone, "2026-11-21T10:00:00Z"))
    assert outside(desk, wrong) is None and outside(desk, wrong, datetime(2026, 11, 10)) is not None
    assert state(desk, name).lines[0].left == 2


def test_two_licences_of_one_application_are_kept_apart(desk):
    name = filed(desk)
    take_in(desk, "licence", a_licence(name, licence_number=f"{name}/1"), a_licence(name, licence_number=f"{name}/2", effective_on="2026-11-10", valid_from="2026-11-10"))
    first, second = a_shipment(name, licence_number=f"{name}/1"), a_shipment(name, shipped_on="2026-11-12", at="2026-11-13T10:00:00Z")
    take_in(desk, "shipment", first, second)
    assert outside(desk, first) is None and outside(desk, second) is None
    told = {one.licence: one for one in licences(desk.store.cursor(), NOW).licences}
    assert told[f"{name}/1"].lines[0].left == 0 and told[f"{name}/2"].lines[0].left == 0
