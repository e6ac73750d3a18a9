"""Reading at speed: the same verdict, the same words and the same bytes as reading one record, whatever the text looks like."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_wire import CASES, a_filing, everything, filings

from engine.errors import InvalidRecord
from engine.wire import EVENTS, Application, bulk, canonical, parse
from engine.wire.bulk import parse_canonical


def verdict(read, *arguments):
    """What a way of reading says of a text: the record and its bytes, or the problems."""
    try:
        parsed, text = read(*arguments)
    except InvalidRecord as error:
        return error.problems
    return parsed.model, parsed.ignored, text


def one_by_one(model, raw, lenient=False):
    parsed = parse(model, raw, lenient)
    return parsed, canonical(parsed.model)


def same(model, raw, lenient=False):
    """Both ways say the same; what they say."""
    told = verdict(parse_canonical, model, raw, lenient)
    assert told == verdict(one_by_one, model, raw, lenient)
    return told


@st.composite
def texts_of(draw, value):
    """A JSON text of a value as some system might write it: odd blanks, escapes, nulls, a name twice, a name that is not known."""
    blank = st.sampled_from(["", "", "", "", " ", "\n", "\t", "\r", "  "])

    def string(text):
        written = json.dumps(text, ensure_ascii=draw(st.booleans()))
        if text and draw(st.integers(0, 9)) == 0:
            written = f'"\\u{ord(text[0]):04x}{json.dumps(text[1:])[1:]}' if ord(text[0]) < 0x10000 else written
        return written

    def write(value):
        if isinstance(value, dict):
            members = [(name, write(inner)) for name, inner in value.items()]
            if members and draw(st.integers(0, 15)) == 0:
                members.append(draw(st.sampled_from(members)))
            if draw(st.integers(0, 15)) == 0:
                name = draw(st.sampled_from(["handling", "revision", "owners", "consignee", "issuer", "unknown", "co\"lon\":", ":"]))
                members.append((name, draw(st.sampled_from(["null", "1", '":"', '"\\":"']))))
            return "{" + ",".join(f"{draw(blank)}{string(name)}{draw(blank)}:{draw(blank)}{inner}{draw(blank)}" for name, inner in members) + "}"
        if isinstance(value, list | tuple):
            return "[" + ",".join(draw(blank) + write(inner) for inner in value) + "]"
        return string(value) if isinstance(value, str) else json.dumps(value, default=float)

    return write(value).encode()


odd_filings = st.one_of(filings, filings.map(lambda told: told | {"end_use": {"site": ':"a":', "statement": "re-export 1e-7, 0.00001"}}))


@settings(max_examples=400, deadline=None)
@given(odd_filings.flatmap(texts_of), st.booleans())
def test_both_ways_of_reading_say_the_same_of_any_text(raw, lenient):
    same(Application, raw, lenient)


@pytest.mark.parametrize("model", [Application, *EVENTS.values()])
def test_every_field_comes_out_in_the_same_bytes(model):
    told = everything(model)
    if model is Application:
        told["kind"] = "export"
    if model is EVENTS["request"]:
        del told["shipment_id"], told["visit_id"]
    assert isinstance(same(model, json.dumps(told).encode()), tuple)
    same(model, json.dumps(told | {"unknown": 1}).encode(), True)
    same(model, json.dumps(told, indent=1).encode())


@pytest.mark.skipif(not CASES, reason="the public cases are not beside this checkout (../shared/cases)")
def test_every_public_case_comes_out_in_the_same_bytes():
    for case in CASES:
        assert isinstance(same(Application, case.read_bytes()), tuple)


@pytest.mark.parametrize("number", ["1e-4", "0.0001", "0.00001", "0.000001", "1.5e-5", "1e-6", "12345678901234567890", "1e15", "123456789012345.5", "5", "5.0"])
def test_small_and_large_numbers_come_out_in_the_same_bytes(number):
    told = a_filing(items=[{"line": 1}], payment={"prepaid_share": 0.5})
    raw = json.dumps(told).replace('"line": 1', f'"line": 1, "quantity": {number}').replace("0.5", number if float(number) <= 1 else "1")
    same(Application, raw.encode())


NAMED = b'{"application_id":"A-1","authority":"DE","filed_at":"2026-01-01T10:00:00Z","kind":"export","items":[{"line":1}],%s}'
PARTIES = b'"exporter":{"name":"A"},"end_user":{"name":"B"%s}'


@pytest.mark.parametrize("inside", [
    b',"name":"C"', b',"country":null,"country":null', b', "name" :"C"', b',"name"\t:"C"', b',"name"\n:"C"', b',"n\\u0061me":"C"', b',"address":":","name":"C"',
    b',"address":"a\\":","name":"C"', b',"name" :"C","address":":x"', b',"address":"x :","name" :"C"',
])
def test_a_name_that_stands_twice_is_refused_however_it_is_written(inside):
    problems = same(Application, NAMED % (PARTIES % inside))
    assert [problem.reason for problem in problems] == ["the same object has this field twice"]


@pytest.mark.parametrize("inside", [b',"address":":"', b',"address":"a\\":"', b',"address":"name\\u0022:"', b',"country" : null', b',"owners":[]', b',"address":" :"'])
def test_a_string_that_looks_like_a_name_refuses_nothing(inside):
    assert isinstance(same(Application, NAMED % (PARTIES % inside)), tuple)


def test_the_full_check_is_spared_where_each_name_plainly_stands_once(monkeypatch):
    def fail(*_):
        raise AssertionError("the full check was called")

    monkeypatch.setattr(bulk, "refuse_repeated_names", fail)
    told = json.dumps(a_filing(), separators=(",", ":")).encode()
    parse_canonical(Application, told)
    with pytest.raises(AssertionError, match="the full check was called"):
        parse_canonical(Application, told.replace(b'"kind":"export"', b'"kind":"export","kind":"export"'))
