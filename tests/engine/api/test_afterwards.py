"""What comes after a licence over HTTP: packs for inspectors, due lists, alerts and proposals for officers, reports."""

import json

from api_service import NOW, Service, an_application, an_event, fresh, is_problem

from engine.store.records import Origin, append_one


def filed(service: Service, **told: object) -> str:
    application = an_application(**told)
    assert service.analyst.post("/v1/applications", json=application).status_code == 201
    return application["application_id"]


def planned(service: Service, application_id: str) -> str:
    visit_id = fresh("plan/visit")
    body = {
        "plan_id": "plan-9", "visit_id": visit_id, "application_id": application_id, "stage": "post_shipment", "window_from": "2026-11-01", "window_to": "2026-11-20", "chosen_by": "risk",
        "inclusion_probability": 1.0, "lot_probability": 0.3, "risk": 0.4, "stratum": "high", "reason": "risk 0.4", "mode": "on_site", "planned_at": "2026-10-20 10:00:00",
    }
    with service.desk.store.writing() as cursor:
        append_one(cursor, "planned_visit", f"planned_visit:{visit_id}", NOW, json.dumps(body), Origin("planner-one", "engine", NOW), "plan visits")
    return visit_id


def found(service: Service, application_id: str) -> str:
    """A diversion found by an inspector and rated finally by an approver."""
    visit = an_event(visit_id=fresh("V"), application_id=application_id, outcome="unfavourable", findings=["diversion"], mode="on_site", visited_on="2026-11-21")
    assert service.inspector.post("/v1/events/visit", json=visit).status_code == 201
    review = an_event(about="visit", subject=visit["visit_id"], application_id=application_id, result="confirmed", because="Seen.", at="2026-11-21T11:00:00Z")
    assert service.approver.post("/v1/events/review", json=review).status_code == 201
    return visit["visit_id"]


def test_an_inspector_gets_the_pack_and_not_the_file(service: Service):
    visit_id = planned(service, filed(service))
    pack = service.inspector.get(f"/v1/visits/{visit_id}/pack", params={"form": "html"})
    assert pack.status_code == 200 and "Border Guard Service" in pack.text and "risk" not in pack.text.lower()
    assert pack.headers["content-security-policy"] == "sandbox" and pack.headers["content-disposition"].startswith("attachment")
    assert service.inspector.get(f"/v1/visits/{visit_id}/pack").content.startswith(b"%PDF-")
    is_problem(service.inspector.get(f"/v1/visits/{visit_id}/file"), 403)
    told = service.auditor.get(f"/v1/visits/{visit_id}/file").json()
    assert (told["chosen"]["chosen_by"], told["chosen"]["lot_probability"]) == ("risk", 0.3) and "The visit was not made." in told["missing"]


def test_another_authoritys_visit_is_answered_as_none(service: Service):
    visit_id = planned(service, filed(service))
    stranger = service.token("inspector", authorities=("NO",))
    none, other = stranger.get("/v1/visits/none-such/pack"), stranger.get(f"/v1/visits/{visit_id}/pack")
    assert is_problem(other, 404)["detail"].replace(visit_id, "none-such") == is_problem(none, 404)["detail"]


def test_a_rating_that_does_not_follow_is_answered_field_by_field(service: Service):
    visit = an_event(visit_id=fresh("V"), application_id=filed(service), outcome="favourable", mode="documentary", visited_on="2026-11-21")
    told = is_problem(service.inspector.post("/v1/events/visit", json=visit), 422)
    assert {problem["field"] for problem in told["problems"]} == {"items", "mode"}


def test_the_due_list_says_who_acts_next_and_keeps_findings_from_planners(service: Service):
    application_id = filed(service)
    visit_id = planned(service, application_id)
    found(service, application_id)
    officers, planners = (client.get("/v1/due", params={"limit": 5000}).json()["obligations"] for client in (service.analyst, service.planner))
    assert ("planned_visit", "overdue", "inspector") in {(one["obligation"], one["state"], one["next_actor"]) for one in planners if one["subject"] == visit_id}
    assert "follow_up" in {one["obligation"] for one in officers if one["application_id"] == application_id} and "follow_up" not in {one["obligation"] for one in planners}
    assert "for officers" in is_problem(service.planner.get("/v1/due", params={"obligation": "licence_condition"}), 403)["detail"]
    page = service.analyst.get("/v1/due", params={"limit": 1}).json()
    assert len(page["obligations"]) == 1 and page["next_skip"] == 1
    assert service.token("analyst", authorities=("TV",)).get("/v1/due").json()["obligations"] == []


