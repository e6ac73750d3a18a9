"""Values that have no meaning are refused field by field; odd ones that have, and text that looks like code, are kept as they are."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from bad_files import a_decision, an_application, aside, on_record, reasons, verdict, write_lines

NASTY = [
    "Robert'); drop table filing; --", '"; select * from record; --', "'' or 1=1", "$$; delete from record; $$", "{{7*7}} ${x} %s %(a)s ?1 :a",
    "\\", "\\'", "/* x */", "<script>alert(1)</script>", "=cmd|'/c calc'!A1", "'||(select version())||'", "null", "NaN", "a\tb\nc",
    "\u202egnp.exe", "\u200f\u05e9\u05dc\u05d5\u05dd \u0645\u0631\u062d\u0628\u0627", "\ufeffname", "e\u0301", "\U0001f9e8", "\u2028\u2029\u0085x", "ﬁ ǅ ß İ",
]  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"filed_at": "2026-02-31T10:00:00Z"}, "filed_at"),
        ({"filed_at": "2026-01-05"}, "filed_at"),
        ({"filed_at": "2026-01-05T10:00:00"}, "filed_at"),
        ({"filed_at": 1767607200}, "filed_at"),
        ({"temporary_until": "2026-02-31"}, "temporary_until"),
        ({"temporary_until": "31.02.2026"}, "temporary_until"),
        ({"temporary_until": "0024-01-01"}, "temporary_until"),
        ({"authority": "XX"}, "authority"),
        ({"authority": "UK"}, "authority"),
        ({"authority": "de"}, "authority"),
        ({"authority": ""}, "authority"),
        ({"kind": "smuggling"}, "kind"),
        ({"revision": "1"}, "revision"),
        ({"revision": 0}, "revision"),
        ({"revision": 10**30}, "revision"),
        ({"application_id": "A 1"}, "application_id"),
        ({"application_id": "A" * 65}, "application_id"),
        ({"application_id": "A" * 1_000_000}, "application_id"),
        ({"application_id": "A\u0000"}, "application_id"),
        ({"application_id": "A-1'; drop table record; --"}, "application_id"),
        ({"application_id": "A\u202e1"}, "application_id"),
        ({"application_id": "А-1"}, "application_id"),
        ({"exporter": {"name": "A\u0000B"}}, "exporter.name"),
        ({"exporter": {"name": "A\u001bB"}}, "exporter.name"),
        ({"exporter": {"name": " \u00a0 "}}, "exporter.name"),
        ({"exporter": {"name": "x" * 301}}, "exporter.name"),
        ({"exporter": None}, "exporter"),
        ({"exporter": []}, "exporter"),
        ({"end_user": None}, "end_user"),
        ({"items": []}, "items"),
        ({"items": {"line": 1}}, "items"),
        ({"items": [{"line": 1}, {"line": 1}]}, "items"),
        ({"items": [{"quantity": -1}]}, "items[0].quantity"),
        ({"items": [{"quantity": 0}]}, "items[0].quantity"),
        ({"items": [{"quantity": "12"}]}, "items[0].quantity"),
        ({"items": [{"quantity": True}]}, "items[0].quantity"),
        ({"items": [{"quantity": 1e40}]}, "items[0].quantity"),
        ({"items": [{"value": -0.01}]}, "items[0].value"),
        ({"items": [{"value": 10**25}]}, "items[0].value"),
        ({"items": [{"value": 1, "currency": "XYZ"}]}, "items[0].currency"),
        ({"items": [{"control_code": "6A003 b"}]}, "items[0].control_code"),
        ({"items": [{"hs_code": "8525.89"}]}, "items[0].hs_code"),
        ({"items": [{"line": 2**70}]}, "items[0].line"),
        ({"items": [{"serialised": "yes"}]}, "items[0].serialised"),
        ({"route": [{"from": "DE HAM"}]}, "route[0].from"),
        ({"route": [{"from": "XXHAM"}]}, "route[0].from"),
        ({"payment": {"prepaid_share": 1.01}}, "payment.prepaid_share"),
        ({"documents": [{"kind": "end_user_certificate", "expires_on": "2026-06-31"}]}, "documents[0].expires_on"),
        ({"colour": "red"}, "colour"),
        ({"exporter": {"name": "A", "nationality": "DE"}}, "exporter.nationality"),
        ({"exporter": {"name": "A", "x" * 100_000: 1}}, "exporter." + "x" * 40 + "..."),
    ],
)  # fmt: skip
def test_a_value_without_meaning_is_set_aside_under_its_field(tmp_path: Path, ingest, changes: dict, field: str) -> None:
    path = write_lines(tmp_path / "some.jsonl", [an_application(1, **changes), an_application(2)])
    told = ingest(path)
    assert (told["status"], told["added"], told["set_aside"]) == (1, 1, 1)
    assert reasons(path) == [(1, field)]
    assert len(json.dumps(aside(path)[0]["problems"])) < 3_000


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999", "-1e999", "1" + "0" * 5_000, "0." + "0" * 5_000 + "1", "--1", "1_000", "0x1F", "٣"])
def test_a_number_that_is_none_is_set_aside(tmp_path: Path, ingest, number: str) -> None:
    bad = json.dumps(an_application(1, items=[{"quantity": "@"}])).replace('"@"', number)
    path = write_lines(tmp_path / "some.jsonl", [bad, an_application(2)])
    told = ingest(path)
    assert (told["status"], told["added"], told["set_aside"]) == (1, 1, 1)
    assert reasons(path)[0][0] == 1


@pytest.mark.parametrize("text", [r'"\ud800"', r'"\udfff x"', r'"a\ud83d"', '"\\x41"', '"a\x01b"', '"\\u00zz"'])
def test_text_that_is_no_unicode_or_no_json_is_set_aside(tmp_path: Path, ingest, text: str) -> None:
    bad = json.dumps(an_application(1, reference="@")).replace('"@"', text)
    path = write_lines(tmp_path / "some.jsonl", [bad, an_application(2)])
    told = ingest(path)
    assert (told["status"], told["added"], told["set_aside"]) == (1, 1, 1)
    assert reasons(path)[0][0] == 1


@pytest.mark.parametrize("bad", [
    '{"application_id": "A-9", ' + json.dumps(an_application(1))[1:],
    json.dumps(an_application(1)).replace('"country": "PL"', '"country": "PL", "country": "RU"'),
])  # fmt: skip
def test_a_name_said_twice_is_set_aside(tmp_path: Path, ingest, bad: str) -> None:
    path = write_lines(tmp_path / "some.jsonl", [bad, an_application(2)])
    for options in ((), ("--lenient",)):
        told = ingest(path, "application", *options)
        assert (told["status"], told["set_aside"]) == (1, 1)
        assert "twice" in aside(path)[0]["problems"][0]["reason"]


def test_unknown_fields_are_left_out_and_counted_by_path_where_asked(tmp_path: Path, store: Path, ingest) -> None:
    path = write_lines(tmp_path / "some.jsonl", [
        an_application(n, colour="red", exporter={"name": "A", "vat": {"a": [1]}}, items=[{"line": 1, "shade": 1}, {"line": 2, "shade": 2}]) for n in (1, 2)
    ])
    assert ingest(path)["set_aside"] == 2
    told = ingest(path, "application", "--lenient")
    assert (told["status"], told["added"], told["set_aside"]) == (0, 2, 0)
    assert told["ignored_fields"] == {"colour": 2, "exporter.vat": 2, "items[0].shade": 2, "items[1].shade": 2}
    assert "red" not in on_record(store, "select body from record where key = 'application:A-1#1'")[0]


def test_text_that_looks_like_code_is_text_in_every_field(tmp_path: Path, store: Path, ingest) -> None:
    rows = []
    for number, text in enumerate(NASTY):
        party = {"name": text, "address": text, "aliases": [text], "registration": text[:100], "website": text}
        rows.append(an_application(
            number, exporter=party, consignee=party, end_user=party, intermediaries=[party | {"role": "broker"}], reference=text,
            items=[{"line": 1, "description": text, "manufacturer": text, "model": text, "unit": text[:100]}], end_use={"statement": text, "site": text},
            route=[{"from_text": text, "to_text": text, "carrier": text, "conveyance": text}], payment={"payer_name": text},
            documents=[{"kind": "other", "number": text, "issuer": text, "signatory": text, "end_user": text, "consignee": text, "language": text[:100]}],
        ))
    path = write_lines(tmp_path / "some.jsonl", rows)
    assert ingest(path) | {"file": ""} == {
        "file": "", "added": len(NASTY), "unchanged": 0, "set_aside": 0, "ignored_fields": {}, "set_aside_file": None, "status": 0
    }
    events = [a_decision(n, application_id=f"A-{n}", rationale=text, conditions=[text], recorded_by=text) for n, text in enumerate(NASTY)]
    assert ingest(write_lines(tmp_path / "decision.jsonl", events), "decision")["added"] == len(NASTY)
    names = on_record(store, "select name from filing_party where role_group = 'exporter' order by record_no")
    assert names == NASTY
    assert on_record(store, "select rationale from decision order by record_no") == NASTY
    assert verdict(store).first_fault is None


def test_nobody_is_told_to_leave_out_a_blank_that_has_to_be_there(tmp_path: Path, ingest) -> None:
    path = write_lines(tmp_path / "some.jsonl", [an_application(1, kind="", transaction="")])
    ingest(path)
    assert {one["field"]: one["todo"] for one in aside(path)[0]["problems"]} == {"kind": "Give the value.", "transaction": "Leave the field out if there is nothing to say."}


def test_what_is_said_of_a_bad_record_holds_no_name(tmp_path: Path, ingest) -> None:
    secret = "Erika Mustermann"
    path = write_lines(tmp_path / "some.jsonl", [an_application(1, exporter={"name": secret + "\u0000", "address": secret + "\u0000", "website": secret * 50})])
    ingest(path)
    assert secret not in json.dumps(aside(path)[0]["problems"])
