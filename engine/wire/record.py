"""What all records of the contract share: closed, unchanging, and every field with a name, a kind and a sentence.

`shape` reads a model's fields once into a form that the messages, the column types and bulk checks are made from, so
that none of them keeps a list of its own.
"""

from __future__ import annotations

import types
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Any, ClassVar, Literal, Union, get_args, get_origin

from pydantic import BaseModel, ConfigDict

from engine.wire.kinds import Meaning


class Record(BaseModel):
    """The base of every record: unknown fields are refused, and nothing changes after it was read."""

    model_config: ClassVar[ConfigDict] = ConfigDict(
        extra="forbid", frozen=True, validate_by_name=True, validate_by_alias=True
    )


@dataclass(frozen=True, slots=True)
class Shape:
    """One field as it stands on the wire.

    Args:
        name: the field's name in JSON.
        meaning: what a right value is; of each element where `many`; for a record only its expected form.
        description: the sentence that an officer reads.
        required: the record is refused without it.
        many: a list of such values.
        record: the model of a nested record; None for a single value.
        most: the longest list allowed; None where not a list.
        default: the value that a missing field means; None where missing stays missing.
    """

    name: str
    meaning: Meaning
    description: str
    required: bool
    many: bool
    record: type[BaseModel] | None
    most: int | None
    default: Any


@cache
def shape(model: type[BaseModel]) -> Mapping[str, Shape]:
    """The fields of a model by their JSON name, in the contract's order."""
    fields = {}
    for name, field in model.model_fields.items():
        wire_name = field.alias or name
        meaning, many, record, most = _read(field.annotation, tuple(field.metadata))
        fields[wire_name] = Shape(
            name=wire_name,
            meaning=meaning,
            description=field.description or "",
            required=field.is_required(),
            many=many,
            record=record,
            most=most,
            default=None if field.is_required() else field.default,
        )
    return types.MappingProxyType(fields)


def _read(annotation: Any, metadata: tuple[Any, ...]) -> tuple[Meaning, bool, type[BaseModel] | None, int | None]:
    """The meaning, whether many, the nested record and the longest list of one annotation."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _read(arguments[0], (*arguments[1:], *metadata))
    if origin in (Union, types.UnionType):
        (inner,) = (one for one in arguments if one is not type(None))
        return _read(inner, metadata)
    if origin is tuple:
        most = next((one.max_length for one in _flat(metadata) if getattr(one, "max_length", None)), None)
        meaning, _, record, _ = _read(arguments[0], ())
        return meaning, True, record, most
    if origin is Literal:
        listed = ", ".join(f"`{code}`" for code in arguments)
        return Meaning(f"one of {listed}", codes=frozenset(arguments)), False, None, None
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return Meaning("an object with the fields of the contract"), False, annotation, None
    for one in metadata:
        if isinstance(one, Meaning):
            return one, False, None, None
    if annotation is str:
        return Meaning("text", private=True), False, None, None
    if annotation is int:
        return Meaning("a whole number", column="BIGINT"), False, None, None
    raise TypeError(f"{annotation!r} has no Meaning: use a kind of engine/wire/kinds.py")


def _flat(metadata: tuple[Any, ...]) -> list[Any]:
    """The constraints of an annotation with those inside a Field taken out."""
    return [inner for one in metadata for inner in (one, *getattr(one, "metadata", ()))]
