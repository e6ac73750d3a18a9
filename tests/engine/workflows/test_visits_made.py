"""A visit made through the system: its rating follows from its record, its numbers are reconciled, its pack tells nothing of its choice."""

import re
from io import BytesIO

import pytest
from after_a_licence import planned, shipped
from builders import a_delivery, a_party, a_review, a_visit, arms, correcting, fresh
from desks import NOW, origin, record, take_in
from pypdf import PdfReader

from engine.errors import Conflict, InvalidRecord, UnknownRecord
from engine.workflows.assess import score_unscored
from engine.workflows.due import Asked, due, lay_due
from engine.workflows.serials import reconcile
from engine.workflows.visit_list import visit_list
from engine.workflows.visit_pack import render, visit_pack

SERIALS = ("SN-1", "SN-2", "SN-3")


def seen(*serials: str, state: str = "seen") -> list[dict]:
    return [{"line": 1, "serial": serial, "state": state} for serial in serials]


def refused(desk, visit: dict) -> str:
    with pytest.raises(InvalidRecord) as told:
        record(desk, "visit", visit)
    return str(told.value)


# ratings


def test_favourable_without_receipt_is_refused_and_with_a_receipt_it_stands(office):
    name, shipment = shipped(office)
    assert "nothing shows that the goods were received" in refused(office, a_visit(name, items=None))
    take_in(office, "delivery", a_delivery(shipment, proof="exporter_report"))
    assert "received" in refused(office, a_visit(name, items=None))  # the exporter's own word is no proof
    take_in(office, "delivery", a_delivery(shipment, proof="end_user_receipt"))
    assert record(office, "visit", a_visit(name, items=None))


def test_remote_with_partial_serials_is_at_most_inconclusive(office):
    name, shipment = shipped(office, serials=SERIALS)
    remote = {"mode": "remote", "shipment_id": shipment, "items": seen("SN-1", "SN-2")}
    assert "1 of 3 serial numbers not shown" in refused(office, a_visit(name, **remote))
    assert record(office, "visit", a_visit(name, outcome="inconclusive", **remote))
    assert record(office, "visit", a_visit(name, outcome="unfavourable", findings=["discrepancy"], **remote))
    assert record(office, "visit", a_visit(name, mode="remote", shipment_id=shipment, items=seen("sn 1", "SN2", "SN-3")))


def test_papers_alone_never_close_favourably(office):
    name, _ = shipped(office)
    assert "papers alone" in refused(office, a_visit(name, mode="documentary"))


@pytest.mark.parametrize("why", ["condition", "goods", "plan"])
def test_what_needs_a_visit_in_person_is_not_closed_from_afar(office, why):
    condition = {"conditions": [{"condition_id": "C1", "code": "on_site_verification", "text": "Checks on site are tolerated."}]}
    name, _ = shipped(office, licence=condition if why == "condition" else None, **({"items": [arms(quantity=12)]} if why == "goods" else {}))
    visit_id = planned(office, name) if why == "plan" else fresh("V")
    assert "someone must go there" in refused(office, a_visit(name, visit_id=visit_id, mode="remote"))
    assert record(office, "visit", a_visit(name, visit_id=visit_id, mode="remote", outcome="inconclusive"))
    assert record(office, "visit", a_visit(name, visit_id=visit_id))  # the visit in person still goes under the same id


@pytest.mark.parametrize(("told", "words"), [
    ({"findings": ["diversion"]}, "diversion was found"),
    ({"items": [{"line": 1, "state": "lost"}]}, "goods are lost"),
    ({"items": [{"line": 1, "quantity": 12, "state": "transferred"}]}, "no consent is on record"),
    ({"access": "none"}, "nobody was let in"),
    ({"conditions": [{"condition": "C1", "met": "no"}]}, "not met"),
    ({"outcome": "unfavourable"}, "names no finding"),
    ({"outcome": "not_possible", "access": "none", "items": None}, "does not say why"),
])
def test_a_rating_that_does_not_follow_is_refused(office, told, words):
    name, _ = shipped(office)
    assert words in refused(office, a_visit(name, **told))


