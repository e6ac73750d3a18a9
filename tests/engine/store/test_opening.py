"""Opening a store: an old one comes up to date, a newer or foreign one is refused plainly, a held one says who waits for whom."""

import subprocess
import sys
from pathlib import Path

import duckdb
import pytest
from builders import an_application
from desks import a_desk, origin, score_of, take_in
from typer.testing import CliRunner

from engine.cli import app
from engine.errors import RefusedInput, StoreLocked, StoreTooNew
from engine.store import audit
from engine.store.database import open_store
from engine.workflows.desk import open_desk

RUN = CliRunner()
ROOT = Path(__file__).parents[3]


def verify(path: Path):
    return RUN.invoke(app, ["audit", "verify", "--store", str(path)])


def test_a_store_of_the_first_schema_opens_with_nothing_lost(tmp_path):
    application = an_application()
    with a_desk(tmp_path) as desk:
        take_in(desk, "application", application)
        risk, head = score_of(desk, application["application_id"]).risk, audit.head(desk.store.cursor())
    path = tmp_path / "store.duckdb"
    with duckdb.connect(str(path)) as connection:  # what the second migration made, and every working table, was not there then
        for table in ("name_key", "party_form", "party_entity", "name_hit", "place_distance", "access_token"):
            connection.execute(f"drop table {table}")
        for (table,) in connection.execute("select table_name from duckdb_tables()").fetchall():
            if table not in ("record", "audit_entry", "setting"):
                connection.execute(f"drop table {table}")
        connection.execute("update setting set value = '1' where name = 'schema_version'")
        connection.execute("delete from setting where name in ('projection_fingerprint', 'reference_digest')")
    with open_desk(path, origin()) as desk:
        assert score_of(desk, application["application_id"]).risk == risk
        verdict = audit.verify(desk.store.cursor(), head[1])
        assert verdict.first_fault is None and verdict.records == 1


def test_working_tables_of_an_older_shape_are_built_anew(tmp_path):
    application = an_application()
    with a_desk(tmp_path) as desk:
        take_in(desk, "application", application)
    path = tmp_path / "store.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("alter table filing drop column payer_name")
        connection.execute("update setting set value = 'older' where name = 'projection_fingerprint'")
    assert verify(path).exit_code == 0


def test_a_newer_store_is_refused_and_left_as_it_is(tmp_path):
    a_desk(tmp_path).close()
    path = tmp_path / "store.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("update setting set value = '9999' where name = 'schema_version'")
    with pytest.raises(StoreTooNew, match="9999"):
        open_store(path)
    done = verify(path)
    assert done.exit_code == 3 and "newer diversion" in done.output and "Traceback" not in done.output
    with duckdb.connect(str(path)) as connection:
        assert connection.execute("select value from setting where name = 'schema_version'").fetchall() == [("9999",)]


def test_a_foreign_duckdb_file_is_refused_and_left_as_it_is(tmp_path):
    path = tmp_path / "theirs.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("create table sales (year integer)")
    with pytest.raises(RefusedInput, match="not a diversion store"):
        open_store(path)
    assert verify(path).exit_code == 3
    with duckdb.connect(str(path)) as connection:
        assert connection.execute("select table_name from duckdb_tables()").fetchall() == [("sales",)]


@pytest.mark.parametrize("content", [b"", b"not a database", b"{}" * 5000])
def test_a_file_that_is_no_database_is_refused(tmp_path, content):
    path = tmp_path / "text.duckdb"
    path.write_bytes(content)
    done = verify(path)
    assert done.exit_code == 3 and "Traceback" not in done.output
    assert path.read_bytes() == content


def test_a_store_that_is_not_there_is_not_made_by_mistake(tmp_path):
    done = verify(tmp_path / "mistyped.duckdb")
    assert done.exit_code == 3 and "no store at" in done.output and not list(tmp_path.iterdir())


def test_a_store_in_a_folder_that_is_not_there_is_refused_by_its_folder(tmp_path):
    done = RUN.invoke(app, ["init", "--store", str(tmp_path / "mistyped" / "a.duckdb")])
    assert done.exit_code == 3 and "folder" in done.output and not list(tmp_path.iterdir())


HOLD = (
    "import sys; from pathlib import Path; from engine.store.database import open_store; "
    "store = open_store(Path(sys.argv[1])); print('held', flush=True); sys.stdin.read()"
)


def test_a_store_held_by_another_process_says_so_plainly(tmp_path):
    a_desk(tmp_path).close()
    path = tmp_path / "store.duckdb"
    with subprocess.Popen([sys.executable, "-c", HOLD, str(path)], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(StoreLocked, match="in use by another process"):
            open_store(path)
        done = verify(path)
        assert done.exit_code == 3 and "in use by another process" in done.output and "Traceback" not in done.output
        holder.stdin.close()
    assert verify(path).exit_code == 0


def test_what_is_acknowledged_is_there_after_a_kill(tmp_path):
    a_desk(tmp_path).close()
    path = tmp_path / "store.duckdb"
    write = (
        "import sys; sys.path.insert(0, 'tests'); from pathlib import Path; from desks import *; from builders import *; "
        "desk = open_desk(Path(sys.argv[1]), origin()); take_in(desk, 'application', an_application(application_id='KILLED')); "
        "print('written', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen([sys.executable, "-c", write, str(path)], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout.readline() == "written\n"
        writer.kill()
    assert verify(path).exit_code == 0
    with open_desk(path, origin()) as desk:
        assert score_of(desk, "KILLED").risk > 0
