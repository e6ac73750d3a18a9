"""Who may call what: the table is whole, and the service keeps to it for every route and role."""

import httpx
import pytest
from api_service import Service, is_problem

from engine.api import permissions
from engine.workflows.tokens import ROLES

VALUES = {
    "{application_id}": "none-such", "{event_id}": "none-such", "{plan_id}": "none-such", "{sha256}": "0" * 64, "{format}": "none-such",
    "{table}": "filing", "{job_id}": "none-such", "{token_id}": "none-such", "{version}": "none-such", "{visit_id}": "none-such", "{year}": "2026", "{party_id}": "1", "{code}": "none-such", "{kind}": "none_such",
}


def ask(client: httpx.Client, row: str) -> httpx.Response:
    method, path = row.split(" ")
    for name, value in VALUES.items():
        path = path.replace(name, value)
    return client.request(method, path, params={"name": "Nobody"} if path.endswith("/screen") else None, content=b"" if method in ("POST", "PUT") else None)


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("row", sorted(permissions.TABLE))
def test_a_route_is_open_to_the_roles_of_the_table_and_no_other(service: Service, row: str, role: str):
    answer = ask(getattr(service, role), row)
    if role in permissions.TABLE[row]:
        assert answer.status_code not in (401, 403, 405, 500), answer.text
    else:
        is_problem(answer, 403)


def test_every_route_has_a_row_in_the_table(service: Service):
    paths = service.client().get("/openapi.json").json()["paths"]
    routes = {f"{method.upper()} {path}" for path, methods in paths.items() for method in methods}
    assert routes <= set(permissions.TABLE) | permissions.PUBLIC
    assert {row for row in permissions.TABLE if "/events/" not in row and "/ingest/" not in row} <= routes


@pytest.mark.parametrize("row", sorted(permissions.TABLE))
def test_without_a_token_nothing_is_told(service: Service, row: str):
    answer = ask(service.client(), row)
    is_problem(answer, 401)
    assert answer.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize("secret", ["wrong", "x" * 500, "ä".encode().decode("latin-1")])
def test_an_unknown_token_is_refused(service: Service, secret: str):
    answer = httpx.get(f"{service.address}/v1/features", headers={"Authorization": f"Bearer {secret}".encode("latin-1")})
    is_problem(answer, 401)


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics"])
def test_operators_need_no_token(service: Service, path: str):
    assert service.client().get(path).status_code == 200


def test_an_unknown_path_is_a_problem_document(service: Service):
    is_problem(service.analyst.get("/v1/none"), 404)
    is_problem(service.analyst.delete("/v1/applications"), 405)
