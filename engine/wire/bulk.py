"""Reads records of a large file at speed: the same verdicts and the same canonical text as `parse` and `canonical`.

Owns no rule. Whatever is not plainly in order goes to `parse`, which judges and words it, and to `canonical`, which writes it;
tests/engine/test_wire_bulk.py holds both ways to each other.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any, TypeVar

from pydantic import ValidationError
from pydantic_core import SchemaValidator

from engine.wire.kinds import AT_SPEED, PLAIN
from engine.wire.parse import Parsed, parse, refuse_repeated_names
from engine.wire.record import Record, shape
from engine.wire.structure import canonical

R = TypeVar("R", bound=Record)

_NAME_END = b'":'
_SMALL_NUMBER = re.compile(rb"[:,\[]-?(?:0\.0000|[0-9]+(?:\.[0-9]+)?e)")


def parse_canonical(model: type[R], raw: bytes, lenient: bool = False) -> tuple[Parsed[R], str]:
    """Read one record as `parse` does, with its canonical text (measured on one core: 100 us in place of 300).

    Raises:
        InvalidRecord: it breaks the contract; `problems` says where and how.
    """
    # No escape, and no byte that a control character above U+001F begins with.
    plain = not (b"\\" in raw or b"\x7f" in raw or b"\xc2" in raw)
    try:
        record = _ordered(model, plain).validate_json(raw, extra="forbid", by_alias=True, by_name=False)
    except ValidationError:
        parsed = parse(model, raw, lenient)
        return parsed, canonical(parsed.model)
    if not (plain and _each_name_once(record, raw)):
        refuse_repeated_names(model, raw)
    return Parsed(record), _text(record)


@cache
def _ordered(model: type[Record], plain: bool) -> SchemaValidator:
    """The model's own checks, its fields in the order of the canonical text, so that a record is written in one pass.

    A record's fields are written in the order in which they were read. Without `_use_prebuilt=False` pydantic would take
    the checks that each nested model already has, in the contract's order.

    Args:
        plain: the text holds no control character, so that free text needs no search for one.
    """
    return SchemaValidator(_at_speed(model.__pydantic_core_schema__, plain), _use_prebuilt=False)


def _at_speed(schema: Any, plain: bool) -> Any:
    if isinstance(schema, dict):
        if quick := schema.get("metadata", {}).get(AT_SPEED):
            return _at_speed(quick, plain)
        told = {name: _at_speed(value, plain) for name, value in schema.items()}
        if schema.get("type") == "model-fields":
            told["fields"] = dict(sorted(told["fields"].items(), key=lambda field: field[1].get("validation_alias", field[0])))
        if plain and schema.get("type") == "str" and schema.get("pattern") == PLAIN:
            told["pattern"] = r"\S"
        return told
    if isinstance(schema, list | tuple):
        return type(schema)(_at_speed(one, plain) for one in schema)
    return schema


def _text(record: Record) -> str:
    """The record's canonical text; pydantic writes the same bytes as Python but for numbers below 0.0001 (`1e-6`, not `1e-06`).

    Numbers with an exponent above 0 cannot stand in a record: amounts have at most 15 digits unless they are whole, shares end at 1.
    """
    text = record.__pydantic_serializer__.to_json(record, by_alias=True, exclude_none=True)
    if (b"e-" in text or b"0.0000" in text) and _SMALL_NUMBER.search(text):
        return canonical(record)
    return text.decode()


def _each_name_once(record: Record, raw: bytes) -> bool:
    """Whether a valid text without escapes says no name twice, by counting; False also where that cannot be told so simply.

    A quote and a colon end a name, or begin a string with a colon. With no blank before a colon every name is counted, and a
    string that begins with a colon only makes the count too high. So where it equals the number of names that were taken in,
    each stands once.
    """
    spaced = b" :" in raw or b"\t" in raw or b"\n" in raw or b"\r" in raw
    return not spaced and raw.count(_NAME_END) == _names_given(record)


def _names_given(record: Record) -> int:
    """How many names the record's text held, those of its nested records included, each name of an object counted once."""
    given, held = len(record.__pydantic_fields_set__), record.__dict__
    single, many = _nested(type(record))
    for name in single:
        inner = held[name]
        if inner is not None:
            given += _names_given(inner)
    for name in many:
        for inner in held[name] or ():
            given += _names_given(inner)
    return given


@cache
def _nested(model: type[Record]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The attributes that hold a record, and those that hold a list of records."""
    nested = [(name, shape(model)[field.alias or name]) for name, field in model.model_fields.items()]
    nested = [(name, told.many) for name, told in nested if told.record]
    return tuple(name for name, many in nested if not many), tuple(name for name, many in nested if many)
