"""Turns pydantic's errors into messages that an officer can act on; decides nothing about what is valid.

Each message says what is wrong, where, what was expected and what to do. A value is repeated only where its kind cannot
hold personal data, and never beyond 40 characters.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from pydantic import BaseModel, ValidationError

from engine.errors import FieldProblem
from engine.wire.kinds import PLAIN, Meaning
from engine.wire.record import Record, Shape, shape

_LONGEST_ECHO = 40
# A record that is wrong in a thousand places is not mended by a thousand messages.
_MOST_PROBLEMS = 100
# Codes that people write for a country although ISO 3166-1 has another.
_MEANT = {"UK": "GB", "EL": "GR", "USA": "US", "GBR": "GB", "DEU": "DE", "KO": "KR"}


@dataclass(frozen=True, slots=True)
class _Finding:
    """One error of pydantic with the field it is about."""

    kind: str
    value: Any
    context: Mapping[str, Any]
    field: Shape | None
    siblings: tuple[str, ...]
    name: str

    @property
    def meaning(self) -> Meaning:
        return self.field.meaning if self.field else Meaning("a value that the contract allows", private=True)

    @property
    def is_list(self) -> bool:
        """Whether the error is about a list as a whole, not about one of its elements."""
        return self.field is not None and self.field.many and not self.name.endswith("]")

    @property
    def expected(self) -> str:
        """What the field should hold."""
        if self.is_list:
            return "a list in [ ]"
        return self.meaning.expected if self.name else "one JSON object with the fields of the contract"

    @property
    def may_go(self) -> bool:
        """Whether the field may be left out."""
        return self.field is not None and not self.field.required and not self.name.endswith("]")

    @property
    def mend(self) -> str:
        """What to do with a wrong value: a field that is not required may also be left out."""
        return "Correct it, or leave the field out if it is not known" if self.may_go else "Correct it"

    @property
    def fill(self) -> str:
        """What to do with a blank one."""
        return "Leave the field out if there is nothing to say" if self.may_go else "Give the value"

    @property
    def said(self) -> str:
        """The value where it may be repeated, else what sort of value it is."""
        if self.meaning.private or not isinstance(self.value, str | int | float | bool):
            return "the value"
        text = json.dumps(self.value, ensure_ascii=True)
        return text if len(text) <= _LONGEST_ECHO else "the value"


def explain_errors(error: ValidationError) -> list[FieldProblem]:
    """What is wrong with a record, field by field, in plain words.

    Pydantic's own messages speak to programmers and repeat the value, which may be a name; these do neither.

    Args:
        error: what pydantic raised for a model of this package.

    Returns:
        At most 100 problems, in the order of the record.
    """
    root = _models().get(error.title)
    problems: list[FieldProblem] = []
    for one in error.errors(include_url=False):
        location, context = one["loc"], one.get("ctx", {})
        if one["type"] == "too_short" and isinstance(one["input"], list | tuple) and one["input"]:
            continue  # the list is only short of the elements that were refused just before
        if "fields" in context:
            problems += _agreement(root, location, context)
        else:
            field, siblings = _locate(root, location)
            where = path(location)
            problems.append(_explain(_Finding(one["type"], one["input"], context, field, siblings, where)))
    return problems[:_MOST_PROBLEMS]


def path(location: tuple[int | str, ...]) -> str:
    """A place in a record as people write it, such as ``documents[2].expires_on``."""
    told = ""
    for step in location:
        if isinstance(step, int):
            told += f"[{step}]"
        else:
            shown = step if len(step) <= _LONGEST_ECHO else step[:_LONGEST_ECHO] + "..."
            told += ("." if told else "") + "".join(letter if letter.isprintable() else "?" for letter in shown)
    return told


def _models() -> dict[str, type[BaseModel]]:
    """All models of the contract by name, as pydantic names them in an error."""

    def below(model: type[BaseModel]) -> Iterator[type[BaseModel]]:
        for child in model.__subclasses__():
            yield child
            yield from below(child)

    return {model.__name__: model for model in below(Record)}


def _locate(root: type[BaseModel] | None, location: tuple[int | str, ...]) -> tuple[Shape | None, tuple[str, ...]]:
    """The field that a location ends at, and the names of the fields beside it."""
    model = root
    field: Shape | None = None
    siblings: tuple[str, ...] = ()
    for step in location:
        if isinstance(step, int):
            continue
        if model is None:
            return None, ()
        siblings = tuple(shape(model))
        field = shape(model).get(step)
        model = field.record if field else None
    return field, siblings


def _agreement(
    root: type[BaseModel] | None, location: tuple[int | str, ...], context: Mapping[str, Any]
) -> Iterator[FieldProblem]:
    """The problems of a record whose fields do not agree; such an error brings its own words."""
    for name in context["fields"]:
        field, _ = _locate(root, (*location, name))
        expected = context["expected"] or (field.meaning.expected if field else "a value")
        yield FieldProblem(path((*location, name)), context["reason"], expected, context["todo"] + ".")


def _explain(found: _Finding) -> FieldProblem:
    """The message for one error."""
    words = _WORDS.get(found.kind, _other)
    reason, expected, todo = words(found)
    return FieldProblem(found.name, reason, expected, todo + ("" if todo.endswith("?") else "."))


_Words = tuple[str, str, str]


def _sort(value: Any) -> str:
    """What sort of JSON value it is."""
    sorts: tuple[tuple[Any, str], ...] = (
        (type(None), "null"),
        (bool, "true or false"),
        (str, "text"),
        (int | float, "a number"),
        (Mapping, "an object"),
        (list | tuple, "a list"),
    )
    return next((name for kind, name in sorts if isinstance(value, kind)), "another sort of value")


def _mistyped(found: _Finding) -> _Words:
    """The reason for a value of the wrong sort."""
    sort = _sort(found.value)
    if found.value is None:
        return "it is null", found.expected, "Give the value"
    if found.is_list:
        return f"it is {sort}, not a list", found.expected, "Write it as a list, also where it has one entry"
    if not found.name or (found.field and found.field.record):
        return f"it is {sort}, not an object", found.expected, "Write it as an object in { }"
    if found.kind in ("string_type", "code", "literal_error", "day", "time"):
        return f"it is {sort}, not text", found.expected, "Write it as text in quotes"
    if isinstance(found.value, str):
        return "it is text in quotes", found.expected, "Write it without quotes"
    if found.kind in ("int_type", "int_from_float") and isinstance(found.value, float):
        whole = found.value.is_integer()
        return f"{found.said} is {'written with a decimal point' if whole else 'not a whole number'}", found.expected, "Write it without" if whole else found.mend
    return f"it is {sort}", found.expected, found.mend


def _missing(found: _Finding) -> _Words:
    return "it is missing", found.expected, "Add it"


def _unknown(found: _Finding) -> _Words:
    last = found.name.rpartition(".")[2]
    spelled = "".join("_" + letter.lower() if letter.isupper() else letter for letter in last).lstrip("_")
    near = get_close_matches(spelled.replace("-", "_"), found.siblings, n=1, cutoff=0.6)
    todo = f"Did you mean `{near[0]}`?" if near else "Leave it out, or put what it says into a field of the contract"
    return "the contract has no such field", "one of " + ", ".join(f"`{name}`" for name in found.siblings), todo


def _not_a_code(found: _Finding) -> _Words:
    if not isinstance(found.value, str):
        return _mistyped(found)
    if not found.value.strip():
        return "it is blank", found.expected, found.fill
    codes = found.meaning.codes or frozenset()
    meant = _MEANT.get(found.value, "") if "country" in found.meaning.expected else ""
    tidy = found.value.strip().replace(" ", "_").replace("-", "_")
    near = [one for one in (meant, tidy, tidy.lower(), tidy.upper()) if one in codes]
    if not near and len(tidy) > 3:
        near = get_close_matches(tidy.lower()[:_LONGEST_ECHO], sorted(codes), n=1, cutoff=0.6)
    todo = f"Did you mean `{near[0]}`?" if near else found.mend
    return f"{found.said} is not such a code", found.expected, todo


def _misformed(found: _Finding) -> _Words:
    if isinstance(found.value, str) and not found.value.strip():
        return "it is blank", found.expected, found.fill
    if found.meaning.pattern == PLAIN:
        return "it holds a control character", found.expected + " without control characters", "Remove that character"
    return f"{found.said} does not have the right form", found.expected, found.mend


def _too_long(found: _Finding) -> _Words:
    most = found.context.get("max_length")
    return f"it is longer than {most:,} characters", found.expected, "Shorten it, or hand the rest in as a document"


def _too_many(found: _Finding) -> _Words:
    most = found.context.get("max_length")
    return f"the list has more than {most:,} entries", f"at most {most:,} entries", "Divide it over several records"


def _too_few(found: _Finding) -> _Words:
    return "the list is empty", f"at least {found.context.get('min_length')} entry", "Add what belongs there"


def _no_such_day(found: _Finding) -> _Words:
    if not isinstance(found.value, str):
        return _mistyped(found)
    if not found.value.strip():
        return "it is blank", found.expected, found.fill
    return f"{found.said} is not {_dated(found)}", found.expected, found.mend


def _dated(found: _Finding) -> str:
    """What the value fails to be: a day or time of that form, or one that the calendar has."""
    sort = "a day" if found.meaning.column == "DATE" else "a time"
    why = str(found.context.get("error", ""))
    return f"{sort} that exists: {why}" if why else f"{sort} in that form"


def _out_of_bounds(found: _Finding) -> _Words:
    bound = next((found.context[key] for key in ("ge", "gt", "le", "lt") if key in found.context), None)
    side = {"greater_than_equal": "below", "less_than_equal": "above", "greater_than": "not above"}.get(
        found.kind, "not below"
    )
    return f"{found.said} is {side} {bound}", found.expected, found.mend


def _not_finite(found: _Finding) -> _Words:
    return "it is not a finite number", found.expected, "Leave the field out if the value is not known"


def _too_exact(found: _Finding) -> _Words:
    return f"{found.said} has too many digits", found.expected, "Round it"


def _not_json(found: _Finding) -> _Words:
    why = str(found.context.get("error", "it cannot be read"))
    if "recursion" in why:
        return f"the JSON is nested too deeply ({why})", "one record with the contract's own nesting", "Send one record"
    return f"it is not JSON in UTF-8: {why}", "one JSON object in UTF-8", "Correct it at that place"


def _not_unicode(found: _Finding) -> _Words:
    return "it is not valid Unicode", found.expected, "Send it as UTF-8"


def _other(found: _Finding) -> _Words:
    return f"{found.said} does not have the right form", found.expected, found.mend


_WORDS: Mapping[str, Callable[[_Finding], _Words]] = {
    "missing": _missing,
    "extra_forbidden": _unknown,
    "literal_error": _not_a_code,
    "code": _not_a_code,
    "string_pattern_mismatch": _misformed,
    "string_too_short": _misformed,
    "string_too_long": _too_long,
    "string_unicode": _not_unicode,
    "too_long": _too_many,
    "too_short": _too_few,
    "day": _no_such_day,
    "time": _no_such_day,
    "date_from_datetime_parsing": _no_such_day,
    "date_parsing": _no_such_day,
    "datetime_parsing": _no_such_day,
    "datetime_from_date_parsing": _no_such_day,
    "greater_than": _out_of_bounds,
    "greater_than_equal": _out_of_bounds,
    "less_than": _out_of_bounds,
    "less_than_equal": _out_of_bounds,
    "finite_number": _not_finite,
    "digits": _too_exact,
    "decimal_max_digits": _too_exact,
    "decimal_max_places": _too_exact,
    "decimal_whole_digits": _too_exact,
    "json_invalid": _not_json,
    "json_type": _not_json,
} | dict.fromkeys(
    (
        "string_type", "int_type", "int_from_float", "int_parsing", "float_type", "float_parsing", "bool_type",
        "bool_parsing", "number", "decimal_type", "decimal_parsing", "model_type", "model_attributes_type", "dict_type",
        "tuple_type", "list_type", "date_type", "datetime_type",
    ),
    _mistyped,
)  # fmt: skip