def test_on_site_with_serials_missing_from_the_record_needs_its_sample(office):
    name, shipment = shipped(office, serials=SERIALS)
    part = {"shipment_id": shipment, "items": seen("SN-1")}
    assert "not accounted for" in refused(office, a_visit(name, **part))
    assert record(office, "visit", a_visit(name, sample={"lot_size": 3, "seen": 1, "method": "drawn by lot"}, **part))


def test_imported_history_stands_as_it_was_made(office):
    name, _ = shipped(office)
    assert take_in(office, "visit", a_visit(name, mode="documentary", items=None)).added == 1


def test_a_completed_visit_is_completed_once_and_changed_only_with_a_reason(office):
    name, _ = shipped(office)
    visit = a_visit(name)
    record(office, "visit", visit)
    with pytest.raises(Conflict, match="was completed"):
        record(office, "visit", a_visit(name, visit_id=visit["visit_id"]))
    change = correcting(visit, "2026-12-28T10:00:00Z", outcome="unfavourable", findings=["discrepancy"])
    assert "without a reason" in refused(office, change)
    assert record(office, "visit", change | {"because": "The plates were another lot's."})


def test_visits_still_to_be_made_are_listed_before_those_made(office):
    name, shipment = shipped(office)
    earlier, later = fresh("V"), fresh("V")
    for visit_id, day in ((earlier, "2026-11-10"), (later, "2026-11-12")):
        assert record(office, "visit", a_visit(name, visit_id=visit_id, shipment_id=shipment, visited_on=day, outcome="inconclusive", items=None))
    still_open = planned(office, name, shipment_id=shipment)
    listed = [row["visit_id"] for row in visit_list(office.store.cursor(), NOW, None, None, 5_000)]
    assert listed.index(still_open) < listed.index(later) < listed.index(earlier)


# numbers


def test_each_number_shipped_stands_against_what_was_seen(office):
    name, shipment = shipped(office, serials=(*SERIALS, "SN-4"))
    other, _ = shipped(office, serials=("OTHER-1",))
    take_in(office, "visit", a_visit(name, shipment_id=shipment, items=[*seen("sn 1"), *seen("SN-2", state="destroyed"), *seen("SN-3", state="not_presented"), *seen("OTHER-1"), *seen("GHOST")]))
    told = reconcile(office.store.cursor(), name, NOW)
    assert {one.serial: one.state for one in told.serials if one.shipped_here} == {"SN-1": "seen", "SN-2": "destroyed", "SN-3": "not_presented", "SN-4": "not_yet_seen"}
    assert {one.serial: one.shipped_under for one in told.serials if not one.shipped_here} == {"OTHER-1": other, "GHOST": None}
    assert told.states == {"destroyed": 1, "never_shipped_here": 2, "not_presented": 1, "not_yet_seen": 1, "seen": 1}


def test_a_later_visit_speaks_and_not_reached_says_nothing(office):
    name, shipment = shipped(office, serials=("SN-1", "SN-2"))
    take_in(office, "visit", a_visit(name, shipment_id=shipment, items=seen("SN-1", "SN-2")))
    take_in(office, "visit", a_visit(name, shipment_id=shipment, visited_on="2027-01-05", at="2027-01-06T10:00:00Z", outcome="inconclusive", items=[*seen("SN-1", state="lost"), *seen("SN-2", state="not_seen")]))
    assert {one.serial: one.state for one in reconcile(office.store.cursor(), name, NOW).serials} == {"SN-1": "lost", "SN-2": "seen"}


def test_what_came_back_is_no_longer_looked_for(office):
    name, shipment = shipped(office, serials=("SN-1", "SN-2"))
    take_in(office, "delivery", a_delivery(shipment, milestone="returned", proof="customs_record", items=[{"line": 1, "quantity": 1, "serials": ["SN-2"]}]))
    assert {one.serial: one.state for one in reconcile(office.store.cursor(), name, NOW).serials} == {"SN-1": "not_yet_seen", "SN-2": "returned"}


