"""What is answered of a visit's file."""

from __future__ import annotations

from typing import Literal

from engine.api.answers import Told


class FileAnswer(Told):
    """A file on record."""

    sha256: str
    stored: Literal["new", "unchanged"]
