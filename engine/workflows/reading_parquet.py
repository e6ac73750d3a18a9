"""Reads the rows of a Parquet file as records, row group by row group, so that a damaged one costs no other. Judges no record."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from engine.errors import RefusedInput
from engine.workflows.parquet_pages import largest_page
from engine.workflows.raw import LONGEST_RECORD, TOO_LONG, Raw

ROWS_AT_ONCE = 500
LARGE_BATCH = 32 * 1024 * 1024  # bytes; a batch above it becomes Python objects one row at a time
LARGEST_PAGES = 256 * 1024 * 1024  # bytes; Arrow holds a page of each column at once and needs about three times this
READ_BUFFER = 1024 * 1024  # bytes of a column held while its pages are read; without it Arrow holds the whole column
EXACT = 2.0**53  # from here on a double may stand for another whole number
UNREADABLE = (pa.ArrowException, OSError, ValueError, ArithmeticError, MemoryError)  # what Arrow raises for damaged or unheard-of content


def parquet_rows(path: Path) -> Iterator[Raw]:
    """The rows of a file in their order, NULL fields left out; what cannot be read comes out with its fault.

    Raises:
        RefusedInput: not a Parquet file, or one with two columns of one name.
    """
    try:
        file = pq.ParquetFile(path, buffer_size=READ_BUFFER)
        schema = file.schema_arrow
    except UNREADABLE as error:
        raise RefusedInput(f"{path.name} is not a Parquet file that can be read ({_told(error)}). Expected a whole one. Write it again, or send .jsonl.") from error
    if twice := _named_twice(schema, ""):
        raise RefusedInput(f"{path.name}: the column `{twice}` stands twice. Expected each field once. Write the file with the right one only.")
    first = 1
    with file:
        for group in range(file.num_row_groups):
            rows = file.metadata.row_group(group).num_rows
            yield from _group(path, file, group, first, rows)
            first += rows


def _told(error: BaseException) -> str:
    """An error of Arrow in one line."""
    return next(iter(str(error).splitlines()), type(error).__name__)[:200]


def _named_twice(fields: Iterable[pa.Field], above: str) -> str | None:
    """The path of a column that has a twin, at any depth; a row would keep only one of them."""
    seen = set()
    for field in fields:
        here = f"{above}{field.name}"
        if field.name in seen:
            return here
        seen.add(field.name)
        inner = field.type
        while pa.types.is_list(inner) or pa.types.is_large_list(inner) or pa.types.is_fixed_size_list(inner):
            inner = inner.value_type
        if pa.types.is_struct(inner) and (found := _named_twice(inner, here + ".")):
            return found
    return None


def _group(path: Path, file: pq.ParquetFile, group: int, first: int, rows: int) -> Iterator[Raw]:
    done = 0
    try:
        size, column = largest_page(path, file.metadata, group)
        if size > LARGEST_PAGES:
            yield Raw(first, fault=(
                f"rows {first:,} to {first + rows - 1:,} are not read: the column `{column}` has a value or page of up to {size // 1024 // 1024:,} MiB, "
                f"more than {LARGEST_PAGES // 1024 // 1024} MiB; take that value out, or write the file with smaller pages"
            ), records=rows)
            return
        for batch in file.iter_batches(batch_size=ROWS_AT_ONCE, row_groups=[group]):
            yield from _rows(batch, first + done)
            done += batch.num_rows
    except UNREADABLE as error:
        yield Raw(
            first + done, fault=f"rows {first + done:,} to {first + rows - 1:,} cannot be read, the file is damaged there ({_told(error)})",
            records=max(1, rows - done),
        )


def _rows(batch: pa.RecordBatch, first: int) -> Iterator[Raw]:
    """The rows of one batch; a value that Python cannot hold costs its own row only."""
    size = batch.nbytes // max(1, batch.num_rows)
    if batch.nbytes <= LARGE_BATCH:
        try:
            rows = batch.to_pylist()
        except UNREADABLE:
            pass
        else:
            for number, row in enumerate(rows, first):
                yield Raw(number, row=_without_nulls(row), size=size)
            return
    for at in range(batch.num_rows):
        one = batch.slice(at, 1)
        if one.nbytes > LONGEST_RECORD:
            yield Raw(first + at, fault=f"{TOO_LONG}, most of it in `{max(zip(one.columns, one.schema.names, strict=True), key=lambda c: c[0].nbytes)[1]}`")
            continue
        try:
            row = one.to_pylist()[0]
        except UNREADABLE as error:
            yield Raw(first + at, fault=f"`{_unreadable_column(one)}` holds a value that cannot be read ({_told(error)})")
        else:
            yield Raw(first + at, row=_without_nulls(row), size=one.nbytes)


def _unreadable_column(row: pa.RecordBatch) -> str:
    for name, column in zip(row.schema.names, row.columns, strict=True):
        try:
            column.to_pylist()
        except UNREADABLE:
            return name
    return "the row"


def _without_nulls(row: dict) -> dict:
    """NULL is a missing field at every depth; Parquet has no other way to leave one out."""
    return {name: kept for name, value in row.items() if (kept := _kept(value)) is not None}


def _kept(value):
    """A value without its NULLs; a struct of nothing but NULLs is how many writers leave a struct out."""
    if isinstance(value, dict):
        return _without_nulls(value) or None
    if isinstance(value, list):
        return [_without_nulls(one) if isinstance(one, dict) else _kept(one) for one in value if one is not None]
    if isinstance(value, float) and value.is_integer() and abs(value) < EXACT:
        return int(value)  # a writer that has no gaps in whole numbers makes the column one of doubles
    return value
