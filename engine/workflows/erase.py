"""Erases one record's content under a lawful order and leaves the proof whole. Judges no order."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from engine.errors import RefusedInput, UnknownRecord
from engine.store import projections, records
from engine.store.database import first
from engine.store.records import Origin
from engine.workflows.derive import derive, derive_anew
from engine.workflows.evidence import drop_evidence
from engine.workflows.screen import forget

if TYPE_CHECKING:
    from engine.workflows.desk import Desk

NOBODY_IN_THEM = ("erasure", "link_weights", "list_edition", "model", "promotion")  # what the engine works by: without them nothing could be reproduced
NAMING_PARTIES = ("application", "denial_notice", "incident", "review")


def erase_record(desk: Desk, key: str, order: str, approved_by: str, origin: Origin) -> None:
    """Drop a record's body and salt, its rows in the working tables, what was derived of its parties and the file it is about; record the order, who approved it and who did it.

    The digest stays, so the chain still proves that a record stood here; without salt nobody can guess it back.

    Raises:
        UnknownRecord: no such record. RefusedInput: already erased, nobody is in it, or approved by the person who does it.
    """
    if approved_by == origin.actor:
        raise RefusedInput("an erasure is approved by another person than the one who does it. Name that person with --approved-by.")
    with desk.store.writing() as cursor:
        row = first(cursor, "select record_no, kind, body is null from record where key = ?", [key])
        if row is None:
            raise UnknownRecord(f"no record has the key {key}: expected one such as application:ID#REVISION or event:ID.")
        record_no, kind, gone = row
        if kind in NOBODY_IN_THEM:
            raise RefusedInput(f"{key} holds nothing about a person, and past scores rest on it. Expected a record that names somebody. It is not erased.")
        if gone:
            raise RefusedInput(f"{key} was already erased; `diversion audit verify` names the order.")
        told = json.dumps({"order": order, "approved_by": approved_by, "erased_by": origin.actor, "key": key}, sort_keys=True)
        records.append_one(cursor, "erasure", f"erasure:{record_no}", origin.at, told, origin, f"erase {key}")
        if kind == "document_file":
            sha256 = key.removeprefix("document_file:")
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