def test_an_alert_comes_with_the_review_and_a_proposal_is_an_approvers(service: Service):
    name = fresh("Buyer")
    buyer = {"name": name, "country": "TR", "kind": "dealer"}
    application_id, waiting = filed(service, end_user=buyer), filed(service, end_user=buyer, filed_at="2026-11-20T10:00:00Z")
    visit_id = found(service, application_id)
    (alert,) = [one for one in service.analyst.get("/v1/alerts", params={"limit": 500}).json()["alerts"] if one["application_id"] == waiting]
    assert (alert["why"], alert["source"]) == ("undecided", visit_id) and alert["risk"] >= alert["risk_before"] and alert["raised_at"].endswith("Z")
    (entry,) = [one for one in service.analyst.get("/v1/proposals").json()["proposals"] if one["source"] == visit_id and one["action"] == "watch_list_entry"]
    settle = an_event(about="visit", subject=entry["proposal_id"], application_id=application_id, result="confirmed", because="Entered by hand.", at="2026-11-21T12:00:00Z")
    is_problem(service.analyst.post("/v1/events/review", json=settle), 403)
    assert service.approver.post("/v1/events/review", json=settle).status_code == 201
    assert entry["proposal_id"] in {one["proposal_id"] for one in service.auditor.get("/v1/proposals", params={"state": "done"}).json()["proposals"]}
    is_problem(service.planner.get("/v1/alerts"), 403)


def test_a_report_is_of_the_tokens_own_authorities(service: Service):
    told = service.auditor.get("/v1/reports/2026").json()
    assert told["year"] == 2026 and told["not_to_be_inferred"]
    other = service.token("auditor", authorities=("NO",))
    assert other.get("/v1/reports/2026").json()["authorities"] == ["NO"]
    is_problem(other.get("/v1/reports/2026", params={"authority": "SE"}), 403)
    assert service.auditor.get("/v1/reports/2026", params={"form": "csv"}).headers["content-type"].startswith("text/csv")


def test_what_is_due_licensed_and_visited_is_asked_for_one_application(service: Service):
    mine, other = filed(service), filed(service)
    for one in (mine, other):
        licence = an_event(application_id=one, licence_number=fresh("L"), change="issued", valid_from="2026-11-01", valid_to="2027-10-31")
        assert service.analyst.post("/v1/events/licence", json=licence).status_code == 201
        assert service.analyst.post("/v1/events/shipment", json=an_event(shipment_id=fresh("S"), application_id=one, shipped_on="2020-01-01")).status_code == 201
        planned(service, one)
        found(service, one)
    asked = {path: service.analyst.get(path, params={"application_id": mine}).json() for path in ("/v1/due", "/v1/licences", "/v1/visits")}
    assert {one["application_id"] for one in asked["/v1/due"]["obligations"]} == {mine}
    assert {one["application_id"] for one in [*asked["/v1/licences"]["licences"], *asked["/v1/licences"]["outside"]]} == {mine} and asked["/v1/licences"]["outside"]
    assert [one["application_id"] for one in asked["/v1/visits"]["visits"]] == [mine, mine]
    assert service.analyst.get("/v1/visits", params={"application_id": "none-such"}).json()["visits"] == []
    stranger = service.token("analyst", authorities=("NO",))
    assert stranger.get("/v1/due", params={"application_id": mine}).json()["obligations"] == []


def test_an_alert_without_a_score_says_why(service: Service):
    application_id = filed(service)
    visit_id = found(service, application_id)
    (alert,) = [one for one in service.analyst.get("/v1/alerts", params={"limit": 500}).json()["alerts"] if (one["source"], one["application_id"]) == (visit_id, application_id)]
    assert alert["why"] == "found here" and alert["risk"] is None and "made on this application" in alert["not_scored"]
    assert alert["risk_before"] == service.analyst.get(f"/v1/applications/{application_id}/score").json()["risk"] and alert["band_before"]
    quick = service.analyst.get("/v1/alerts", params={"limit": 500, "scored": False}).json()["alerts"]
    assert all(one["risk"] is None and one["not_scored"] for one in quick)
