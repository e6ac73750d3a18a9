"""Files in and out: evidence by its hash, exports that no spreadsheet runs, lists, ingest and the jobs behind them."""

import csv
import io
import json
import tempfile
import threading
import time
import zipfile
from dataclasses import replace
from pathlib import Path

import httpx
import polars as pl
import pytest
from api_service import GENEROUS, Service, an_application, an_event, fresh, is_problem, lines, sha256

from engine.api.routes import ingests
from engine.workflows.ingest import ingest_file

PDF = b"%PDF-1.7\n" + bytes(range(256))


def test_evidence_is_kept_under_its_hash_and_given_back(service: Service):
    path = f"/v1/evidence/{sha256(PDF)}"
    assert [service.inspector.put(path, content=PDF).status_code for _ in range(2)] == [201, 200]
    answer = service.auditor.get(path)
    assert answer.content == PDF and answer.headers["content-type"] == "application/pdf"
    assert answer.headers["content-disposition"].startswith("attachment") and answer.headers["x-content-type-options"] == "nosniff"
    assert "keep evidence" in {entry["action"] for entry in service.auditor.get("/v1/audit", params={"limit": 1000}).json()["entries"]}


def test_evidence_with_another_hash_is_refused(service: Service):
    path = f"/v1/evidence/{sha256(b'other')}"
    is_problem(service.inspector.put(path, content=PDF), 422)
    is_problem(service.auditor.get(path), 404)


@pytest.mark.parametrize("content", [b"", b"MZ\x90\x00", b"<html><script>", b"\xef\xbb\xbf <svg onload=x>", b"PK\x03\x04", b"text\x00text", b"\xff\xfe\x00"])
def test_evidence_of_another_kind_is_refused(service: Service, content: bytes):
    is_problem(service.inspector.put(f"/v1/evidence/{sha256(content)}", content=content), 422)


@pytest.mark.parametrize("content", ["Größe,€\n1,2\n".encode(), b"\x89PNG\r\n\x1a\nxx", b"\xff\xd8\xff\xe0", ("é" * 32769).encode()[: 64 * 1024]])
def test_the_kinds_taken_are_told_by_their_bytes(service: Service, content: bytes):
    assert service.inspector.put(f"/v1/evidence/{sha256(content)}", content=content).status_code == 201


def test_evidence_that_is_too_long_is_refused_and_leaves_nothing(service: Service):
    content = b"a" * (GENEROUS.evidence + 1)
    is_problem(service.inspector.put(f"/v1/evidence/{sha256(content)}", content=iter([content])), 413)
    assert not list(service.desk.store.path.parent.glob(".diversion-*"))


@pytest.mark.parametrize("name", ["0" * 63, "A" * 64, "..%2f..%2fetc"])
def test_evidence_is_named_by_a_hash_alone(service: Service, name: str):
    assert service.inspector.get(f"/v1/evidence/{name}").status_code in (404, 422)


def test_evidence_of_a_controlled_visit_is_for_officers(service: Service):
    filing, content = an_application(), b"what the partner wrote"
    service.analyst.post("/v1/applications", json=filing)
    service.inspector.put(f"/v1/evidence/{sha256(content)}", content=content)
    visit = an_event(visit_id=fresh("V"), application_id=filing["application_id"], outcome="inconclusive", evidence=[sha256(content)], handling="originator_controlled")
    service.analyst.post("/v1/events/visit", json=visit)
    is_problem(service.inspector.get(f"/v1/evidence/{sha256(content)}"), 404)
    assert service.analyst.get(f"/v1/evidence/{sha256(content)}").content == content
    is_problem(service.token("analyst", authorities=("DE",)).get(f"/v1/evidence/{sha256(content)}"), 404)
    assert service.token("analyst", authorities=("SE",)).get(f"/v1/evidence/{sha256(content)}").content == content


