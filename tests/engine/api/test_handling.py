"""Who sees what: controlled records, other authorities' filings, and scores before a visit is signed off."""

import json

import pytest
from api_service import NOW, Service, a_grant, an_application, an_event, fresh, is_problem

from engine.api.permissions import TABLE
from engine.store.records import Origin, append_one

MARKER = "QXMARKERQX"


@pytest.fixture(scope="module")
def denied(service: Service) -> str:
    """An application whose end user a partner's denial names, with the marker in every field of the notice and of what quotes it."""
    end_user = {"name": f"Karelian Border Works {fresh()}", "country": "FI", "kind": "commercial"}
    notice = an_event(
        at="2026-10-01T00:00:00Z", party=end_user["name"], country="FI", control_code="6A003", reason=f"{MARKER} reason", grounds=[f"{MARKER} ground"],
        end_use=f"{MARKER} use", denied_on="2026-09-01", issuer=f"{MARKER} state", reference=f"{MARKER} file", because=MARKER, event_id=f"DN-{MARKER}-1",
    )
    assert service.analyst.post("/v1/events/denial_notice", json=notice).status_code == 201
    filing = an_application(end_user=end_user)
    assert service.system.post("/v1/applications", json=filing).json()["referrals"] is True
    application_id = filing["application_id"]
    subject = service.analyst.get(f"/v1/applications/{application_id}/score").json()["referrals"][0]["subject"]
    review = an_event(about="referral", subject=subject, application_id=application_id, result="escalated", because=f"The partner writes {MARKER}")
    assert service.analyst.post("/v1/events/review", json=review).status_code == 201
    refusal = a_grant(application_id, outcome="denied", grounds=["diversion"], rationale=f"As the partner says: {MARKER}")
    assert service.analyst.post("/v1/events/decision", json=refusal).status_code == 201
    return application_id


def everything_told(service: Service, role: str, application_id: str) -> str:
    """All that a role is answered, over every route that it may read, and some that it may write."""
    client, path = getattr(service, role), f"/v1/applications/{application_id}"
    asked = [
        (path, {}), (f"{path}/score", {}), (f"{path}/score", {"as_of": "now"}), (f"{path}/history", {}), ("/v1/applications", {"limit": 500}),
        ("/v1/applications", {"order": "risk"}), ("/v1/visits", {}), ("/v1/signatures", {}), ("/v1/screen", {"name": "Karelian Border Works"}),
        ("/v1/audit", {"limit": 1000}), ("/v1/model", {}), ("/v1/features", {}), ("/metrics", {}), ("/readyz", {}), ("/openapi.json", {}),
        *((f"/v1/export/{table}", {"format": "csv"}) for table in ("denial_notice", "review", "decision", "score", "filing")),
    ]
    told = [client.get(where, params=params).text for where, params in asked]
    filing = service.analyst.get(path).json()
    told.append(client.post("/v1/applications", json=filing).text)
    told.append(client.post("/v1/applications", json=filing | {"revision": 9, "application_id": fresh("A")}).text)
    told.append(client.post("/v1/applications/batch", json=[filing, filing | {"kind": "brokering"}]).text)
    told.append(client.post("/v1/score", json=filing).text)
    told.append(client.post("/v1/events/decision", json=a_grant(application_id)).text)
    told.append(client.post("/v1/events/licence", json=an_event(application_id=application_id, change="issued")).text)
    return "\n".join(told)


def test_a_system_never_gets_a_denial_notices_content(service: Service, denied: str):
    told = everything_told(service, "system", denied)
    assert MARKER not in told and "partner_denial" not in told.split('"openapi"')[0]
    assert "Karelian" in told  # the search would have found something


@pytest.mark.parametrize("role", ["inspector", "planner", "admin"])
def test_nor_do_those_who_have_no_need_of_it(service: Service, denied: str, role: str):
    client = getattr(service, role)
    told = [client.get(f"/v1/applications/{denied}/history").text, client.get("/v1/applications").text, client.get("/v1/visits").text]
    assert not any(f"{MARKER} {word}" in text for text in told for word in ("reason", "ground", "use", "state", "file"))


@pytest.mark.parametrize("role", ["analyst", "approver", "auditor"])
def test_officers_and_auditors_do(service: Service, denied: str, role: str):
    entries = getattr(service, role).get(f"/v1/applications/{denied}/history").json()["entries"]
    (notice,) = [entry for entry in entries if entry["kind"] == "denial_notice"]
    assert notice["body"]["reason"] == f"{MARKER} reason" and notice["handling"] == "originator_controlled"


