"""Reads one record from JSON or from a row of a table, and refuses it with its field problems; stores nothing."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, Generic, Literal, TypeVar

from pydantic import ValidationError

from engine.errors import FieldProblem, InvalidRecord, RefusedInput
from engine.wire.application import Application
from engine.wire.events import EVENTS, Event
from engine.wire.explain import explain_errors, path
from engine.wire.record import Record

R = TypeVar("R", bound=Record, covariant=True)


@dataclass(frozen=True, slots=True)
class Parsed(Generic[R]):
    """A record that was read, and the paths of the unknown fields that were left out of it."""

    model: R
    ignored: tuple[str, ...] = ()


def parse_application(raw: bytes | str, lenient: bool = False) -> Parsed[Application]:
    """Read one application from JSON.

    Args:
        raw: one JSON object, UTF-8 where bytes.
        lenient: leave unknown fields out and name them in `ignored`, in place of refusing the record.

    Raises:
        InvalidRecord: it breaks the contract; `problems` says where and how.
    """
    return parse(Application, raw, lenient)


def parse_event(kind: str, raw: bytes | str, lenient: bool = False) -> Parsed[Event]:
    """Read one event from JSON.

    Args:
        kind: the event's name in the contract, such as ``visit``.
        raw: one JSON object, UTF-8 where bytes.
        lenient: leave unknown fields out and name them in `ignored`, in place of refusing the record.

    Raises:
        RefusedInput: the contract has no such event.
        InvalidRecord: it breaks the contract; `problems` says where and how.
    """
    return parse(event_model(kind), raw, lenient)


def event_model(kind: str) -> type[Event]:
    """The model of an event by its name.

    Raises:
        RefusedInput: the contract has no such event.
    """
    if kind in EVENTS:
        return EVENTS[kind]
    near = get_close_matches(kind[:40], EVENTS, n=1)
    hint = f"Did you mean `{near[0]}`?" if near else "Use one of those."
    raise RefusedInput(f"Event kind: the contract has no such event. Expected: one of {', '.join(EVENTS)}. {hint}")


def parse(model: type[R], raw: bytes | str, lenient: bool = False) -> Parsed[R]:
    """Read one record of a given model from JSON, as `parse_application` does."""
    parsed = _read(
        model, lenient, lambda extra: model.model_validate_json(raw, extra=extra, by_alias=True, by_name=False)
    )
    refuse_repeated_names(model, raw)
    return parsed


def parse_row(model: type[R], row: Mapping[str, Any], lenient: bool = False) -> Parsed[R]:
    """Read one record from a row of a table, whose days, times and decimals are already objects.

    A time without zone is UTC, as Parquet and the store keep it; NULL is a missing field.

    Raises:
        InvalidRecord: it breaks the contract; `problems` says where and how.
    """
    return _read(model, lenient, lambda extra: model.model_validate(row, extra=extra, by_alias=True, by_name=False))


def _read(model: type[R], lenient: bool, validate: Callable[[Literal["forbid", "ignore"]], R]) -> Parsed[R]:
    """Validate strictly first: unknown fields are rare, and only a refusal tells their paths."""
    try:
        return Parsed(validate("forbid"))
    except ValidationError as error:
        first = error
    if lenient:
        try:
            read = validate("ignore")
        except ValidationError as error:
            first = error
        else:
            errors = first.errors(include_url=False, include_input=False)
            return Parsed(read, tuple(path(one["loc"]) for one in errors if one["type"] == "extra_forbidden"))
    raise InvalidRecord(f"The {_name(model)}", explain_errors(first)) from None


def _name(model: type[Record]) -> str:
    """What people call a record of this model."""
    return "".join(" " + letter.lower() if letter.isupper() else letter for letter in model.__name__).strip()


def refuse_repeated_names(model: type[Record], raw: bytes | str) -> None:
    """Refuse an object that says one name twice.

    Readers differ in which of the two they keep, so the licensing system could show an officer another end user than
    the one scored here. Runs on records that are already valid, so depth and size are bounded.

    Source:
        RFC 8259, section 4: names within an object should be unique, else behaviour is unpredictable.
    """
    repeated: list[str] = []

    def note(pairs: list[tuple[str, Any]]) -> None:
        if len(pairs) > 1 and len(dict(pairs)) < len(pairs):
            names = [name for name, _ in pairs]
            repeated.extend(name for name in dict.fromkeys(names) if names.count(name) > 1)

    try:
        json.loads(raw, object_pairs_hook=note)
    except (ValueError, RecursionError):  # only in what a lenient reading left out
        return
    if repeated:
        raise InvalidRecord(
            f"The {_name(model)}",
            [
                FieldProblem(
                    path((name,)), "the same object has this field twice", "each field once", "Keep the right one."
                )
                for name in repeated[:10]
            ],
        )
