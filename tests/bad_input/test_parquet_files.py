"""Parquet as other systems write it, and damaged: other types of time and number, missing columns, what Python cannot hold."""

from __future__ import annotations

import json
import random
import struct
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from bad_files import COMMAND, an_application, aside, on_record, peak_memory_of, reasons, verdict

from engine.workflows import reading_parquet
from engine.workflows.parquet_pages import largest_page

FILED = datetime(2026, 1, 5, 10)
MEBIBYTE = 1024 * 1024


def write(path: Path, rows: list[dict], **types: pa.DataType) -> Path:
    """Rows as Parquet, the named columns of the given types."""
    inferred = pa.Table.from_pylist(rows).schema
    schema = pa.schema([pa.field(field.name, types.get(field.name, field.type)) for field in inferred])
    pq.write_table(pa.Table.from_pylist(rows, schema=schema), path, row_group_size=10)
    return path


def body(store: Path, key: str = "application:A-1#1") -> dict:
    return json.loads(on_record(store, f"select body from record where key = '{key}'")[0])


@pytest.mark.parametrize(
    ("filed_at", "column"),
    [
        ("2026-01-05T10:00:00Z", pa.string()),
        ("2026-01-05T11:00:00+01:00", pa.large_string()),
        (FILED, pa.timestamp("us")),
        (FILED, pa.timestamp("s")),
        (FILED, pa.timestamp("ns")),
        (FILED.replace(tzinfo=UTC), pa.timestamp("ms", "UTC")),
        (datetime(2026, 1, 5, 11, tzinfo=timezone(timedelta(hours=1))), pa.timestamp("us", "Europe/Berlin")),
        (datetime(2026, 1, 5, 11, tzinfo=timezone(timedelta(hours=1))), pa.timestamp("ns", "+01:00")),
        ("2026-01-05T10:00:00Z", pa.dictionary(pa.int32(), pa.string())),
    ],
)  # fmt: skip
def test_a_time_is_the_same_moment_however_it_is_written(tmp_path: Path, store: Path, ingest, filed_at: object, column: pa.DataType) -> None:
    path = write(tmp_path / "some.parquet", [an_application(filed_at=filed_at)], filed_at=column)
    assert ingest(path)["status"] == 0
    assert body(store)["filed_at"] == "2026-01-05T10:00:00Z"


def test_the_same_filing_is_the_same_from_json_and_parquet(tmp_path: Path, ingest) -> None:
    told = an_application(
        filed_at="2026-01-05T10:00:00Z", temporary_until="2027-01-01", payment={"prepaid_share": 0.25}, destinations=["PL", "LT"],
        intermediaries=[{"name": "A", "role": "broker", "owners": [{"name": "B", "share": 0.5}]}, {"name": "C", "role": "carrier"}],
        route=[{"from": "DEHAM", "to": "PLGDY", "mode": "sea"}],
    )
    (tmp_path / "some.json").write_text(json.dumps(told))
    row = json.loads(json.dumps(told)) | {"filed_at": FILED, "temporary_until": date(2027, 1, 1)}
    row["items"][0] |= {"value": Decimal("384000.00"), "quantity": Decimal("12.000000")}
    assert ingest(tmp_path / "some.json")["added"] == 1
    assert ingest(write(tmp_path / "some.parquet", [row]))["unchanged"] == 1


def test_whole_numbers_that_a_writer_with_gaps_made_doubles_are_whole(tmp_path: Path, store: Path, ingest) -> None:
    rows = [an_application(1) | {"revision": 2}, an_application(2) | {"revision": None}]
    assert ingest(write(tmp_path / "some.parquet", rows, revision=pa.float64()))["status"] == 0
    assert body(store, "application:A-1#2")["revision"] == 2
    assert ingest(write(tmp_path / "half.parquet", [an_application(3) | {"revision": 1.5}], revision=pa.float64()))["set_aside"] == 1


def test_a_null_and_a_struct_of_nulls_are_missing_fields(tmp_path: Path, store: Path, ingest) -> None:
    party = {"name": None, "country": None, "owners": None, "compliance_programme": {"level": None}}
    rows = [
        an_application(1) | {"revision": None, "consignee": None, "applicant": party, "documents": None, "end_users": []},
        an_application(2) | {"revision": 2, "consignee": {"name": "C"}, "applicant": party | {"name": "D"}, "documents": [None], "end_users": []},
    ]
    assert ingest(write(tmp_path / "some.parquet", rows))["status"] == 0
    first = body(store)
    assert {"consignee", "applicant", "documents"}.isdisjoint(first)
    assert (first["revision"], first["end_users"]) == (1, [])
    assert body(store, "application:A-2#2")["applicant"] == {"name": "D"}