def test_a_sample_tells_the_most_that_may_be_missing(office):
    name, shipment = shipped(office)
    take_in(office, "visit", a_visit(name, shipment_id=shipment, items=None, sample={"lot_size": 200, "seen": 60, "method": "by lot"}))
    (sample,) = reconcile(office.store.cursor(), name, NOW).samples
    assert (sample.most_missing, sample.confidence) == (8, 0.95)


# packs


def pack_of(desk, visit_id: str) -> str:
    return render(visit_pack(desk.store.cursor(), visit_id, NOW), ".html", NOW).decode()


def test_a_pack_tells_what_to_check(office):
    name, shipment = shipped(
        office, serials=SERIALS, licence={"conditions": [{"condition_id": "C1", "code": "x", "text": "No use outside the border zone."}, {"condition_id": "C2", "text": "Losses are reported within a week."}]},
        end_user=a_party("Garde-frontière Ŝ & Søn", "FI", "police", address="Tie 4, Imatra"), route=[{"from": "SEGOT", "to": "DEHAM", "mode": "sea"}],
        replaced_stock=[{"control_code": "ML1.a", "description": "Old rifles", "quantity": 40, "plan": "destroy"}])
    told = pack_of(office, planned(office, name, shipment_id=shipment))
    for words in (*SERIALS, "No use outside the border zone.", "Losses are reported within a week.", "Garde-frontière Ŝ &amp; Søn", "Tie 4, Imatra", "end-user certificate", "Old rifles", "<svg", "1 December 2026 to 31 December 2026", "12 pieces", "Locks and seals"):
        assert words in told, words


def test_nothing_of_the_choice_can_reach_the_pack(office):
    name, shipment = shipped(office)
    score_unscored(office, origin())
    visit_id = planned(office, name, shipment_id=shipment)
    before = pack_of(office, visit_id)
    planned(office, name, visit_id, shipment_id=shipment, plan_id="PLAN-OTHER", chosen_by="lot", inclusion_probability=0.0123, lot_probability=0.0456, risk=0.789, stratum="critical", reason="drawn first of 900")
    assert pack_of(office, visit_id) == before
    words = re.sub(r"<style>.*?</style>", "", before, flags=re.S).lower()
    assert not re.search(r"\b(risk|score|scored|band|elevated|critical|rank|probability|plan_id|chosen)\b", words)


def test_the_pdf_holds_what_the_html_holds_and_is_the_same_twice(office):
    name, shipment = shipped(office, serials=SERIALS, end_user=a_party("北京 Граница", "FI", "police"))
    page = visit_pack(office.store.cursor(), planned(office, name, shipment_id=shipment), NOW)
    pdf = render(page, ".pdf", NOW)
    told = "".join(sheet.extract_text() for sheet in PdfReader(BytesIO(pdf)).pages)
    assert all(serial in told for serial in SERIALS) and "Граница" in told and "‹BeiJing›" in told
    assert render(page, ".pdf", NOW) == pdf


def test_markup_in_a_name_stays_text(office):
    name, shipment = shipped(office, end_user=a_party("<script>alert(1)</script>", "FI", "police"))
    assert "<script" not in pack_of(office, planned(office, name, shipment_id=shipment))


def test_what_its_originator_controls_is_in_no_pack(office):
    name, shipment = shipped(office, licence={"handling": "originator_controlled", "conditions": [{"condition_id": "C1", "text": "SECRET CONDITION"}]})
    assert "SECRET CONDITION" not in pack_of(office, planned(office, name, shipment_id=shipment))


def test_there_is_no_pack_of_no_visit(office):
    with pytest.raises(UnknownRecord):
        visit_pack(office.store.cursor(), "no-such-visit", NOW)


def test_who_made_the_visit_is_not_who_rates_it_finally(office):
    name, _ = shipped(office)
    visit = a_visit(name)
    record(office, "visit", visit)
    record(office, "review", a_review("visit", visit["visit_id"], "confirmed", at="2026-12-20T10:00:00Z", recorded_by="inspector"))
    cursor = office.store.cursor()
    lay_due(cursor, NOW)
    assert [one.next_actor for one in due(cursor, NOW, Asked(obligation="visit_review")) if one.subject == visit["visit_id"]] == ["approver"]
