"""Reads what the files behind an application's documents say, held to what was declared of them. Compares nothing and writes nothing."""

from __future__ import annotations

import json
from dataclasses import dataclass

import duckdb

from engine.workflows.history import unknown_application


@dataclass(frozen=True)
class SignatureCheck:
    """One signature in a file: whose it says it is, whether what it signs is unchanged and all of the file, and whether its root is trusted."""

    signer: str
    intact: bool
    covers_all: bool
    trusted: bool | None


@dataclass(frozen=True)
class PaperCheck:
    """One declared document and its file.

    Args:
        document: its place on the form, from 1.
        file: `none_declared` (no hash), `not_on_record` (a hash without a file), `no_text` (a scan), `read`.
        fields: declared field -> whether the file's text holds what was declared.
        saved_again: the file was saved into after it was first written; None where there is no file.
    """

    document: int
    kind: str
    number: str | None
    sha256: str | None
    file: str
    fields: dict[str, bool]
    pages: int | None = None
    producer: str | None = None
    created_at: str | None = None
    modified_at: str | None = None
    saved_again: bool | None = None
    signatures: tuple[SignatureCheck, ...] = ()


def paper_checks(cursor: duckdb.DuckDBPyConnection, application_id: str) -> list[PaperCheck]:
    """Each document of the newest filing with the checks of its file, in the order of the form.

    Raises:
        UnknownApplication: no such application.
    """
    filing = cursor.execute("select record_no from filing where application_id = ? order by revision desc, record_no desc limit 1", [application_id]).fetchall()
    if not filing:
        raise unknown_application(application_id)
    ((record_no,),) = filing
    rows = cursor.execute("select document_no, kind, number, sha256 from filing_document where record_no = ? order by document_no", [record_no]).fetchall()
    # Record by record: joined, every record of the store would be read for a few.
    files = {
        sha256: cursor.execute("select body from record where record_no = ?", [file_no]).fetchall()[0][0]
        for sha256, file_no in cursor.execute("select sha256, record_no from document_file where list_contains(?, sha256)", [[row[3] for row in rows if row[3]]]).fetchall()
    }
    held: dict[int, dict[str, bool]] = {}
    for document_no, field, found in cursor.execute("select document_no, field, found from document_check where record_no = ? order by field", [record_no]).fetchall():
        held.setdefault(document_no, {})[field] = found
    return [_check(document_no, kind, number, sha256, body, held.get(document_no, {})) for document_no, kind, number, sha256 in rows for body in [files.get(sha256)]]


def _check(document_no: int, kind: str, number: str | None, sha256: str | None, body: str | None, fields: dict[str, bool]) -> PaperCheck:
    if body is None:
        return PaperCheck(document_no, kind, number, sha256, "not_on_record" if sha256 else "none_declared", {})
    told = json.loads(body)
    return PaperCheck(
        document_no, kind, number, sha256, "read" if fields else "no_text", fields, told.get("pages"), told.get("producer"), told.get("created_at"), told.get("modified_at"),
        told.get("revisions", 1) > 1,
        tuple(SignatureCheck(one["signer"], one["intact"], one["covers_all"], one.get("trusted")) for one in told.get("signatures") or ()),
    )
