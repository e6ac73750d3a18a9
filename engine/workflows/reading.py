"""Reads contract files record by record, with bounded memory: JSON, JSON Lines, Parquet. Judges no record."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from engine.errors import RefusedInput
from engine.workflows.raw import LONGEST_RECORD, TOO_LONG, Raw
from engine.workflows.reading_parquet import parquet_rows

CHUNK = 1024 * 1024
SUFFIXES = (".json", ".jsonl", ".ndjson", ".parquet")
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
BLANK = b" \t\r\n"


def read_records(path: Path) -> Iterator[Raw]:
    """The records of a file in its order; one that cannot be told apart comes out with its fault, never lost.

    Raises:
        RefusedInput: no such file, an unknown ending, or a file that is not of its ending's form at all.
    """
    if path.suffix not in SUFFIXES:
        raise RefusedInput(f"{path.name}: the ending {path.suffix or '(none)'} is not known. Expected {', '.join(SUFFIXES)}. Rename or convert the file.")
    if path.is_dir():
        raise RefusedInput(f"{path} is a directory. Expected a file ending in {', '.join(SUFFIXES)}. Name the files in it, such as {path / '*.jsonl'}.")
    if not path.exists():
        raise RefusedInput(f"{path}: no such file. Expected one ending in {', '.join(SUFFIXES)}. Check the path.")
    try:
        with path.open("rb") as file:
            start = file.read(4)
    except OSError as error:
        raise RefusedInput(f"{path} cannot be read ({error.strerror}). Expected a readable file. Check its permissions.") from error
    if path.suffix == ".parquet":
        return parquet_rows(path)
    _refuse_other_encodings(path, start)
    if path.suffix == ".json":
        return _documents(path)
    return _lines(path)


def chunks(records: Iterator[Raw], most: int, most_bytes: int) -> Iterator[list[Raw]]:
    """The records in lists of at most so many records or about so many bytes, so that a few huge ones do not fill the memory."""
    held, size = [], 0
    for raw in records:
        held.append(raw)
        size += raw.size
        if len(held) >= most or size >= most_bytes:
            yield held
            held, size = [], 0
    if held:
        yield held


def _refuse_other_encodings(path: Path, start: bytes) -> None:
    """JSON in another encoding is wrong from end to end; a fault for each of its lines would help nobody."""
    # The first character of JSON is ASCII, so in UTF-16 and UTF-32 a zero byte stands beside it.
    if start[:2] in (b"\xff\xfe", b"\xfe\xff") or (len(start) >= 2 and b"\x00" in start[:2]):
        raise RefusedInput(f"{path.name} is UTF-16 or UTF-32 text. Expected UTF-8. Save it as UTF-8 and send it again.")


def _lines(path: Path) -> Iterator[Raw]:
    with path.open("rb") as file:
        number = 0
        while line := file.readline(LONGEST_RECORD + 1):
            number += 1
            if len(line) > LONGEST_RECORD:
                start = line[:CHUNK]
                while line and not line.endswith(b"\n"):
                    line = file.readline(CHUNK)
                yield Raw(number, text=start, fault=TOO_LONG, size=len(start))
                continue
            if number == 1:
                line = line.removeprefix(BYTE_ORDER_MARK)
            line = line.strip()
            if line:
                yield Raw(number, text=line, size=len(line))


def _documents(path: Path) -> Iterator[Raw]:
    with path.open("rb") as file:
        if file.read(3) != BYTE_ORDER_MARK:
            file.seek(0)
        found = _Documents(file)
        yield from found.read()
        if not found.any:
            raise RefusedInput(f"{path.name} is empty. Expected one JSON document or a list of them. Write it again; a list of none is [].")


# A whole string (with the quote or line break that ends it, or what of it stands in this chunk), a bracket or a comma.
# A line break ends a string, since JSON allows none in it: a missing quote then spoils one record, not the whole file.
_REST_OF_STRING = rb'(?s:(?:[^"\\\n]+|\\.)*+(["\n]|\\?\Z))'
_SIGN = re.compile(rb'"' + _REST_OF_STRING + rb"|[{}\[\],]")
_REST = re.compile(_REST_OF_STRING)
_DEEPEST = 1_000  # brackets told apart by sort; a record of the contract has 5, what is deeper is only counted
_QUOTE, _COMMA, _OBJECT, _LIST, _OBJECT_END, _LIST_END = b'",{[}]'


class _Documents:
    """Tells the documents of a JSON text apart by their brackets, holding no more than one of them.

    The text may be one document, one list, or (which is not JSON, but what a cut or joined file looks like) several of
    them with anything between; whatever is no document comes out as a piece of its own.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._open = bytearray()  # the brackets that are open, outermost first
        self._deeper = 0
        self._piece, self._size, self._piece_line = bytearray(), 0, 1
        self._line, self._counted = 1, 0  # the line at a place in the present chunk
        self.any = False

    def read(self) -> Iterator[Raw]:
        """The documents in order."""
        quoted = escaped = False
        before = b""  # the last sign that is no blank, of earlier chunks
        while chunk := self._file.read(CHUNK):
            at = start = self._counted = 0
            if quoted:
                found = _REST.match(chunk, 1 if escaped else 0)
                quoted, escaped, at = *_unfinished(found), found.end()
            for sign in _SIGN.finditer(chunk, at):
                code, here = chunk[sign.start()], sign.start()
                if code == _QUOTE:
                    quoted, escaped = _unfinished(sign)
                elif code == _COMMA:
                    if self._between:
                        yield from self._take(chunk, start, here)
                        start = here + 1
                elif code in (_OBJECT, _LIST):
                    if self._between or (code == _OBJECT and self._cut_off(chunk, here, before)):
                        yield from self._take(chunk, start, here)
                        start = here
                        if code == _LIST and not self._open:
                            start += 1
                    self._push(code)
                else:
                    ends_list = self._pop(code)
                    if ends_list:
                        yield from self._take(chunk, start, here)
                        start = here + 1
                    elif self._between:
                        yield from self._take(chunk, start, here + 1)
                        start = here + 1
            self._hold(chunk, start, len(chunk))
            self._line += chunk.count(b"\n", self._counted)
            before = chunk.rstrip()[-1:] or before
            self.any = bool(before)
        if self._open or self._piece.strip():
            rest = bytes(self._piece[:CHUNK]).strip()
            where = "in the middle of a record" if rest else "before its list is closed"
            fault = TOO_LONG if self._size > LONGEST_RECORD else f"the file ends {where}" if self._open else None
            yield Raw(self._piece_line if rest else self._line, text=rest or None, fault=fault, size=len(rest))

    @property
    def _between(self) -> bool:
        """Whether the place is outside all records: at the top, or in the one outer list."""
        return not self._open or (len(self._open) == 1 and self._open[0] == _LIST)

    def _cut_off(self, chunk: bytes, here: int, before: bytes) -> bool:
        """Whether an object begins where none can, because the record before it was cut off; it is then let go."""
        if self._deeper or self._open[-1] != _OBJECT:
            return False
        at = here - 1
        while at >= 0 and chunk[at] in BLANK:
            at -= 1
        if (chunk[at:at + 1] if at >= 0 else before) not in (b",", b"{", b"}"):
            return False
        del self._open[1 if self._open[0] == _LIST else 0:]
        return True

    def _push(self, code: int) -> None:
        if len(self._open) < _DEEPEST:
            self._open.append(code)
        else:
            self._deeper += 1

    def _pop(self, code: int) -> bool:
        """Close what that bracket closes, and whatever stands open within; True if the outer list ended."""
        if self._deeper:
            self._deeper -= 1
            return False
        opener = _OBJECT if code == _OBJECT_END else _LIST
        at = self._open.rfind(opener)
        if at < 0:
            return False
        ended = at == 0 and code == _LIST_END
        del self._open[at:]
        return ended

    def _hold(self, chunk: bytes, start: int, end: int) -> None:
        """Keep a part of the present piece, no more of it than the limit."""
        if not self._piece:
            while start < end and chunk[start] in BLANK:
                start += 1
            self._line += chunk.count(b"\n", self._counted, start)
            self._piece_line, self._counted = self._line, start
        self._piece += chunk[start:min(end, start + LONGEST_RECORD + 1 - len(self._piece))]
        self._size += end - start

    def _take(self, chunk: bytes, start: int, end: int) -> Iterator[Raw]:
        """End the present piece; nothing where it is blank."""
        self._hold(chunk, start, end)
        text, size, line = bytes(self._piece).strip(), self._size, self._piece_line
        self._piece, self._size = bytearray(), 0
        if size > LONGEST_RECORD:
            yield Raw(line, text=text[:CHUNK], fault=TOO_LONG, size=CHUNK)
        elif text:
            yield Raw(line, text=text, size=size)


def _unfinished(found: re.Match[bytes]) -> tuple[bool, bool]:
    """Whether a string goes on in the next chunk, and whether its first sign there is escaped."""
    end = found.group(1)
    return end in (b"", b"\\"), end == b"\\"
