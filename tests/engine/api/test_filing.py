"""Filing: once, with the same score again; in batches, in order; and never doubled or lost when many file at once."""

import json
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import quote

import pytest
from api_service import NOW, Service, an_application, fresh, is_problem

from engine.api.filing import FilingBatches
from engine.errors import NotReady
from engine.store.records import Origin
from engine.wire import parse_application
from engine.workflows.desk import open_desk

FULL = {"risk", "risk_low", "risk_high", "band", "scope", "referrals", "reasons", "family_risk", "missing", "model_version"}


def test_a_filing_is_answered_with_its_score(service: Service):
    answer = service.analyst.post("/v1/applications", json=an_application())
    assert answer.status_code == 201
    told = answer.json()
    assert set(told) >= FULL and told["scope"] == "diversion only" and told["risk_low"] <= told["risk"] <= told["risk_high"]


def test_a_new_filing_is_answered_with_its_address(service: Service):
    filing = an_application(application_id=fresh("A/"))
    first, again = (service.analyst.post("/v1/applications", json=filing) for _ in range(2))
    assert first.headers["location"] == f"/v1/applications/{filing['application_id'].replace('/', '%2F')}" and "location" not in again.headers
    assert service.analyst.get(first.headers["location"]).json()["application_id"] == filing["application_id"]


def test_the_same_filing_again_gives_the_same_score(service: Service):
    filing = an_application()
    first = service.analyst.post("/v1/applications", json=filing)
    again = service.analyst.post("/v1/applications", json=dict(reversed(filing.items())))
    assert (first.status_code, again.status_code) == (201, 200) and first.json() == again.json()


def test_the_same_id_with_other_content_is_a_conflict(service: Service):
    filing = an_application()
    service.analyst.post("/v1/applications", json=filing)
    is_problem(service.analyst.post("/v1/applications", json=filing | {"kind": "brokering"}), 409)
    assert service.analyst.post("/v1/applications", json=filing | {"kind": "brokering", "revision": 2}).status_code == 201


def test_a_system_gets_neither_reasons_nor_evidence(service: Service):
    told = service.system.post("/v1/applications", json=an_application()).json()
    assert {"risk", "band", "scope", "referrals", "missing"} <= set(told)
    assert not {"reasons", "family_risk", "raw_score", "base_value"} & set(told) and isinstance(told["referrals"], bool)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (b"", ""), (b"{", ""), (b"[]", ""), (b"\xff\xfe", ""), (b'{"application_id": "x", "application_id": "y"}', None),
        (b'{"aplication_id": "x"}', None),
    ],
)
def test_what_cannot_be_read_is_a_problem_with_its_field(service: Service, body: bytes, field: str | None):
    told = is_problem(service.analyst.post("/v1/applications", content=body), 422)
    assert told["problems"] and all(set(one) == {"field", "reason", "expected", "todo"} for one in told["problems"])
    assert field is None or told["problems"][0]["field"] == field


def test_an_unknown_field_is_refused_by_name(service: Service):
    told = is_problem(service.analyst.post("/v1/applications", json=an_application(end_usr="x")), 422)
    assert told["problems"][0]["field"] == "end_usr"


def test_a_name_that_stands_twice_is_refused(service: Service):
    text = json.dumps(an_application())
    told = is_problem(service.analyst.post("/v1/applications", content=text[:-1] + ', "kind": "brokering"}'), 422)
    assert told["problems"][0]["field"] == "kind"


def test_a_body_that_is_too_long_is_refused(service: Service):
    is_problem(service.analyst.post("/v1/applications", content=b" " * 300_000), 413)
    is_problem(service.analyst.post("/v1/applications", content=iter([b" " * 1000] * 300)), 413)


