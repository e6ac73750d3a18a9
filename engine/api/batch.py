"""Tells the documents of a JSON list apart without reading them, so that each one is parsed by the wire as if it had come alone."""

from __future__ import annotations

import json

from engine.errors import FieldProblem, InvalidRecord, TooLarge

_BLANK = " \t\r\n"


def documents_of(body: bytes, most: int) -> list[str]:
    """The text of each element of a JSON list.

    Raises:
        InvalidRecord: it is no JSON list.
        TooLarge: it has more than `most` elements.
    """
    try:
        text = body.decode("utf-8").removeprefix("\ufeff").strip(_BLANK)
        documents = _elements(text, most)
    except (ValueError, RecursionError):
        raise InvalidRecord("The batch", [FieldProblem("", "it is not a JSON list", "[ {...}, {...} ] in UTF-8", "Check brackets, commas and quotes.")]) from None
    if len(documents) > most:
        raise TooLarge(f"the batch has more than {most:,} records. Expected at most that. Send it in parts.")
    return documents


def _elements(text: str, most: int) -> list[str]:
    if text[:1] != "[" or text[-1:] != "]":
        raise ValueError
    decoder = json.JSONDecoder()
    documents: list[str] = []
    at = _skip(text, 1)
    while text[at] != "]" and len(documents) <= most:
        _, end = decoder.raw_decode(text, at)
        documents.append(text[at:end])
        at = _skip(text, end)
        if text[at] == ",":
            at = _skip(text, at + 1)
            if text[at] == "]":
                raise ValueError
        elif text[at] != "]":
            raise ValueError
    if len(documents) <= most and at != len(text) - 1:
        raise ValueError
    return documents


def _skip(text: str, at: int) -> int:
    while at < len(text) - 1 and text[at] in _BLANK:
        at += 1
    return at
