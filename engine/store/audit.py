"""The audit chain: an entry for each write, and the proof that nothing was changed, removed or reordered. Knows no meaning.

Each record's digest is salted, so a lawful erasure can drop body and salt and leave the proof whole: nobody can then
guess a small body back from its digest.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime

import duckdb

from engine.store import projections
from engine.store.database import first

GENESIS = "0" * 64
RECORD_DIGEST = "sha256(concat_ws(chr(31), kind, key, known_at::varchar, salt, body))"


@dataclass(frozen=True)
class Verdict:
    """The outcome of a verification: `first_fault` is None when everything holds."""

    entries: int
    records: int
    head: str
    erased: tuple[str, ...]
    first_fault: str | None


def next_seq(cursor: duckdb.DuckDBPyConnection) -> int:
    """The number of the next entry."""
    return cursor.execute("select coalesce(max(seq), 0) + 1 from audit_entry").fetchall()[0][0]


def head(cursor: duckdb.DuckDBPyConnection) -> tuple[int, str]:
    """The newest entry's number and hash: what an exported score or memo carries."""
    return first(cursor, "select seq, hash from audit_entry order by seq desc limit 1") or (0, GENESIS)


def _entry_hash(row: tuple[object, ...]) -> str:
    return hashlib.sha256("\x1f".join("" if v is None else str(v) for v in row).encode()).hexdigest()


def add_entry(
    cursor: duckdb.DuckDBPyConnection, seq: int, actor: str, channel: str, at: datetime, action: str,
    kind: str = "none", note: str | None = None,
) -> str:
    """Write the entry that binds the records numbered `seq` to all entries before; gives its hash."""
    records, digest = first(
        cursor, "select count(*), sha256(coalesce(string_agg(digest, '' order by record_no), '')) from record where seq = ?", [seq]
    )
    previous = head(cursor)[1]
    fields = (seq, at, actor, action, channel, kind, records, digest, note, previous)
    entry_hash = _entry_hash(fields)
    cursor.execute("insert into audit_entry values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", [*fields, entry_hash])
    return entry_hash


def verify(cursor: duckdb.DuckDBPyConnection, expect: str | None = None) -> Verdict:
    """Prove the chain, every record under it, and that the working tables say what the records say.

    Args:
        expect: a head printed earlier; it must be among the hashes.

    Returns:
        A verdict naming the first fault: the entry, and where one record can be told, its key.
    """
    entries = cursor.execute("select * from audit_entry order by seq").fetchall()
    records = cursor.execute("select count(*) from record").fetchall()[0][0]
    erased = cursor.execute(
        "select gone.key, erasure.body from record as gone left join record as erasure "
        "on erasure.key = 'erasure:' || gone.record_no where gone.body is null and gone.kind <> 'erasure' order by gone.record_no"
    ).fetchall()
    fault = _fault_in_chain(entries) or _fault_in_records(cursor) or _fault_in_working_tables(cursor)
    if fault is None and expect is not None and expect != GENESIS and expect not in {row[-1] for row in entries}:
        fault = f"the expected head {expect} is not in the chain: this is another store, or entries up to it were replaced"
    orders = tuple(f"{key}: {body}" for key, body in erased if body is not None)
    return Verdict(len(entries), records, entries[-1][-1] if entries else GENESIS, orders, fault)


def _fault_in_chain(entries: list[tuple]) -> str | None:
    previous = GENESIS
    for position, row in enumerate(entries, start=1):
        *fields, entry_hash = row
        if fields[0] != position:
            return f"audit entry {position} is missing (the next one found is {fields[0]})"
        if fields[9] != previous:
            return f"audit entry {position} does not follow the one before it: an entry was changed, removed or reordered"
        if _entry_hash(tuple(fields)) != entry_hash:
            return f"audit entry {position} was changed"
        previous = entry_hash
    return None


def _fault_in_records(cursor: duckdb.DuckDBPyConnection) -> str | None:
    changed = first(
        cursor,
        f"select seq, key, kind from record where body is not null and digest <> {RECORD_DIGEST} order by record_no limit 1",
    )
    unordered = first(
        cursor,
        "select gone.seq, gone.key from record as gone left join record as erasure on erasure.key = 'erasure:' || gone.record_no "
        "where gone.body is null and erasure.key is null order by gone.record_no limit 1",
    )
    entry = first(
        cursor,
        "with found as (select seq, count(*) as records, sha256(coalesce(string_agg(digest, '' order by record_no), '')) as digest "
        "from record group by seq) "
        "select coalesce(audit_entry.seq, found.seq) as seq, coalesce(audit_entry.records, 0) as expected, "
        "coalesce(found.records, 0) as present from audit_entry full join found on audit_entry.seq = found.seq "
        "where coalesce(found.records, 0) <> coalesce(audit_entry.records, 0) "
        "or (found.digest is not null and found.digest <> audit_entry.digest) or audit_entry.seq is null order by 1 limit 1",
    )
    faults = []
    if changed:
        faults.append((changed[0], f"record {changed[1]} (audit entry {changed[0]}) was changed"))
    if unordered:
        faults.append((unordered[0], f"record {unordered[1]} (audit entry {unordered[0]}) was emptied without an erasure order"))
    if entry:
        seq, expected, present = entry
        what = (
            f"holds {present} records where it was written with {expected}: a record was removed or added"
            if expected != present else "has a record that was changed or reordered"
        )
        faults.append((seq + 0.5, f"audit entry {seq} {what}"))
    return min(faults)[1] if faults else None


def _fault_in_working_tables(cursor: duckdb.DuckDBPyConnection) -> str | None:
    """Compute every working table anew from the bodies and compare row by row."""
    for kind in projections.KINDS:
        cursor.execute(
            "create or replace temp view recorded as select record_no, record.seq, channel, body from record "
            f"inner join audit_entry on record.seq = audit_entry.seq where record.kind = '{kind}'"
        )
        projections.parse_into(cursor, kind, "recorded")
        for table, select in projections.selects(kind).items():
            row = first(
                cursor,
                f"with stands as (select record_no, md5(to_json(t)::varchar) as said from store.main.{table} as t), "
                f"should as (select record_no, md5(to_json(t)::varchar) as said from ({select}) as t), "
                "differing as ((from stands except all from should) union all (from should except all from stands)) "
                "select min(record_no) from differing",
            )
            if row[0] is not None:
                key = first(cursor, "select key, seq from record where record_no = ?", [row[0]]) or ("?", "?")
                return f"working table {table} does not say what record {key[0]} (audit entry {key[1]}) says: one of them was changed"
    return None
