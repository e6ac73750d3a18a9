"""What one process keeps at hand: the open store, the list indexes, the model in force and past cases. Decides nothing."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from engine.store import projections
from engine.store.database import Store, open_store, storage_error
from engine.store.records import Origin
from engine.store.reference import load_reference

if TYPE_CHECKING:
    from engine.risk.model import Model
    from engine.screening.index import NameIndex
    from engine.workflows.drift import Drift
    from engine.workflows.similar_cases import Labelled


class Desk:
    """The store with what is costly to build from it, each rebuilt when the store has moved on.

    Handed to every workflow in place of module state, so that two stores in one process never mix.
    """

    def __init__(self, store: Store) -> None:
        self.store = store
        self._lock = threading.Lock()
        self._looking = threading.Lock()
        self._index: tuple[int, NameIndex] | None = None
        self._denials: tuple[int, NameIndex] | None = None
        self._model: tuple[int, Model | None] | None = None
        self._challenger: tuple[int, Model | None] | None = None
        self._cases: tuple[tuple[int, int], Labelled] | None = None
        self._drift: tuple[tuple[int, int, date], Drift] | None = None

    def name_index(self, cursor: duckdb.DuckDBPyConnection) -> NameIndex:
        """The index over every list entry held, built anew when lists were imported since."""
        from engine.workflows.screen import build_index

        newest = cursor.execute("select coalesce(max(record_no), 0) from list_entry").fetchall()[0][0]
        with self._lock:
            if self._index is None or self._index[0] != newest:
                self._index = (newest, build_index(cursor))
            return self._index[1]

    def denial_index(self, cursor: duckdb.DuckDBPyConnection) -> NameIndex:
        """The index over the names in partners' denials, built anew when one came in since."""
        from engine.workflows.screen import build_denial_index

        newest = cursor.execute("select coalesce(max(record_no), 0) from denial_notice").fetchall()[0][0]
        with self._lock:
            if self._denials is None or self._denials[0] != newest:
                self._denials = (newest, build_denial_index(cursor))
            return self._denials[1]

    def model(self, cursor: duckdb.DuckDBPyConnection) -> Model | None:
        """The model in force, or None while the expert card stands in."""
        from engine.workflows.models import load_model_in_force

        newest = cursor.execute("select coalesce(max(record_no), 0) from record where kind = 'promotion'").fetchall()[0][0]
        with self._lock:
            if self._model is None or self._model[0] != newest:
                self._model = (newest, load_model_in_force(cursor))
            return self._model[1]

    def challenger(self, cursor: duckdb.DuckDBPyConnection) -> Model | None:
        """The model kept in shadow; None where there is none, or where it was trained on other columns than are computed now."""
        from engine.workflows.models import load_challenger

        newest = cursor.execute("select coalesce(max(record_no), 0) from record where kind in ('model', 'promotion', 'challenge')").fetchall()[0][0]
        with self._lock:
            if self._challenger is None or self._challenger[0] != newest:
                self._challenger = (newest, load_challenger(cursor))
            return self._challenger[1]

    def past_cases(self, cursor: duckdb.DuckDBPyConnection, now: datetime, seen: Callable[[Desk, duckdb.DuckDBPyConnection, datetime], Labelled]) -> Labelled:
        """Past applications with an outcome as the model in force sees them, seen anew when a finding or a model came in."""
        newest = cursor.execute(
            "select coalesce(max(record_no), 0), coalesce(max(record_no) filter (where kind in ('promotion', 'link_weights')), 0) from record "
            "where kind in ('visit', 'incident', 'review', 'decision', 'promotion', 'link_weights')"
        ).fetchall()[0]
        with self._lock:
            held = self._cases
        if held is None or held[0] != newest:
            held = (newest, seen(self, cursor, now))
            with self._lock:
                self._cases = held
        return held[1]

    def drift(self, key: tuple[int, int, date], look: Callable[[], Drift]) -> Drift:
        """What was last seen of drift, looked at anew where the key (store sequence, days, day) is another."""
        with self._looking:  # who asks while it is looked at waits: two looks at once take twice as long each
            if self._drift is None or self._drift[0] != key:
                self._drift = (key, look())
            return self._drift[1]

    def close(self) -> None:
        """Let the store go."""
        self.store.close()

    def __enter__(self) -> Desk:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


def open_desk(path: Path, origin: Origin, *, create: bool = False, memory_limit: str | None = None) -> Desk:
    """Open a store ready for work: migrated, its working tables built, the shipped reference data loaded."""
    from engine.workflows.derive import derive, derive_anew, measure_anew

    store = open_store(path, create=create, memory_limit=memory_limit)
    desk = Desk(store)
    try:
        built_anew = projections.ensure_projections(store.cursor())
        with store.writing() as cursor:
            if load_reference(cursor, origin):
                measure_anew(cursor)
            if built_anew:  # an older store may lack what is derived, or name its parties otherwise
                derive_anew(cursor)
            derive(cursor, desk)
    except duckdb.Error as error:
        store.close()
        raise storage_error(error) from error
    except BaseException:
        store.close()
        raise
    return desk