def test_an_export_holds_no_formula(service: Service):
    for sign in "=+-@\t":
        name = f'{sign}HYPERLINK("http://x","{fresh()}")'
        filing = an_application(end_user={"name": name if sign != "\t" else "\t" + name.strip(), "country": "FI"})
        assert service.analyst.post("/v1/applications", json=filing).status_code == 201
    told = service.analyst.get("/v1/export/filing_party", params={"format": "csv"})
    assert told.headers["content-type"].startswith("text/csv") and "attachment" in told.headers["content-disposition"]
    rows = list(csv.DictReader(io.StringIO(told.text)))
    assert sum(row["name"].startswith("'") for row in rows) >= 5
    assert not [value for row in rows for name, value in row.items() if value[:1] in "=+-@\t\r" and value and name != "form_id"]


def test_an_export_as_parquet_is_whole(service: Service):
    answer = service.analyst.get("/v1/export/filing")
    told = pl.read_parquet(answer.content)
    assert len(told) == int(answer.headers["diversion-rows"]) == service.desk.store.cursor().execute("select count(*) from filing").fetchall()[0][0]


@pytest.mark.parametrize("table", ["access_token", "record", "setting", "party_entity", "filing; drop table filing", "..%2fx"])
def test_what_may_not_leave_does_not(service: Service, table: str):
    is_problem(service.auditor.get(f"/v1/export/{table}"), 404)


def test_every_table_on_the_list_can_be_exported(service: Service):
    from engine.workflows.export import exportable

    for table in exportable():
        assert service.auditor.get(f"/v1/export/{table}", params={"format": "csv"}).status_code == 200, table


def test_a_file_is_taken_in_and_what_is_bad_is_told_with_its_line(service: Service):
    good = an_application()
    answer = service.system.post("/v1/ingest/application", params={"filename": "a.jsonl"}, content=lines([good, {"application_id": "x"}]) + b"\n{")
    told = answer.json()
    assert answer.status_code == 200
    assert (told["added"], told["set_aside"]) == (1, 2)
    assert [row["line"] for row in told["set_aside_records"]] == [2, 3]
    assert service.system.get(f"/v1/applications/{good['application_id']}").status_code == 200
    assert service.system.post("/v1/ingest/application", content=lines([good])).json()["unchanged"] == 1


def test_as_many_bad_records_are_told_as_are_asked_for(service: Service):
    bad = lines([{"application_id": fresh()} for _ in range(150)])
    for shown, told in ((None, 100), (0, 0), (120, 120), (1000, 150)):
        answer = service.system.post("/v1/ingest/application", params={} if shown is None else {"shown": shown}, content=bad).json()
        assert (answer["set_aside"], len(answer["set_aside_records"])) == (150, told)
    is_problem(service.system.post("/v1/ingest/application", params={"shown": 20_001}, content=bad), 422)


@pytest.mark.parametrize(("status", "of", "path", "asked"), [
    (200, None, "/v1/ingest/application", {}), (422, None, "/v1/ingest/application", {"shown": -1}), (403, ("SE",), "/v1/ingest/application", {}), (422, None, "/v1/ingest/nothing", {}),
    (200, None, "/v1/score/file", {"format": "csv"}), (422, None, "/v1/score/file", {"format": "xlsx"}), (403, ("SE",), "/v1/score/file", {}),
    (422, None, "/v1/lists/csl-csv", {}), (403, ("SE",), "/v1/lists/csl-csv", {}),
])
def test_a_file_that_was_sent_is_gone_from_the_disk_however_it_was_answered(service: Service, tmp_path, monkeypatch, status, of, path, asked):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    sender = service.token("analyst" if "score" in path else "admin", authorities=of)
    assert sender.post(path, params=asked, content=lines([an_application()])).status_code == status
    _wait_until(lambda: not list(tmp_path.iterdir()))


def test_a_file_left_to_long_work_lies_until_that_has_ended(start, tmp_path, monkeypatch):
    service, gate = start(replace(GENEROUS, patience=0.0), filled=False), threading.Event()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(ingests, "ingest_file", lambda *what, **how: gate.wait(60) and ingest_file(*what, **how))
    asked = service.admin.post("/v1/ingest/application", content=lines([an_application()]))
    assert asked.status_code == 202 and len(list(tmp_path.iterdir())) == 1
    gate.set()
    _wait_until(lambda: not list(tmp_path.iterdir()))
    assert service.admin.get(asked.headers["location"]).json()["result"]["added"] == 1


