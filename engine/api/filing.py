"""Files what comes at once in small batches: one batch at a time, by the one writer; each filing gets its own answer.

The cost of a filing is mostly fixed (laying out what is known, each family once), so what arrives while a batch runs forms the next one.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import replace
from datetime import datetime

from engine.errors import NotReady
from engine.store.records import Origin
from engine.wire import Application
from engine.workflows.desk import Desk
from engine.workflows.file_application import Filed, file_application
from engine.workflows.file_batch import file_batch

LINGER = 0.1  # of the last batch's time: those it answered may send their next, and are not left to wait for a batch of the one who was quickest
LONGEST_LINGER = 0.25  # seconds
MOST_AT_ONCE = 128  # a batch of 128 takes little longer than one of 1, and nobody waits for more than two batches


class FilingBatches:
    """A line of filings before the one writer.

    Args:
        now: tells the moment, UTC without offset; a batch is scored as of one moment.
    """

    def __init__(self, desk: Desk, now: Callable[[], datetime]) -> None:
        self._desk = desk
        self._now = now
        self._waiting: deque[tuple[Application, Origin, Future[Filed]]] = deque()
        self._changed = threading.Condition()
        self._ending = False
        self._clerk = threading.Thread(target=self._work, name="filing", daemon=True)
        self._clerk.start()

    def file(self, application: Application, origin: Origin) -> Future[Filed]:
        """Put one filing in line; the future holds its own outcome, once that is on disk.

        Raises:
            NotReady: the service is ending.
        """
        done: Future[Filed] = Future()
        done.set_running_or_notify_cancel()  # what is in line is filed, also where whoever waits for it is gone
        with self._changed:
            if self._ending:
                raise NotReady("the service is being stopped. Nothing of this filing was written. Send it again when the service is back.")
            self._waiting.append((application, origin, done))
            self._changed.notify()
        return done

    @property
    def waiting(self) -> int:
        """How many are in line."""
        return len(self._waiting)

    def close(self) -> None:
        """Take no more, file all that are in line, and end."""
        with self._changed:
            self._ending = True
            self._changed.notify()
        self._clerk.join()

    def _work(self) -> None:
        linger = 0.0
        while batch := self._next(linger):
            began = time.monotonic()
            try:
                outcomes = self._filed([(application, origin) for application, origin, _ in batch])
            except BaseException as error:  # whoever waits must hear of it, whatever it is
                outcomes = [error] * len(batch)
            linger = min(LONGEST_LINGER, LINGER * (time.monotonic() - began)) if len(batch) > 1 else 0.0
            for (_, _, done), outcome in zip(batch, outcomes, strict=True):
                if isinstance(outcome, BaseException):
                    done.set_exception(outcome)
                else:
                    done.set_result(outcome)

    def _next(self, linger: float) -> list[tuple[Application, Origin, Future[Filed]]]:
        with self._changed:
            while not self._waiting and not self._ending:
                self._changed.wait()
            until = time.monotonic() + linger
            while not self._ending and len(self._waiting) < MOST_AT_ONCE and (left := until - time.monotonic()) > 0:
                self._changed.wait(left)
            return [self._waiting.popleft() for _ in range(min(MOST_AT_ONCE, len(self._waiting)))]

    def _filed(self, batch: list[tuple[Application, Origin]]) -> list[Filed | BaseException]:
        at = self._now()
        batch = [(application, replace(origin, at=at)) for application, origin in batch]
        if len(batch) > 1:
            try:
                return list(file_batch(self._desk, [application for application, _ in batch], [origin for _, origin in batch]))
            except Exception:  # one of them spoilt it for all, and the transaction is undone: each for itself, so that only that one fails
                pass
        return [self._alone(application, origin) for application, origin in batch]

    def _alone(self, application: Application, origin: Origin) -> Filed | BaseException:
        try:
            return file_application(self._desk, application, origin)
        except Exception as error:  # an EngineError is answered as such, anything else as ours
            return error
