"""The files behind declared documents: taken in once, held to what was declared, and seen again under another application."""

import hashlib
import json
from datetime import datetime

import polars as pl
import pytest
from builders import a_certificate, an_application
from desks import a_desk, origin, take_in, values
from papers import LINES, a_pdf, a_stamp, added_to, signed, signer_of
from typer.testing import CliRunner

from engine.cli import app
from engine.compute.run import lay_relations
from engine.documents.pdf import certificates_in
from engine.errors import RefusedInput, UnknownRecord
from engine.store import audit
from engine.workflows.assess import Subject, filing_in_force, lay_subjects
from engine.workflows.document_files import take_files
from engine.workflows.erase import erase_record
from engine.workflows.evidence import evidence
from engine.workflows.score_file import score_file
from features.catalogue import catalogue


def declared(data: bytes, **told) -> dict:
    """A certificate that says what the paper of `papers.LINES` says, unless told otherwise."""
    return a_certificate(**({
        "number": "EUC/2024/0017", "end_user": "Ministry of Defence of Chile", "consignee": "Andes Logistics S.A.", "final_country": "CL",
        "issued_on": "2024-03-12", "expires_on": "2026-03-12", "items": [{"quantity": 1250}], "value": 1500000, "currency": "EUR",
        "issuer": "Ministry of Defence", "issuer_country": "CL", "sha256": hashlib.sha256(data).hexdigest(),
    } | told))


def filed(day: str, data: bytes, **told) -> dict:
    return an_application(filed_at=f"{day}T09:00:00Z", documents=[declared(data, **told)])


def lay(folder, **files: bytes):
    place = folder / "papers"
    place.mkdir(exist_ok=True)
    for name, data in files.items():
        (place / f"{name}.pdf").write_bytes(data)
    return place


def records_behind(desk, application: dict, feature: str) -> list[str]:
    """The records that the family's evidence lists for a feature of a filing."""
    cursor = desk.store.cursor()
    record_no, _, filed_at = filing_in_force(cursor, application["application_id"], None)
    lay_subjects(cursor, [Subject(record_no, filed_at, filed_at)])
    lay_relations(cursor)
    (sql,) = (family.evidence_sql for family in catalogue().families if family.name == "document_files")
    return [record for (record,) in cursor.execute(f"select record from ({sql}) as found where feature = ? order by record", [feature]).fetchall()]


def test_a_paper_that_says_what_was_declared_counts_for_nothing(tmp_path):
    paper = a_pdf(made=datetime(2024, 3, 12))
    application = filed("2024-06-01", paper)
    with a_desk(tmp_path) as desk:
        take_in(desk, "application", application)
        done = take_files(desk, lay(tmp_path, certificate=paper), origin())
        assert (done.read, done.unreadable, done.undeclared) == (1, (), ())
        read = values(desk, application["application_id"])
        assert read["document_files_not_found_share"] == 0.0
        assert (read["document_files_changed_flag"], read["document_files_older_than_issue_flag"]) == (0, 0)
        assert read["document_files_broken_signature_flag"] is None  # nothing is signed
        assert evidence(desk, hashlib.sha256(paper).hexdigest()).media_type == "application/pdf"
        assert audit.verify(desk.store.cursor()).first_fault is None


def test_a_declaration_that_the_paper_does_not_bear_out_is_counted_with_the_file_as_evidence(tmp_path):
    paper = a_pdf()
    application = filed("2024-06-01", paper, end_user="Carabineros de Bolivia", items=[{"quantity": 9000}])
    with a_desk(tmp_path) as desk:
        take_in(desk, "application", application)
        take_files(desk, lay(tmp_path, certificate=paper), origin())
        assert values(desk, application["application_id"])["document_files_not_found_share"] == pytest.approx(2 / 8)
        assert records_behind(desk, application, "document_files_not_found_share") == [f"document_file:{hashlib.sha256(paper).hexdigest()}"]