def test_a_system_learns_that_a_grant_is_held_up_not_by_what(service: Service, denied: str):
    told = is_problem(service.system.post("/v1/events/decision", json=a_grant(denied)), 409)
    assert told["referrals"] == [] and "partner" not in json.dumps(told)
    assert is_problem(service.analyst.post("/v1/events/decision", json=a_grant(denied)), 409)["referrals"][0].startswith("partner_denial:")


def test_history_is_in_time_order_and_withholds_what_is_controlled(service: Service):
    filing = an_application(documents=[{"kind": "contract", "number": "C-1"}, {"kind": "end_user_certificate", "number": MARKER, "handling": "originator_controlled"}])
    application_id = filing["application_id"]
    service.system.post("/v1/applications", json=filing)
    service.analyst.post("/v1/events/shipment", json=an_event(shipment_id=fresh("S"), application_id=application_id, because=MARKER, handling="originator_controlled"))
    for role in ("system", "planner"):
        answer = getattr(service, role).get(f"/v1/applications/{application_id}/history")
        assert MARKER not in answer.text and any(entry["withheld"] for entry in answer.json()["entries"])
        assert MARKER not in getattr(service, role).get(f"/v1/applications/{application_id}").text
    entries = service.auditor.get(f"/v1/applications/{application_id}/history").json()["entries"]
    assert [entry["kind"] for entry in entries] == ["application", "shipment", "score"]
    assert [entry["at"] for entry in entries] == sorted(entry["at"] for entry in entries) and not any(entry["withheld"] for entry in entries)


def test_a_controlled_filing_is_read_by_officers_alone(service: Service):
    filing = an_application(handling="originator_controlled")
    service.system.post("/v1/applications", json=filing)
    is_problem(service.planner.get(f"/v1/applications/{filing['application_id']}"), 403)
    assert service.analyst.get(f"/v1/applications/{filing['application_id']}").json() == filing | {"revision": 1, "authorisation": "individual"}


def test_another_authoritys_filing_is_not_there(service: Service):
    mine, theirs = an_application(authority="SE"), an_application(authority="DE")
    assert service.analyst.post("/v1/applications", json=theirs).status_code == 201
    only_se = service.token("analyst", authorities=("SE",))
    assert only_se.post("/v1/applications", json=mine).status_code == 201
    absent = is_problem(only_se.get("/v1/applications/none-such"), 404)
    for end in ("", "/score", "/history"):
        told = is_problem(only_se.get(f"/v1/applications/{theirs['application_id']}{end}"), 404)
        assert told == {**absent, "detail": absent["detail"].replace("none-such", theirs["application_id"])}
    is_problem(only_se.post("/v1/applications", json=an_application(authority="DE")), 403)
    is_problem(only_se.post("/v1/score", json=theirs), 403)
    is_problem(only_se.post("/v1/events/decision", json=a_grant(theirs["application_id"])), 404)
    shipment = an_event(shipment_id=fresh("S"), application_id=theirs["application_id"])
    service.analyst.post("/v1/events/shipment", json=shipment)
    is_problem(only_se.post("/v1/events/delivery", json=an_event(shipment_id=shipment["shipment_id"], milestone="arrived")), 404)
    is_problem(only_se.post("/v1/events/shipment", json=an_event(corrects=shipment["event_id"], withdrawn=True)), 404)
    rows = only_se.get("/v1/applications", params={"limit": 500}).json()["applications"]
    assert {row["authority"] for row in rows} == {"SE"}
    assert only_se.get("/v1/applications", params={"authority": "DE"}).json()["applications"] == []
    for table in ("filing", "filing_party", "score", "shipment"):
        assert theirs["application_id"] not in only_se.get(f"/v1/export/{table}", params={"format": "csv"}).text
    assert theirs["application_id"] in service.analyst.get("/v1/export/filing", params={"format": "csv"}).text
    is_problem(only_se.get("/v1/export/audit_entry"), 403)
    assert all(entry["note"] is None for entry in only_se.get("/v1/audit").json()["entries"])
    system = service.token("system", authorities=("SE",))
    assert system.post("/v1/applications/batch", json=[theirs, mine]).json()["results"][0]["status"] == 403
    is_problem(system.post("/v1/ingest/application", content=b""), 403)


def plan(service: Service, application_id: str, window_to: str = "2026-12-31") -> str:
    visit_id = fresh("P")
    body = {
        "plan_id": "plan-1", "visit_id": visit_id, "application_id": application_id, "stage": "post_shipment", "window_from": "2026-11-01",
        "window_to": window_to, "chosen_by": "risk", "inclusion_probability": 0.625, "reason": "Highest risk an inspector-day.", "risk": 0.375, "mode": "on_site",
    }
    with service.desk.store.writing() as cursor:
        append_one(cursor, "planned_visit", f"plan:plan-1:{visit_id}", NOW, json.dumps(body), Origin("planner-one", "engine", NOW), "plan visits")
    return visit_id


