"""Long work beside the requests: waited for a while, then answered with a number to ask again by. Kept in memory only."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as StillRunning
from dataclasses import dataclass

from engine.errors import UnknownRecord

KEPT = 1_000  # finished jobs that can still be asked for


@dataclass(frozen=True)
class Job:
    """One piece of long work."""

    job_id: str
    owner: str
    what: str
    future: Future

    @property
    def state(self) -> str:
        """`running`, `done` or `failed`."""
        if not self.future.done():
            return "running"
        return "failed" if self.future.exception() else "done"


class Jobs:
    """Runs long work one at a time: the store has one writer, and requests keep the other core."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="job")
        self._lock = threading.Lock()
        self._jobs: dict[str, Job] = {}

    def start(self, owner: str, what: str, work: Callable[[], object]) -> Job:
        """Begin work for its owner."""
        job = Job(uuid.uuid4().hex, owner, what, self._pool.submit(work))
        with self._lock:
            self._jobs[job.job_id] = job
            finished = [key for key, one in self._jobs.items() if one.future.done()]
            for key in finished[: max(0, len(self._jobs) - KEPT)]:
                del self._jobs[key]
        return job

    def of(self, owner: str, job_id: str) -> Job:
        """A job of this owner.

        Raises:
            UnknownRecord: there is none; another's job is none.
        """
        with self._lock:
            job = self._jobs.get(job_id)
        if job is None or job.owner != owner:
            raise UnknownRecord("there is no such job of this token. Expected the `job_id` that the service answered since it started. Send the work again.")
        return job

    def close(self) -> None:
        """Let what runs finish, and begin nothing more."""
        self._pool.shutdown(wait=True, cancel_futures=True)


def finished(job: Job, patience: float) -> bool:
    """Wait a while; True if it is done. What the work raised is raised here.

    Raises:
        Whatever the work raised.
    """
    try:
        job.future.result(timeout=patience)
    except StillRunning:
        return False
    return True