def _wait_until(true) -> None:
    for _ in range(200):
        if true():
            return
        time.sleep(0.05)
    raise AssertionError("not within ten seconds")


def test_a_file_is_scored_and_nothing_of_it_stored(service: Service):
    known, unknown = an_application(), an_application()
    score = service.analyst.post("/v1/applications", json=known).json()
    content = lines([known, unknown, {"application_id": "bad"}])
    answer = service.analyst.post("/v1/score/file", params={"format": "jsonl", "features": "csv"}, content=content)
    assert answer.status_code == 200 and answer.headers["content-type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(answer.content)) as zipped:
        assert set(zipped.namelist()) == {"told.json", "scores", "features", "set-aside"}
        told, scores = json.loads(zipped.read("told.json")), [json.loads(line) for line in zipped.read("scores").splitlines()]
        assert json.loads(zipped.read("set-aside"))["line"] == 3
    assert (told["scored"], told["set_aside"], sum(told["bands"].values())) == (2, 1, 2)
    assert {one["application_id"]: one["risk"] for one in scores}[known["application_id"]] == score["risk"]
    assert service.analyst.get(f"/v1/applications/{unknown['application_id']}").status_code == 404
    is_problem(service.analyst.post("/v1/score/file", content=lines([{"application_id": "bad"}])), 422)
    is_problem(service.analyst.post("/v1/score/file", params={"format": "xlsx"}, content=content), 422)
    is_problem(service.token("analyst", authorities=("SE",)).post("/v1/score/file", content=content), 403)
    is_problem(service.system.post("/v1/score/file", content=content), 403)


def test_decisions_come_in_by_file_from_operators_alone(service: Service):
    is_problem(service.system.post("/v1/ingest/decision", content=b""), 403)
    is_problem(service.analyst.post("/v1/ingest/application", content=b""), 403)
    is_problem(service.admin.post("/v1/ingest/none_such", content=b""), 422)


def test_long_work_is_answered_with_a_job(start):
    service = start(limits=replace(GENEROUS, patience=0), filled=False)
    answer = service.system.post("/v1/ingest/application", content=lines([an_application() for _ in range(5)]))
    assert answer.status_code == 202 and answer.headers["location"] == f"/v1/jobs/{answer.json()['job_id']}"
    while (told := service.system.get(answer.headers["location"]).json())["state"] == "running":
        pass
    assert told["result"]["added"] == 5
    is_problem(service.analyst.get(answer.headers["location"]), 404)


def test_a_list_is_imported_and_a_name_on_it_is_found(start, world: Path):
    service = start(filled=False)
    content = (world / "watchlist.csv").read_bytes()
    answer = service.admin.post("/v1/lists/opensanctions-csv", params={"as_of": "2026-11-01", "filename": "targets.simple.csv"}, content=content)
    assert answer.status_code == 200 and answer.json()["entries"] > 0
    name = next(csv.DictReader(io.StringIO(content.decode())))["name"]
    (first, *_) = service.analyst.get("/v1/screen", params={"name": name}).json()
    assert first["query"] == name and first["result"] == "potential_match"
    (none,) = service.analyst.get("/v1/screen", params={"name": "Qqqq Zzzz"}).json()
    assert none["result"] == "no_list_match"
    rows = service.analyst.get("/v1/screen", params=[("name", name), ("name", "Qqqq Zzzz"), ("country", "SE")]).json()
    assert {row["query"] for row in rows} == {name, "Qqqq Zzzz"}
    is_problem(service.admin.post("/v1/lists/none-such", content=content), 422)
    is_problem(service.analyst.get("/v1/screen", params={"name": name, "country": "ZZ"}), 422)


def zipped(files: dict[str, str]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as written:
        for name, content in files.items():
            written.writestr(name, content)
    return packed.getvalue()


def test_a_list_of_several_files_comes_in_as_a_zip_and_stays_in_its_folder(start):
    service = start(limits=replace(GENEROUS, file=4096), filled=False)
    sdn = '1,"ZZYZX, Quentin","individual","SDGT",-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- \r\n'

    def sent(content: bytes) -> httpx.Response:
        return service.admin.post("/v1/lists/ofac-sdn-csv", params={"filename": "sdn.csv.zip"}, content=content)

    alt = '1,1,"aka","QUENTIN THE ELDER",-0- \r\n'
    add = '1,1,"1 Long Road","Narvik","Norway",-0- \r\n'
    answer = sent(zipped({"sdn.csv": sdn, "add.csv": add, "../../alt.csv": alt}))
    assert answer.status_code == 200 and answer.json()["entries"] == 1, answer.text
    assert service.analyst.get("/v1/screen", params={"name": "Quentin the Elder"}).json()[0]["result"] != "no_list_match"
    for wrong in ({"sdn.csv": sdn}, {}):
        is_problem(sent(zipped(wrong)), 422)
    is_problem(sent(zipped({"sdn.csv": sdn, "add.csv": add, "alt.csv": alt})[:-30]), 422)
    is_problem(sent(zipped({"sdn.csv": "0" * 1_000_000})), 413)


@pytest.mark.parametrize("packed", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_damaged_zip_is_told_to_be_so_however_it_was_packed(service: Service, packed: int):
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", packed) as written:
        written.writestr("sdn.csv", "".join(f"{n * n % 977}," for n in range(3000)))
    content = bytearray(made.getvalue())
    content[60:160] = b"\xa5" * 100
    told = is_problem(service.admin.post("/v1/lists/ofac-sdn-csv", content=bytes(content)), 422)
    assert "cannot be unpacked" in told["detail"]


def test_a_file_in_a_zip_named_as_a_folder_is_read_as_the_list(service: Service):
    is_problem(service.admin.post("/v1/lists/ofac-sdn-csv", content=zipped({"..": "no list"})), 422)


def test_a_list_is_taken_only_from_who_may_read_every_authoritys_filings(service: Service):
    with service.token("admin", authorities=("FI",)) as limited:
        is_problem(limited.post("/v1/lists/ofac-sdn-csv", content=b"no list"), 403)


def test_the_audit_trail_is_read_in_pages_and_verified(service: Service):
    first = service.auditor.get("/v1/audit", params={"limit": 3}).json()
    second = service.auditor.get("/v1/audit", params={"limit": 3, "after": first["next_after"]}).json()
    assert [entry["seq"] for entry in first["entries"] + second["entries"]] == [1, 2, 3, 4, 5, 6]
    assert second["entries"][0]["previous"] == first["entries"][-1]["hash"]
    told = service.auditor.post("/v1/audit/verify", params={"expect": first["entries"][0]["hash"]}).json()
    assert told["whole"] and told["records"] > 0 and told["first_fault"] is None
    assert not service.auditor.post("/v1/audit/verify", params={"expect": "f" * 64}).json()["whole"]


def test_the_verdict_names_a_changed_record(start):
    service = start(filled=False)
    filing = an_application()
    service.analyst.post("/v1/applications", json=filing)
    service.desk.store.cursor().execute("update record set body = replace(body, 'FI', 'SE') where kind = 'application'")
    told = service.auditor.post("/v1/audit/verify").json()
    assert not told["whole"] and filing["application_id"] in told["first_fault"]


def test_the_model_and_the_feature_book_can_be_read(service: Service):
    assert service.analyst.get("/v1/model").json()["policy"]["thresholds"]
    book = service.analyst.get("/v1/features").json()
    features = [feature for family in book["families"] for feature in family["features"]]
    assert len(features) == service.analyst.get("/v1/model").json()["features"] and all(feature["source"]["title"] for feature in features)


def test_a_model_that_is_not_there_is_not_promoted(service: Service):
    is_problem(service.approver.post("/v1/models/none-such/promote", json={"because": "It is better."}), 404)
    assert json.loads(service.client().get("/readyz").text)["status"] == "ready"


def test_a_model_is_trained_and_nothing_written_in_a_dry_run(service: Service):
    answer = service.approver.post("/v1/models", json={"dry_run": True})
    assert answer.status_code in (200, 422), answer.text  # so small a world may have too few labels to learn from
    assert service.analyst.get("/v1/model").json()["version"].startswith("expert")


def test_visits_are_planned_and_the_plan_can_be_read(service: Service):
    answer = service.planner.post("/v1/plans", json={"from": "2026-12-01", "to": "2026-12-31", "visits": 5, "seed": 3})
    assert answer.status_code == 201, answer.text
    told = answer.json()
    assert 1 <= len(told["visits"]) <= 5 and all(0 < visit["inclusion_probability"] <= 1 for visit in told["visits"])
    assert told["eligible"] >= len(told["visits"]) and told["without_consent"] <= told["eligible"] and told["mandatory_left_out"] >= 0
    read = service.planner.get(f"/v1/plans/{told['plan_id']}").json()
    assert read == {name: told[name] for name in read} and {"method", "frame", "objective", "costs"} <= set(read)
    due = {row["visit_id"] for row in service.inspector.get("/v1/visits", params={"state": "due", "limit": 1000}).json()["visits"]}
    assert {visit["visit_id"] for visit in told["visits"]} <= due
    assert service.token("planner", authorities=("DE",)).get(f"/v1/plans/{told['plan_id']}").status_code == 404


@pytest.mark.parametrize("told", [{"to": "2026-01-01"}, {"to": "2036-01-01"}, {"visits": "many"}, {"visits": 0}, {"seed": -1}, {"more": 1}])
def test_a_plan_that_makes_no_sense_is_refused(service: Service, told: dict):
    is_problem(service.planner.post("/v1/plans", json={"from": "2026-12-01", "to": "2026-12-31", "visits": 5} | told), 422)


def test_a_file_named_and_not_sent_is_told_until_it_comes(service: Service):
    filing, content, visit_id = an_application(), f"A photo of {fresh()}.".encode(), fresh("V")
    name = sha256(content)
    service.analyst.post("/v1/applications", json=filing)
    report = an_event(visit_id=visit_id, application_id=filing["application_id"], outcome="inconclusive", evidence=[name], signed_by="Inspector")
    answer = service.inspector.post("/v1/events/visit", json=report)
    assert answer.status_code == 201 and [name in one and "PUT" in one for one in answer.json()["warnings"]] == [True]
    assert "approver" in answer.json()["todo"] and "not final" in answer.json()["todo"]

    def missing() -> tuple[int, bool]:
        (row,) = service.inspector.get("/v1/visits", params={"application_id": filing["application_id"]}).json()["visits"]
        return row["evidence_missing"], any(name in line for line in service.auditor.get(f"/v1/visits/{visit_id}/file").json()["missing"])

    def rated() -> list[str]:
        review = an_event(about="visit", subject=visit_id, application_id=filing["application_id"], result="confirmed", because="Seen.")
        return service.approver.post("/v1/events/review", json=review).json()["warnings"]

    assert missing() == (1, True) and name in rated()[0]
    put = service.inspector.put(f"/v1/evidence/{name}", content=content)
    assert put.headers["location"] == f"/v1/evidence/{name}"
    assert missing() == (0, False) and rated() == []


def test_a_visit_before_any_shipment_on_record_is_remarked_on(service: Service):
    filing = an_application()
    service.analyst.post("/v1/applications", json=filing)
    service.analyst.post("/v1/events/shipment", json=an_event(shipment_id=fresh("S"), application_id=filing["application_id"], shipped_on="2026-11-10"))
    told = an_event(visit_id=fresh("V"), application_id=filing["application_id"], outcome="inconclusive", visited_on="2026-11-01")
    answer = service.inspector.post("/v1/events/visit", json=told)
    assert answer.status_code == 201 and "the shipment left (2026-11-10)" in answer.json()["warnings"][0]


def test_an_export_of_no_table_names_the_tables_and_the_one_meant(service: Service):
    told = is_problem(service.auditor.get("/v1/export/applications"), 404)["detail"]
    assert "planned_visit" in told and told.endswith("Did you mean `filing`?")
