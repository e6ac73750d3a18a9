"""Takes in the files behind declared documents: each read once, kept by its hash, its facts on record. Compares in `derive`."""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path

import duckdb
import polars as pl

from engine.documents.agreement import text_key
from engine.documents.pdf import DocumentFile, read_files
from engine.errors import FieldProblem, InvalidRecord, RefusedInput, UnreadableFile
from engine.store import records
from engine.store.records import STAGED_SCHEMA, Origin
from engine.workflows.derive import derive
from engine.workflows.desk import Desk
from engine.workflows.evidence import DOCUMENT_FILE, ERASED, check_hash, erased, keep_evidence
from engine.workflows.evidence import folder as evidence_folder

FILES_AT_ONCE = 200  # one transaction and one audit entry each
LONGEST_RUN = timedelta(days=1)  # from the first filing of a run to its last file; longer ago, a file would reach back to scores long given


@dataclass(frozen=True)
class TakenFiles:
    """What became of a folder of files.

    Args:
        read: taken in now.
        unchanged: on record before.
        unreadable: (file name, why) of those that could not be read; nothing is kept of them.
        undeclared: names of files whose hash stands on no filing: taken in, and held to nothing until one names it.
    """

    read: int
    unchanged: int
    unreadable: tuple[tuple[str, str], ...]
    undeclared: tuple[str, ...]


@dataclass(frozen=True)
class TakenFile:
    """What became of one file: whether it was taken in now, and the applications that declare its hash."""

    new: bool
    declared_by: tuple[str, ...]


def papers_in(folder: Path) -> list[Path]:
    """The PDF files of a folder, by name.

    Raises:
        RefusedInput: no such folder.
    """
    if not folder.is_dir():
        raise RefusedInput(f"--files {folder} is no folder. Expected one that holds the documents' PDF files. Name another.")
    return sorted(path for path in folder.iterdir() if path.suffix.lower() == ".pdf" and path.is_file())


def take_files(
    desk: Desk, folder: Path, origin: Origin, *, trust_roots: Sequence[bytes] = (), progress: Callable[[int, int], None] | None = None
) -> TakenFiles:
    """Take in every PDF file of a folder; the same file again changes nothing.

    A file belongs to the documents whose declared `sha256` is its hash. Taken in with the filing that declares it, in one
    run, it counts from that filing on; one that came later, or before any filing named it, counts from when it came.

    Raises:
        RefusedInput: no such folder.
    """
    paths = papers_in(folder)
    hashes = {path: sha256_of(path) for path in paths}
    held, gone = _held(desk, hashes.values()), erased(desk, hashes.values())
    first = {sha256: path for path, sha256 in reversed(hashes.items())}  # of copies the first by name
    fresh = sorted(path for sha256, path in first.items() if sha256 not in held | gone)
    unreadable = {sha256: (first[sha256].name, ERASED) for sha256 in gone}
    read = 0
    for start in range(0, len(fresh), FILES_AT_ONCE):
        part = fresh[start : start + FILES_AT_ONCE]
        good = []
        for path, told in zip(part, read_files(part, trust_roots), strict=True):
            if isinstance(told, UnreadableFile):
                unreadable[hashes[path]] = (path.name, told.message)
            else:
                good.append((path, told))
            if progress:
                progress(start + len(good), len(fresh))
        _keep(desk, good, origin, origin.at)
        read += len(good)
    with desk.store.writing() as cursor:
        derive(cursor, desk)
        named = _declaring(cursor, hashes.values())
    undeclared = tuple(path.name for path in paths if hashes[path] not in named and hashes[path] not in unreadable)
    return TakenFiles(read, len(held), tuple(unreadable.values()), undeclared)


