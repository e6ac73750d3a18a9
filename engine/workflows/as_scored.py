"""Gives a past score again, bit for bit, from the records as they stood when it was given. Changes nothing on record.

Features already leave out what became known after `as_of`; this is the third clock, for what was known of that time but came on record
later (history taken in afterwards, corrections, links, weights). A store of its own is filled with the records before the score's entry and
scored: slow, but nothing that came later can be in it.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from engine.errors import EngineError, UnknownRecord
from engine.store.database import first, open_store, storage_error
from engine.store.reference import digest
from engine.wire import Score
from engine.workflows.assess import Subject, score_stored
from engine.workflows.links import IN_FORCE
from engine.workflows.models import load_model

if TYPE_CHECKING:
    from engine.workflows.desk import Desk


@dataclass(frozen=True)
class AsScored:
    """A score on record, and what came of computing it again.

    Args:
        score: as it was given and put on record.
        entry: the audit entry that holds it; the records before that entry were replayed.
        reproduced: whether every field came out the same, bit for bit.
        differences: each field that did not, and what is known of why; empty where all did.
    """

    score: Score
    entry: int
    reproduced: bool
    differences: tuple[str, ...]


def as_scored(
    desk: Desk, application_id: str, scored_at: datetime | None = None, *, progress: Callable[[str], None] | None = None
) -> AsScored:
    """Give a score on record again from the records before it: the newest, or the one given at a moment (UTC, without offset).

    Raises:
        UnknownRecord: no score of this application on record, or none of that moment.
        NotReady: the disk has no room for a second store.
    """
    tell = progress or (lambda stage: None)
    cursor = desk.store.cursor()
    entry, body = _on_record(cursor, application_id, scored_at)
    score = Score.model_validate_json(body)
    try:
        with tempfile.TemporaryDirectory(prefix=".diversion-as-scored-", dir=desk.store.path.absolute().parent) as folder:
            path = Path(folder) / "store.duckdb"
            tell(f"copying the records before entry {entry}")
            erased = _fill(cursor, path, entry if score.store_sequence is None else score.store_sequence + 1)
            tell("deriving parties, list hits and distances from them")
            again = _again(path, score, tell)
    except duckdb.Error as error:
        raise storage_error(error) from error
    differences = (again,) if isinstance(again, str) else _differences(score, again)
    if differences:
        differences += _causes(cursor, entry, erased)
    return AsScored(score, entry, not differences, differences)


def _on_record(cursor: duckdb.DuckDBPyConnection, application_id: str, scored_at: datetime | None) -> tuple[int, str]:
    """(audit entry, body) of the score asked for."""
    rows = cursor.execute(
        "select score.scored_at, record.seq, record.body from score inner join record on score.record_no = record.record_no "
        "where score.application_id = ? order by record.record_no", [application_id]
    ).fetchall()
    # A moment written by hand has whole seconds; the record has what the clock had.
    found = [row for row in rows if scored_at in (None, row[0])] or [row for row in rows if scored_at == row[0].replace(microsecond=0)]
    if found:
        return found[-1][1:]
    if not rows:
        raise UnknownRecord(f"no score of {application_id} is on record. Expected one that was filed and scored. `diversion score` scores what has no score yet.")
    told = ", ".join(f"{at.isoformat()}Z" for at, _, _ in rows[-20:])
    raise UnknownRecord(f"no score of {application_id} was given at {scored_at.isoformat()}Z. Expected one of: {told}. Name one of them.")


def _fill(cursor: duckdb.DuckDBPyConnection, path: Path, entry: int) -> int:
    """Lay the records before an entry down as a new store; how many of them were erased since."""
    open_store(path, create=True).close()
    cursor.execute(f"attach '{str(path).replace(chr(39), chr(39) * 2)}' as past")
    try:
        for table, order in (("audit_entry", "seq"), ("record", "record_no")):
            cursor.execute(f"insert into past.main.{table} by name select * from store.main.{table} where seq < ? order by {order}", [entry])
        weights = first(cursor, "select key from past.main.record where kind = 'link_weights' order by record_no desc limit 1")
        if weights:
            cursor.execute("insert or replace into past.main.setting values (?, ?)", [IN_FORCE, weights[0]])
        return first(cursor, "select count(*) from past.main.record where body is null")[0]
    finally:
        cursor.execute("detach past")


def _again(path: Path, score: Score, tell: Callable[[str], None]) -> Score | str:
    """The score computed in the store of that time; in words why not, where its own filing or model is gone."""
    from engine.store.records import Origin
    from engine.workflows.desk import open_desk

    at = _plain(score.scored_at)
    with open_desk(path, Origin("engine", "engine", at)) as past, closing(past.store.cursor()) as cursor:
        row = first(cursor, "select record_no from filing where application_id = ? and revision = ?", [score.application_id, score.revision])
        if row is None:
            return f"the filing {score.application_id}, revision {score.revision}, is not among the records before the score: it was erased"
        try:
            model = load_model(cursor, score.model_version)
        except (TypeError, ValueError, KeyError, EngineError):
            return f"the model {score.model_version} is not among the records before the score, or is of a form this version does not read"
        tell("scoring")
        again = score_stored(past, [Subject(row[0], _plain(score.as_of), at)], at, model=model, cursor=cursor)[0]
        # The store of that time has entries of its own making, so its own number says nothing.
        return again.model_copy(update={"store_sequence": score.store_sequence})


def _plain(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(tzinfo=None)


def _differences(given: Score, again: Score) -> tuple[str, ...]:
    """Each field that came out otherwise; lists by how many of theirs did."""
    told = []
    for name in Score.model_fields:
        was, now = getattr(given, name), getattr(again, name)
        if was == now:
            continue
        if name in ("reasons", "missing", "referrals"):
            key = {"reasons": "feature", "missing": "feature", "referrals": "rule_id"}[name]
            names = sorted({getattr(one, key) for one in (*was, *now) if one not in was or one not in now})
            told.append(f"{name}: {', '.join(names) or 'their order'}")
        else:
            told.append(f"{name}: {was!r} on record, {now!r} computed")
    return tuple(told)


def _causes(cursor: duckdb.DuckDBPyConnection, entry: int, erased: int) -> tuple[str, ...]:
    """What is known to make a replay come out otherwise."""
    causes = []
    loaded = first(cursor, "select note from audit_entry where action = 'load reference data' and seq < ? order by seq desc limit 1", [entry])
    if loaded and loaded[0] != f"edition {digest()}":
        causes.append(f"reference data: {loaded[0]} then, edition {digest()} now; install the version of that time to compute with it")
    if erased:
        causes.append(f"{erased} record(s) before it were erased under an order since")
    return tuple(causes)
