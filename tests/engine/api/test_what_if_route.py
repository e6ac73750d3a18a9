"""What-if over HTTP: who may ask, what is answered, and that it is audited and not the score."""

from api_service import Service, an_application, is_problem


def test_an_analyst_is_told_what_goes_with_a_lower_score(service: Service) -> None:
    filed = an_application(documents=[{"kind": "end_user_statement", "number": "7", "undertakings": ["stated_use_only"]}])
    with service.analyst as analyst:
        score = analyst.post("/v1/applications", json=filed).json()
        told = analyst.post(f"/v1/applications/{filed['application_id']}/what-if", json={"remedies": ["no_re_export"]}).json()
        again = analyst.get(f"/v1/applications/{filed['application_id']}/score").json()
    assert told["filed"]["risk"] == score["risk"] == again["risk"]
    assert told["asked"]["risk"] == next(r for r in told["remedies"] if r["code"] == "no_re_export")["alone"]["risk"]
    assert "no evidence" in told["caveat"] and told["scope"] == "diversion only"
    asked = service.desk.store.cursor().execute("select actor, channel from audit_entry where action = 'what if' and note like ?", [f"%{filed['application_id']}%"])
    assert asked.fetchall() == [("analyst-one", "http")]


def test_a_system_and_an_auditor_may_not_suppose(service: Service) -> None:
    for role in ("system", "auditor", "inspector", "planner"):
        with getattr(service, role) as client:
            is_problem(client.post("/v1/applications/A/what-if", json={}), 403)


def test_another_authoritys_application_is_not_there(service: Service) -> None:
    with service.analyst as analyst:
        filed = an_application()
        analyst.post("/v1/applications", json=filed).raise_for_status()
    with service.token("analyst", authorities=("DE",)) as elsewhere:
        is_problem(elsewhere.post(f"/v1/applications/{filed['application_id']}/what-if", json={}), 404)


def test_a_change_that_breaks_the_contract_says_where(service: Service) -> None:
    with service.analyst as analyst:
        filed = an_application()
        analyst.post("/v1/applications", json=filed).raise_for_status()
        told = is_problem(analyst.post(f"/v1/applications/{filed['application_id']}/what-if", json={"changes": {"payment": {"method": "shells"}}}), 422)
    assert told["problems"][0]["field"] == "payment.method"
