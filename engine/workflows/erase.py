"""Erases one record's content under a lawful order and leaves the proof whole. Judges no order."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

import duckdb

from engine.errors import NotPermitted, RefusedInput, UnknownRecord
from engine.store import projections, records
from engine.store.database import first
from engine.store.records import Origin
from engine.workflows.derive import derive, derive_anew
from engine.workflows.evidence import DOCUMENT_FILE, drop_evidence
from engine.workflows.record_event import same_person
from engine.workflows.screen import forget

if TYPE_CHECKING:
    from engine.workflows.desk import Desk

NOBODY_IN_THEM = ("asked_erasure", "challenge", "erasure", "link_weights", "list_edition", "model", "promotion")  # what the engine works by: without them nothing could be reproduced
NAMING_PARTIES = ("application", "denial_notice", "incident", "review")


@dataclass(frozen=True)
class Erasure:
    """An erasure that was asked for; `approved_by` is None while it waits for an approver."""

    key: str
    order: str
    asked_by: str
    approved_by: str | None = None


def submit_erasure(desk: Desk, key: str, order: str, origin: Origin, *, may_sign: bool) -> Erasure:
    """Ask for an erasure, or approve one that another person asked for by the same key and order.

    Args:
        may_sign: the caller may approve.

    Raises:
        UnknownRecord: no such record. RefusedInput: already erased, or nobody is in it.
        NotPermitted: nobody asked for it yet, and an approver is none to ask; or the one who asked approves.
    """
    with desk.store.writing() as cursor:
        _erasable(cursor, key)
        asked = next((one for one in erasures_waiting(cursor) if (one.key, one.order) == (key, order)), None)
        if not may_sign:
            if asked is None:
                body = json.dumps({"key": key, "order": order, "asked_by": origin.actor}, sort_keys=True, ensure_ascii=False)
                serial = first(cursor, "select count(*) from record where kind = 'asked_erasure'")[0]
                records.append_one(cursor, "asked_erasure", f"asked_erasure:{serial + 1}", origin.at, body, origin, f"ask to erase {key}")
            return asked or Erasure(key, order, origin.actor)
    if asked is None:
        raise NotPermitted("nobody asked for this erasure by this order. Expected one that an admin asked for: an approver approves. See `GET /v1/audit/erasures`.")
    if same_person(asked.asked_by, origin.actor):
        raise NotPermitted("an erasure is approved by another person than the one who asked for it. Ask another approver.")
    erase_record(desk, key, order, origin.actor, origin, erased_by=asked.asked_by)
    return Erasure(key, order, asked.asked_by, origin.actor)


def erasures_waiting(cursor: duckdb.DuckDBPyConnection) -> list[Erasure]:
    """Erasures that were asked for and not approved, of records that still say something; the oldest first."""
    rows = cursor.execute(
        "select asked.body from record as asked inner join record as about on json_extract_string(asked.body, '$.key') = about.key "
        "where asked.kind = 'asked_erasure' and about.body is not null order by asked.record_no"
    ).fetchall()
    return [Erasure(**json.loads(body)) for (body,) in rows]


def _erasable(cursor: duckdb.DuckDBPyConnection, key: str) -> tuple[int, str]:
    """Number and kind of a record that may be erased.

    Raises:
        UnknownRecord: no such record. RefusedInput: already erased, or nobody is in it.
    """
    row = first(cursor, "select record_no, kind, body is null from record where key = ?", [key])
    if row is None:
        raise UnknownRecord(f"no record has the key {key}: expected one such as application:ID#REVISION or event:ID.")
    record_no, kind, gone = row
    if kind in NOBODY_IN_THEM:
        raise RefusedInput(f"{key} holds nothing about a person, and past scores rest on it. Expected a record that names somebody. It is not erased.")
    if gone:
        raise RefusedInput(f"{key} was already erased; `diversion audit verify` names the order.")
    return record_no, kind


def erase_record(desk: Desk, key: str, order: str, approved_by: str, origin: Origin, *, erased_by: str | None = None) -> None:
    """Drop a record's body and salt, its rows in the working tables, what was derived of its parties and the file it is about; record the order, who approved it and who did it.

    The digest stays, so the chain still proves that a record stood here; without salt nobody can guess it back.

    Args:
        erased_by: who does it; default whoever asks.

    Raises:
        UnknownRecord: no such record. RefusedInput: already erased, nobody is in it, or approved by the person who does it.
    """
    erased_by = erased_by or origin.actor
    if approved_by == erased_by:
        raise RefusedInput("an erasure is approved by another person than the one who does it. Name that person with --approved-by.")
    with desk.store.writing() as cursor:
        record_no, kind = _erasable(cursor, key)
        told = json.dumps({"order": order, "approved_by": approved_by, "erased_by": erased_by, "key": key}, sort_keys=True)
        records.append_one(cursor, "erasure", f"erasure:{record_no}", origin.at, told, origin, f"erase {key}")
        if kind == "document_file":
            sha256 = key.removeprefix(DOCUMENT_FILE)
            cursor.execute("delete from store.main.document_check where sha256 = ?", [sha256])
            drop_evidence(desk, sha256)
        cursor.execute("delete from store.main.document_check where record_no = ?", [record_no])
        cursor.execute("update record set body = null, salt = null where record_no = ?", [record_no])
        if kind in projections.KINDS:
            for table in projections.selects(kind):
                cursor.execute(f"delete from store.main.{table} where record_no = ?", [record_no])
        forget(cursor, record_no, key)
        if kind in NAMING_PARTIES:  # what was derived from it may not outlive it
            derive_anew(cursor)
            derive(cursor, desk)
