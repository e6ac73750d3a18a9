"""Every route, with every role, on records that their originator controls: none who may not see their content is shown it.

The routes are the application's own, so a new one without a request below fails here.
"""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass

import httpx
import pytest
from api_service import NOW, Service, a_grant, an_application, an_event, fresh, is_problem, lines

from engine.api import permissions
from engine.store.records import Origin, append_one
from engine.wire import EVENTS
from engine.workflows.tokens import ROLES

MARKER = "ZQCONTROLLEDQZ"
CONTROLLED = "originator_controlled"
PAPER = f"%PDF-1.7 {MARKER}".encode()
HASH = hashlib.sha256(PAPER).hexdigest()


@dataclass(frozen=True)
class Planted:
    """What was put on record: every text of a controlled record holds the marker."""

    application_id: str
    whole: str  # a filing that is controlled as a whole
    shipment_id: str
    visit_id: str
    waiting: str  # an event that waits for its second signature
    body: dict


@pytest.fixture(scope="module")
def planted(service: Service) -> Planted:
    filing = an_application(
        end_user={"name": f"Ladoga Marine Works {fresh()}", "country": "FI", "kind": "commercial"}, catch_all={"military_end_use_informed": True},
        documents=[{"kind": "contract", "number": MARKER, "issuer": f"{MARKER} issuer", "handling": CONTROLLED, "reference": MARKER, "sha256": HASH}],
    )
    application_id, whole = filing["application_id"], an_application(handling=CONTROLLED, reference=MARKER, end_use={"statement": MARKER})
    send(service, "denial_notice", party=filing["end_user"]["name"], country="FI", reason=MARKER, grounds=[MARKER], end_use=MARKER, issuer=MARKER,
         denied_on="2026-09-01", at="2026-10-01T00:00:00Z", event_id=f"DN-{MARKER}", because=MARKER, reference=MARKER)
    for one in (filing, whole):
        assert service.analyst.post("/v1/applications", json=one).status_code == 201
    assert service.analyst.put(f"/v1/evidence/{HASH}", content=PAPER).status_code == 201
    shipment_id, visit_id, waiting = fresh("S"), fresh("V"), fresh("E")
    about = {"application_id": application_id, "handling": CONTROLLED, "because": MARKER, "reference": MARKER}
    send(service, "shipment", shipment_id=shipment_id, **about)
    send(service, "delivery", shipment_id=shipment_id, milestone="arrived", number=MARKER, handling=CONTROLLED, because=MARKER)
    send(service, "incident", source="partner", finding="diversion", confirmed=True, **about)
    send(service, "request", request_id=fresh("R"), to="agency", **{"for": "opinion", "from": "authority", "name": MARKER}, **about)
    send(service, "visit", visit_id=visit_id, outcome="inconclusive", host=MARKER, limitations=MARKER, **about)
    send(service, "review", about="referral", subject=referral_of(service, application_id), result="escalated", application_id=application_id, because=MARKER,
         handling=CONTROLLED)
    exemption = an_event(event_id=waiting, about="referral", subject=referral_of(service, application_id), result="exempted", application_id=application_id,
                         because=MARKER, legal_basis=MARKER, handling=CONTROLLED)
    assert service.analyst.post("/v1/events/review", json=exemption).status_code == 202
    plan = {"plan_id": "plan-roles", "visit_id": fresh("P"), "application_id": application_id, "stage": "post_shipment", "window_from": "2026-11-01",
            "window_to": "2026-12-31", "chosen_by": "risk", "inclusion_probability": 0.5, "reason": "Highest risk.", "risk": 0.4, "mode": "on_site"}
    with service.desk.store.writing() as cursor:
        append_one(cursor, "planned_visit", f"plan:plan-roles:{plan['visit_id']}", NOW, json.dumps(plan), Origin("planner-one", "engine", NOW), "plan visits")
    return Planted(application_id, whole["application_id"], shipment_id, visit_id, waiting, filing)


