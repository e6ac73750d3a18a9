"""JSON files that are cut, joined, in another encoding or too large: what is whole goes in, the rest is told."""

from __future__ import annotations

import json
import random
import sys
from pathlib import Path

import pytest
from bad_files import COMMAND, an_application, aside, on_record, peak_memory_of, reasons, verdict, write_lines

from engine.errors import RefusedInput
from engine.workflows import reading
from engine.workflows.reading import read_records

MEBIBYTE = 1024 * 1024


def documents(path: Path) -> list[tuple[int, str | None]]:
    """(line, fault) of what is read; the fault of text that is no JSON is "no JSON"."""
    told = []
    for raw in read_records(path):
        fault = raw.fault
        if fault is None:
            try:
                fault = None if isinstance(json.loads(raw.text), dict) else "no object"
            except ValueError:
                fault = "no JSON"
        told.append((raw.line, fault))
    return told


@pytest.mark.parametrize("chunk", [1, 2, 3, 7, MEBIBYTE])
@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('{"a": 1}', [(1, None)]),
        ('\n\n  {"a": "]}"}\n', [(3, None)]),
        ('[{"a": 1},\n {"a": [2, {"b": "\\\\\\"]"}]}]', [(1, None), (2, None)]),
        ("[]", []),
        ('[{"a": 1},\n]', [(1, None)]),
        ('[{"a": 1},,{"a": 2}]', [(1, None), (1, None)]),
        ('[{"a": 1}\n rubbish\n {"a": 2}]', [(1, None), (2, "no JSON"), (3, None)]),
        ('[{"a": 1} {"a": 2}]', [(1, None), (1, None)]),
        ('{"a": 1}\n{"a": 2}\n', [(1, None), (2, None)]),
        ('[{"a": 1}]\n[{"a": 2}]', [(1, None), (2, None)]),
        ('[{"a": 1}]\n{"a": 2} and so on', [(1, None), (2, None), (2, "no JSON")]),
        ('[{"a": [1, 2},\n{"a": 2}]', [(1, "no JSON"), (2, None)]),
        ('[{"a": 1,\n{"a": 2}]', [(1, "no JSON"), (2, None)]),
        ('[{"a": 1]\n, {"a": 2}]', [(1, "no JSON"), (2, None), (2, "no JSON")]),
        ('[{"a": "no end\n},\n{"a": 2}]', [(1, "no JSON"), (3, None)]),
        ('[{"a": 1}, 7, null, "x", [{"a": 2}]]', [(1, None), *[(1, "no object")] * 4]),
        ('[{"a": 1},\n{"a":', [(1, None), (2, "the file ends in the middle of a record")]),
        ('[{"a": 1},\n', [(1, None), (2, "the file ends before its list is closed")]),
        ('{"a":' * 3 + " " * 300 + '{"b": 1}' + "}" * 3, [(1, None)]),
        ("[" * 3_000, [(1, "the file ends in the middle of a record")]),
    ],
)  # fmt: skip
def test_what_is_whole_is_told_apart_from_what_is_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, told: list, chunk: int) -> None:
    monkeypatch.setattr(reading, "CHUNK", chunk)
    path = tmp_path / "some.json"
    path.write_text(text)
    assert documents(path) == told


@pytest.mark.parametrize("ending", [".json", ".jsonl"])
def test_a_file_cut_anywhere_gives_its_whole_records_and_at_most_one_fault(tmp_path: Path, ending: str) -> None:
    whole = [an_application(n, exporter={"name": f"Größe \\ \"{n}\" [{{", "country": "DE"}) for n in range(20)]
    text = "\n".join(json.dumps(one, ensure_ascii=False) for one in whole).encode() if ending == ".jsonl" else json.dumps(whole, ensure_ascii=False, indent=1).encode()
    path = tmp_path / f"cut{ending}"
    for cut in random.Random(1).sample(range(1, len(text)), 150):
        path.write_bytes(text[:cut])
        found = [fault for _, fault in documents(path)]
        assert found.count(None) >= (text[:cut].count(b"filed_at") - 1)
        assert len(found) - found.count(None) <= 1


@pytest.mark.parametrize("ending", [".json", ".jsonl"])
def test_any_byte_may_be_damaged_and_reading_goes_on(tmp_path: Path, ending: str) -> None:
    whole = [an_application(n) for n in range(10)]
    text = "\n".join(map(json.dumps, whole)).encode() if ending == ".jsonl" else json.dumps(whole, indent=1).encode()
    path, chance = tmp_path / f"damaged{ending}", random.Random(2)
    for _ in range(200):
        damaged = bytearray(text)
        damaged[chance.randrange(len(text))] = chance.randrange(256)
        path.write_bytes(damaged)
        try:
            assert [fault for _, fault in documents(path)].count(None) >= 8
        except RefusedInput as error:
            assert "UTF-16" in str(error)


@pytest.mark.parametrize("ending", [".json", ".jsonl"])
def test_a_cut_file_goes_in_up_to_the_cut_and_whole_later(tmp_path: Path, store: Path, ingest, ending: str) -> None:
    whole = [an_application(n) for n in range(5)]
    text = "\n".join(map(json.dumps, whole)) if ending == ".jsonl" else json.dumps(whole)
    path = tmp_path / f"some{ending}"
    path.write_text(text[:-40])
    told = ingest(path)
    assert (told["status"], told["added"], told["set_aside"]) == (1, 4, 1)
    assert aside(path)[0]["record"].startswith('{"application_id": "A-4"')
    path.write_text(text)
    told = ingest(path)
    assert (told["status"], told["added"], told["unchanged"], told["set_aside"]) == (0, 1, 4, 0)
    assert aside(path) == []
    assert verdict(store).first_fault is None


