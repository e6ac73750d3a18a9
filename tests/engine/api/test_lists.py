"""A list comes in over HTTP: its hits are named at once, stand in alerts and in the queue, and are asked about until somebody settles them."""

import io
import json
import zipfile

import pytest
from api_service import Service, a_grant, an_application, an_event, fresh, is_problem

NOTHING = ",".join(["-0- "] * 7)


@pytest.fixture(scope="module")
def service(start) -> Service:
    """One of its own, without a world: its lists are these tests' alone."""
    return start(filled=False)


def brought_in(service: Service, day: str, *names: str, remark: str = "-0- ") -> dict:
    """An edition of the SDN list, entries numbered in order, as an admin sends it."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as zipped:
        zipped.writestr("sdn.csv", "".join(f'{n},"{name}",-0- ,"TEST",{NOTHING},"{remark}"\n' for n, name in enumerate(names, start=1)))
        zipped.writestr("add.csv", '1,1,"Sanayi 1","Ankara","Turkey",-0- \n')
        zipped.writestr("alt.csv", '1,1,"aka","WHOLLY OTHERWISE",-0- \n')
    answer = service.admin.post("/v1/lists/ofac-sdn-csv", params={"as_of": day, "filename": "sdn.zip"}, content=packed.getvalue())
    assert answer.status_code == 200, answer.text
    return answer.json()


def filed(service: Service, **told: object) -> str:
    answer = service.analyst.post("/v1/applications", json=an_application(**told))
    assert answer.status_code == 201, answer.text
    return answer.json()["application_id"]


def alerts(service: Service) -> dict[str, dict]:
    return {one["application_id"]: one for one in service.analyst.get("/v1/alerts").json()["alerts"] if one["found_by"] == "list"}


def still_open(service: Service) -> dict[str, int]:
    return {row["application_id"]: row["open_referrals"] for row in service.analyst.get("/v1/applications").json()["applications"]}


def unsettled(service: Service, application_id: str) -> list[str]:
    score = service.analyst.get(f"/v1/applications/{application_id}/score").json()
    return [one["subject"] for one in score["referrals"] if one["rule_id"] == "listed_party" and not one["settled"]]


def said(service: Service, application_id: str, subject: str, result: str, **told: object):
    event = an_event(about="list_match", subject=subject, result=result, application_id=application_id, at="2026-11-22T11:00:00Z") | told
    return service.analyst.post("/v1/events/review", json={name: value for name, value in event.items() if value is not None})


def test_a_new_edition_is_asked_about_until_an_officer_answers(service: Service):
    name, country = "Karaman Hassasoptik Sistemler", "TR"
    licensed, waiting, other = (filed(service, end_user={"name": name, "country": country}), filed(service, payment={"payer_name": name, "payer_country": country}), filed(service))
    grant = service.analyst.post("/v1/events/decision", json=a_grant(licensed))
    assert grant.status_code == 201, grant.text
    issued = an_event(application_id=licensed, licence_number=fresh("L"), change="issued", valid_from="2026-11-21", valid_to="2028-11-20", items=[{"line": 1, "quantity": 12, "unit": "C62"}])
    assert service.system.post("/v1/events/licence", json=issued).status_code == 201
    assert brought_in(service, "2026-11-20", "Nobody Of Interest")["new_hits"] == [] and alerts(service) == {}

    told = brought_in(service, "2026-11-21", "Nobody Of Interest", name)
    assert {(hit["application_id"], hit["why"], hit["role"]) for hit in told["new_hits"]} == {(licensed, "open licence", "end user"), (waiting, "undecided", "payer")}
    subject = {hit["application_id"]: hit["subject"] for hit in told["new_hits"]}
    raised = alerts(service)
    assert {one: (raised[one]["why"], raised[one]["source"], raised[one]["shared_as"], raised[one]["subject"]) for one in raised} == {
        licensed: ("open licence", "OFAC-SDN 2", "end user", subject[licensed]), waiting: ("undecided", "OFAC-SDN 2", "payer", subject[waiting])}
    assert still_open(service) == {licensed: 1, waiting: 1, other: 0}
    assert unsettled(service, waiting) == [subject[waiting]]
    is_problem(service.analyst.post("/v1/events/decision", json=a_grant(waiting)), 409)

    why_not = is_problem(said(service, waiting, subject[waiting], "dismissed"), 422)
    assert "because" in json.dumps(why_not["problems"])
    assert said(service, waiting, subject[waiting], "dismissed", because="Founded in 1990; the listed one in 2020.").status_code == 201
    assert said(service, licensed, subject[licensed], "confirmed", because="The register extract names both.").status_code == 201
    assert alerts(service) == {} and still_open(service) == {licensed: 1, waiting: 0, other: 0} and unsettled(service, waiting) == []
    assert brought_in(service, "2026-11-22", "Nobody Of Interest", name)["new_hits"] == [] and alerts(service) == {}
    again = filed(service, payment={"payer_name": name, "payer_country": country})
    assert unsettled(service, again) == [] and still_open(service)[again] == 0
    otherwise = filed(service, payment={"payer_name": name, "payer_country": "AE"})
    assert len(unsettled(service, otherwise)) == 1 and still_open(service)[otherwise] == 1


def test_an_entry_that_says_something_else_is_asked_about_again(service: Service, start):
    service = start(filled=False)
    name = "Oslavan Marine Optics"
    application_id = filed(service, end_user={"name": name, "country": "TR"})
    (hit,) = brought_in(service, "2026-11-20", name)["new_hits"]
    assert said(service, application_id, hit["subject"], "dismissed", because="Another firm.").status_code == 201
    assert unsettled(service, application_id) == [] and alerts(service) == {}
    (again,) = brought_in(service, "2026-11-21", name, remark="Also trades from Izmir")["new_hits"]
    assert again["subject"] != hit["subject"] and unsettled(service, application_id) == [again["subject"]]
    assert alerts(service)[application_id]["subject"] == again["subject"] and still_open(service)[application_id] == 1
    assert brought_in(service, "2026-11-22", "Nobody Of Interest")["new_hits"] == []
    assert alerts(service) == {} and still_open(service)[application_id] == 0

    told = {one["list"]: one for one in service.auditor.get("/v1/lists").json()["lists"]}["OFAC-SDN"]
    assert (told["edition"], told["age_days"], told["entries"], told["effect"]) == ("2026-11-22", 0, 1, "prohibiting")
    assert [(one["edition"], one["entries"], one["new_or_changed"], one["ended"], one["imported_by"]) for one in told["editions"]] == [
        ("2026-11-22", 1, 1, 0, "admin-one"), ("2026-11-21", 1, 1, 0, "admin-one"), ("2026-11-20", 1, 1, 0, "admin-one")]
    difference = service.analyst.get("/v1/lists/OFAC-SDN/diff", params={"from": "2026-11-20", "to": "2026-11-22"}).json()
    assert [(one["entry_id"], one["fields"]) for one in difference["changed"]] == [("1", ["name", "remarks"])] or [one["fields"] for one in difference["changed"]] == [["name"]]
    is_problem(service.analyst.get("/v1/lists/TAROT/diff", params={"from": "2026-11-20", "to": "2026-11-22"}), 422)


def test_an_edition_without_news_makes_the_list_younger(start):
    service = start(filled=False)
    brought_in(service, "2026-11-01", "Nobody Of Interest")
    assert service.admin.get("/v1/lists").json()["lists"][0]["age_days"] == 21
    brought_in(service, "2026-11-20", "Nobody Of Interest")
    (told,) = service.admin.get("/v1/lists").json()["lists"]
    assert told["age_days"] == 2 and [one["new_or_changed"] for one in told["editions"]] == [0, 1]