def send(service: Service, kind: str, **told: object) -> None:
    answer = service.analyst.post(f"/v1/events/{kind}", json=an_event(**told))
    assert answer.status_code in (201, 202), answer.text


def referral_of(service: Service, application_id: str) -> str:
    return next(one["subject"] for one in service.analyst.get(f"/v1/applications/{application_id}/score").json()["referrals"] if one["rule_id"] == "catch_all")


def an_event_of(kind: str, planted: Planted) -> dict:
    """An event of each kind, about what is planted."""
    about = {"application_id": planted.application_id}
    told = {
        "decision": a_grant(planted.application_id), "licence": an_event(change="issued", **about), "shipment": an_event(shipment_id=fresh("S"), **about),
        "delivery": an_event(shipment_id=planted.shipment_id, milestone="arrived"), "visit": an_event(visit_id=fresh("V"), outcome="favourable", **about),
        "incident": an_event(source="customs", finding="loss", **about), "denial_notice": an_event(party="Somebody", country="FI", denied_on="2026-09-01"),
        "destruction": an_event(control_code="ML1.a", quantity=1, **about), "request": an_event(request_id=fresh("R"), **{"for": "opinion", "to": "agency"}, **about),
        "review": an_event(about="incident", subject="none", result="ended", because="Looked into.", **about),
    }
    return told[kind]


Ask = Callable[[httpx.Client, Planted], list[httpx.Response]]


def get(path: str, **params: object) -> Ask:
    return lambda client, planted: [client.get(path.format(**vars(planted)), params=params)]


def post(path: str, body: object = None, **params: object) -> Ask:
    def ask(client: httpx.Client, planted: Planted) -> list[httpx.Response]:
        told = body(planted) if callable(body) else body
        sent = {"content": told} if isinstance(told, bytes) else {"json": told}
        return [client.post(path.format(**vars(planted)), params=params, **sent)]

    return ask


def each(*asked: Ask) -> Ask:
    return lambda client, planted: [answer for ask in asked for answer in ask(client, planted)]