def test_a_missing_column_is_a_missing_field_and_another_one_is_unknown(tmp_path: Path, ingest) -> None:
    path = write(tmp_path / "some.parquet", [an_application(authority=None) | {"colour": "red"}])
    told = ingest(path)
    assert (told["status"], told["set_aside"]) == (1, 1)
    assert sorted(reasons(path)) == [(1, "authority"), (1, "colour")]
    path = write(tmp_path / "other.parquet", [an_application(n) | {"colour": "red", "items": [{"line": 1, "shade": 2}]} for n in range(3)])
    told = ingest(path, "application", "--lenient")
    assert (told["status"], told["added"], told["ignored_fields"]) == (0, 3, {"colour": 3, "items[0].shade": 3})


@pytest.mark.parametrize(
    ("column", "value", "kind"),
    [
        ("revision", 2**63 - 1, pa.int64()),
        ("revision", 2**64 - 1, pa.uint64()),
        ("revision", -1, pa.int8()),
        ("revision", 1.5, pa.float64()),
        ("revision", "1", pa.string()),
        ("revision", Decimal(10) ** 30, pa.decimal256(40, 0)),
        ("filed_at", date(2026, 1, 5), pa.date32()),
        ("filed_at", 20_000_000, pa.int64()),
        ("filed_at", datetime(1677, 9, 22), pa.timestamp("ns")),
        ("filed_at", 2**60, pa.timestamp("ms")),
        ("temporary_until", 2**31 - 1, pa.date32()),
        ("temporary_until", FILED, pa.timestamp("us")),
        ("authority", b"DE", pa.binary()),
        ("exporter", [("name", "A")], pa.map_(pa.string(), pa.string())),
        ("exporter", ["A"], pa.list_(pa.string())),
        ("items", {"line": 1}, pa.struct([("line", pa.int64())])),
        ("items", [{"line": 1, "quantity": float("nan")}], pa.list_(pa.struct([("line", pa.int64()), ("quantity", pa.float64())]))),
        ("items", [{"line": 1, "quantity": float("inf")}], pa.list_(pa.struct([("line", pa.int64()), ("quantity", pa.float64())]))),
        ("items", [{"line": 1, "value": Decimal("-1.50")}], pa.list_(pa.struct([("line", pa.int64()), ("value", pa.decimal128(10, 2))]))),
        ("items", [{"line": 1, "value": Decimal("1.123456789")}], pa.list_(pa.struct([("line", pa.int64()), ("value", pa.decimal128(18, 9))]))),
        ("items", [{"line": 2**40}], pa.list_(pa.struct([("line", pa.int64())]))),
    ],
)  # fmt: skip
def test_a_value_of_another_type_or_beyond_all_bounds_costs_its_row(tmp_path: Path, ingest, column: str, value: object, kind: pa.DataType) -> None:
    good = pa.Table.from_pylist([an_application(n) for n in (1, 2, 3)])
    column_of = pa.array([None, value, None], kind) if column not in good.column_names else None
    if column_of is None:
        # The other rows keep their value where the type can hold it; else the field is not needed or their fault as well.
        column_of = pa.array([value] * 3, kind)
        good = good.drop_columns([column])
    path = tmp_path / "some.parquet"
    pq.write_table(good.append_column(column, column_of), path)
    told = ingest(path)
    bad = {1, 2, 3} if column in ("filed_at", "authority", "exporter", "items") else {2}
    assert told["status"] == 1
    assert told["set_aside"] == len(bad)
    assert {line for line, _ in reasons(path)} == bad
    for row in aside(path):
        assert all(column in (problem["field"] + problem["reason"]) for problem in row["problems"])


def test_text_that_is_no_unicode_costs_its_row(tmp_path: Path, store: Path, ingest) -> None:
    names = pa.array([b"Fine", b"Gr\xf6\xdfe", "Größe".encode()]).view(pa.string())
    table = pa.Table.from_pylist([an_application(n) for n in (1, 2, 3)]).append_column("reference", names)
    path = tmp_path / "some.parquet"
    pq.write_table(table, path)
    told = ingest(path)
    assert (told["status"], told["added"], told["set_aside"]) == (1, 2, 1)
    assert aside(path)[0]["line"] == 2
    assert "reference" in aside(path)[0]["problems"][0]["reason"]


def test_two_columns_of_one_name_are_refused(tmp_path: Path, diversion) -> None:
    table = pa.Table.from_pylist([an_application()]).append_column("authority", pa.array(["FR"]))
    pq.write_table(table, tmp_path / "some.parquet")
    done = diversion("ingest", tmp_path / "some.parquet")
    assert done.status == 3
    assert "`authority` stands twice" in done.err


