"""Appends records: numbered, salted, digested, chained and projected, exactly once. The only writer of `record`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import duckdb
import polars as pl

from engine.errors import BrokenPromise
from engine.store import audit, projections

STAGED_SCHEMA = {"position": pl.Int64, "key": pl.String, "known_at": pl.Datetime("us"), "body": pl.String}


@dataclass(frozen=True)
class Origin:
    """Who writes, by what way in, and when (UTC, without offset): handed in, never read from a clock here."""

    actor: str
    channel: str
    at: datetime


@dataclass(frozen=True)
class Appended:
    """What became of a batch: the audit entry's number (None: nothing was new) and what was not new."""

    seq: int | None
    added: int
    unchanged: int
    conflicting: tuple[tuple[int, str], ...]


def stage(cursor: duckdb.DuckDBPyConnection, batch: pl.DataFrame) -> None:
    """Lay a batch (`position, key, known_at, body`) ready as the temporary table `staged`.

    A key that stands twice with one content counts once; with two contents the first stands and the
    others are reported by `append` as conflicting.
    """
    cursor.register("batch", batch.select(list(STAGED_SCHEMA)).to_arrow())
    # The window over whole bodies is needed only by a batch with a key twice (with the join below: 2,690 to 2,890 applications/s).
    twice = batch["key"].n_unique() < len(batch)
    cursor.execute(
        "create or replace temp table staged as select position, key, known_at, body, " + (
            "row_number() over (partition by key order by position) as copy, first_value(body) over (partition by key order by position) as first_body "
            if twice else "1 as copy, null::varchar as first_body "
        ) + "from batch"
    )
    cursor.unregister("batch")


def append(cursor: duckdb.DuckDBPyConnection, kind: str, origin: Origin, action: str, note: str | None = None) -> Appended:
    """Append what `staged` holds, inside the caller's transaction; leaves the new rows in the temporary table `parsed`.

    The same record again changes nothing. The same key with other content is not written and is listed, as
    (position, what is wrong); an erased record's key cannot be filled again.
    """
    # Keys first, then the bodies of those few records: a join on the bodies themselves would read them all at every chunk,
    # and so would a join that finds none.
    cursor.execute("create or replace temp table held_key as select record_no from record where key in (select key from staged)")
    least, most = cursor.execute("select min(record_no), max(record_no) from held_key").fetchall()[0]
    cursor.execute(
        "create or replace temp table held as select key, kind, body from record where record_no between ? and ? "
        "and record_no in (select record_no from held_key)", [least or 0, most or 0]
    )
    cursor.execute(
        "create or replace temp table sorted_out as "
        "select staged.position, case "
        "when held.key is not null and held.kind <> ? then 'conflict' "
        "when held.key is not null and held.body is null then 'erased' "
        "when coalesce(held.body, staged.first_body, staged.body) <> staged.body then 'conflict' "
        "when held.key is not null or staged.copy > 1 then 'unchanged' else 'new' end as verdict "
        "from staged left join held on staged.key = held.key", [kind]
    )
    counts = dict(cursor.execute("select verdict, count(*) from sorted_out group by verdict").fetchall())
    conflicting = cursor.execute(
        "select position, verdict from sorted_out where verdict in ('conflict', 'erased') order by position"
    ).fetchall()
    added = counts.get("new", 0)
    if not added:
        return Appended(None, 0, counts.get("unchanged", 0), tuple(conflicting))
    seq = audit.next_seq(cursor)
    base = cursor.execute("select coalesce(max(record_no), 0) from record").fetchall()[0][0]
    cursor.execute(
        "create or replace temp table fresh as "
        "with numbered as (select ? + row_number() over (order by position) as record_no, key, known_at, body, "
        "replace(uuid()::varchar, '-', '') as salt from staged where position in (select position from sorted_out where verdict = 'new')) "
        f"select record_no, {seq}::bigint as seq, ?::varchar as channel, key, known_at, salt, body, "
        f"{audit.RECORD_DIGEST} as digest from (select *, '{kind}' as kind from numbered) as named",
        [base, origin.channel],
    )
    cursor.execute(
        "insert into record select record_no, seq, ?, key, known_at, salt, digest, body from fresh order by record_no", [kind]
    )
    if kind in projections.KINDS:
        projections.parse_into(cursor, kind, "fresh")
        projections.fill(cursor, kind)
    audit.add_entry(cursor, seq, origin.actor, origin.channel, origin.at, action, kind, note)
    return Appended(seq, added, counts.get("unchanged", 0), tuple(conflicting))


def append_one(
    cursor: duckdb.DuckDBPyConnection, kind: str, key: str, at: datetime, body: str, origin: Origin, action: str
) -> Appended:
    """`stage` and `append` for one record."""
    frame = pl.DataFrame({"position": [0], "key": [key], "known_at": [at], "body": [body]}, schema=STAGED_SCHEMA)
    stage(cursor, frame)
    return append(cursor, kind, origin, action)


def body_of(cursor: duckdb.DuckDBPyConnection, key: str) -> str | None:
    """The body of the record with this key, or None where there is none or it was erased."""
    rows = cursor.execute("select body from record where key = ?", [key]).fetchall()
    if len(rows) > 1:
        raise BrokenPromise(f"the store holds {len(rows)} records with one key; run `diversion audit verify` and restore a copy.")
    return rows[0][0] if rows else None