ASKED: dict[str, Ask] = {
    "POST /v1/applications": each(post("/v1/applications", lambda planted: planted.body), post("/v1/applications", lambda planted: planted.body | {"kind": "brokering"})),
    "POST /v1/applications/batch": post("/v1/applications/batch", lambda planted: [planted.body, planted.body | {"kind": "brokering"}]),
    "POST /v1/score": post("/v1/score", lambda planted: planted.body | {"revision": 2}),
    "POST /v1/score/unscored": post("/v1/score/unscored"),
    "POST /v1/score/file": post("/v1/score/file", lambda planted: lines([planted.body]), format="jsonl"),
    "GET /v1/applications": each(get("/v1/applications", limit=500), get("/v1/applications", order="risk", limit=500)),
    "GET /v1/applications/{application_id}": each(get("/v1/applications/{application_id}"), get("/v1/applications/{whole}")),
    "GET /v1/applications/{application_id}/score": each(get("/v1/applications/{application_id}/score"), get("/v1/applications/{application_id}/score", as_of="now"),
                                                        get("/v1/applications/{application_id}/score", as_scored="newest"),
                                                        get("/v1/applications/{whole}/score")),
    "GET /v1/applications/{application_id}/history": each(get("/v1/applications/{application_id}/history"), get("/v1/applications/{whole}/history")),
    "GET /v1/applications/{application_id}/route": each(get("/v1/applications/{application_id}/route"), get("/v1/applications/{whole}/route")),
    "POST /v1/applications/{application_id}/what-if": post("/v1/applications/{application_id}/what-if", {"remedies": ["no_re_export"]}),
    "GET /v1/applications/{application_id}/similar": get("/v1/applications/{application_id}/similar"),
    "GET /v1/applications/{application_id}/network": each(get("/v1/applications/{application_id}/network"), get("/v1/applications/{whole}/network")),
    "GET /v1/parties/{party_id}": get("/v1/parties/1"),
    "POST /v1/parties/{party_id}/merge": post("/v1/parties/1/merge", {"other": "2", "because": "One register extract."}),
    "POST /v1/parties/{party_id}/split": post("/v1/parties/1/split", {"because": "Another firm."}),
    "POST /v1/links/weights": post("/v1/links/weights", {"weights": "none", "because": "Better."}),
    "GET /v1/applications/{application_id}/memo": each(get("/v1/applications/{application_id}/memo"), get("/v1/applications/{application_id}/memo", audience="applicant"),
                                                       get("/v1/applications/{whole}/memo", audience="applicant")),
    "GET /v1/applications/{application_id}/documents": get("/v1/applications/{application_id}/documents"),
    "POST /v1/events/{kind}": each(*(
        lambda client, planted, kind=kind: [client.post(f"/v1/events/{kind}", json=an_event_of(kind, planted))] for kind in EVENTS)),
    "GET /v1/signatures": get("/v1/signatures"),
    "POST /v1/signatures/{event_id}": post("/v1/signatures/{waiting}", {"sign": False, "because": "Not enough."}),
    "GET /v1/visits": get("/v1/visits", limit=1000),
    "GET /v1/applications/{application_id}/serials": get("/v1/applications/{application_id}/serials"),
    "GET /v1/visits/{visit_id}/pack": get("/v1/visits/{visit_id}/pack"),
    "GET /v1/visits/{visit_id}/file": get("/v1/visits/{visit_id}/file"),
    "GET /v1/licences": get("/v1/licences"),
    "GET /v1/due": get("/v1/due"),
    "GET /v1/alerts": get("/v1/alerts"),
    "GET /v1/proposals": get("/v1/proposals"),
    "GET /v1/reports/{year}": get("/v1/reports/2026"),
    "POST /v1/plans": post("/v1/plans", {"from": "2026-12-01", "to": "2026-12-31", "visits": 3}),
    "POST /v1/plans/{plan_id}/amendments": post("/v1/plans/plan-roles/amendments", {"changes": [{"action": "drop", "visit_id": "V"}], "because": "Closed."}),
    "GET /v1/plans/{plan_id}/shipments/{shipment_id}": get("/v1/plans/plan-roles/shipments/{shipment_id}"),
    "GET /v1/plans/{plan_id}": get("/v1/plans/plan-roles"),
    "PUT /v1/evidence/{sha256}": lambda client, planted: [client.put(f"/v1/evidence/{HASH}", content=PAPER)],
    "GET /v1/evidence/{sha256}": get(f"/v1/evidence/{HASH}"),
    "PUT /v1/document-files/{sha256}": lambda client, planted: [client.put(f"/v1/document-files/{HASH}", content=PAPER)],
    "GET /v1/screen": get("/v1/screen", name=f"Ladoga Marine Works {MARKER[:2]}"),
    "GET /v1/lists": get("/v1/lists"),
    "GET /v1/lists/{code}/diff": get("/v1/lists/UN-SC/diff", **{"from": "2026-01-01", "to": "2026-02-01"}),
    "POST /v1/lists/{format}": post("/v1/lists/csl-csv", b"not a list", filename="csl.csv"),
    "GET /v1/model": get("/v1/model"),
    "GET /v1/models": get("/v1/models"),
    "GET /v1/models/compare": get("/v1/models/compare", champion="expert-card-1", challenger="expert-card-1"),
    "GET /v1/drift": get("/v1/drift"),
    "GET /v1/inspectors": get("/v1/inspectors"),
    "POST /v1/models/rollback": post("/v1/models/rollback", {"because": "Too many alarms."}),
    "POST /v1/models": post("/v1/models", {"as_of": "2019-01-01", "dry_run": True}),
    "POST /v1/models/{version}/promote": post("/v1/models/none-such/promote", {"because": "Better."}),
    "POST /v1/models/{version}/challenge": post("/v1/models/none-such/challenge", {"because": "Held against the new one."}),
    "GET /v1/features": get("/v1/features"),
    "GET /v1/audit": get("/v1/audit", limit=1000),
    "POST /v1/audit/verify": post("/v1/audit/verify"),
    "GET /v1/audit/erasures": get("/v1/audit/erasures"),
    "POST /v1/audit/erasures": post("/v1/audit/erasures", {"key": "event:none-such", "order": "7/2026"}),
    "GET /v1/export/{table}": each(*(get(f"/v1/export/{table}", format="csv") for table in ("denial_notice", "shipment", "filing_document", "review", "visit"))),
    "POST /v1/ingest/{kind}": each(post("/v1/ingest/application", lambda planted: lines([planted.body | {"kind": "brokering"}])),
                                   post("/v1/ingest/shipment", lambda planted: lines([an_event_of("shipment", planted)]))),
    "GET /v1/jobs/{job_id}": get("/v1/jobs/none-such"),
    "POST /v1/backup": lambda client, planted: [client.post("/v1/backup")],
    "GET /v1/me": get("/v1/me"),
    "GET /v1/tokens": get("/v1/tokens"),
    "POST /v1/tokens": post("/v1/tokens", {"name": "N", "role": "auditor", "expires_at": "2026-12-01T00:00:00Z"}),
    "DELETE /v1/tokens/{token_id}": lambda client, planted: [client.delete("/v1/tokens/none-such")],
}
HOLDS_EVERYTHING = {("POST /v1/backup", "admin")}  # a copy of the whole store, for the one who keeps it


