"""Copies a store while it is at work, and lays a copy down again once it has proved itself. Knows no record's meaning.

A backup is one tar file: the store as it stood at one moment, the files of visits beside it, and what both must prove.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tarfile
import tempfile
import uuid
from dataclasses import asdict, dataclass
from pathlib import Path

import duckdb

from engine.errors import AuditBroken, EngineError, RefusedInput
from engine.store import audit
from engine.store.database import open_store, storage_error
from engine.store.records import Origin
from engine.workflows.desk import Desk
from engine.workflows.evidence import folder as evidence_folder

STORE, EVIDENCE, MANIFEST = "store.duckdb", "evidence", "backup.json"
FORM = 1
PIECE = 1024 * 1024


@dataclass(frozen=True)
class BackedUp:
    """What a backup holds.

    Args:
        head: the newest hash of the audit chain in it; a restored store must prove it.
        entries: the number of that entry.
        made_at: RFC 3339, UTC.
        store_sha256: of the store's file.
        files: how many files of visits.
    """

    head: str
    entries: int
    made_at: str
    store_sha256: str
    files: int
    form: int = FORM


def back_up(desk: Desk, out: Path, origin: Origin) -> BackedUp:
    """Write a backup; the store may be read and written meanwhile, and what is written later is not in it.

    Raises:
        RefusedInput: `out` is there already, or its folder is not.
        NotReady: the disk is full.
    """
    if out.exists() or not out.absolute().parent.is_dir():
        raise RefusedInput(f"{out} is there already, or its folder is not. Expected a new file in an existing folder. Name another with --out.")
    try:
        with tempfile.TemporaryDirectory(prefix=".diversion-backup-", dir=out.absolute().parent) as folder:
            copy, packed = Path(folder) / STORE, Path(folder) / "packed"
            seq, head = copied(desk, copy)
            evidence = sorted(one for one in evidence_folder(desk).glob("??/*") if one.is_file())
            told = BackedUp(head, seq, f"{origin.at.isoformat()}Z", _sha256(copy), len(evidence))
            (Path(folder) / MANIFEST).write_text(json.dumps(asdict(told)))
            with tarfile.open(packed, "w") as tar:
                tar.add(Path(folder) / MANIFEST, MANIFEST)
                tar.add(copy, STORE)
                for file in evidence:
                    tar.add(file, f"{EVIDENCE}/{file.parent.name}/{file.name}")
            packed.chmod(0o600)
            with packed.open("rb+") as file:
                os.fsync(file.fileno())
            packed.replace(out)
    except duckdb.Error as error:
        raise storage_error(error) from error
    with desk.store.writing() as cursor:
        note = json.dumps({"head": told.head, "entries": told.entries, "store_sha256": told.store_sha256, "files": told.files})
        audit.add_entry(cursor, audit.next_seq(cursor), origin.actor, origin.channel, origin.at, "back up", note=note)
    return told


def copied(desk: Desk, copy: Path) -> tuple[int, str]:
    """The whole store at one moment as a file of its own; its newest entry's number and hash.

    One transaction reads both, so the copy ends at that entry whoever writes meanwhile. (The file itself cannot be copied by this
    process: closing any handle on it would let go the lock that keeps other processes out.)
    """
    cursor, name = desk.store.cursor(), f"backup_{uuid.uuid4().hex}"
    try:
        cursor.execute(f"attach '{str(copy).replace(chr(39), chr(39) * 2)}' as {name}")
        try:
            cursor.execute("begin")
            found = audit.head(cursor)
            cursor.execute(f"copy from database store to {name}")
            cursor.execute("commit")
        finally:
            cursor.execute("use memory")
            cursor.execute(f"detach {name}")
    finally:
        cursor.close()
    return found


def restore(file: Path, store: Path) -> BackedUp:
    """Lay a backup down as a new store, once it has proved every record up to the head it was made with.

    Raises:
        RefusedInput: a store or files are there already, or it is no backup.
        AuditBroken: what it holds is not what it was made with.
    """
    evidence = store.with_name(store.name + ".evidence")
    if store.exists() or evidence.exists():
        raise RefusedInput(f"{store} or {evidence.name} is there already. Expected a new name, so that nothing is overwritten. Name another with --store.")
    if not store.absolute().parent.is_dir():
        raise RefusedInput(f"the folder {store.absolute().parent} is not there. Expected an existing folder. Make it, or name another with --store.")
    with tempfile.TemporaryDirectory(prefix=".diversion-restore-", dir=store.absolute().parent) as folder:
        told = _unpacked(file, Path(folder))
        laid = Path(folder) / STORE
        if _sha256(laid) != told.store_sha256:
            raise AuditBroken(f"{file.name}: the store in it is not the one that was backed up. Expected SHA-256 {told.store_sha256}. Take another backup.")
        _prove(laid, told)
        if (Path(folder) / EVIDENCE).is_dir():
            shutil.move(Path(folder) / EVIDENCE, evidence)
        laid.replace(store)
    return told


def _unpacked(file: Path, folder: Path) -> BackedUp:
    try:
        with tarfile.open(file) as tar:
            tar.extractall(folder, filter="data")
        told = json.loads((folder / MANIFEST).read_text())
        if told.get("form") != FORM or not (folder / STORE).is_file():
            raise ValueError
        return BackedUp(**told)
    except (OSError, tarfile.TarError, ValueError, TypeError, AttributeError) as error:
        raise RefusedInput(f"{file} is no backup that can be read. Expected a whole file as `diversion backup` writes it. Check the path, or take another.") from error


def _prove(laid: Path, told: BackedUp) -> None:
    try:
        with open_store(laid) as store:
            verdict = audit.verify(store.cursor(), told.head)
    except EngineError as error:
        raise AuditBroken(f"the store in the backup cannot be opened: {error}") from error
    if verdict.first_fault:
        raise AuditBroken(f"the backup does not prove itself: {verdict.first_fault}. Nothing was laid down. Take another backup.")


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(PIECE):
            digest.update(piece)
    return digest.hexdigest()