def take_file(desk: Desk, path: Path, sha256: str, found: str, origin: Origin, *, since: datetime | None = None, trust_roots: Sequence[bytes] = ()) -> TakenFile:
    """Take in one received file, as `take_files` does those of a folder.

    Args:
        sha256: what the sender says it is.
        found: what its bytes say.
        since: the moment, UTC, at which the run began in which the same sender sent the filings that this file came with; None: it came alone.

    Raises:
        InvalidRecord: the two hashes differ, or the run began in time to come or too long ago.
        UnreadableFile: no PDF that can be read; nothing is kept of it.
        RefusedInput: it was erased.
    """
    check_hash(sha256, found)
    if since is not None and not origin.at - LONGEST_RUN <= since <= origin.at:
        raise InvalidRecord("The query", [FieldProblem(
            "since", "no run can have begun then", "a moment of the last 24 hours", "Leave it out: the file then counts from now on.")])
    if erased(desk, [sha256]):
        raise RefusedInput(ERASED)
    new = not _held(desk, [sha256])
    if new:
        (told,) = read_files([path], trust_roots)
        if isinstance(told, UnreadableFile):
            raise told
        _keep(desk, [(path, told)], origin, since)
    with desk.store.writing() as cursor:
        derive(cursor, desk)
        return TakenFile(new, tuple(_declaring(cursor, [sha256]).get(sha256, ())))


def _held(desk: Desk, hashes: Iterable[str]) -> set[str]:
    return {sha256 for (sha256,) in desk.store.cursor().execute("select sha256 from document_file where sha256 in (select unnest(?))", [list(hashes)]).fetchall()}


def _declaring(cursor: duckdb.DuckDBPyConnection, hashes: Iterable[str]) -> dict[str, list[str]]:
    """Hash -> the applications that declare it."""
    return dict(cursor.execute(
        "select sha256, list(distinct application_id order by application_id) from filing_document where sha256 in (select unnest(?)) group by sha256", [list(hashes)]).fetchall())


def sha256_of(path: Path) -> str:
    """The hash of a file's bytes, by which a filing declares it."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _keep(desk: Desk, good: list[tuple[Path, DocumentFile]], origin: Origin, since: datetime | None) -> None:
    """The bytes first, then the record: a record never speaks of a file that is not there."""
    if not good:
        return
    evidence_folder(desk).mkdir(parents=True, exist_ok=True, mode=0o700)
    for path, told in good:
        with tempfile.TemporaryDirectory(dir=evidence_folder(desk)) as scratch:
            copy = Path(scratch) / "file"
            shutil.copyfile(path, copy)
            keep_evidence(desk, told.sha256, told.sha256, copy, origin)
    with desk.store.writing() as cursor:
        came_with = _filed_in_this_run(cursor, [told.sha256 for _, told in good], origin, since) if since else {}
        known_from = [came_with.get(told.sha256, origin.at) for _, told in good]
        frame = pl.DataFrame(
            {
                "position": range(len(good)), "key": [DOCUMENT_FILE + told.sha256 for _, told in good], "known_at": known_from,
                "body": [_body(told, moment) for (_, told), moment in zip(good, known_from, strict=True)],
            },
            schema=STAGED_SCHEMA,
        )
        records.stage(cursor, frame)
        records.append(cursor, "document_file", origin, "take in document files")


def _filed_in_this_run(cursor: duckdb.DuckDBPyConnection, hashes: list[str], origin: Origin, since: datetime) -> dict[str, datetime]:
    """When the filings that the same sender put on record since the run began were filed, by hash."""
    return dict(cursor.execute(
        "select filing_document.sha256, min(filing_document.filed_at) from filing_document "
        "inner join audit_entry on filing_document.seq = audit_entry.seq "
        "where audit_entry.made_at between ? and ? and audit_entry.actor = ? and filing_document.sha256 in (select unnest(?)) group by filing_document.sha256",
        [since, origin.at, origin.actor, hashes],
    ).fetchall())


def _body(told: DocumentFile, known_from: datetime) -> str:
    facts = asdict(told) | {"text_key": _digest(text_key(told.text)), "known_from": known_from}
    return json.dumps(facts, ensure_ascii=False, sort_keys=True, default=str, separators=(",", ":"))


def _digest(text: str | None) -> str | None:
    return None if text is None else hashlib.sha256(text.encode()).hexdigest()[:32]
