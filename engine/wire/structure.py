"""The same record always as the same bytes, and the column types that hold it; writes nothing anywhere."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from pydantic import BaseModel

from engine.wire.record import Shape, shape


def canonical(model: BaseModel) -> str:
    """The one JSON text of a record: names sorted, nothing missing written, no spaces, times in UTC with ``Z``.

    Digests and "the same body again" rest on it, so two filings that say the same give the same text whatever the
    order of their fields or the offset of their times. What is NULL is absent; an empty list stands.
    """
    told = model.model_dump(mode="json", by_alias=True, exclude_none=True)
    return json.dumps(told, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


@cache
def duckdb_type(model: type[BaseModel]) -> str:
    """The nested DuckDB type that holds a record, in the contract's order and under its JSON names."""
    fields = ", ".join(f'"{name}" {_column(field)}' for name, field in shape(model).items())
    return f"STRUCT({fields})"


def _column(field: Shape) -> str:
    """The DuckDB type of one field."""
    single = duckdb_type(field.record) if field.record else field.meaning.column
    return single + "[]" if field.many else single


@cache
def json_structure(model: type[BaseModel]) -> str:
    """The structure of a record as DuckDB's ``from_json(text, structure)`` wants it: JSON, not a type.

    A plain cast to `duckdb_type` refuses a text in which a name is absent; ``from_json`` gives NULL for it.
    """
    return json.dumps(_structure(model), separators=(",", ":"))


def _structure(model: type[BaseModel]) -> dict[str, Any]:
    """The structure as nested dictionaries and one-element lists."""

    def one(field: Shape) -> Any:
        single = _structure(field.record) if field.record else field.meaning.column
        return [single] if field.many else single

    return {name: one(field) for name, field in shape(model).items()}
