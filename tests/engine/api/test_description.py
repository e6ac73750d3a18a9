"""The service keeps to its own description: drawn requests for every operation are answered as it says, never with our fault.

Seeded and few, so that a run is the same each time; `schemathesis run` on a service of one's own draws more.
"""

import re
import warnings

import httpx
import pytest
from api_service import Service, an_application, is_problem

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    schemathesis = pytest.importorskip("schemathesis", reason="no schemathesis: `pip install -r requirements-test.txt`")

from hypothesis import HealthCheck, Phase, given, seed, settings

DRAWN = 4  # requests an operation
# Training and planning take long whatever is asked; a backup copies the store. They have tests of their own.
LONG = {"/v1/models", "/v1/plans", "/v1/backup", "/v1/audit/verify", "/v1/score/file", "/v1/score/unscored"}


@pytest.fixture(scope="module")
def description(service: Service) -> dict:
    service.analyst.post("/v1/applications", json=an_application())
    return service.client().get("/openapi.json").json()


@pytest.fixture(scope="module")
def schema(description: dict, service: Service):
    loaded = schemathesis.openapi.from_dict(description)
    loaded.config.update(base_url=service.address)
    return loaded


def operations(schema) -> list:
    return [one.ok() for one in schema.get_all_operations() if one.ok().path not in LONG]


def test_drawn_requests_are_answered_as_described(schema, service: Service):
    faults = [fault for operation in operations(schema) for fault in faults_of(operation, service)]
    assert not faults, sorted(set(faults))


def faults_of(operation, service: Service) -> list[str]:
    """What an operation answers to drawn requests that its description does not say."""
    faults, told = [], operation.definition.raw
    secret = service.secrets[(told.get("x-roles") or ["admin"])[0]]
    declared = {int(code) for code in told["responses"] if code.isdigit()}

    @seed(20261122)
    @settings(max_examples=DRAWN, deadline=None, database=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
    @given(case=operation.as_strategy())
    def answered(case) -> None:
        answer = case.call(headers={"Authorization": f"Bearer {secret}"}, timeout=60)
        form = (answer.headers.get("content-type") or [""])[0]
        if answer.status_code >= 500 and answer.status_code != 503:
            faults.append(f"{operation.label}: {answer.status_code}")
        elif answer.status_code >= 400 and form != "application/problem+json":
            faults.append(f"{operation.label}: {answer.status_code} is no problem document")
        elif answer.status_code < 400 and answer.status_code not in declared:
            faults.append(f"{operation.label}: {answer.status_code} is not described")
        elif answer.status_code < 400 and form == "application/json":
            operation.validate_response(answer)

    answered()
    return faults


def test_every_body_has_an_example_that_the_service_takes(description: dict, service: Service):
    refused = []
    for path, methods in description["paths"].items():
        for method, operation in methods.items():
            for told in operation.get("requestBody", {}).get("content", {}).values():
                if told["schema"].get("format") == "binary":
                    continue
                examples = told.get("examples", {})
                assert examples, f"{method.upper()} {path} has no example of its body"
                if path in LONG:
                    continue
                for name, example in examples.items():
                    refused += _refused(service, method, path.replace("{kind}", name).replace("{party_id}", "1"), operation, example["value"])
    assert not refused, refused


def _refused(service: Service, method: str, path: str, operation: dict, body: object) -> list[str]:
    """What the service says against the form of an example; that it speaks of nothing on record is no fault of its form."""
    client: httpx.Client = getattr(service, operation["x-roles"][0])
    answer = client.request(method.upper(), re.sub(r"\{[a-z_]+\}", "none-such", path), json=body)
    reasons = [one["reason"] for one in answer.json().get("problems") or ()] if answer.status_code == 422 else []
    return [f"{path}: {one}" for one in reasons if "on record" not in one]


def test_a_query_parameter_that_a_route_does_not_take_is_named_with_those_it_takes(description: dict, service: Service):
    for path, methods in description["paths"].items():
        for method, operation in methods.items():
            if "x-roles" not in operation:  # for operators, whose probes may add what keeps an answer from being cached
                continue
            here = re.sub(r"\{[^}]*\}", "visit" if path.startswith("/v1/events/") else "x", path)
            role = "inspector" if path.startswith("/v1/events/") else operation["x-roles"][0]
            answer = service.client(service.secrets[role]).request(method, here, params={"aplication_id": "very-private"})
            told = is_problem(answer, 422)["problems"]
            known = [one["name"] for one in operation.get("parameters", ()) if one["in"] == "query"]
            assert told[0]["field"] == "aplication_id" and all(f"`{name}`" in told[0]["expected"] for name in known), (method, path)
            assert "very-private" not in answer.text
            assert "application_id" not in known or told[0]["todo"] == "Did you mean `application_id`?", (method, path)


def test_who_may_not_ask_is_told_that_first(service: Service):
    is_problem(service.client().get("/v1/visits", params={"no_such": 1}), 401)
    is_problem(service.system.get("/v1/visits", params={"no_such": 1}), 403)