def test_a_file_that_did_not_come_with_its_filing_counts_from_when_it_came(tmp_path):
    before, after = a_pdf(), a_pdf((*LINES, "Annex"))
    named_later, named_before = (filed("2024-06-01", paper, number="another") for paper in (before, after))
    with a_desk(tmp_path) as desk:
        assert take_files(desk, lay(tmp_path, before=before), origin()).undeclared == ("before.pdf",)
        take_in(desk, "application", named_later, named_before)
        take_files(desk, lay(tmp_path, after=after), origin(at=datetime(2027, 1, 20)))
        for application in (named_later, named_before):
            assert values(desk, application["application_id"])["document_files_not_found_share"] is None
            read = values(desk, application["application_id"], as_of=datetime(2027, 2, 1))
            assert read["document_files_not_found_share"] == pytest.approx(1 / 8)


def test_the_same_folder_again_changes_nothing(tmp_path):
    paper = a_pdf()
    with a_desk(tmp_path) as desk:
        take_in(desk, "application", filed("2024-06-01", paper))
        papers = lay(tmp_path, certificate=paper, copy=paper)
        assert take_files(desk, papers, origin()).read == 1
        head = audit.head(desk.store.cursor())
        again = take_files(desk, papers, origin())
        assert (again.read, again.unchanged) == (0, 1)
        assert audit.head(desk.store.cursor()) == head


def test_the_words_of_one_certificate_under_another_application_are_seen_by_the_later_one_only(tmp_path):
    paper, resaved = a_pdf(), added_to(a_pdf())
    first, second = filed("2024-06-01", paper), filed("2024-09-01", resaved)
    with a_desk(tmp_path) as desk:
        take_in(desk, "application", first, second)
        take_files(desk, lay(tmp_path, one=paper, two=resaved), origin())
        assert values(desk, first["application_id"])["document_files_same_words_count"] == 0
        assert values(desk, second["application_id"])["document_files_same_words_count"] == 1
        assert records_behind(desk, second, "document_files_same_words_count") == [f"application:{first['application_id']}"]


@pytest.mark.parametrize(("issuer", "count"), [("Ministry of Defence", 0), ("Directorate of Police", 1)])
def test_one_stamp_under_two_issuers_is_seen_and_under_its_own_is_not(tmp_path, issuer, count):
    one, two = a_pdf(LINES, stamp=a_stamp(1)), a_pdf((*LINES, "Annex"), stamp=a_stamp(1))
    first, second = filed("2024-06-01", one), filed("2024-09-01", two, issuer=issuer)
    with a_desk(tmp_path) as desk:
        take_in(desk, "application", first, second)
        take_files(desk, lay(tmp_path, one=one, two=two), origin())
        assert values(desk, second["application_id"])["document_files_same_stamp_count"] == count


def test_an_issuer_written_otherwise_or_left_out_is_no_other_and_a_price_list_is_no_certificate(tmp_path):
    one, two, three, four = (a_pdf((*LINES, "Annex" * n), stamp=a_stamp(1)) for n in range(4))
    first = filed("2024-06-01", one)
    others = [filed("2024-09-01", two, issuer="MINISTRY of Defence"), filed("2024-09-02", three, issuer=None), filed("2024-09-03", four, kind="contract", issuer="A. Trader")]
    with a_desk(tmp_path) as desk:
        take_in(desk, "application", first, *others)
        take_files(desk, lay(tmp_path, one=one, two=two, three=three, four=four), origin())
        assert [values(desk, other["application_id"])["document_files_same_stamp_count"] for other in others] == [0, 0, None]
        assert values(desk, others[2]["application_id"])["document_files_same_words_count"] is None


def test_a_file_that_gives_no_dates_says_nothing_of_its_age(tmp_path):
    bare, dated = a_pdf().replace(b"CreationDate", b"CreationDay_").replace(b"ModDate", b"ModDay_"), a_pdf((*LINES, "Annex"), made=datetime(2024, 3, 12))
    first, second = filed("2024-06-01", bare), filed("2024-06-02", dated, issued_on=None)
    with a_desk(tmp_path) as desk:
        take_in(desk, "application", first, second)
        take_files(desk, lay(tmp_path, bare=bare, dated=dated), origin())
        read = values(desk, first["application_id"])
        assert (read["document_files_changed_flag"], read["document_files_older_than_issue_flag"]) == (None, None)
        assert values(desk, second["application_id"])["document_files_older_than_issue_flag"] is None
        assert records_behind(desk, first, "document_files_changed_flag") == []


