"""What is answered of whole files of records."""

from __future__ import annotations

from pydantic import Field

from engine.api.answers import Told
from engine.wire import ProblemField


class SetAsideRecord(Told):
    """A record that was not taken in: its line, and what to do about it; never what it says."""

    line: int
    problems: tuple[ProblemField, ...]


class IngestAnswer(Told):
    """What became of a file of records."""

    kind: str
    added: int
    unchanged: int
    set_aside: int
    set_aside_records: tuple[SetAsideRecord, ...] = Field(description="The first hundred, or as many as `shown` asks for.")
    ignored_fields: dict[str, int]