def test_a_batch_is_answered_in_order_good_and_bad(service: Service):
    known = an_application()
    service.system.post("/v1/applications", json=known)
    twice = an_application()
    batch = [an_application(), {"application_id": "x"}, known, known | {"kind": "brokering"}, twice, twice, twice | {"kind": "brokering"}, 7, an_application()]
    rows = service.system.post("/v1/applications/batch", json=batch).json()["results"]
    assert [row["position"] for row in rows] == list(range(9))
    assert [row["status"] for row in rows] == [201, 422, 200, 409, 201, 200, 409, 422, 201]
    assert rows[0]["score"]["application_id"] == batch[0]["application_id"] and rows[8]["score"]["application_id"] == batch[8]["application_id"]
    assert all(("score" in row) != ("problem" in row) for row in rows) and "reasons" not in rows[0]["score"]


def test_a_batch_scores_as_one_by_one(start):
    batch = [an_application(filed_at=f"2026-11-{day:02}T09:00:00Z") for day in (3, 1, 2)]
    together, alone = start(filled=False), start(filled=False)
    rows = together.analyst.post("/v1/applications/batch", json=batch).json()["results"]
    told = {row["score"]["application_id"]: row["score"]["risk"] for row in rows}
    for filing in sorted(batch, key=lambda one: one["filed_at"]):
        assert alone.analyst.post("/v1/applications", json=filing).json()["risk"] == told[filing["application_id"]]


@pytest.mark.parametrize("body", [b"{}", b"[1,]", b"[", b"[]x", b"", b"[{}] []", b"[1 2]"])
def test_a_batch_that_is_no_list_is_refused(service: Service, body: bytes):
    is_problem(service.system.post("/v1/applications/batch", content=body), 422)


def test_a_batch_that_is_too_long_is_refused(service: Service):
    is_problem(service.system.post("/v1/applications/batch", json=[{}] * 21), 413)


def test_an_empty_batch_is_answered_empty(service: Service):
    assert service.system.post("/v1/applications/batch", json=[]).json() == {"results": []}


def test_scoring_without_filing_leaves_only_the_audit_entry(service: Service):
    filing = an_application()
    before = service.auditor.get("/v1/audit", params={"limit": 1000}).json()
    score = service.analyst.post("/v1/score", json=filing)
    assert score.status_code == 200 and set(score.json()) >= FULL
    is_problem(service.analyst.get(f"/v1/applications/{filing['application_id']}"), 404)
    after = service.auditor.get("/v1/audit", params={"after": before["entries"][-1]["seq"]}).json()["entries"]
    assert [entry["action"] for entry in after] == ["score without filing"]
    assert service.analyst.post("/v1/applications", json=filing).json()["risk"] == score.json()["risk"]


def test_a_score_is_as_of_filing_or_as_asked(service: Service):
    filing = an_application()
    filed = service.analyst.post("/v1/applications", json=filing).json()
    path = f"/v1/applications/{filing['application_id']}/score"
    assert service.analyst.get(path).json()["risk"] == filed["risk"] and service.analyst.get(path).json()["as_of"] == "2026-11-20T09:00:00Z"
    assert service.analyst.get(path, params={"as_of": "now"}).json()["as_of"] == "2026-11-22T12:00:00Z"
    assert service.analyst.get(path, params={"as_of": "2026-11-21T13:00:00+01:00"}).json()["as_of"] == "2026-11-21T12:00:00Z"
    for bad in ("yesterday", "2026-11-21", "2030-01-01T00:00:00Z", "2026-11-21T12:00:00"):
        is_problem(service.analyst.get(path, params={"as_of": bad}), 422)
    is_problem(service.analyst.get(path, params={"as_of": "2026-11-19T00:00:00Z"}), 404)


def test_an_id_with_a_slash_is_found(service: Service):
    filing = an_application(application_id=f"SE/{fresh()}")
    service.analyst.post("/v1/applications", json=filing)
    assert service.analyst.get(f"/v1/applications/{filing['application_id']}").json()["application_id"] == filing["application_id"]
    assert service.analyst.get(f"/v1/applications/{filing['application_id']}/history").status_code == 200


