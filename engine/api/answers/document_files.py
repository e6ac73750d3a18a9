"""What is answered of the file behind a declared document."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from engine.api.answers import Told


class DocumentFileAnswer(Told):
    """The file behind a declared document, as it was taken in."""

    sha256: str
    stored: Literal["new", "unchanged"]
    declared: bool = Field(description="Whether a filing that the caller may see declares it. One that none declares is held to nothing until one does.")
