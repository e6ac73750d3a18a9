"""The service itself: problems for every error, tokens, limits, logs, its description, and the note beside the store."""

import json
import os
import signal
import socket
import stat
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import httpx
import pytest
from api_service import GENEROUS, Service, an_application, is_problem

from engine.api import problems
from engine.api.limits import Buckets, Limits
from engine.api.serve import noted, serve
from engine.errors import EngineError, RefusedInput, TooManyRequests
from engine.settings import Settings
from engine.store.database import service_note


def all_errors(kind: type[EngineError] = EngineError) -> list[type[EngineError]]:
    return [kind, *(one for child in kind.__subclasses__() for one in all_errors(child))]


def test_every_error_of_the_engine_has_a_status():
    assert {kind for kind in all_errors() if kind.__module__ == "engine.errors"} == set(problems.STATUS)


def test_what_is_our_fault_is_not_told():
    told = problems.problem_of(EngineError("a secret of the house"))
    assert told.status == 500 and "secret" not in told.model_dump_json()


def _failed_line(service: Service) -> dict:
    """The line of the request that failed; it is written after the answer has gone out."""
    until = time.monotonic() + 10
    while time.monotonic() < until:
        for line in map(json.loads, service.log.getvalue().splitlines()):
            if line["status"] == 500:
                return line
        time.sleep(0.02)
    raise AssertionError("no line tells of a request that failed")


def test_what_was_not_foreseen_is_a_problem_and_one_line_in_the_log(service: Service, monkeypatch: pytest.MonkeyPatch):
    from engine.api.routes import models

    def broken():
        raise ZeroDivisionError("a secret of the house")

    monkeypatch.setattr(models, "catalogue", broken)
    told = is_problem(service.analyst.get("/v1/features"), 500)
    assert "secret" not in json.dumps(told)
    line = _failed_line(service)
    assert line["status"] == 500 and line["error"].startswith("ZeroDivisionError at ") and "secret" not in service.log.getvalue()
    assert "Traceback" not in service.log.getvalue()


def test_a_line_in_the_log_tells_who_asked_what_but_no_value(service: Service):
    answer = service.analyst.get("/v1/screen", params={"name": "Very Private Name"}, headers={"X-Request-Id": "abc-1"})
    service.analyst.get("/v1/applications/very-private-id")
    service.analyst.post("/v1/applications", json=an_application(exporter={"name": "Very Private Name"}))
    assert answer.headers["x-request-id"] == "abc-1"
    text = service.log.getvalue()
    assert "Private" not in text and "very-private" not in text
    line = next(told for told in map(json.loads, text.splitlines()) if told["request_id"] == "abc-1")
    known = {token["token_id"]: token["name"] for token in service.admin.get("/v1/tokens").json()["tokens"]}
    assert (line["route"], line["method"], line["status"], known[line["token"]]) == ("/v1/screen", "GET", 200, "analyst-one") and line["ms"] > 0
    assert "analyst-one" not in text
    assert "/v1/applications/{application_id}" in {told["route"] for told in map(json.loads, text.splitlines())}


def test_a_request_id_that_could_forge_a_line_is_replaced(service: Service):
    answer = service.client().get("/healthz", headers={"X-Request-Id": 'x" injected'})
    assert "injected" not in answer.headers["x-request-id"]


def test_a_query_that_cannot_be_read_is_not_repeated(service: Service):
    for params in ({"band": "very-private"}, {"limit": "0"}, {"bnad": "high"}, {"from": "x"}, {"cursor": "zzz"}):
        told = is_problem(service.analyst.get("/v1/applications", params=params), 422)
        assert told["problems"][0]["field"] == next(iter(params)) and "very-private" not in json.dumps(told)


def test_metrics_count_by_route(service: Service):
    service.analyst.get("/v1/applications/some-id")
    text = service.client().get("/metrics").text
    assert 'route="/v1/applications/{application_id}"' in text and "some-id" not in text


def test_a_token_is_given_out_once_used_and_revoked(service: Service):
    order = {"name": "Licensing system", "role": "system", "authorities": ["SE"], "expires_at": "2026-12-01T00:00:00Z"}
    given = service.admin.post("/v1/tokens", json=order).json()
    client = service.client(given["token"])
    assert client.get("/v1/features").status_code == 200
    listed = service.admin.get("/v1/tokens")
    assert given["token_id"] in listed.text and given["token"] not in listed.text
    assert given["token"] not in json.dumps(service.auditor.get("/v1/audit", params={"limit": 1000}).json())
    assert not service.desk.store.cursor().execute("select 1 from access_token where token_hash = ?", [given["token"]]).fetchall()
    for _ in range(2):
        assert service.admin.delete(f"/v1/tokens/{given['token_id']}").status_code == 200
    is_problem(client.get("/v1/features"), 401)
    is_problem(service.admin.delete("/v1/tokens/none-such"), 404)


def test_a_token_ends(service: Service, monkeypatch: pytest.MonkeyPatch):
    given = service.admin.post("/v1/tokens", json={"name": "N", "role": "auditor", "expires_at": "2026-11-23T00:00:00Z"}).json()
    client = service.client(given["token"])
    assert client.get("/v1/features").status_code == 200
    monkeypatch.setattr(service.clock, "moment", service.clock.moment + timedelta(days=1))
    is_problem(client.get("/v1/features"), 401)


