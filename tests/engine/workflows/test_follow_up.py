"""A finding is told of at once, its parties' open business is scored anew, and what follows is proposed and settled by another person."""

from datetime import datetime

import pytest
from after_a_licence import a_case, shipped, shipped_together
from builders import a_decision, a_party, a_review, a_visit, an_application, an_incident, fresh
from desks import NOW, origin, record, take_in, values

from engine.errors import InvalidRecord, NotPermitted
from engine.workflows.assess import score_unscored
from engine.workflows.follow_up import alerts, lay_follow_up, proposals

OPEN = {"items": [{"line": 1, "quantity": 50}]}


def told(desk, source: str, as_of: datetime = NOW) -> dict[str, object]:
    """application -> alert of one finding."""
    cursor = desk.store.cursor()
    lay_follow_up(cursor, as_of)
    return {one.application_id: one for one in alerts(desk, cursor, as_of, None, limit=10_000) if one.source == source}


def proposed(desk, source: str, as_of: datetime = NOW) -> dict[tuple[str, str], object]:
    cursor = desk.store.cursor()
    lay_follow_up(cursor, as_of)
    return {(one.action, one.target): one for one in proposals(cursor, None, source=source)}


def found(desk, name: str, **told: object) -> str:
    """A visit that found diversion, rated finally by another person."""
    visit = a_visit(name, **({"outcome": "unfavourable", "findings": ["diversion"], "items": [{"line": 1, "state": "not_presented"}]} | told))
    record(desk, "visit", visit)
    record(desk, "review", a_review("visit", visit["visit_id"], "confirmed", at="2026-12-20T10:00:00Z"))
    return visit["visit_id"]


def test_a_finding_reaches_the_undecided_and_the_open_licences_of_its_parties_the_moment_it_is_reviewed(office):
    buyer = a_party(fresh("Buyer"), "TR", "dealer")
    (source, _), (licensed, _) = shipped_together(office, a_case(end_user=buyer), a_case(end_user=buyer, licence=OPEN))
    stranger = an_application(end_user=a_party(fresh("Stranger"), "TR", "dealer"))
    waiting = an_application(end_user=buyer, filed_at="2026-12-01T09:00:00Z")
    denied = an_application(end_user=buyer, filed_at="2026-12-01T09:00:00Z")
    take_in(office, "application", stranger, waiting, denied)
    take_in(office, "decision", a_decision(denied["application_id"], outcome="denied", grounds=["end_use"], at="2026-12-05T10:00:00Z"))
    score_unscored(office, origin())
    visit = a_visit(source, outcome="unfavourable", findings=["diversion"], items=[{"line": 1, "state": "not_presented"}])
    record(office, "visit", visit)
    assert told(office, visit["visit_id"]) == {}  # nothing before another person has looked at it
    record(office, "review", a_review("visit", visit["visit_id"], "confirmed", at="2026-12-20T10:00:00Z"))
    raised = told(office, visit["visit_id"])
    assert {name: one.why for name, one in raised.items()} == {source: "found here", licensed: "open licence", waiting["application_id"]: "undecided"}
    assert {one.raised_at for one in raised.values()} == {datetime(2026, 12, 20, 10)}
    for name in (licensed, waiting["application_id"]):  # scored anew beside the score on record, which stays
        assert raised[name].risk > raised[name].risk_before and raised[name].shared_as == "end_user"
    assert told(office, visit["visit_id"], datetime(2026, 12, 20, 10)) == {}


def test_the_exporters_other_business_is_not_in_doubt(office):
    exporter = a_party(fresh("Maker"), "SE")
    source, _ = shipped(office, exporter=exporter, end_user=a_party(fresh("Buyer"), "TR", "dealer"))
    other = an_application(exporter=exporter, end_user=a_party(fresh("Other"), "FI", "police"))
    take_in(office, "application", other)
    assert set(told(office, found(office, source))) == {source}


def test_a_confirmed_diversion_proposes_watch_list_entries_and_a_partner_notice_and_makes_none(office):
    buyer = a_party(fresh("Buyer"), "TR", "dealer")
    brokered = a_case(end_user=buyer, intermediaries=[a_party("Trade House", "AE") | {"role": "broker"}])
    (name, _), _ = shipped_together(office, brokered, a_case(end_user=buyer, licence=OPEN | {"licence_number": f"L-{buyer['name']}"}))
    entries = office.store.cursor().execute("select count(*) from list_entry").fetchall()
    visit_id = found(office, name)
    assert set(proposed(office, visit_id)) == {
        ("watch_list_entry", f"end_user {buyer['name']}"), ("watch_list_entry", "broker Trade House"), ("partner_notice", f"application {name}"),
        ("enforcement_referral", f"application {name}"), ("licence_review", f"application {name}"), ("licence_review", f"licences L-{buyer['name']}"),
    }
    assert office.store.cursor().execute("select count(*) from list_entry").fetchall() == entries


