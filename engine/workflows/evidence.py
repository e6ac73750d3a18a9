"""Keeps the files of visits by their hash, in a folder beside the store; knows nothing of what is on them."""

from __future__ import annotations

import codecs
import json
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import duckdb

from engine.errors import FieldProblem, InvalidRecord, RefusedInput, UnknownRecord
from engine.store import audit
from engine.store.records import Origin
from engine.workflows.desk import Desk

SNIFFED = 64 * 1024  # bytes looked at to tell what a file is
SIGNATURES = ((b"%PDF-", "application/pdf"), (b"\xff\xd8\xff", "image/jpeg"), (b"\x89PNG\r\n\x1a\n", "image/png"))
DOCUMENT_FILE = "document_file:"  # key of the record of a document's file, before the hash
ERASED = "it was erased under a lawful order. Expected a file that may be kept. Do not send it again."
TEXT = "text/plain; charset=utf-8"  # also CSV: shown as text, never opened as a table by a browser


@dataclass(frozen=True)
class File:
    """A file on record: where it is and what it is."""

    path: Path
    media_type: str


def folder(desk: Desk) -> Path:
    """Where the files are: `STORE.evidence/`, two digits of the hash a folder."""
    return desk.store.path.with_name(desk.store.path.name + ".evidence")


def _place(desk: Desk, sha256: str) -> Path:
    return folder(desk) / sha256[:2] / sha256


def keep_evidence(desk: Desk, sha256: str, found: str, received: Path, origin: Origin) -> bool:
    """Keep a received file under its hash; False if it was there already.

    Args:
        sha256: what the sender says it is.
        found: what its bytes say.
        received: the bytes, on the same disk; moved into place.

    Raises:
        InvalidRecord: the two differ, or it is no PDF, JPEG, PNG or plain text.
        RefusedInput: it was erased.
    """
    check_hash(sha256, found)
    if erased(desk, [sha256]):
        raise RefusedInput(ERASED)
    media_type = media_type_of(received)
    place = _place(desk, sha256)
    with desk.store.writing() as cursor:
        if place.is_file():
            return False
        place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        size = received.stat().st_size
        with received.open("rb+") as file:
            os.fsync(file.fileno())
        received.replace(place)  # the bytes are on disk before the entry: an entry never names a file that is not there
        audit.add_entry(
            cursor, audit.next_seq(cursor), origin.actor, origin.channel, origin.at, "keep evidence",
            note=json.dumps({"sha256": sha256, "bytes": size, "type": media_type.split(";")[0]}),
        )
    return True


def check_hash(sha256: str, found: str) -> None:
    """Refuse bytes that are not those that the sender speaks of.

    Raises:
        InvalidRecord: the two hashes differ.
    """
    if found != sha256:
        raise InvalidRecord("The file", [FieldProblem(
            "sha256", "the bytes received have another hash", "the SHA-256 of exactly these bytes", "Send the file again; it was cut or changed on the way.")])


def erased(desk: Desk, hashes: Iterable[str]) -> set[str]:
    """Those of some files that were erased under an order: none of them is kept again, whoever sends it."""
    return {key.removeprefix(DOCUMENT_FILE) for (key,) in desk.store.cursor().execute(
        "select key from record where key in (select unnest(?)) and body is null", [[DOCUMENT_FILE + sha256 for sha256 in set(hashes)]]).fetchall()}


def drop_evidence(desk: Desk, sha256: str) -> None:
    """Remove a file for good, where it is there; who ordered it is the caller's to record."""
    _place(desk, sha256).unlink(missing_ok=True)


def media_type_of(path: Path) -> str:
    """What a file is by its first bytes, whatever its sender calls it.

    Raises:
        InvalidRecord: none of the four kinds taken.
    """
    with path.open("rb") as file:
        start = file.read(SNIFFED)
    for signature, media_type in SIGNATURES:
        if start.startswith(signature):
            return media_type
    if start and _is_text(start):
        return TEXT
    raise InvalidRecord("The file", [FieldProblem(
        "", "it is none of the kinds taken", "PDF, JPEG, PNG, plain text or CSV in UTF-8", "Convert it, or describe it in the visit's words.")])


def _is_text(start: bytes) -> bool:
    try:
        text = codecs.getincrementaldecoder("utf-8")().decode(start, final=len(start) < SNIFFED)
    except UnicodeDecodeError:
        return False
    if text.lstrip("\ufeff \t\r\n").startswith("<"):  # HTML, SVG and XML are run or drawn by browsers
        return False
    return all(sign in "\t\r\n" or ord(sign) >= 32 for sign in text)


def evidence(desk: Desk, sha256: str) -> File:
    """A file by its hash.

    Raises:
        UnknownRecord: there is none.
    """
    place = _place(desk, sha256)
    if not place.is_file():
        raise unknown_evidence()
    return File(place, media_type_of(place))


def not_kept(desk: Desk, named: Iterable[str]) -> list[str]:
    """Those of some files, by their hash, whose bytes are not here."""
    return [sha256 for sha256 in dict.fromkeys(named) if not _place(desk, sha256).is_file()]


def unknown_evidence() -> UnknownRecord:
    """The one answer for a file that is not there and for one that the caller may not see."""
    return UnknownRecord("no file with this hash is on record. Expected the SHA-256 of one that was sent. Send it with `PUT`, or check the hash.")


def named_by(cursor: duckdb.DuckDBPyConnection, sha256: str) -> list[tuple[str | None, str]]:
    """(application, handling) of every record that names a file."""
    return cursor.execute(
        "with named as ("
        "select application_id, shipment_id, handling from visit where list_contains(evidence, $sha256) "
        "union all select null, shipment_id, handling from delivery where sha256 = $sha256 "
        "union all select application_id, null, handling from destruction where sha256 = $sha256 "
        "union all select application_id, null, handling from filing_document where sha256 = $sha256), "
        "shipped as (select shipment_id, min(coalesce(shipment.application_id, licence.application_id)) as application_id from shipment "
        "left join licence on shipment.licence_number = licence.licence_number group by shipment_id) "
        "select coalesce(named.application_id, shipped.application_id), coalesce(named.handling, 'internal') from named "
        "left join shipped on named.shipment_id = shipped.shipment_id",
        {"sha256": sha256},
    ).fetchall()
