"""Parties over HTTP: shown, joined and parted by an officer under the token's name, and never in another authority's words."""

from datetime import timedelta

import pytest
from api_service import Service, an_application, is_problem


@pytest.fixture(scope="module")
def service(start) -> Service:
    """One of its own, without a world."""
    return start(filled=False)


def filed(service: Service, name: str, authority: str = "SE", **told: object) -> str:
    """An application whose end user is written so."""
    end_user = {"name": name, "country": "AE", "kind": "dealer"} | told
    answer = service.analyst.post("/v1/applications", json=an_application(authority=authority, end_user=end_user))
    assert answer.status_code == 201, answer.text
    return answer.json()["application_id"]


def entity(client, application_id: str) -> str:
    """The end user's, as the network of its application tells it."""
    nodes = client.get(f"/v1/applications/{application_id}/network").json()["nodes"]
    return next(node["id"].removeprefix("party:") for node in nodes if node["roles"] == ["end_user"])


def test_an_officer_joins_and_parts_under_the_tokens_name(service: Service):
    one, other = (entity(service.analyst, filed(service, name)) for name in ("Quillon Optical House", "Zarvanda Marine Stores"))
    is_problem(service.analyst.post(f"/v1/parties/{one}/merge", json={"other": other, "because": " "}), 422)
    joined = service.analyst.post(f"/v1/parties/{one}/merge", json={"other": other, "because": "One register extract."})
    assert joined.status_code == 201 and joined.json()["recorded_by"] == "analyst-one"
    (now,) = {form["entity_id"] for form in joined.json()["forms"]}
    shown = service.auditor.get(f"/v1/parties/{now}").json()
    assert {form["name"] for form in shown["forms"]} == {"Quillon Optical House", "Zarvanda Marine Stores"}
    assert all(form["reason"] == "joined by analyst-one: One register extract." for form in shown["forms"])
    service.clock.moment += timedelta(minutes=1)  # of two words at one moment neither is the later
    parted = service.approver.post(f"/v1/parties/{shown['forms'][0]['form_id']}/split", json={"because": "Another firm."})
    assert parted.status_code == 201 and len(service.auditor.get(f"/v1/parties/{shown['forms'][1]['form_id']}").json()["forms"]) == 1
    is_problem(service.auditor.post(f"/v1/parties/{one}/merge", json={"other": other, "because": "One."}), 403)


def test_another_authoritys_form_is_there_without_its_text_and_nobody_rules_on_it(service: Service):
    same = {"registration": "778899-1234"}
    theirs, ours = filed(service, "Secret Harbour Optics", "FI", **same), filed(service, "Harbour Optics House", **same)
    here = service.token("analyst", "analyst-se", ("SE",))
    party = entity(here, ours)
    shown = here.get(f"/v1/parties/{party}")
    assert "Secret" not in shown.text and "FI" not in shown.text
    assert [form["withheld"] for form in shown.json()["forms"]] == [True, False]
    is_problem(here.get(f"/v1/applications/{theirs}/network"), 404)
    alone = entity(service.analyst, filed(service, "Wholly Foreign Works", "FI"))
    for answer in (here.get(f"/v1/parties/{alone}"), here.post(f"/v1/parties/{party}/merge", json={"other": alone, "because": "One."})):
        assert "Wholly" not in is_problem(answer, 404)["detail"]
