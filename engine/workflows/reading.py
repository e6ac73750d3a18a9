"""Reads contract files record by record, with bounded memory: JSON, JSON Lines, Parquet. Judges no record."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from engine.errors import RefusedInput

LONGEST_RECORD = 16 * 1024 * 1024  # bytes; the largest filing seen with 2,000 lines of goods is under 2 MB
CHUNK = 1024 * 1024
SUFFIXES = (".json", ".jsonl", ".ndjson", ".parquet")


@dataclass(frozen=True, slots=True)
class Raw:
    """One record as it stands in a file: its line (or row) number and its bytes, a row, or what is wrong with it."""

    line: int
    text: bytes | None = None
    row: dict | None = None
    fault: str | None = None


def read_records(path: Path) -> Iterator[Raw]:
    """The records of a file in its order; one that cannot be told apart comes out with its fault, never lost.

    Raises:
        RefusedInput: no such file, an unknown ending, or a file that is not of its ending's form at all.
    """
    if not path.is_file():
        raise RefusedInput(f"{path}: no such file. Expected one ending in {', '.join(SUFFIXES)}. Check the path.")
    if path.suffix in (".jsonl", ".ndjson"):
        return _lines(path)
    if path.suffix == ".json":
        return _array(path)
    if path.suffix == ".parquet":
        return _rows(path)
    raise RefusedInput(f"{path.name}: the ending {path.suffix or '(none)'} is not known. Expected {', '.join(SUFFIXES)}. Rename or convert the file.")


def _lines(path: Path) -> Iterator[Raw]:
    with path.open("rb") as file:
        number = 0
        while line := file.readline(LONGEST_RECORD + 1):
            number += 1
            if len(line) > LONGEST_RECORD:
                while line and not line.endswith(b"\n"):
                    line = file.readline(CHUNK)
                yield Raw(number, fault=f"longer than {LONGEST_RECORD // 1024 // 1024} MiB")
                continue
            line = line.strip()
            if number == 1:
                line = line.removeprefix(b"\xef\xbb\xbf")
            if line:
                yield Raw(number, text=line)


_MARKS = re.compile(rb'["\\{}\[\],]')


def _array(path: Path) -> Iterator[Raw]:
    """One document, or the elements of one list, told apart by brackets without reading the whole file."""
    with path.open("rb") as file:
        start = file.read(64).removeprefix(b"\xef\xbb\xbf").lstrip()
        if not start.startswith(b"["):
            if path.stat().st_size > LONGEST_RECORD:
                yield Raw(1, fault=f"longer than {LONGEST_RECORD // 1024 // 1024} MiB")
            else:
                yield Raw(1, text=path.read_bytes().removeprefix(b"\xef\xbb\xbf").strip())
            return
        file.seek(0)
        yield from _elements(file)


def _elements(file: BinaryIO) -> Iterator[Raw]:
    """Split `[ {...}, {...} ]` at its own commas; only the element in hand is held, and no more of it than the limit."""
    depth, quoted, skip = 0, False, 0
    line, element, size = 1, bytearray(), 0
    while chunk := file.read(CHUNK):
        start = 0
        for mark in _MARKS.finditer(chunk):
            at, sign = mark.start(), mark.group()
            if at < skip:
                continue
            if quoted:
                if sign == b"\\":
                    skip = at + 2
                elif sign == b'"':
                    quoted = False
                continue
            if sign == b'"':
                quoted = True
            elif sign in b"{[":
                depth += 1
                if depth == 1:  # the list itself opens
                    line, start = line + chunk.count(b"\n", 0, at), at + 1
            elif sign in b"}]":
                depth -= 1
            if depth == 0 or (depth == 1 and sign == b","):
                element += chunk[start:at][: LONGEST_RECORD + 1 - len(element)]
                size += at - start
                yield from _element(line, element, size)
                line += element.count(b"\n")
                start, element, size = at + 1, bytearray(), 0
                if depth == 0:
                    return
        element += chunk[start:][: LONGEST_RECORD + 1 - len(element)]
        size += len(chunk) - start
        skip -= len(chunk)
    yield Raw(line, fault="the list is not closed: the file ends in the middle of a record")


def _element(line: int, element: bytearray, size: int) -> Iterator[Raw]:
    text = bytes(element).strip()
    at_line = line + element[: len(element) - len(element.lstrip())].count(b"\n")
    if size > LONGEST_RECORD:
        yield Raw(at_line, fault=f"longer than {LONGEST_RECORD // 1024 // 1024} MiB")
    elif text:
        yield Raw(at_line, text=text)


def _rows(path: Path) -> Iterator[Raw]:
    try:
        file = pq.ParquetFile(path)
    except (pa.ArrowInvalid, OSError) as error:
        raise RefusedInput(f"{path.name} is not a Parquet file that can be read ({error}). Write it again, or send .jsonl.") from error
    number = 0
    try:
        for batch in file.iter_batches(batch_size=2_000):
            for row in batch.to_pylist():
                number += 1
                yield Raw(number, row=_without_nulls(row))
    except (pa.ArrowInvalid, OSError) as error:
        yield Raw(number + 1, fault=f"the file cannot be read on from here ({type(error).__name__}): it is truncated or damaged")


def _without_nulls(value):
    """NULL is a missing field at every depth; Parquet has no other way to leave one out."""
    if isinstance(value, dict):
        return {k: _without_nulls(v) for k, v in value.items() if v is not None}
    if isinstance(value, list):
        return [_without_nulls(v) for v in value if v is not None]
    return value
