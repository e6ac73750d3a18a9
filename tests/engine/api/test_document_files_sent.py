"""The files behind declared documents, sent one by one: bounded, read apart, kept by their hash, and counted from when they came."""

from dataclasses import replace
from datetime import UTC, timedelta

import pytest
from api_service import GENEROUS, NOW, Service, an_application, fresh, is_problem, sha256
from papers import LINES, a_pdf, signed, signer_of

from engine.api import create_app
from engine.errors import RefusedInput
from engine.settings import Settings
from engine.store.records import Origin
from engine.workflows.erase import erase_record


def a_paper() -> bytes:
    """A certificate whose words no other test has."""
    return a_pdf((*LINES, fresh("Annex")))


def declaring(paper: bytes, **told: object) -> dict:
    return an_application(documents=[{"kind": "end_user_certificate", "number": "EUC/2024/0017", "final_country": "CL", "sha256": sha256(paper)}], **told)


def path_of(paper: bytes) -> str:
    return f"/v1/document-files/{sha256(paper)}"


def known_from(service: Service, paper: bytes):
    ((moment,),) = service.desk.store.cursor().execute("select known_from from document_file where sha256 = ?", [sha256(paper)]).fetchall()
    return moment


def test_a_file_is_held_to_the_filing_that_declares_it_and_taken_in_once(service: Service):
    paper = a_paper()
    filing = declaring(paper)
    assert service.analyst.post("/v1/applications", json=filing).status_code == 201
    first, again = (service.analyst.put(path_of(paper), content=paper) for _ in range(2))
    assert (first.status_code, first.json()) == (201, {"sha256": sha256(paper), "stored": "new", "declared": True})
    assert (again.status_code, again.json()["stored"]) == (200, "unchanged")
    (document,) = service.analyst.get(f"/v1/applications/{filing['application_id']}/documents").json()["documents"]
    assert document["file"] == "read" and document["fields"] == {"number": True, "final_country": True}
    assert service.auditor.get(f"/v1/evidence/{sha256(paper)}").content == paper
    assert known_from(service, paper) == NOW


def test_a_file_that_no_filing_declares_is_kept_for_one_that_will(service: Service):
    paper = a_paper()
    assert service.system.put(path_of(paper), content=paper).json()["declared"] is False
    filing = declaring(paper)
    assert service.system.post("/v1/applications", json=filing).status_code == 201
    assert service.system.put(path_of(paper), content=paper).json() == {"sha256": sha256(paper), "stored": "unchanged", "declared": True}


def test_a_token_of_another_authority_is_not_told_that_its_filing_declares_the_file(service: Service):
    paper = a_paper()
    assert service.system.post("/v1/applications", json=declaring(paper)).status_code == 201
    assert service.token("system", authorities=("FI",)).put(path_of(paper), content=paper).json()["declared"] is False
    assert service.token("system", authorities=("SE",)).put(path_of(paper), content=paper).json()["declared"] is True


def test_a_file_of_the_run_that_filed_it_counts_from_the_filing_on_and_anothers_does_not(service: Service):
    own, others = a_paper(), a_paper()
    since = {"since": (NOW - timedelta(hours=2)).replace(tzinfo=UTC).isoformat()}
    assert service.system.post("/v1/applications", json=declaring(own)).status_code == 201
    assert service.analyst.post("/v1/applications", json=declaring(others)).status_code == 201
    for paper in (own, others):
        assert service.system.put(path_of(paper), content=paper, params=since).status_code == 201
    assert known_from(service, own).isoformat() == "2026-11-20T09:00:00" and known_from(service, others) == NOW


@pytest.mark.parametrize("since", ["2026-11-21T11:59:59Z", "2026-11-22T12:00:01Z", "0001-01-01T00:00:00+05:00", "2026-11-22T09:00:00", "then"])
def test_a_run_that_began_a_day_ago_or_is_yet_to_begin_is_refused(service: Service, since: str):
    paper = a_paper()
    is_problem(service.system.put(path_of(paper), content=paper, params={"since": since}), 422)
    is_problem(service.auditor.get(f"/v1/evidence/{sha256(paper)}"), 404)


@pytest.mark.parametrize("content", [b"", b"no PDF", b"%PDF-nothing", b"PK\x03\x04"])
def test_what_is_no_pdf_that_can_be_read_is_refused_and_nothing_kept_of_it(service: Service, content: bytes):
    told = is_problem(service.system.put(path_of(content), content=content), 422)
    assert "Expected" in told["detail"]
    is_problem(service.auditor.get(f"/v1/evidence/{sha256(content)}"), 404)


def test_an_erased_file_is_not_taken_in_again(service: Service):
    paper = a_paper()
    assert service.system.put(path_of(paper), content=paper).status_code == 201
    erase_record(service.desk, f"document_file:{sha256(paper)}", "Order 3", "a judge", Origin("test", "command", NOW))
    assert "erased" in is_problem(service.system.put(path_of(paper), content=paper), 422)["detail"]
    assert "erased" in is_problem(service.inspector.put(f"/v1/evidence/{sha256(paper)}", content=paper), 422)["detail"]
    is_problem(service.auditor.get(f"/v1/evidence/{sha256(paper)}"), 404)


def test_a_file_under_anothers_hash_is_refused(service: Service):
    told = is_problem(service.system.put(path_of(b"other"), content=a_paper()), 422)
    assert told["problems"][0]["field"] == "sha256"


def test_a_file_that_is_too_long_is_refused_while_it_comes_and_long_work_answered_with_a_job(start):
    service, paper = start(limits=replace(GENEROUS, paper=4096, patience=0), filled=False), a_paper()
    assert len(paper) < 4096
    is_problem(service.system.put(path_of(paper), content=iter([paper, b" " * 4096])), 413)
    answer = service.system.put(path_of(paper), content=paper)
    assert answer.status_code == 202
    while (told := service.system.get(answer.headers["location"]).json())["state"] == "running":
        pass
    assert told["result"] == {"sha256": sha256(paper), "stored": "new", "declared": False}


def test_a_signature_is_trusted_by_the_roots_of_the_service_and_a_bad_root_keeps_it_from_starting(start, tmp_path):
    paper = signed(a_paper(), "Ministry of the Service")
    (tmp_path / "ministry.der").write_bytes(signer_of("Ministry of the Service")[1])
    service = start(filled=False, settings=Settings(trust_roots=tmp_path))
    assert service.system.put(path_of(paper), content=paper).status_code == 201
    (signature,) = service.desk.store.cursor().execute("select signatures from document_file").fetchall()[0][0]
    assert signature["trusted"] is True
    (tmp_path / "note.txt").write_text("hello")
    with pytest.raises(RefusedInput, match="no certificate"):
        create_app(service.desk, Settings(trust_roots=tmp_path))
