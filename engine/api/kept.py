"""Answers that cost the service seconds, kept until a record comes in or the hour ends. Knows no route and decides nothing."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from datetime import datetime
from typing import Any, TypeVar

T = TypeVar("T")
MOST = 32  # answers; the largest, a due list of 5,000 rows, takes about 10 MB


class Kept:
    """The newest answers, by what was asked.

    What was asked must name everything that the answer depends on beside the records and the hour: the filters, and what the
    caller may see. Who asks for what is being worked out waits for it, so that ten who open one page cost what one does.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._answers: OrderedDict[Hashable, tuple[Hashable, Any]] = OrderedDict()
        self._working: dict[Hashable, threading.Lock] = {}

    def answer(self, cursor: Any, asked: Hashable, now: datetime, make: Callable[[], T]) -> T:
        """The kept answer where nothing came on record since, or a new one."""
        with self._lock:
            working = self._working.setdefault(asked, threading.Lock())
        with working:
            stands = (cursor.execute("select coalesce(max(record_no), 0) from record").fetchall()[0][0], now.replace(minute=0, second=0, microsecond=0))
            with self._lock:
                found = self._answers.get(asked)
            if found is not None and found[0] == stands:
                return found[1]
            made = make()
            with self._lock:
                self._answers[asked] = (stands, made)
                self._answers.move_to_end(asked)
                while len(self._answers) > MOST:
                    self._working.pop(self._answers.popitem(last=False)[0], None)
            return made