def test_an_incident_proposes_once_it_is_confirmed(office):
    name, _ = shipped(office, end_user=a_party(fresh("Buyer"), "TR", "dealer"))
    incident = an_incident(name, confirmed=False)
    take_in(office, "incident", incident)
    assert proposed(office, incident["event_id"]) == {}
    record(office, "review", a_review("incident", incident["event_id"], "confirmed", at="2026-12-28T10:00:00Z"))
    assert ("partner_notice", f"application {name}") in proposed(office, incident["event_id"])


def test_a_finding_that_is_no_diversion_proposes_no_entry(office):
    name, _ = shipped(office, end_user=a_party(fresh("Buyer"), "TR", "dealer"))
    visit_id = found(office, name, findings=["insecure_storage"])
    assert {action for action, _ in proposed(office, visit_id)} == {"storage_improvement", "follow_up_visit"}


def test_a_proposal_is_settled_by_another_person_with_what_was_done_or_why_not(office):
    name, _ = shipped(office, end_user=a_party(fresh("Buyer"), "TR", "dealer"))
    visit_id = found(office, name)
    one = proposed(office, visit_id)["partner_notice", f"application {name}"]
    settle = a_review("visit", one.proposal_id, "dismissed", application_id=name, at="2026-12-22T10:00:00Z", because="The partner told us first.")
    with pytest.raises(NotPermitted):
        record(office, "review", settle | {"recorded_by": "Inspector"})
    with pytest.raises(InvalidRecord, match="because"):
        record(office, "review", {k: v for k, v in settle.items() if k != "because"})
    with pytest.raises(InvalidRecord, match="nothing of this id"):
        record(office, "review", settle | {"subject": "proposal:0000000000000000"})
    record(office, "review", settle)
    after = proposed(office, visit_id)["partner_notice", f"application {name}"]
    assert (after.state, after.because, after.settled_by) == ("not_done", "The partner told us first.", "reviewer")


def test_a_withdrawn_finding_takes_its_alerts_and_proposals_with_it(office):
    name, _ = shipped(office, end_user=a_party(fresh("Buyer"), "TR", "dealer"))
    visit_id = found(office, name)
    event = office.store.cursor().execute("select event_id from visit where visit_id = ?", [visit_id]).fetchall()[0][0]
    record(office, "visit", {"event_id": fresh("E"), "recorded_by": "inspector", "at": "2027-01-05T10:00:00Z", "corrects": event, "withdrawn": True, "because": "Another site."})
    assert told(office, visit_id) == {} and proposed(office, visit_id) == {}
    assert told(office, visit_id, datetime(2027, 1, 4)) and proposed(office, visit_id, datetime(2027, 1, 4))


def test_a_finding_counts_in_the_next_applications_features_from_the_moment_it_is_reviewed(office):
    buyer, broker = a_party(fresh("Buyer"), "TR", "dealer"), a_party(fresh("Broker"), "AE") | {"role": "broker"}
    route = [{"from": "SEGOT", "to": "TRIST", "mode": "sea", "carrier": fresh("Line")}]
    name, _ = shipped(office, end_user=buyer, intermediaries=[broker], route=route)
    following = an_application(end_user=buyer, intermediaries=[broker], route=route, filed_at="2026-12-01T09:00:00Z")
    take_in(office, "application", following)
    found(office, name)
    columns = ("end_user_prior_diversions_count", "broker_diversions_to_expected_ratio", "route_carrier_diversions_to_expected_ratio")
    before, at_once = (values(office, following["application_id"], as_of=as_of) for as_of in (datetime(2026, 12, 20, 10), datetime(2026, 12, 20, 10, 0, 1)))
    assert before["end_user_prior_diversions_count"] == 0 and at_once["end_user_prior_diversions_count"] == 1
    assert all((at_once[column] or 0) > (before[column] or 0) for column in columns), {column: (before[column], at_once[column]) for column in columns}
    month_later = values(office, following["application_id"], as_of=datetime(2027, 1, 2))
    assert month_later["destination_diversion_share"] != at_once["destination_diversion_share"]  # a country's rate is read from closed months
