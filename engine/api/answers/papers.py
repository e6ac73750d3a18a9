"""What is answered of an application's documents and of the files behind them."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from engine.api.answers import Told


class SignatureTold(Told):
    """One signature in a document's file."""

    signer: str
    intact: bool = Field(description="What it signs is unchanged.")
    covers_all: bool = Field(description="It signs the whole file as it stands.")
    trusted: bool | None = Field(description="Its root is one that the authority trusts; null where none was given to compare.")


class PaperCheckTold(Told):
    """One declared document and what its file says of it."""

    document: int = Field(description="Its place on the form, from 1.")
    kind: str
    number: str | None
    sha256: str | None
    file: Literal["none_declared", "not_on_record", "no_text", "read"]
    fields: dict[str, bool] = Field(description="Declared field -> whether the file's text holds what was declared.")
    pages: int | None
    producer: str | None
    created_at: str | None
    modified_at: str | None
    saved_again: bool | None = Field(description="Saved into after it was first written.")
    signatures: tuple[SignatureTold, ...]


class PaperChecks(Told):
    """The documents of an application with the checks of their files."""

    application_id: str
    documents: tuple[PaperCheckTold, ...]