def test_a_signature_that_does_not_hold_is_seen(tmp_path):
    good, bad = signed(a_pdf()), added_to(signed(a_pdf((*LINES, "Annex"))))
    first, second = filed("2024-06-01", good), filed("2024-09-01", bad)
    with a_desk(tmp_path) as desk:
        take_in(desk, "application", first, second)
        take_files(desk, lay(tmp_path, good=good, bad=bad), origin())
        assert values(desk, first["application_id"])["document_files_broken_signature_flag"] == 0
        assert values(desk, second["application_id"])["document_files_broken_signature_flag"] == 1


def test_a_bad_file_is_named_and_a_missing_folder_refused(tmp_path):
    with a_desk(tmp_path) as desk:
        done = take_files(desk, lay(tmp_path, good=a_pdf(), bad=b"%PDF-nothing"), origin())
        assert done.read == 1 and [name for name, _ in done.unreadable] == ["bad.pdf"]
        with pytest.raises(RefusedInput, match="no folder"):
            take_files(desk, tmp_path / "nowhere", origin())


def test_a_score_from_a_file_reads_the_paper_on_record_as_the_filed_one_does(tmp_path):
    paper = a_pdf()
    application = filed("2027-02-01", paper, number="another")
    with a_desk(tmp_path) as desk:
        take_files(desk, lay(tmp_path, certificate=paper), origin())
        source = tmp_path / "asked.json"
        source.write_text(json.dumps(application))
        score_file(desk, source, tmp_path / "scores.parquet", features_out=tmp_path / "features.parquet")
        take_in(desk, "application", application)
        read, stored = pl.read_parquet(tmp_path / "features.parquet").row(0, named=True), values(desk, application["application_id"])
        assert {name: read[name] for name in stored} == stored
        assert stored["document_files_not_found_share"] == pytest.approx(1 / 8)


def test_the_command_takes_filings_and_their_papers_in_one_go(tmp_path, monkeypatch):
    paper = signed(a_pdf())
    (tmp_path / "filings.json").write_text(json.dumps(filed("2024-06-01", paper)))
    (tmp_path / "roots").mkdir()
    (tmp_path / "roots" / "ministry.der").write_bytes(signer_of("Ministry of Defence")[1])
    monkeypatch.setenv("DIVERSION_TRUST_ROOTS", str(tmp_path / "roots"))
    monkeypatch.setenv("DIVERSION_STORE", str(tmp_path / "store.duckdb"))
    papers = lay(tmp_path, certificate=paper, unknown=a_pdf(("another",)), broken=b"nothing")
    run = CliRunner().invoke
    assert run(app, ["init"]).exit_code == 0
    done = run(app, ["ingest", str(tmp_path / "filings.json"), "--files", str(papers)])
    assert done.exit_code == 1  # one file could not be read
    assert "2 document files taken in, 0 already on record, 1 could not be read, 1 that no filing declares" in done.output
    assert "broken.pdf: it is no PDF" in done.output
    with a_desk(tmp_path) as desk:
        (signature,) = desk.store.cursor().execute("select signatures from document_file where len(signatures) > 0").fetchall()[0][0]
        assert signature["trusted"] is True


def test_a_trust_root_that_is_no_certificate_is_named(tmp_path):
    (tmp_path / "note.txt").write_text("hello")
    with pytest.raises(RefusedInput, match=r"note\.txt is no certificate"):
        certificates_in(tmp_path)


def test_an_erased_file_is_gone_with_what_was_read_off_it(tmp_path):
    paper = a_pdf()
    sha256 = hashlib.sha256(paper).hexdigest()
    with a_desk(tmp_path) as desk:
        take_in(desk, "application", filed("2024-06-01", paper))
        take_files(desk, lay(tmp_path, certificate=paper), origin())
        erase_record(desk, f"document_file:{sha256}", "Order 3", "a judge", origin())
        assert desk.store.cursor().execute("select count(*) from document_check").fetchall() == [(0,)]
        done = take_files(desk, lay(tmp_path, certificate=paper), origin())
        assert done.read == 0 and [name for name, _ in done.unreadable] == ["certificate.pdf"] and "erased" in done.unreadable[0][1]
        with pytest.raises(UnknownRecord):
            evidence(desk, sha256)
        assert audit.verify(desk.store.cursor()).first_fault is None
