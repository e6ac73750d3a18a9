"""Says how large the pages of a Parquet file are without reading them: the metadata tells only a column's sum. Reads no value."""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

import pyarrow.parquet as pq

LONGEST_HEADER = 16 * 1024 * 1024  # bytes; a page's header may repeat its least and greatest value


def largest_page(path: Path, metadata: pq.FileMetaData, group: int) -> tuple[int, str]:
    """The bytes, uncompressed, of the largest page of each column of a row group together, and the column with the largest.

    A page is what Arrow must hold as a whole, whatever its batch size; writers make them of about 1 MiB.

    Raises:
        ValueError: a page's header is damaged.
    """
    total, largest, name = 0, -1, ""
    with path.open("rb") as file:
        for at in range(metadata.num_columns):
            column = metadata.row_group(group).column(at)
            size = _largest_page(file, column)
            total += size
            if size > largest:
                largest, name = size, column.path_in_schema.replace(".list.element", "")
    return total, name


def _largest_page(file: BinaryIO, column: pq.ColumnChunkMetaData) -> int:
    start = column.data_page_offset
    if column.has_dictionary_page and column.dictionary_page_offset:
        start = min(start, column.dictionary_page_offset)
    end, largest = start + column.total_compressed_size, 0
    while start < end:
        header = _header(file, start)
        largest = max(largest, header.uncompressed)
        start = header.end + header.compressed
    return largest


def _header(file: BinaryIO, start: int) -> _PageHeader:
    """One page's header; read in growing parts, since its length is not written anywhere."""
    length = 256
    while True:
        file.seek(start)
        found = file.read(length)
        try:
            return _PageHeader(found, start)
        except IndexError:
            if len(found) < length or length >= LONGEST_HEADER:
                raise ValueError(f"no page begins at byte {start}") from None
            length *= 16


class _PageHeader:
    """The sizes in a page's header, which is a struct in Thrift's compact protocol.

    Source:
        Apache Parquet, parquet.thrift, `PageHeader`; Apache Thrift, compact protocol specification.
    """

    def __init__(self, text: bytes, start: int) -> None:
        self._text, self._at = text, 0
        told: dict[int, int] = {}
        self._struct(told, 0)
        self.uncompressed, self.compressed = told.get(2, -1), told.get(3, -1)
        if self.uncompressed < 0 or self.compressed < 0:
            raise ValueError(f"the page at byte {start} has no size")
        self.end = start + self._at

    def _struct(self, told: dict[int, int], depth: int) -> None:
        number = 0
        if depth > 8:
            raise ValueError("a page's header is nested too deeply")
        while head := self._byte():
            number = number + (head >> 4) if head >> 4 else self._integer()
            value = self._value(head & 15, depth)
            if depth == 0 and value is not None:
                told[number] = value

    def _value(self, kind: int, depth: int) -> int | None:
        if kind in (1, 2):  # true and false stand in the field's head
            return None
        if kind == 3:
            return self._byte()
        if kind in (4, 5, 6):
            return self._integer()
        if kind == 7:
            self._skip(8)
        elif kind == 8:
            self._skip(self._varint())
        elif kind in (9, 10):
            head = self._byte()
            for _ in range(head >> 4 if head >> 4 < 15 else self._varint()):
                self._value(head & 15, depth + 1)
        elif kind == 12:
            self._struct({}, depth + 1)
        else:
            raise ValueError("a page's header is damaged")
        return None

    def _byte(self) -> int:
        self._at += 1
        return self._text[self._at - 1]

    def _skip(self, length: int) -> None:
        self._at += length
        if self._at > len(self._text):
            raise IndexError

    def _varint(self) -> int:
        value = shift = 0
        while True:
            byte = self._byte()
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value
            if shift > 63:
                raise ValueError("a page's header is damaged")

    def _integer(self) -> int:
        value = self._varint()
        return (value >> 1) ^ -(value & 1)
