"""Opens the database: the only `duckdb.connect`, its lock, its version, one writer and a cursor for each reader. Knows no risk."""

from __future__ import annotations

import contextlib
import json
import os
import threading
from collections.abc import Callable, Iterator
from importlib import resources
from pathlib import Path

import duckdb

from engine.errors import EngineError, NotReady, RefusedInput, StoreLocked, StoreTooNew

SCHEMA_VERSION = 1
MEMORY = Path(":memory:")


class Store:
    """One open DuckDB file: read through `cursor()`, write through `writing()`.

    The file is attached under the name `store`, so that a computation may lay temporary views over its
    working tables without touching them. One process owns the file; within it there is one writer.
    """

    def __init__(self, path: Path, connection: duckdb.DuckDBPyConnection) -> None:
        self.path = path
        self._connection = connection
        self._writer_lock = threading.RLock()

    def cursor(self) -> duckdb.DuckDBPyConnection:
        """A connection of its own for one reader: a shared one mixes result sets between threads."""
        cursor = self._connection.cursor()
        cursor.execute("use store")
        return cursor

    @contextlib.contextmanager
    def writing(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """One transaction of the only writer: all of it is on disk when the block ends, or none of it is."""
        with self._writer_lock:
            cursor = self.cursor()
            cursor.execute("begin")
            try:
                yield cursor
                cursor.execute("commit")
            except BaseException:
                with contextlib.suppress(duckdb.Error):
                    cursor.execute("rollback")
                raise
            finally:
                cursor.close()

    def close(self) -> None:
        """Write everything to the file and let it go; what a full disk keeps out of it stands in the log beside it."""
        with contextlib.suppress(duckdb.Error):
            self._connection.close()

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


def service_note(path: Path) -> Path:
    """Where a running service leaves its address and process id, beside the store it holds."""
    path = path.resolve()  # the store's own folder, by whatever link it is named
    return path.with_name(path.name + ".service.json")


def running_service(path: Path) -> tuple[str, int] | None:
    """Address and process id in the note beside a store; None without one, and where that process ended without taking it away."""
    try:
        note = json.loads(service_note(path).read_text("utf-8"))
        address, pid = str(note["address"]), int(note["pid"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return (address, pid) if pid > 0 and _lives(pid) else None


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except PermissionError:  # another account's
        return True
    except (OSError, OverflowError):
        return False
    return True


def open_store(path: Path, *, create: bool = False, memory_limit: str | None = None, threads: int | None = None) -> Store:
    """Open the store file, bringing an older one up to date.

    Args:
        path: the DuckDB file, or `:memory:`.
        create: make the file when it is absent; otherwise its absence is an error, since a mistyped path
            would silently give an empty store.
        memory_limit: DuckDB's own, such as "4GB"; None leaves DuckDB's default.
        threads: worker threads; None uses every core.

    Raises:
        RefusedInput: no such file or folder, or a file that is not a store.
        StoreLocked: another process holds it.
        StoreTooNew: a newer diversion made it.
    """
    in_memory = str(path) == str(MEMORY)
    if not in_memory and not path.exists() and not create:
        raise RefusedInput(
            f"no store at {path}: expected a DuckDB file made by `diversion init` or `diversion demo`. "
            "Make one with `diversion init --store PATH`, or name another with --store or DIVERSION_STORE."
        )
    if not in_memory and not path.absolute().parent.is_dir():
        raise RefusedInput(f"no store can be made at {path}: the folder {path.parent} is not there. Expected an existing folder. Make it, or name another with --store.")
    connection = duckdb.connect(":memory:")
    connection.execute("set TimeZone = 'UTC'")
    connection.execute("set preserve_insertion_order = true")
    if not in_memory:
        connection.execute("set temp_directory = ?", [str(path) + ".spill"])
    if memory_limit:
        connection.execute("set memory_limit = ?", [memory_limit])
    if threads:
        connection.execute("set threads = ?", [threads])
    target = ":memory:" if in_memory else str(path).replace("'", "''")
    try:
        connection.execute(f"attach '{target}' as store")
    except duckdb.Error as error:
        connection.close()
        raise _opening_error(path, error) from error
    connection.execute("use store")
    try:
        _migrate(connection, path)
    except BaseException:
        connection.close()
        raise
    return Store(path, connection)


def storage_error(error: duckdb.Error) -> EngineError:
    """What DuckDB says of the machine it runs on (disk, memory, permissions), in words for whoever can mend it."""
    text = str(error)
    if _disk_is_full(text):
        return NotReady("the disk is full: what was on record before stands, the rest was not written. Free some space and run the same command again.")
    if isinstance(error, duckdb.OutOfMemoryException):
        return NotReady(
            f"the memory did not suffice ({_first_line(text)}). What was on record before stands. "
            "Give DuckDB more (DIVERSION_MEMORY), or divide the input, and run the same command again."
        )
    return NotReady(f"the store could not be read or written ({_first_line(text)}). What was on record before stands; run the same command again.")


def _disk_is_full(text: str) -> bool:
    """Whether an error speaks of a full disk, a quota, or a file-size limit."""
    told = text.lower()
    return any(words in told for words in ("no space left", "disk full", "disk is full", "quota", "file too large", "could not write all bytes"))


def _first_line(text: str) -> str:
    return next(iter(text.splitlines()), "no reason given")[:300]


def _opening_error(path: Path, error: duckdb.Error) -> Exception:
    text = str(error)
    if "lock" in text.lower():
        service = running_service(path)
        holder = f" A service at {service[0]} (process {service[1]}) holds it: use its HTTP routes, or stop it." if service else ""
        return StoreLocked(
            f"the store {path} is in use by another process; one process at a time can hold it.{holder} "
            "Wait until that command ends, stop it, or name another store with --store.",
            service[0] if service else None,
        )
    if _disk_is_full(text):
        return NotReady(f"the disk that holds {path} is full: free some space and run the same command again.")
    return RefusedInput(f"{path} is not a store that can be opened (expected a DuckDB 2 file): {_first_line(text)}")


def _migrations() -> list[tuple[int, str]]:
    folder = resources.files("engine.store") / "migrations"
    files = sorted((f for f in folder.iterdir() if f.name.endswith(".sql")), key=lambda f: f.name)
    return [(int(f.name[:4]), f.read_text()) for f in files]


def _migrate(connection: duckdb.DuckDBPyConnection, path: Path) -> None:
    """Run the numbered migrations that the file has not seen, each in one transaction."""
    tables = {name for (name,) in connection.execute(
        "select table_name from duckdb_tables() where database_name = 'store'"
    ).fetchall()}
    if tables and "setting" not in tables:
        raise RefusedInput(f"{path} is a DuckDB file but not a diversion store: name another with --store.")
    version = 0
    if tables:
        version = int(setting(connection, "schema_version") or 0)
    newest = _migrations()[-1][0]
    if version > newest:
        raise StoreTooNew(
            f"the store {path} was written by a newer diversion (schema {version}; this one knows up to {newest}). "
            "Nothing was changed. Install that version, or open a copy made by this one."
        )
    for number, sql in _migrations():
        if number > version:
            connection.execute("begin")
            connection.execute(sql)
            connection.execute("insert or replace into setting values ('schema_version', ?)", [str(number)])
            connection.execute("commit")


def first(cursor: duckdb.DuckDBPyConnection, sql: str, parameters: list | None = None) -> tuple | None:
    """The first row of a query, or None, with the result read to its end.

    `fetchone()` leaves the rest of a result pending, and DuckDB 2 then refuses the next `register` on that connection.
    """
    rows = cursor.execute(sql, parameters).fetchall()
    return rows[0] if rows else None


def setting(cursor: duckdb.DuckDBPyConnection, name: str) -> str | None:
    """A named value of the store itself, or None."""
    row = first(cursor, "select value from setting where name = ?", [name])
    return row[0] if row else None


def put_setting(cursor: duckdb.DuckDBPyConnection, name: str, value: str) -> None:
    """Set a named value of the store itself."""
    cursor.execute("insert or replace into setting values (?, ?)", [name, value])


Progress = Callable[[str, int, int], None]
"""Called with a stage's name, how many are done, and of how many (0: not known)."""
