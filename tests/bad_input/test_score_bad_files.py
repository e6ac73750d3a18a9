"""Scoring a file with bad, doubled or already stored filings: the rest is scored, the three forms say the same, nothing is stored."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from datetime import UTC
from pathlib import Path

import polars as pl
import pyarrow.parquet as pq
import pytest
from bad_files import ORIGIN, an_application, aside, reasons, verdict, write_lines

from engine.workflows import score_file
from engine.workflows.desk import open_desk
from features.catalogue import catalogue


@pytest.fixture
def scored(tmp_path: Path, diversion) -> Callable[..., list[dict]]:
    """Score a file; the rows as Parquet has them."""

    def run(path: Path, *options: object, status: int = 0) -> list[dict]:
        done = diversion("score", path, "--out", tmp_path / "out.parquet", *options)
        assert done.status == status, done
        return pq.read_table(tmp_path / "out.parquet").to_pylist()

    return run


def ids(rows: list[dict]) -> list[tuple[str, int]]:
    return [(row["application_id"], row["revision"]) for row in rows]


def test_bad_records_go_aside_and_the_rest_is_scored_in_order(tmp_path: Path, scored) -> None:
    path = write_lines(tmp_path / "some.jsonl", [an_application(3), an_application(1, revision=2), "{", an_application(9, authority="XX"), an_application(1), b"\xff"])
    assert ids(scored(path, status=1)) == [("A-1", 1), ("A-1", 2), ("A-3", 1)]
    assert reasons(path) == [(3, ""), (4, "authority"), (6, "")]


@pytest.mark.parametrize("rows_at_once", [1, 2, 20_000])
def test_a_filing_that_stands_twice_counts_once_and_other_content_goes_aside(tmp_path: Path, scored, monkeypatch: pytest.MonkeyPatch, rows_at_once: int) -> None:
    monkeypatch.setattr(score_file, "ROWS_AT_ONCE", rows_at_once)
    other = an_application(1, exporter={"name": "Another GmbH"})
    path = write_lines(tmp_path / "some.jsonl", [an_application(1), an_application(2), an_application(1), other, an_application(1), other])
    assert ids(scored(path, status=1)) == [("A-1", 1), ("A-2", 1)]
    assert reasons(path) == [(4, "application_id"), (6, "application_id")]
    assert "earlier in the file with other content" in aside(path)[0]["problems"][0]["reason"]


@pytest.mark.parametrize("content", ['{"x": 1}\n', "", "[[[["])
def test_a_file_without_one_good_record_is_refused(tmp_path: Path, diversion, content: str) -> None:
    path = tmp_path / "some.jsonl"
    path.write_text(content)
    done = diversion("score", path, "--out", tmp_path / "out.csv")
    assert done.status == 3
    assert "no application in it could be read" in done.err
    assert not (tmp_path / "out.csv").exists()
    assert len(aside(path)) == (1 if content else 0)


def test_an_output_that_cannot_be_written_is_refused_before_the_work(tmp_path: Path, diversion) -> None:
    path = write_lines(tmp_path / "some.jsonl", [an_application(1)])
    (tmp_path / "folder.csv").mkdir()
    for options, words in (
        (("--out", tmp_path / "absent" / "out.csv"), "is not there"),
        (("--out", tmp_path / "folder.csv"), "is a directory"),
        (("--out", tmp_path / "out.xlsx"), "cannot write the ending .xlsx"),
        (("--out", path), "is the file to be scored"),
        (("--out", tmp_path / "out.csv", "--features", tmp_path / "out.csv"), "the same file"),
        (("--out", tmp_path / "out.csv", "--features", tmp_path / "absent" / "f.csv"), "is not there"),
    ):
        done = diversion("score", path, *options)
        assert done.status == 3, options
        assert words in done.err
    assert path.read_text().startswith('{"application_id"')


def test_the_files_copy_stands_in_place_of_the_stored_one(tmp_path: Path, ingest, scored) -> None:
    stored = [an_application(n, items=[{"line": 1, "quantity": 5}], filed_at=f"2026-01-0{n}T10:00:00Z") for n in (1, 2, 3)]
    now = an_application(2, filed_at="2026-01-02T10:00:00Z", intermediaries=[{"name": "Quick Trade", "country": "AE", "role": "broker"}])
    alone = write_lines(tmp_path / "alone.jsonl", [stored[0], now, stored[2]])
    expected = scored(alone)
    ingest(write_lines(tmp_path / "stored.jsonl", stored))
    assert scored(alone) == expected
    only = write_lines(tmp_path / "only.jsonl", [now])
    assert scored(only) == [row for row in expected if row["application_id"] == "A-2"]


def test_the_three_forms_say_the_same_and_the_features_too(tmp_path: Path, diversion) -> None:
    path = write_lines(tmp_path / "some.jsonl", [
        an_application(n, filed_at=f"2026-01-0{n}T10:00:00Z", intermediaries=[{"name": "Quick, \"Trade\"", "country": "AE", "role": "broker"}] * (n % 2)) for n in (1, 2, 3)
    ])
    for ending in ("parquet", "jsonl", "csv"):
        done = diversion("score", path, "--out", tmp_path / f"out.{ending}", "--features", tmp_path / f"features.{ending}")
        assert done.status == 0, done.err
    rows = pq.read_table(tmp_path / "out.parquet").to_pylist()
    for row in rows:
        row["as_of"] = row["as_of"].astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        row["family_risk"] = dict(row["family_risk"])
    assert [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()] == rows
    with (tmp_path / "out.csv").open(newline="") as file:
        told = list(csv.DictReader(file))
    assert list(told[0]) == list(rows[0])
    for text, row in zip(told, rows, strict=True):
        for name, value in row.items():
            assert (json.loads(text[name]) if isinstance(value, dict | list) else type(value)(text[name])) == value, name
    matrix = pl.read_parquet(tmp_path / "features.parquet")
    assert matrix.columns == ["application_id", "revision", "as_of", *catalogue().columns]
    assert set(matrix.dtypes[3:]) == {pl.Float64}
    plain = matrix.with_columns(pl.col("as_of").dt.strftime("%Y-%m-%dT%H:%M:%SZ"))
    assert pl.read_csv(tmp_path / "features.csv", schema=plain.schema).equals(plain)
    lines = [json.loads(line) for line in (tmp_path / "features.jsonl").read_text().splitlines()]
    assert lines == plain.to_dicts()


def test_nothing_of_a_scored_file_comes_on_record(tmp_path: Path, store: Path, ingest, scored) -> None:
    ingest(write_lines(tmp_path / "stored.jsonl", [an_application(1)]))
    tables = "select table_name, estimated_size from duckdb_tables() where database_name = 'store' order by all"
    with open_desk(store, ORIGIN) as desk:
        before = desk.store.cursor().execute(tables).fetchall()
    head = verdict(store).head
    scored(write_lines(tmp_path / "some.jsonl", [an_application(n, exporter={"name": f"New {n}"}) for n in range(20)]))
    with open_desk(store, ORIGIN) as desk:
        assert desk.store.cursor().execute(tables).fetchall() == before
    assert verdict(store).head == head
    assert verdict(store).first_fault is None


def test_a_file_scores_the_same_from_each_form_and_without_a_store(tmp_path: Path, scored, diversion, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [an_application(n, filed_at=f"2026-01-0{n}T10:00:00Z") for n in (1, 2)]
    expected = scored(write_lines(tmp_path / "some.jsonl", rows))
    (tmp_path / "some.json").write_text(json.dumps(rows))
    pl.DataFrame(rows).write_parquet(tmp_path / "some.parquet")
    assert scored(tmp_path / "some.json") == expected
    assert scored(tmp_path / "some.parquet") == expected