def routes_of(service: Service) -> set[str]:
    paths = service.client().get("/openapi.json").json()["paths"]
    return {f"{method.upper()} {path}" for path, methods in paths.items() for method in methods} - permissions.PUBLIC


def test_every_route_is_asked_here(service: Service):
    assert routes_of(service) == set(ASKED)


def reachable(role: str) -> list[str]:
    rows = {row for row, roles in permissions.TABLE.items() if role in roles}
    return sorted(route for route in ASKED if route in rows or any(row.startswith(route.split("{")[0]) and "{" in route for row in rows))


@pytest.mark.parametrize(("route", "role"), [(route, role) for role in ROLES if role not in permissions.READS_ALL for route in reachable(role)])
def test_who_may_not_see_controlled_content_is_not_shown_it(service: Service, planted: Planted, route: str, role: str):
    if (route, role) in HOLDS_EVERYTHING:
        return
    for answer in ASKED[route](getattr(service, role), planted):
        assert answer.status_code != 500 and MARKER.encode() not in answer.content, f"{answer.request.method} {answer.request.url}"


@pytest.mark.parametrize(("route", "role"), [(route, role) for role in ROLES for route in sorted(ASKED)])
def test_who_may_not_ask_is_told_so_and_nothing_else(service: Service, planted: Planted, route: str, role: str):
    if route in reachable(role):
        return
    for answer in ASKED[route](getattr(service, role), planted):
        told = is_problem(answer, 403)
        assert MARKER not in answer.text and role in told["detail"]


@pytest.mark.parametrize("role", sorted(permissions.READS_ALL))
def test_who_may_see_it_is_shown_it(service: Service, planted: Planted, role: str):
    client = getattr(service, role)
    for route in ("GET /v1/applications/{application_id}", "GET /v1/applications/{application_id}/history", "GET /v1/signatures", "GET /v1/export/{table}"):
        assert any(MARKER in answer.text for answer in ASKED[route](client, planted)), route
    assert client.get(f"/v1/evidence/{HASH}").content == PAPER


def test_nothing_controlled_stands_in_a_memo_for_the_applicant(service: Service, planted: Planted):
    for application_id in (planted.application_id, planted.whole):
        answer = service.analyst.get(f"/v1/applications/{application_id}/memo", params={"audience": "applicant"})
        assert MARKER.encode() not in answer.content
    is_problem(answer, 422)  # the filing that is controlled as a whole gets none
