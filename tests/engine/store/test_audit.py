"""The proof: whatever is changed, removed or reordered behind the engine's back is named, the first of it first."""

import getpass
import shutil

import duckdb
import pytest
from builders import a_decision, an_application, fresh
from desks import a_desk, origin, record, score_of, take_in
from typer.testing import CliRunner

from engine.cli import app
from engine.store import audit
from engine.workflows.desk import open_desk

RUN = CliRunner()


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    """A closed store with three applications of one batch and a decision."""
    folder = tmp_path_factory.mktemp("kept")
    applications = [an_application(application_id=f"K-{n}") for n in (1, 2, 3)]
    with a_desk(folder) as desk:
        take_in(desk, "application", *applications)
        record(desk, "decision", a_decision("K-2", event_id="D-2"))
        head = audit.head(desk.store.cursor())[1]
    return folder / "store.duckdb", head


def tampered(kept, tmp_path, *statements: str):
    """The verdict of `diversion audit verify` after someone wrote into the file itself."""
    path = tmp_path / "store.duckdb"
    shutil.copy(kept[0], path)
    with duckdb.connect(str(path)) as connection:
        for statement in statements:
            connection.execute(statement)
    return RUN.invoke(app, ["audit", "verify", "--store", str(path)])


def test_an_untouched_store_is_whole(kept, tmp_path):
    done = tampered(kept, tmp_path)
    assert done.exit_code == 0 and done.output.startswith("Whole:") and kept[1] in done.output


def test_a_changed_record_is_named(kept, tmp_path):
    done = tampered(kept, tmp_path, "update record set body = replace(body, 'Border Guard', 'Border Gang') where key = 'application:K-2#1'")
    assert done.exit_code == 3 and "record application:K-2#1" in done.output and "was changed" in done.output


def test_the_first_of_several_faults_is_named(kept, tmp_path):
    done = tampered(kept, tmp_path, *[f"update record set body = body || ' ' where key = '{key}'" for key in ("event:D-2", "application:K-3#1")])
    assert "application:K-3#1" in done.output and "D-2" not in done.output


def test_a_change_with_a_new_digest_is_named_all_the_same(kept, tmp_path):
    digest = audit.RECORD_DIGEST
    done = tampered(kept, tmp_path, "update record set body = replace(body, 'Border', 'Other') where key = 'application:K-2#1'",
                    f"update record set digest = {digest} where key = 'application:K-2#1'")
    assert done.exit_code == 3 and "audit entry 2 has a record that was changed or reordered" in done.output


def test_a_removed_record_is_named_by_its_entry(kept, tmp_path):
    done = tampered(kept, tmp_path, "delete from record where key = 'application:K-2#1'")
    assert done.exit_code == 3 and "audit entry 2 holds 2 records where it was written with 3" in done.output


def test_an_added_record_is_named_by_its_entry(kept, tmp_path):
    done = tampered(kept, tmp_path, "insert into record select record_no + 100, seq, kind, key || 'x', known_at, salt, digest, body from record where key = 'event:D-2'",
                    f"update record set digest = {audit.RECORD_DIGEST} where key = 'event:D-2x'")
    assert done.exit_code == 3 and "holds 2 records where it was written with 1" in done.output


def test_reordered_records_are_named_by_their_entry(kept, tmp_path):
    done = tampered(kept, tmp_path, "update record set record_no = case record_no when 1 then 2 else 1 end where record_no in (1, 2)")
    assert done.exit_code == 3 and "audit entry 2 has a record that was changed or reordered" in done.output


def test_a_record_moved_to_another_entry_is_named(kept, tmp_path):
    done = tampered(kept, tmp_path, "update record set seq = 3 where key = 'application:K-3#1'")
    assert done.exit_code == 3 and "audit entry 2" in done.output


def test_an_emptied_record_without_an_order_is_named(kept, tmp_path):
    done = tampered(kept, tmp_path, "update record set body = null, salt = null where key = 'application:K-1#1'")
    assert done.exit_code == 3 and "application:K-1#1" in done.output and "without an erasure order" in done.output


