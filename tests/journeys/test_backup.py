"""A backup made while the service works comes back whole: the same head proven, the same scores, the same files."""

import hashlib
import json
import tarfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from builders import an_application
from desks import a_desk, origin, score_of, take_in
from typer.testing import CliRunner

from engine.cli import app
from engine.errors import AuditBroken, RefusedInput
from engine.store import audit
from engine.wire import parse_application
from engine.workflows.backup import back_up, restore
from engine.workflows.desk import Desk, open_desk
from engine.workflows.evidence import evidence, keep_evidence
from engine.workflows.file_application import file_application

PAPER = b"%PDF-1.7 seen at the depot"


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    desk = a_desk(tmp_path)
    take_in(desk, "application", *(an_application(application_id=f"B-{n}", filed_at=f"2026-10-{n + 1:02}T09:00:00Z") for n in range(12)))
    received = tmp_path / "paper"
    received.write_bytes(PAPER)
    digest = hashlib.sha256(PAPER).hexdigest()
    keep_evidence(desk, digest, digest, received, origin())
    yield desk
    desk.close()


def test_a_backup_made_while_applications_are_filed_is_whole_and_scores_the_same(desk: Desk, tmp_path: Path):
    later = [parse_application(json.dumps(an_application(application_id=f"L-{n}", filed_at="2026-12-01T09:00:00Z"))).model for n in range(4)]
    with ThreadPoolExecutor(1) as thread:
        filing = thread.submit(lambda: [file_application(desk, one, origin()) for one in later])
        told = back_up(desk, tmp_path / "copy.tar", origin())
        filing.result()
    assert restore(tmp_path / "copy.tar", tmp_path / "new.duckdb") == told and told.files == 1
    with open_desk(tmp_path / "new.duckdb", origin()) as copy:
        verdict = audit.verify(copy.store.cursor(), told.head)
        assert verdict.first_fault is None and verdict.entries == told.entries
        for n in range(12):
            here, there = (score_of(one, f"B-{n}").model_copy(update={"store_sequence": None}) for one in (desk, copy))
            assert there == here
        assert evidence(copy, hashlib.sha256(PAPER).hexdigest()).path.read_bytes() == PAPER
        assert [tuple(row) for row in _shape(copy)] == [tuple(row) for row in _shape(desk)]
        assert file_application(copy, later[0], origin()).score.risk == file_application(desk, later[0], origin()).score.risk
    assert audit.verify(desk.store.cursor(), told.head).first_fault is None


def _shape(desk: Desk) -> list[tuple]:
    """The store's tables with their keys, checks and indexes."""
    return desk.store.cursor().execute(
        "select table_name, constraint_type, constraint_text from duckdb_constraints() where database_name = 'store' "
        "union all select table_name, 'index', index_name from duckdb_indexes() where database_name = 'store' order by all"
    ).fetchall()


def test_a_damaged_backup_is_refused_and_lays_nothing_down(desk: Desk, tmp_path: Path):
    back_up(desk, tmp_path / "copy.tar", origin())
    whole = (tmp_path / "copy.tar").read_bytes()
    (tmp_path / "cut.tar").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "other.tar").write_bytes(b"no tar at all")
    for name in ("cut.tar", "other.tar", "none.tar"):
        with pytest.raises(RefusedInput):
            restore(tmp_path / name, tmp_path / "new.duckdb")
    with tarfile.open(tmp_path / "copy.tar") as tar:
        tar.extractall(tmp_path / "open", filter="data")
    with (tmp_path / "open" / "store.duckdb").open("r+b") as file:
        file.seek(200_000)
        file.write(b"changed")
    with tarfile.open(tmp_path / "changed.tar", "w") as tar:
        for name in ("backup.json", "store.duckdb"):
            tar.add(tmp_path / "open" / name, name)
    with pytest.raises(AuditBroken):
        restore(tmp_path / "changed.tar", tmp_path / "new.duckdb")
    assert not (tmp_path / "new.duckdb").exists() and not list(tmp_path.glob(".diversion-*"))


def test_the_commands_write_no_file_over_another(desk: Desk, tmp_path: Path):
    run, at = CliRunner(), {"DIVERSION_STORE": str(desk.store.path)}
    desk.close()
    copy, new = tmp_path / "copy.tar", tmp_path / "new.duckdb"
    made = run.invoke(app, ["backup", "--out", str(copy), "--json"], env=at)
    assert made.exit_code == 0 and copy.stat().st_mode & 0o077 == 0
    assert run.invoke(app, ["backup", "--out", str(copy)], env=at).exit_code == 3
    laid = run.invoke(app, ["restore", str(copy), "--store", str(new)])
    assert laid.exit_code == 0 and json.loads(made.stdout)["head"] in laid.stdout
    assert run.invoke(app, ["restore", str(copy), "--store", str(new)]).exit_code == 3
    proven = run.invoke(app, ["audit", "verify", "--store", str(new), "--expect", json.loads(made.stdout)["head"]])
    assert proven.exit_code == 0 and "Whole" in proven.stdout
