"""Answers that cost the service seconds, kept until something is written or the hour ends, some of them worked out before anybody asks. Knows no route."""

from __future__ import annotations

import contextlib
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from typing import Any, TypeVar

from engine.store import audit

T = TypeVar("T")
Make = Callable[[Any, datetime], T]  # on a cursor, as of now
MOST = 32  # answers; the largest, a due list of 5,000 rows, takes about 10 MB
LOOK_SECONDS = 1.0  # between two looks whether something was written
QUIET_SECONDS = 5.0  # without a write before anything is worked out ahead: a file of many filings is not held up
REST = 9.0  # times as long as it took, until the next time: at most a tenth of the machine goes into it


class Kept:
    """The newest answers, by what was asked.

    What was asked must name everything that the answer depends on beside the records and the hour: the filters, and what the
    caller may see. Who asks for what is being worked out waits for it, so that ten who open one page cost what one does.
    An answer is told only while nothing was written since it was worked out.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._answers: OrderedDict[Hashable, tuple[Hashable, Any]] = OrderedDict()
        self._working: dict[Hashable, threading.Lock] = {}

    def answer(self, cursor: Any, asked: Hashable, now: datetime, make: Make[T]) -> T:
        """The kept answer where nothing was written since, or a new one."""
        with self._lock:
            working = self._working.setdefault(asked, threading.Lock())
        with working:
            stands = _stands(cursor, now)
            with self._lock:
                found = self._answers.get(asked)
            if found is not None and found[0] == stands:
                return found[1]
            made = make(cursor, now)
            with self._lock:
                self._answers[asked] = (stands, made)
                self._answers.move_to_end(asked)
                while len(self._answers) > MOST:
                    self._working.pop(self._answers.popitem(last=False)[0], None)
            return made


def _stands(cursor: Any, now: datetime) -> tuple[int, datetime]:
    # The chain moves with whatever is written, an erasure too, which adds no record.
    return audit.head(cursor)[0], now.replace(minute=0, second=0, microsecond=0)


@contextmanager
def worked_out_ahead(
    kept: Kept, cursors: Callable[[], AbstractContextManager[Any]], now: Callable[[], datetime], what: dict[Hashable, Make], *, quiet: float = QUIET_SECONDS
) -> Iterator[None]:
    """While the block lasts, a thread works these answers out at the start and again whenever something was written and then nothing for a while.

    Whoever asks before it is done waits as they would without it. What fails here fails again where it is asked for, and is told there.
    """
    over = threading.Event()
    at_work: list[Any] = []  # the cursor in use, to be stopped with the service

    def ahead() -> None:
        seen, since, done, rested = None, 0.0, None, 0.0
        while not over.wait(min(LOOK_SECONDS, quiet)):
            with cursors() as cursor:
                stands = _stands(cursor, now())
            if stands != seen:
                since = time.monotonic() if seen else -quiet  # at the start nobody has been writing
                seen = stands
            begun = time.monotonic()
            if seen == done or begun - since < quiet or begun < rested:
                continue
            for asked, make in what.items():
                if over.is_set():
                    return
                with contextlib.suppress(Exception), cursors() as cursor:
                    at_work[:] = [cursor]
                    kept.answer(cursor, asked, now(), make)
            done, rested = seen, time.monotonic() + REST * (time.monotonic() - begun)

    thread = threading.Thread(target=ahead, name="answers worked out ahead", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        for cursor in at_work:
            with contextlib.suppress(Exception):  # it may be closed by now
                cursor.interrupt()
        thread.join(timeout=30)