def test_an_id_that_ends_like_a_route_is_told_from_the_route_by_its_encoded_slash(service: Service):
    plain = an_application()
    ids = [plain["application_id"], *(f"{plain['application_id']}/{end}" for end in ("score", "history", "history/score", "what-if"))]
    for one in ids:
        assert service.analyst.post("/v1/applications", json=plain | {"application_id": one}).status_code == 201
    for one in ids:
        path = f"/v1/applications/{quote(one, safe='')}"
        assert service.analyst.get(path).json()["application_id"] == one
        assert service.analyst.get(path.replace("%2F", "%2f")).json()["application_id"] == one
        assert "items" not in service.analyst.get(f"{path}/score").json() and service.analyst.get(f"{path}/score").json()["application_id"] == one
        assert service.analyst.get(f"{path}/history").json()["application_id"] == one
    assert service.analyst.get(f"/v1/applications/{ids[1]}").json()["reasons"]  # sent plainly: the score of the plain one
    is_problem(service.analyst.get("/v1/applications/none%2Fsuch%25%2F"), 422)


def test_a_route_is_told_leg_by_leg_with_the_distance_of_its_mode(service: Service):
    filing = an_application(route=[
        {"from": "SEGOT", "to": "AEJEA", "mode": "sea", "free_zone": False}, {"from": "AEJEA", "to": "CHZRH", "mode": "sea"}, {"from": "CHZRH", "to": "FIHEL", "mode": "air"},
    ])
    service.analyst.post("/v1/applications", json=filing)
    told = service.inspector.get(f"/v1/applications/{filing['application_id']}/route")
    assert told.status_code == 404  # not visited: not there for an inspector
    told = service.planner.get(f"/v1/applications/{filing['application_id']}/route").json()
    by_sea, inland, flown = told["legs"]
    assert (told["revision"], told["km"], [leg["leg"] for leg in told["legs"]]) == (1, None, [1, 2, 3])
    assert by_sea["measured_by"] == "sea" and by_sea["km"] > 12_000 > 5_500 > by_sea["straight_km"] and by_sea["on_the_way"]
    assert by_sea["hub_named_by"] and by_sea["free_zone_declared"] is False and by_sea["free_zone_listed"] == "Jebel Ali Free Zone"
    assert (inland["km"], inland["measured_by"], inland["inland"], inland["straight_km"] > 4_000) == (None, None, True, True)
    assert (flown["measured_by"], flown["km"], flown["on_the_way"]) == ("great_circle", flown["straight_km"], False)
    is_problem(service.analyst.get(f"/v1/applications/{filing['application_id']}/route", params={"revision": 2}), 404)


def test_many_at_once_lose_nothing_and_double_nothing(start):
    service = start(filled=False)
    same = an_application()
    filings = [same if n % 4 == 0 else an_application() for n in range(64)]
    with ThreadPoolExecutor(32) as threads:
        answers = list(threads.map(lambda filing: service.client(service.secrets["system"]).post("/v1/applications", json=filing), filings))
    assert sorted(answer.status_code for answer in answers) == [200] * 15 + [201] * 49, [answer.text for answer in answers if answer.status_code not in (200, 201)]
    assert len({answer.text for answer, filing in zip(answers, filings, strict=True) if filing is same}) == 1
    cursor = service.desk.store.cursor()
    assert cursor.execute("select count(*), count(distinct key) from record where kind = 'application'").fetchall() == [(49, 49)]
    assert cursor.execute("select count(*), count(distinct application_id) from score").fetchall() == [(49, 49)]
    assert service.auditor.post("/v1/audit/verify").json()["whole"]


LITE = Path(__file__).parents[4] / "shared" / "lite" / "example-3.json"


@pytest.mark.skipif(not LITE.is_file(), reason="no ../shared/lite: LITE's serializer outputs stand beside the project")
def test_a_document_of_lite_is_filed_and_what_has_no_place_is_told(service: Service):
    answer = service.system.post("/v1/applications", params={"format": "lite"}, content=LITE.read_bytes())
    told = answer.json()
    assert answer.status_code == 201 and told["application_id"] == "GBSIEL/2025/0003310/P" and told["referrals"] is True
    assert {"field": "have_you_been_informed", "reason": "the contract has no place for it", "said": "yes"} in told["unmapped"]
    again = service.analyst.post("/v1/applications", params={"format": "lite"}, content=LITE.read_bytes())
    assert again.status_code == 200 and again.json()["unmapped"] == told["unmapped"] and again.json()["reasons"]
    assert service.analyst.get("/v1/applications/GBSIEL/2025/0003310/P").json()["items"][0]["control_code"] == "ML1.a"
    is_problem(service.system.post("/v1/applications", params={"format": "lite"}, json=an_application()), 422)
    is_problem(service.system.post("/v1/applications", params={"format": "tarot"}, json=an_application()), 422)