@pytest.mark.parametrize(("change", "named"), [
    ("update audit_entry set actor = 'somebody else' where seq = 2", "audit entry 2 was changed"),
    ("update audit_entry set made_at = made_at - interval 1 day where seq = 3", "audit entry 3 was changed"),
    ("delete from audit_entry where seq = 2", "audit entry 2 is missing"),
    ("update audit_entry set seq = seq + 1 where seq = 3", "audit entry 3 is missing"),
    ("update audit_entry set previous = hash where seq = 2", "audit entry 2 does not follow"),
])
def test_a_changed_audit_entry_is_named(kept, tmp_path, change, named):
    done = tampered(kept, tmp_path, change)
    assert done.exit_code == 3 and named in done.output


@pytest.mark.parametrize("change", [
    "update filing set authority = 'NO' where application_id = 'K-2'",
    "delete from filing where application_id = 'K-2'",
    "insert into filing_item select * from filing_item where application_id = 'K-2'",
    "update filing_party set country = 'KP' where application_id = 'K-2' and role = 'end_user'",
])
def test_a_changed_working_table_is_named(kept, tmp_path, change):
    done = tampered(kept, tmp_path, change)
    assert done.exit_code == 3 and "does not say what record application:K-2#1" in done.output


def test_an_earlier_head_is_found_in_the_chain_and_a_strange_one_is_not(kept, tmp_path):
    path = tmp_path / "store.duckdb"
    shutil.copy(kept[0], path)
    with open_desk(path, origin()) as desk:
        take_in(desk, "application", an_application())
    assert RUN.invoke(app, ["audit", "verify", "--store", str(path), "--expect", kept[1]]).exit_code == 0
    strange = RUN.invoke(app, ["audit", "verify", "--store", str(path), "--expect", "f" * 64])
    assert strange.exit_code == 3 and "not in the chain" in strange.output


def test_a_tail_cut_off_is_seen_by_the_head_that_was_printed(kept, tmp_path):
    path = tmp_path / "store.duckdb"
    shutil.copy(kept[0], path)
    with duckdb.connect(str(path)) as connection:
        for statement in ("delete from record where seq = 3", "delete from audit_entry where seq = 3", "delete from decision"):
            connection.execute(statement)
    assert RUN.invoke(app, ["audit", "verify", "--store", str(path)]).exit_code == 0
    assert RUN.invoke(app, ["audit", "verify", "--store", str(path), "--expect", kept[1]]).exit_code == 3


def test_an_erased_record_verify_passes_and_names_the_order(kept, tmp_path):
    path = tmp_path / "store.duckdb"
    shutil.copy(kept[0], path)
    erased = RUN.invoke(app, ["audit", "erase", "application:K-3#1", "--order", "DPA 2026/17", "--approved-by", "data protection officer", "--store", str(path)])
    assert erased.exit_code == 0, erased.output
    done = RUN.invoke(app, ["audit", "verify", "--store", str(path), "--expect", kept[1]])
    assert done.exit_code == 0 and "application:K-3#1" in done.output and "DPA 2026/17" in done.output
    assert b"Border Guard Service" in kept[0].read_bytes()
    with open_desk(path, origin()) as desk:
        assert desk.store.cursor().execute("select count(*) from filing where application_id = 'K-3'").fetchall() == [(0,)]
        assert desk.store.cursor().execute("select body, salt from record where key = 'application:K-3#1'").fetchall() == [(None, None)]
        assert score_of(desk, "K-2").risk > 0


def test_an_erasure_is_approved_by_another_person_and_happens_once(kept, tmp_path):
    path = tmp_path / "store.duckdb"
    shutil.copy(kept[0], path)
    order = ["audit", "erase", "application:K-3#1", "--order", "X", "--store", str(path), "--approved-by"]
    assert RUN.invoke(app, [*order, getpass.getuser()]).exit_code == 3
    assert RUN.invoke(app, [*order, "officer"]).exit_code == 0 and RUN.invoke(app, [*order, "officer"]).exit_code == 3
    assert RUN.invoke(app, ["audit", "erase", "application:none#1", "--order", "X", "--approved-by", "officer", "--store", str(path)]).exit_code == 3


def test_the_chain_holds_through_every_kind_of_write(tmp_path):
    with a_desk(tmp_path) as desk:
        for _ in range(3):
            application = an_application(application_id=fresh("C"))
            take_in(desk, "application", application)
            record(desk, "decision", a_decision(application["application_id"]))
        verdict = audit.verify(desk.store.cursor())
        assert verdict.first_fault is None and verdict.entries == 7 and verdict.records == 6