def test_an_inspector_is_not_told_why_before_sign_off(service: Service):
    filing = an_application()
    application_id = filing["application_id"]
    service.system.post("/v1/applications", json=filing)
    is_problem(service.inspector.get(f"/v1/applications/{application_id}"), 404)  # not visited: not theirs
    visit_id = plan(service, application_id)

    def row(role: str) -> dict:
        return next(one for one in getattr(service, role).get("/v1/visits", params={"limit": 1000}).json()["visits"] if one["visit_id"] == visit_id)

    assert row("planner")["chosen_by"] == "risk" and row("planner")["inclusion_probability"] == 0.625
    assert row("inspector")["state"] == "due" and row("inspector")["window_to"] == "2026-12-31"
    assert [row("inspector")[name] for name in ("chosen_by", "inclusion_probability", "reason")] == [None, None, None]
    assert service.inspector.get(f"/v1/applications/{application_id}").status_code == 200
    told = service.inspector.get(f"/v1/applications/{application_id}/history").text + service.inspector.get("/v1/visits").text
    assert not any(word in told for word in ("0.625", '"band"', '"risk"', "Highest risk"))
    visit = an_event(visit_id=visit_id, application_id=application_id, outcome="favourable", mode="on_site", signed_by="Inspector",
                     items=[{"line": 1, "quantity": 12, "state": "seen"}])
    assert service.inspector.post("/v1/events/visit", json=visit).status_code == 201
    assert row("inspector")["state"] == "done" and row("inspector")["chosen_by"] == "risk"


def test_a_visit_past_its_window_is_overdue(service: Service):
    filing = an_application()
    service.system.post("/v1/applications", json=filing)
    visit_id = plan(service, filing["application_id"], "2026-11-21")
    assert visit_id in {row["visit_id"] for row in service.planner.get("/v1/visits", params={"state": "overdue", "limit": 1000}).json()["visits"]}
    told = service.planner.get("/v1/plans/plan-1").json()
    assert visit_id in {row["visit_id"] for row in told["visits"]} and told["visits"][0]["inclusion_probability"] == 0.625
    is_problem(service.planner.get("/v1/plans/none-such"), 404)


def test_no_route_that_a_system_may_read_was_left_out_of_the_search():
    readable = {row for row in TABLE if row.startswith("GET") and "system" in TABLE[row]}
    assert readable == {
        "GET /v1/applications", "GET /v1/applications/{application_id}", "GET /v1/applications/{application_id}/score",
        "GET /v1/applications/{application_id}/history", "GET /v1/features", "GET /v1/jobs/{job_id}", "GET /v1/me",
    }


def test_a_memo_for_the_applicant_holds_what_is_theirs_and_what_is_released(service: Service, denied: str):
    filing = an_application(documents=[
        {"kind": "contract", "number": "C-OWN", "submitted_by": "exporter"}, {"kind": "end_user_statement", "number": MARKER, "submitted_by": "end_user"},
    ])  # fmt: skip
    application_id = filing["application_id"]
    service.system.post("/v1/applications", json=filing)
    told = {"application_id": application_id}
    for kind, event in (
        ("request", an_event(request_id=fresh("R"), to="applicant", text="Name the site.", **{"for": "information"}, **told)),
        ("request", an_event(request_id=fresh("R"), to="agency", text=MARKER, **{"for": "opinion"}, **told)),
        ("shipment", an_event(shipment_id=fresh("S"), because="Told to all", handling="releasable", **told)),
        ("incident", an_event(source="partner", finding="loss", because=MARKER, **told)),
        ("decision", an_event(outcome="denied", grounds=["end_use"], rationale=MARKER, reasons_for_applicant="The end use is not shown.", **told)),
    ):  # fmt: skip
        assert service.analyst.post(f"/v1/events/{kind}", json=event).status_code == 201, event
    memo = service.analyst.get(f"/v1/applications/{application_id}/memo", params={"audience": "applicant"}).text
    for said in ("C-OWN", "Name the site.", "Told to all", "The end use is not shown.", "Denied on", "12 pieces"):
        assert said in memo, said
    assert MARKER not in memo and filing["filed_at"][:10] not in memo
    internal = service.analyst.get(f"/v1/applications/{application_id}/memo").text
    assert "INTERNAL" in internal and "Risk of diversion" in internal and "Risk of diversion" not in memo and "in 1,000" not in memo
    told_of_denial = service.analyst.get(f"/v1/applications/{denied}/memo", params={"audience": "applicant"}).text
    assert "Karelian" in told_of_denial and MARKER not in told_of_denial
