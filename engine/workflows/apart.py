"""Does long work in a process of its own, on a copy of the store, and takes what it put on record over as one write.

A service goes on answering meanwhile: training and planning are mostly Python, which would hold its lock, and their memory goes when they
end. The work is a workflow like any other and does not know where it runs.
"""

from __future__ import annotations

import pickle
import subprocess
import sys
import tempfile
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import duckdb
import polars as pl

from engine.errors import Conflict, EngineError, NotReady, RefusedInput
from engine.store import audit, records
from engine.store.database import open_store, storage_error
from engine.store.records import STAGED_SCHEMA, Origin
from engine.workflows.backup import copied
from engine.workflows.desk import Desk

T = TypeVar("T")


def apart(desk: Desk, work: Callable[..., T], *given: Any, memory_limit: str | None = None, **named: Any) -> T:
    """What `work(desk, *given, **named)` gives, done on a copy of the store as it stands now; its new records are on record when this returns.

    Args:
        work: a function of a module; it and all it is given and gives can be pickled.
        memory_limit: DuckDB's, for the other process.

    Raises:
        EngineError: whatever the work raised.
        Conflict: the store took in other records under the same keys meanwhile; nothing of the work was written.
        NotReady: the process was ended from outside, or the disk has no room for a copy.
    """
    try:
        with tempfile.TemporaryDirectory(prefix=".diversion-apart-", dir=desk.store.path.absolute().parent) as folder:
            copy = Path(folder) / "store.duckdb"
            seq, _ = copied(desk, copy)
            result = _done(copy, work, given, named, memory_limit)
            _taken_over(desk, copy, seq)
    except duckdb.Error as error:
        raise storage_error(error) from error
    return result


def _done(copy: Path, work: Callable[..., T], given: tuple, named: dict, memory_limit: str | None) -> T:
    # The path is handed on, so that the other side imports what runs here and nothing from the working directory.
    script = f"import sys; sys.path[:] = {sys.path!r}; from engine.workflows.apart import serve; serve()"
    order = pickle.dumps((copy, work, given, named, memory_limit))
    ended = subprocess.run([sys.executable, "-P", "-c", script], input=order, stdout=subprocess.PIPE, check=False, process_group=0)
    try:
        done, told = pickle.loads(ended.stdout)
    except (EOFError, pickle.UnpicklingError) as error:
        raise NotReady(
            f"the process at work ended before it was done (exit status {ended.returncode}). Nothing of it was written. Expected it to run to the end: "
            "see that memory and disk suffice, and ask again."
        ) from error
    if not done:
        raise told
    return told


def serve() -> None:
    """Do one piece of work as standard input says; for the process that `apart` starts."""
    from engine.workflows.desk import open_desk

    copy, work, given, named, memory_limit = pickle.load(sys.stdin.buffer)
    told, sys.stdout = sys.stdout.buffer, sys.stderr  # what a library prints must not stand among the answer
    try:
        with open_desk(copy, Origin("engine", "engine", datetime.now(UTC).replace(tzinfo=None)), memory_limit=memory_limit) as desk:
            answer = (True, work(desk, *given, **named))
    except EngineError as error:
        answer = (False, _sendable(error))
    told.write(pickle.dumps(answer))
    told.flush()


def _sendable(error: EngineError) -> EngineError:
    """The error itself, or its message where its class is built from more than that."""
    try:
        return pickle.loads(pickle.dumps(error))
    except TypeError:
        return RefusedInput(error.message)


def _taken_over(desk: Desk, copy: Path, seq: int) -> None:
    """Everything put on record in the copy after an entry, entry by entry, in one transaction of the store's own writer."""
    with open_store(copy) as other, closing(other.cursor()) as read:
        entries = read.execute("select seq, actor, channel, made_at, action, kind, note from audit_entry where seq > ? order by seq", [seq]).fetchall()
        found = [
            (entry, read.execute("select key, known_at, body from record where seq = ? order by record_no", [entry[0]]).fetchall()) for entry in entries
        ]
    with desk.store.writing() as cursor:
        for (_, actor, channel, at, action, kind, note), rows in found:
            origin = Origin(actor, channel, at)
            if not rows:
                audit.add_entry(cursor, audit.next_seq(cursor), actor, channel, at, action, kind, note)
                continue
            frame = pl.DataFrame([(n, *row) for n, row in enumerate(rows)], orient="row", schema=STAGED_SCHEMA)
            records.stage(cursor, frame)
            if records.append(cursor, kind, origin, action, note).conflicting:
                raise Conflict(f"while this was at work ({action}) the store took in other records of the same kind. Nothing of it was written. Ask again.")
