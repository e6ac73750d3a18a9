"""Promises of every feature file: its header is true, it is portable, exact, and reads nothing before it was known."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path

import pytest
import sqlfluff
import sqlglot
from sqlglot import exp
from sqlglot.optimizer.annotate_types import annotate_types
from sqlglot.optimizer.qualify import qualify

from engine.compute.portable import PORTABLE
from engine.compute.run import lay_relations, relation_sql
from engine.store.records import Origin
from engine.workflows.desk import open_desk

ROOT = Path(__file__).parents[2]
FILES = sorted((ROOT / "features").glob("*.sql"))
HEADER = ("Family", "Question", "Grain", "Reads", "As of", "Absent", "Columns")
FRACTIONAL = {exp.DataType.Type.DOUBLE, exp.DataType.Type.FLOAT}
# Counted from the newest edition known, by its day of publication, instead of from the days on which a row holds.
BY_EDITION = {"armed_conflict"}


@dataclass(frozen=True)
class FeatureFile:
    name: str
    text: str
    header: dict[str, str]
    statements: list[exp.Expression]

    @property
    def tree(self) -> exp.Expression:
        return self.statements[0]

    @property
    def ctes(self) -> set[str]:
        return {cte.alias for cte in self.tree.find_all(exp.CTE)}

    @property
    def relations(self) -> set[str]:
        """What it reads from outside."""
        return {table.name for table in self.tree.find_all(exp.Table)} - self.ctes


@pytest.fixture(params=FILES, ids=lambda path: path.name)
def file(request) -> FeatureFile:
    text = request.param.read_text("utf-8")
    block = text.split("\n\n", 1)[0]
    lines = re.sub(r"\n--\s{4,}", " ", block)  # a line of the header that goes on in the next
    header = dict(re.findall(r"^-- ([A-Z][\w ]+?):\s+(.+)$", lines, flags=re.M))
    return FeatureFile(request.param.name, text, header, sqlglot.parse(text, read="duckdb"))


@pytest.fixture(scope="module")
def schema() -> dict[str, dict[str, str]]:
    """The columns and types of every relation, as the engine lays them over an empty store with the reference data."""
    with open_desk(Path(":memory:"), Origin("house", "ingest", datetime(2026, 1, 1))) as desk:
        cursor = desk.store.cursor()
        cursor.execute(
            "create or replace temp table subject_filing as "
            "select 1::bigint as subject, 1::bigint as record_no, timestamp '2026-01-01' as as_of where false"
        )
        lay_relations(cursor)
        rows = cursor.execute("select table_name, column_name, data_type from duckdb_columns()").fetchall()
    tables: dict[str, dict[str, str]] = {}
    for table, column, kind in rows:
        tables.setdefault(table, {})[column] = kind
    return tables


@cache
def reference(column: str) -> frozenset[str]:
    """The shipped reference tables in which some row fills that column."""
    filled = set()
    for path in (ROOT / "data" / "reference").glob("*.csv"):
        with path.open(encoding="utf-8", newline="") as lines:
            if any(row.get(column) for row in csv.DictReader(lines)):
                filled.add(path.stem)
    return frozenset(filled)


def typed(file: FeatureFile, schema: dict[str, dict[str, str]]) -> exp.Expression:
    known = {table: schema[table] for table in file.relations if table in schema}
    return annotate_types(qualify(file.tree.copy(), schema=known, dialect="duckdb"), schema=known, dialect="duckdb")


def test_there_are_feature_files():
    assert len(FILES) >= 9


def test_the_header_answers_every_question(file):
    assert tuple(file.header) == HEADER
    assert file.header["Question"].endswith("?")
    assert file.header["Family"] == file.name.split(".")[0]


def test_the_header_names_exactly_the_relations_read(file):
    named = [name.strip() for name in file.header["Reads"].split(",")]
    assert named == sorted(file.relations)


def test_it_is_one_select_without_a_star(file):
    assert len(file.statements) == 1
    assert isinstance(file.tree, exp.Select | exp.Union)
    assert not [star for star in file.tree.find_all(exp.Star) if not isinstance(star.parent, exp.Count)]


def test_it_reads_only_what_the_engine_lays(file, schema):
    assert file.relations <= set(schema)


def test_only_functions_that_mean_the_same_on_spark_are_called(file):
    called = {type(function).__name__ for function in file.tree.find_all(exp.Func)} - {"Anonymous"}
    called |= {function.name.lower() for function in file.tree.find_all(exp.Anonymous)}
    assert called <= PORTABLE


def test_days_are_counted_between_dates_only(file, schema):
    for function in typed(file, schema).find_all(exp.DateDiff):
        assert function.unit.name.lower() == "day"
        assert {function.this.type.this, function.expression.type.this} == {exp.DataType.Type.DATE}, function.sql()


def test_no_doubles_are_summed(file, schema):
    for function in typed(file, schema).find_all(exp.Sum, exp.Avg):
        kind = function.this.type.this
        assert kind not in FRACTIONAL | {exp.DataType.Type.UNKNOWN}, f"{function.sql()} is a sum of {kind}"


def test_no_fraction_is_cast_to_an_integer(file, schema):
    for cast in typed(file, schema).find_all(exp.Cast):
        if cast.to.this in exp.DataType.INTEGER_TYPES:
            assert cast.this.type.this not in FRACTIONAL | {exp.DataType.Type.DECIMAL}, cast.sql()


def ends_strictly_before(window: exp.Window) -> bool:
    """`order by X.known_us range between unbounded preceding and 1 preceding`: a microsecond before, at the latest."""
    frame = window.args.get("spec")
    if frame is None or [column.name for column in window.args["order"].find_all(exp.Column)] != ["known_us"]:
        return False
    end = (frame.args["kind"].lower(), frame.args["end"].name, frame.args["end_side"].lower())
    return end == ("range", "1", "preceding")


def guarded(file: FeatureFile) -> set[str]:
    """The relations with a guard `as_of > X.known_from`, or read into a window that ends strictly before."""
    guards = {
        found.expression.table
        for found in file.tree.find_all(exp.GT)
        if found.this.name == "as_of" and found.expression.name == "known_from"
    }
    running = [window for window in file.tree.find_all(exp.Window) if isinstance(window.this, exp.Sum)]
    strictly_before = bool(running) and all(map(ends_strictly_before, running))
    for cte in file.tree.find_all(exp.CTE):
        tables = {table.name for table in cte.find_all(exp.Table)}
        columns = {column.alias_or_name for column in cte.this.selects}
        if cte.alias in guards and "known_from" in columns:
            guards |= tables
        if strictly_before and {"known_us", "subject"} <= columns:
            guards |= {column.table for column in cte.find_all(exp.Column) if column.name == "known_us"}
    return guards


def test_no_fact_is_read_before_it_was_known(file, schema):
    always_known = {path.stem for path in (ROOT / "data" / "reference").glob("*.csv")} - reference("known_from")
    dated = {name for name in file.relations if "known_from" in schema[name]} - always_known
    assert dated <= guarded(file)


@pytest.mark.parametrize("name", ["known_fact", "earlier_filing", "party_record"])
def test_what_was_counted_of_a_subject_once_for_all_families_was_known_by_then(name, schema):
    text = relation_sql(name)
    relation = FeatureFile(name, text, {}, sqlglot.parse(text, read="duckdb"))
    assert {table for table in relation.relations if "known_from" in schema[table]} <= guarded(relation)


def test_no_fact_is_read_after_it_was_corrected(file, schema):
    corrected = {name for name in file.relations if "known_to" in schema[name]}
    ends = {column.table for column in file.tree.find_all(exp.Column) if column.name == "known_to"}
    borrowed = {"application_event"}  # joined to a visit by event id: ends with it
    assert corrected - borrowed <= ends


def test_reference_rows_count_only_while_they_hold(file):
    ending = (file.relations & reference("valid_to")) - BY_EDITION
    ends = {column.table for column in file.tree.find_all(exp.Column) if column.name == "valid_to"}
    assert ending <= ends


def test_it_keeps_the_house_style(file):
    problems = sqlfluff.lint(file.text, dialect="duckdb", config_path=str(ROOT / "pyproject.toml"))
    assert [f"{one['start_line_no']}: {one['code']} {one['description']}" for one in problems] == []


def test_evidence_gives_subject_feature_and_record(file):
    if not file.name.endswith(".evidence.sql"):
        pytest.skip("no evidence file")
    assert [column.alias_or_name for column in file.tree.selects] == ["subject", "feature", "record"]