@pytest.mark.parametrize(
    "told", [{"role": "root"}, {"authorities": []}, {"authorities": ["XX"]}, {"expires_at": "2020-01-01T00:00:00Z"}, {"name": ""}, {"more": 1}]
)
def test_a_token_order_that_is_wrong_is_refused(service: Service, told: dict):
    is_problem(service.admin.post("/v1/tokens", json={"name": "N", "role": "system", "expires_at": "2026-12-01T00:00:00Z"} | told), 422)


def test_a_bucket_fills_again():
    moment = SimpleNamespace(now=0.0)
    buckets = Buckets(Limits(burst=2, per_second=0.5), now=lambda: moment.now)
    buckets.take("a")
    buckets.take("a")
    buckets.take("b")
    with pytest.raises(TooManyRequests) as refused:
        buckets.take("a")
    assert refused.value.retry_after == 2
    moment.now = 2.0
    buckets.take("a")


def test_who_asks_too_often_is_told_when_to_ask_again(start):
    from dataclasses import replace

    service = start(limits=replace(GENEROUS, burst=3, per_second=0.01), filled=False)
    answers = [service.analyst.get("/v1/features") for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    is_problem(answers[-1], 429)
    assert int(answers[-1].headers["retry-after"]) >= 1
    assert service.auditor.get("/v1/features").status_code == 200


def test_the_queue_gives_every_application_once(service: Service):
    for order in ("newest", "risk"):
        seen, cursor = [], None
        while True:
            page = service.analyst.get("/v1/applications", params={"limit": 100, "order": order} | ({"cursor": cursor} if cursor else {})).json()
            seen += page["applications"]
            if (cursor := page["next_cursor"]) is None:
                break
        ids = [row["application_id"] for row in seen]
        assert len(ids) == len(set(ids)) == service.desk.store.cursor().execute("select count(distinct application_id) from filing").fetchall()[0][0]
        key = (lambda row: row["filed_at"]) if order == "newest" else (lambda row: -1 if row["risk"] is None else row["risk"])
        assert [key(row) for row in seen] == sorted(map(key, seen), reverse=True)


def test_the_queue_is_filtered(service: Service):
    filing = an_application(end_user={"name": "Somebody", "country": "IS"})
    service.analyst.post("/v1/applications", json=filing)

    def ids(**params: str) -> set[str]:
        return {row["application_id"] for row in service.analyst.get("/v1/applications", params={"limit": 500} | params).json()["applications"]}

    mine = filing["application_id"]
    assert mine in ids(destination="IS", state="undecided", authority="SE", **{"from": "2026-11-20", "to": "2026-11-20"})
    for params in ({"destination": "NO"}, {"state": "granted"}, {"authority": "DE"}, {"from": "2026-11-21"}, {"to": "2026-11-19"}, {"band": "critical"}):
        assert mine not in ids(**params)


def test_the_description_names_bodies_roles_and_problems(service: Service):
    told = service.client().get("/openapi.json").json()
    schemas = told["components"]["schemas"]
    assert {"Application", "Decision", "Problem", "Score", "Visit"} <= set(schemas)
    text = json.dumps(told)
    for reference in set(text.split('"$ref": "#/components/schemas/')[1:]):
        assert reference.split('"')[0] in schemas
    filing = told["paths"]["/v1/applications"]["post"]
    assert filing["requestBody"]["content"]["application/json"]["schema"] == {"$ref": "#/components/schemas/Application"}
    assert filing["requestBody"]["content"]["application/json"]["examples"]
    assert filing["x-roles"] == ["analyst", "system"]
    assert "/v1/signatures" in told["info"]["description"]


def test_the_note_beside_the_store_is_private_and_goes(tmp_path: Path):
    path = service_note(tmp_path / "diversion.duckdb")
    with noted(path, "http://127.0.0.1:8765"):
        assert json.loads(path.read_text()) == {"address": "http://127.0.0.1:8765", "pid": os.getpid()}
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert not path.exists()


@pytest.mark.parametrize("address", ["http://0.0.0.0:8765", "https://127.0.0.1:8765", "http://example.org:80"])
def test_the_service_listens_on_this_machine_alone(service: Service, address: str):
    with pytest.raises(RefusedInput):
        serve(service.desk, Settings(service=address))


def test_an_address_that_another_process_holds_is_refused_before_a_token_is_given_out(service: Service):
    before = service.admin.get("/v1/tokens").json()["tokens"]
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(RefusedInput, match="no other process"):
        serve(service.desk, Settings(service=f"http://127.0.0.1:{taken.getsockname()[1]}"))
    assert service.admin.get("/v1/tokens").json()["tokens"] == before


@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGINT])
def test_the_service_runs_until_told_to_stop(tmp_path: Path, sign: signal.Signals):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{free.getsockname()[1]}"
    store = tmp_path / "diversion.duckdb"
    process = subprocess.Popen(
        [sys.executable, "-c", "from engine.cli import main; main()", "serve", "--store", str(store), "--service", address], stderr=subprocess.PIPE, text=True,
    )
    try:
        secret = process.stderr.readline().split()[-1]
        for _ in range(600):
            try:
                answer = httpx.get(f"{address}/v1/tokens", headers={"Authorization": f"Bearer {secret}"})
                break
            except httpx.ConnectError:
                time.sleep(0.05)
        assert answer.json()["tokens"][0]["role"] == "admin"
        assert json.loads(service_note(store).read_text()) == {"address": address, "pid": process.pid}
        process.send_signal(sign)
        assert process.wait(30) == 0
        assert not service_note(store).exists() and "Traceback" not in process.stderr.read()
    finally:
        process.kill()
        process.stderr.close()
