"""What every reader needs of a published file: whole text, days, the names inside a name. Knows no format."""

import csv
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import date, datetime
from pathlib import Path

from engine.errors import RefusedInput
from engine.screening.entries import Alias

MOST_BYTES = 200_000_000  # the largest of these lists, the US consolidated one, has about 30 MB


def csv_lines(lines: Iterable[str]) -> Iterator[tuple[int, list[str] | None]]:
    """Each row of a CSV with the line it begins on, the header first; None for a row whose quotation mark is not closed."""
    reader = csv.reader(lines, strict=True)
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            cells = None
        yield line, cells


def file_text(path: Path) -> str:
    """The text of a list file, whatever 8-bit or UTF-8 encoding its publisher used that year.

    Raises:
        RefusedInput: not readable, empty, too large, or not text (UTF-16, an archive, a spreadsheet).
    """
    try:
        size = path.stat().st_size
        if size > MOST_BYTES:
            raise RefusedInput(
                f"{path.name}: {size:,} bytes; a list file has at most {MOST_BYTES:,}. Check that it is the right file."
            )
        raw = path.read_bytes()
    except OSError as error:
        raise RefusedInput(f"{path.name}: {error.strerror or error}. Expected a list file. Check the path.") from error
    return whole_text(raw, path.name)


def whole_text(raw: bytes, file: str) -> str:
    """Decode a list: UTF-8 (with or without mark), else Windows-1252; control characters of old systems go."""
    if not raw.strip(b"\x1a \r\n\t"):
        raise RefusedInput(f"{file}: the file is empty. Expected a watch list. Download it again.")
    if raw[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\x00" in raw[:4096]:
        raise RefusedInput(
            f"{file}: this is UTF-16 text or not text at all. Expected UTF-8 or Windows-1252, as published. "
            "Unpack or re-save the file."
        )
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        try:
            text = raw.decode("cp1252")
        except UnicodeDecodeError:  # five byte values have no meaning there
            text = raw.decode("latin-1")
    return text.replace("\x1a", "").replace("\r\n", "\n")


_CONTROLS = re.compile("[\u0080-\u009f]")
_TWICE_ENCODED = re.compile(
    "[\u00c2-\u00f4][\u0080-\u00bf\u0152\u0153\u0160\u0161\u0178\u017d\u017e\u0192\u02c6\u02dc\u2013-\u2122]"
)
_LOST_APOSTROPHE = re.compile(r"(?<=[A-Za-z])\?(?=s\b)")


def mended(text: str) -> str:
    """Text with the usual damage of published lists undone: text encoded twice, lost apostrophes, stray space."""
    if not text.isascii():
        if _TWICE_ENCODED.search(text):
            with suppress(UnicodeError):  # when it was not encoded twice after all
                text = text.encode("cp1252").decode("utf-8")
        if _CONTROLS.search(text):
            text = _CONTROLS.sub(lambda c: c.group().encode("latin-1").decode("cp1252", "ignore"), text)
    text = _LOST_APOSTROPHE.sub("'", text)
    return " ".join(text.split())


def day(text: str | None) -> date | None:
    """The day in a text that opens with ``YYYY-MM-DD`` (also with a zone or time after it) or is ``MM/DD/YYYY``."""
    text = (text or "").strip()
    try:
        if re.match(r"\d{4}-\d\d-\d\d", text):
            return date.fromisoformat(text[:10])
        return datetime.strptime(text, "%m/%d/%Y").date() if "/" in text else None
    except ValueError:
        return None


_OTHER_NAME = re.compile(
    r"\((?:a\.?k\.?a\.?|f\.?k\.?a\.?|n\.?k\.?a\.?|d\.?b\.?a\.?|formerly(?: known as)?|also known as|now known as)"
    r"[:\s]+([^()]*)\)",
    re.I,
)
_SHORT_NAME = re.compile(r"\(([A-Z][A-Z0-9&/-]{1,9})\)")
_WAS_ALSO = re.compile(r"[,;]?\s+(?:a\.k\.a\.|f\.k\.a\.|n\.k\.a\.|d/b/a)[,:]?\s+", re.I)


def names_within(printed: str) -> tuple[str, tuple[Alias, ...]]:
    """The main name inside a printed one, and the other names written into it.

    ``ACME INDUSTRIES (AIG) (f.k.a. OLD ACME)`` holds ``ACME INDUSTRIES``, the short form ``AIG`` (weak: three
    letters identify nobody) and the former name. ``ONE ; TWO`` holds two names.
    """
    aliases: list[Alias] = []
    rest = _OTHER_NAME.sub(lambda found: aliases.append(Alias(found.group(1).strip(" '\"\t"))) or " ", printed)
    for short in _SHORT_NAME.findall(rest):
        aliases.append(Alias(short, "weak"))
    rest = _SHORT_NAME.sub(" ", rest)
    main, *others = [part.strip(" ,;") for part in _WAS_ALSO.sub(" ; ", rest).split(" ; ") if part.strip(" ,;")] or [
        printed
    ]
    aliases.extend(Alias(other) for other in others)
    return " ".join(main.split()) or printed, tuple(alias for alias in aliases if alias.name)


def all_aliases(printed: str, given: list[Alias]) -> tuple[Alias, ...]:
    """The aliases of an entry, each once, with those written into its names; the printed name is not repeated."""
    main, inside = names_within(printed)
    found: dict[str, Alias] = {}
    candidates = ([Alias(main)] if main != printed else []) + list(inside)
    for alias in given:
        alias_main, alias_inside = names_within(alias.name)
        candidates.append(Alias(alias_main, alias.strength))
        candidates.extend(alias_inside)
    for alias in candidates:
        known = found.get(alias.name.casefold())
        if (
            alias.name
            and alias.name != printed
            and (known is None or (known.strength, alias.strength) == ("weak", "strong"))
        ):
            found[alias.name.casefold()] = alias
    return tuple(found.values())


def distinct(values: list[str | None]) -> tuple[str, ...]:
    """The values that are there, each once, in order."""
    return tuple(dict.fromkeys(value for value in values if value))