def test_lines_with_other_endings_blanks_and_a_byte_order_mark_are_lines(tmp_path: Path, ingest) -> None:
    path = tmp_path / "some.jsonl"
    path.write_bytes(b"\xef\xbb\xbf" + b"\r\n\r\n  \r\n".join(json.dumps(an_application(n)).encode() for n in range(3)))
    assert ingest(path)["added"] == 3


def test_latin_1_spoils_its_own_line_only(tmp_path: Path, ingest) -> None:
    path = write_lines(tmp_path / "some.jsonl", [
        an_application(1), json.dumps(an_application(2, exporter={"name": "Größe"}), ensure_ascii=False).encode("latin-1"),
        an_application(3, exporter={"name": "Größe"}),
    ])
    told = ingest(path)
    assert (told["status"], told["added"], told["set_aside"]) == (1, 2, 1)
    assert reasons(path) == [(2, "")]
    assert "UTF-8" in aside(path)[0]["problems"][0]["reason"]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
@pytest.mark.parametrize("ending", [".json", ".jsonl"])
def test_another_encoding_is_refused_by_name(tmp_path: Path, diversion, encoding: str, ending: str) -> None:
    path = tmp_path / f"some{ending}"
    path.write_bytes(json.dumps(an_application()).encode(encoding))
    done = diversion("ingest", path)
    assert done.status == 3
    assert "UTF-16" in done.err and "UTF-8" in done.err


def test_an_empty_file_of_lines_has_no_records_and_an_empty_document_is_no_json(tmp_path: Path, diversion) -> None:
    for name, status in (("none.jsonl", 0), ("none.json", 3), ("none.parquet", 3)):
        (tmp_path / name).touch()
        assert diversion("ingest", tmp_path / name).status == status


def test_what_is_no_file_to_read_is_refused_and_the_others_go_in(tmp_path: Path, store: Path, diversion) -> None:
    good = write_lines(tmp_path / "good.jsonl", [an_application()])
    (tmp_path / "folder.jsonl").mkdir()
    (tmp_path / "table.csv").write_text("a,b")
    done = diversion("ingest", tmp_path / "absent.jsonl", tmp_path / "folder.jsonl", tmp_path / "table.csv", tmp_path, good)
    assert done.status == 3
    assert "absent.jsonl: no such file" in done.err and "is a directory" in done.err and "ending .csv is not known" in done.err
    assert on_record(store) == ["application:A-1#1"]


def test_an_unknown_kind_is_wrong_usage_and_the_near_one_is_named(tmp_path: Path, diversion) -> None:
    done = diversion("ingest", write_lines(tmp_path / "some.jsonl", [an_application()]), "--kind", "vist")
    assert done.status == 2
    assert "visit" in done.err


def huge(path: Path, ending: str, size: int) -> Path:
    """A file with three filings, the middle one with a name of that many bytes, never in memory as a whole."""
    before, after = json.dumps(an_application(2, exporter={"name": "@"})).encode().split(b"@")
    with path.open("wb") as file:
        file.write(b"[" if ending == ".json" else b"")
        file.write(json.dumps(an_application(1)).encode() + (b",\n" if ending == ".json" else b"\n") + before)
        for _ in range(size // MEBIBYTE):
            file.write(b"x" * MEBIBYTE)
        file.write(after + (b",\n" if ending == ".json" else b"\n") + json.dumps(an_application(3)).encode() + (b"]" if ending == ".json" else b""))
    return path


@pytest.mark.parametrize("ending", [".json", ".jsonl"])
def test_a_huge_field_costs_its_record_and_no_memory(tmp_path: Path, store: Path, ending: str) -> None:
    small = write_lines(tmp_path / "small.jsonl", [an_application(0)])
    _, usual = peak_memory_of([*COMMAND, "ingest", small, "--store", store])
    path = huge(tmp_path / f"huge{ending}", ending, 220 * MEBIBYTE)
    done, peak = peak_memory_of([*COMMAND, "ingest", path, "--store", store])
    assert done.status == 1
    assert peak < usual + 120 * MEBIBYTE
    assert [(row["line"], row["problems"][0]["reason"]) for row in aside(path)] == [(2, "longer than 16 MiB")]
    assert len(aside(path)[0]["record"]) <= 1_100_000
    assert on_record(store) == ["application:A-0#1", "application:A-1#1", "application:A-3#1"]


def test_many_large_records_are_read_a_few_at_a_time(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "large.jsonl", ['{"a": "' + "x" * 8 * MEBIBYTE + '"}'] * 30)
    sizes = [len(chunk) for chunk in reading.chunks(read_records(path), 20_000, 64 * MEBIBYTE)]
    assert sum(sizes) == 30
    assert max(sizes) <= 8


@pytest.mark.parametrize("bomb", ["[" * 100_000 + "]" * 100_000, '{"a":' * 100_000 + "1" + "}" * 100_000, '{"items":' + "[" * 50_000 + "]" * 50_000 + "}"])
@pytest.mark.parametrize("ending", [".json", ".jsonl"])
def test_depth_is_a_fault_and_no_crash(tmp_path: Path, ingest, bomb: str, ending: str) -> None:
    path = tmp_path / f"deep{ending}"
    good = json.dumps(an_application())
    path.write_text(f"[{bomb},{good}]" if ending == ".json" else f"{bomb}\n{good}\n")
    told = ingest(path, "application", "--lenient")
    assert (told["status"], told["added"], told["set_aside"]) == (1, 1, 1)
    assert sys.getrecursionlimit() < 100_000