def test_a_cut_file_is_refused_and_no_traceback_seen(tmp_path: Path, store: Path, diversion) -> None:
    whole = write(tmp_path / "whole.parquet", [an_application(n) for n in range(30)]).read_bytes()
    path = tmp_path / "cut.parquet"
    for cut in [0, 1, 4, 8, *random.Random(3).sample(range(9, len(whole)), 12), len(whole) - 1]:
        path.write_bytes(whole[:cut])
        done = diversion("ingest", path)
        assert done.status == 3
        assert "is not a Parquet file that can be read" in done.err
    path.write_bytes(b"PAR1" + b"\x00" * 100 + struct.pack("<I", 2**31 - 1) + b"PAR1")
    assert diversion("ingest", path).status == 3
    assert on_record(store) == []


def test_a_damaged_row_group_costs_no_other(tmp_path: Path, store: Path, ingest) -> None:
    path = write(tmp_path / "some.parquet", [an_application(n) for n in range(30)])
    second = pq.ParquetFile(path).metadata.row_group(1).column(0)
    damaged = bytearray(path.read_bytes())
    start = second.dictionary_page_offset or second.data_page_offset
    damaged[start : start + second.total_compressed_size] = b"\xff" * second.total_compressed_size
    path.write_bytes(damaged)
    told = ingest(path)
    assert (told["status"], told["added"], told["set_aside"]) == (1, 20, 10)
    assert "rows 11 to 20 cannot be read" in aside(path)[0]["problems"][0]["reason"]
    assert verdict(store).first_fault is None


def test_damage_anywhere_is_a_fault_and_no_crash(tmp_path: Path, diversion) -> None:
    whole = write(tmp_path / "whole.parquet", [an_application(n) for n in range(30)]).read_bytes()
    path, chance = tmp_path / "damaged.parquet", random.Random(4)
    for _ in range(25):
        damaged = bytearray(whole)
        for _ in range(3):
            damaged[chance.randrange(4, len(whole) - 8)] = chance.randrange(256)
        path.write_bytes(damaged)
        assert diversion("ingest", path).status in (0, 1, 3)


@pytest.mark.parametrize("written", [{}, {"compression": "zstd"}, {"use_dictionary": False}, {"data_page_version": "2.0", "write_page_index": True}])
def test_the_largest_page_is_found_in_the_headers(tmp_path: Path, written: dict) -> None:
    rows = [an_application(n, reference="x" * 3 * MEBIBYTE if n == 7 else f"R-{n}" * 20, temporary_until=FILED.date()) for n in range(5_000)]
    path = tmp_path / "some.parquet"
    pq.write_table(pa.Table.from_pylist(rows), path, row_group_size=1_000, **written)
    metadata = pq.ParquetFile(path).metadata
    size, column = largest_page(path, metadata, 0)
    assert column == "reference"
    assert 3 * MEBIBYTE < size < 5 * MEBIBYTE
    assert largest_page(path, metadata, 1)[0] < MEBIBYTE


def test_a_huge_value_costs_its_row_and_memory_stays_bounded(tmp_path: Path, store: Path) -> None:
    _, usual = peak_memory_of([*COMMAND, "ingest", write(tmp_path / "small.parquet", [an_application(0)]), "--store", store])
    path = tmp_path / "huge.parquet"
    names = [an_application(n, reference="x" * (220 * MEBIBYTE if n == 2 else 1)) for n in (1, 2, 3)]
    pq.write_table(pa.Table.from_pylist(names), path)
    del names
    done, peak = peak_memory_of([*COMMAND, "ingest", path, "--store", store])
    assert done.status == 1
    assert [(row["line"], row["problems"][0]["reason"]) for row in aside(path)] == [(2, "longer than 16 MiB, most of it in `reference`")]
    assert on_record(store) == ["application:A-0#1", "application:A-1#1", "application:A-3#1"]
    assert peak < usual + 800 * MEBIBYTE


def test_a_gigantic_value_costs_its_row_group_and_no_memory(tmp_path: Path, store: Path, monkeypatch: pytest.MonkeyPatch, ingest) -> None:
    monkeypatch.setattr(reading_parquet, "LARGEST_PAGES", 4 * MEBIBYTE)
    rows = [an_application(n, reference="x" * 5 * MEBIBYTE if n == 12 else "x") for n in range(30)]
    told = ingest(write(tmp_path / "gigantic.parquet", rows))
    assert (told["status"], told["added"], told["set_aside"]) == (1, 20, 10)
    assert "`reference` has a value or page of up to 5 MiB" in aside(tmp_path / "gigantic.parquet")[0]["problems"][0]["reason"]
