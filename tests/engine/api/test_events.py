"""Events: recorded once under the token's name, and signed by two where two must answer for it."""

from dataclasses import replace

import pytest
from api_service import Service, a_grant, an_application, an_event, fresh, is_problem

from engine.risk.policy import policy_in_force
from engine.workflows import record_event

CATCH_ALL = {"catch_all": {"military_end_use_informed": True}}


def file(service: Service, **told: object) -> str:
    filing = an_application(**told)
    assert service.analyst.post("/v1/applications", json=filing).status_code == 201
    return filing["application_id"]


def recorded(service: Service, application_id: str, kind: str) -> list[dict]:
    entries = service.auditor.get(f"/v1/applications/{application_id}/history").json()["entries"]
    return [entry["body"] for entry in entries if entry["kind"] == kind]


@pytest.fixture
def two_must_sign(monkeypatch: pytest.MonkeyPatch) -> None:
    """The policy wants every grant signed by two, so that no test waits for the world to have a high band."""
    policy = replace(policy_in_force(), second_signature_from="low")
    monkeypatch.setattr(record_event, "policy_in_force", lambda: policy)


def test_an_event_is_recorded_once_under_the_tokens_name(service: Service):
    application_id = file(service)
    event = a_grant(application_id, recorded_by="somebody else", approved_by="a friend")
    first, again = (service.analyst.post("/v1/events/decision", json=event) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json()["left_out"] == ["approved_by"]
    (decision,) = recorded(service, application_id, "decision")
    assert decision["recorded_by"] == "analyst-one" and "approved_by" not in decision


def test_the_same_event_from_another_token_changes_nothing(service: Service):
    event = an_event(shipment_id=fresh("S"), application_id=file(service))
    assert service.system.post("/v1/events/shipment", json=event).status_code == 201
    assert service.analyst.post("/v1/events/shipment", json=event).status_code == 200


def test_an_events_id_with_other_content_is_a_conflict(service: Service):
    application_id = file(service)
    event = a_grant(application_id)
    service.analyst.post("/v1/events/decision", json=event)
    is_problem(service.analyst.post("/v1/events/decision", json=event | {"rationale": "Other."}), 409)


def test_an_event_about_nothing_on_record_is_refused(service: Service):
    told = is_problem(service.analyst.post("/v1/events/decision", json=a_grant("none-such")), 422)
    assert told["problems"][0]["field"] == "application_id"


def test_a_kind_that_does_not_exist_is_refused(service: Service):
    assert "decision" in is_problem(service.analyst.post("/v1/events/decisions", json=an_event()), 422)["detail"]


@pytest.mark.parametrize(
    ("told", "field"), [({"rationale": None}, "rationale"), ({"outcome": "denied"}, "grounds"), ({"rationale": "  "}, "rationale")]
)
def test_a_decision_needs_its_own_reasons(service: Service, told: dict, field: str):
    event = {name: value for name, value in (a_grant(file(service)) | told).items() if value is not None}
    assert is_problem(service.analyst.post("/v1/events/decision", json=event), 422)["problems"][0]["field"] == field


def test_an_open_referral_stands_before_a_grant_until_a_review_settles_it(service: Service):
    application_id = file(service, **CATCH_ALL)
    told = is_problem(service.analyst.post("/v1/events/decision", json=a_grant(application_id)), 409)
    assert told["referrals"] == ["catch_all:catch-all"] and "catch_all" in told["detail"]
    review = an_event(about="referral", subject="catch_all:catch-all", application_id=application_id, result="dismissed", because="Cleared.")
    assert service.analyst.post("/v1/events/review", json=review).status_code == 201
    assert service.analyst.post("/v1/events/decision", json=a_grant(application_id)).status_code == 201


def test_a_refusal_needs_no_referral_settled(service: Service):
    event = a_grant(file(service, **CATCH_ALL), outcome="denied", grounds=["end_use"])
    assert service.analyst.post("/v1/events/decision", json=event).status_code == 201


def test_a_grant_in_a_high_band_waits_for_an_approver(service: Service, two_must_sign: None):
    application_id = file(service)
    before = len(recorded(service, application_id, "decision"))
    event = a_grant(application_id)
    answer = service.analyst.post("/v1/events/decision", json=event)
    assert answer.status_code == 202 and answer.json()["state"] == "awaiting_signature"
    assert len(recorded(service, application_id, "decision")) == before
    assert event["event_id"] in {one["event_id"] for one in service.approver.get("/v1/signatures").json()["pending"]}
    assert service.analyst.post("/v1/events/decision", json=event).status_code == 202

    signed = service.approver.post("/v1/events/decision", json=event)
    assert signed.status_code == 201
    decision = next(one for one in recorded(service, application_id, "decision") if one["event_id"] == event["event_id"])
    assert (decision["recorded_by"], decision["approved_by"]) == ("analyst-one", "approver-one")
    assert event["event_id"] not in {one["event_id"] for one in service.approver.get("/v1/signatures").json()["pending"]}
    assert service.analyst.post("/v1/events/decision", json=event).status_code == 200


def test_nobody_signs_what_they_recorded_whatever_the_token(service: Service, two_must_sign: None):
    event = a_grant(file(service))
    approver, same = service.token("approver", "Anna Ek"), service.token("approver", "anna  EK")
    assert approver.post("/v1/events/decision", json=event).status_code == 202
    assert same.post("/v1/events/decision", json=event).status_code == 202
    is_problem(same.post(f"/v1/signatures/{event['event_id']}", json={"sign": True}), 403)
    assert service.approver.post(f"/v1/signatures/{event['event_id']}", json={"sign": True}).json()["state"] == "recorded"


def test_what_waits_is_signed_only_as_it_stands(service: Service, two_must_sign: None):
    event = a_grant(file(service))
    service.analyst.post("/v1/events/decision", json=event)
    is_problem(service.approver.post("/v1/events/decision", json=event | {"rationale": "Other."}), 409)


def test_a_refused_signature_ends_it(service: Service, two_must_sign: None):
    event = a_grant(file(service))
    service.analyst.post("/v1/events/decision", json=event)
    path = f"/v1/signatures/{event['event_id']}"
    is_problem(service.approver.post(path, json={"sign": False}), 422)
    assert service.approver.post(path, json={"sign": False, "because": "Ask the embassy first."}).json()["state"] == "refused"
    is_problem(service.approver.post(path, json={"sign": True}), 404)
    is_problem(service.approver.post("/v1/events/decision", json=event), 409)
    is_problem(service.approver.post("/v1/signatures/none-such", json={"sign": True}), 404)


def test_an_exemption_is_signed_by_two(service: Service):
    application_id = file(service, **CATCH_ALL)
    review = an_event(about="referral", subject="catch_all:catch-all", application_id=application_id, result="exempted", because="Article 3.")
    assert service.approver.post("/v1/events/review", json=review).status_code == 202
    is_problem(service.analyst.post("/v1/events/decision", json=a_grant(application_id)), 409)
    assert service.token("approver").post("/v1/events/review", json=review).status_code == 201
    assert service.analyst.post("/v1/events/decision", json=a_grant(application_id)).status_code == 201


def test_a_referral_raised_since_stands_before_the_signature(service: Service, two_must_sign: None):
    application_id = file(service, end_user={"name": f"Newly Denied {fresh()}", "country": "FI", "kind": "commercial"})
    event = a_grant(application_id)
    assert service.analyst.post("/v1/events/decision", json=event).status_code == 202
    end_user = service.analyst.get(f"/v1/applications/{application_id}").json()["end_user"]
    notice = an_event(party=end_user["name"], country=end_user.get("country"), reason="Denied.")
    assert service.analyst.post("/v1/events/denial_notice", json=notice).status_code == 201
    is_problem(service.approver.post("/v1/events/decision", json=event), 409)
    is_problem(service.approver.post(f"/v1/signatures/{event['event_id']}", json={"sign": True}), 409)


def test_an_unverified_status_is_signed_by_two(service: Service):
    review = an_event(about="unverified_status", subject="party-x", application_id=file(service), result="confirmed", because="Not at its address.", valid_to="2027-11-21")
    assert service.analyst.post("/v1/events/review", json=review).status_code == 202
    assert service.approver.post("/v1/events/review", json=review).status_code == 201


def test_a_visit_is_rated_finally_by_an_approver_who_did_not_make_it(service: Service):
    application_id, visit_id = file(service), fresh("V")
    visit = an_event(visit_id=visit_id, application_id=application_id, outcome="favourable", mode="on_site", visited_on="2026-11-21",
                     items=[{"line": 1, "quantity": 12, "state": "seen"}], signed_by="Approver Nine", reviewed_by="a friend")
    answer = service.inspector.post("/v1/events/visit", json=visit)
    assert answer.status_code == 201 and answer.json()["left_out"] == ["reviewed_by"]
    review = an_event(about="visit", subject=visit_id, application_id=application_id, result="confirmed")
    is_problem(service.analyst.post("/v1/events/review", json=review), 403)
    is_problem(service.token("approver", "approver nine").post("/v1/events/review", json=review), 403)
    assert service.approver.post("/v1/events/review", json=review).status_code == 201
    (row,) = [row for row in service.analyst.get("/v1/visits", params={"state": "done", "limit": 1000}).json()["visits"] if row["visit_id"] == visit_id]
    assert row["reviewed"] and row["state"] == "done"