def in_line(service: Service) -> int:
    told = service.client().get("/metrics").text
    return int(float(next(line for line in told.splitlines() if line.startswith("diversion_filings_waiting ")).split()[1]))


def test_what_comes_at_once_is_scored_together_and_as_one_by_one(start):
    filings = [an_application(filed_at=f"2026-11-{day:02}T09:00:00Z", end_user={"name": "Border Guard Service", "country": "FI"}) for day in range(1, 7)]
    together, alone = start(filled=False), start(filled=False)
    first = an_application(end_user={"name": "Harbour Board", "country": "NO"}, exporter={"name": "Fjord Works AS", "country": "NO"})
    with ThreadPoolExecutor(8) as threads, together.desk.store.writing():  # nothing can be filed until all are in line
        # Whoever comes first is taken alone, and stands before the writer until it is let go.
        before = threads.submit(together.system.post, "/v1/applications", json=first)
        time.sleep(1)
        waiting = [threads.submit(together.client(together.secrets[role]).post, "/v1/applications", json=filing)
                   for filing, role in zip(filings, ("system", "analyst") * 3, strict=True)]
        bad = threads.submit(together.system.post, "/v1/applications", json=filings[0] | {"kind": "brokering"})
        until = time.monotonic() + 30
        while in_line(together) < 7 and time.monotonic() < until:
            time.sleep(0.05)
    assert before.result().status_code == 201
    answers = [one.result() for one in waiting]
    told = {answer.json()["application_id"]: answer.json() for answer in answers if answer.status_code == 201}
    clash = [answer.status_code for answer in (*answers, bad.result())]
    assert sorted(clash) == [201] * 6 + [409]
    entries = [row for row in together.auditor.get("/v1/audit", params={"limit": 1000}).json()["entries"] if row["kind"] == "application"]
    assert len(entries) <= 5 and {row["actor"] for row in entries} == {"system-one", "analyst-one"} and sum(row["records"] for row in entries) == 7
    for filing in filings:
        lone = alone.analyst.post("/v1/applications", json=filing).json()
        if filing["application_id"] in told:
            assert told[filing["application_id"]]["risk"] == lone["risk"]
    assert together.auditor.post("/v1/audit/verify").json()["whole"]


def test_a_batch_that_is_spoilt_is_filed_one_by_one_and_only_the_spoiler_fails(start, monkeypatch):
    from engine.api import filing as line

    service, bad = start(filled=False), an_application()
    whole = line.file_application

    def broken(desk, application, origin):
        if application.application_id == bad["application_id"]:
            raise ZeroDivisionError
        return whole(desk, application, origin)

    monkeypatch.setattr(line, "file_batch", lambda *_: 1 / 0)
    monkeypatch.setattr(line, "file_application", broken)
    with ThreadPoolExecutor(6) as threads, service.desk.store.writing():
        waiting = [threads.submit(service.system.post, "/v1/applications", json=one) for one in (an_application(), bad, an_application(), an_application())]
        time.sleep(1)
    assert [one.result().status_code for one in waiting] == [201, 500, 201, 201]


def test_a_service_that_is_stopped_files_what_is_in_line_and_takes_no_more(tmp_path):
    desk = open_desk(tmp_path / "s.duckdb", Origin("test", "ingest", NOW), create=True)
    line = FilingBatches(desk, lambda: NOW)
    asked = [line.file(parse_application(json.dumps(an_application())).model, Origin("x", "http", NOW)) for _ in range(5)]
    assert not asked[2].cancel()  # whoever waited is gone; it is filed all the same
    line.close()
    assert all(one.result(0).created for one in asked)
    with pytest.raises(NotReady):
        line.file(parse_application(json.dumps(an_application())).model, Origin("x", "http", NOW))
    desk.close()
