"""How much and how often: the bounds on bodies and a token bucket for each token. Knows no route."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from engine.documents.pdf import MOST_BYTES
from engine.errors import TooManyRequests

MIB = 1024 * 1024


@dataclass(frozen=True)
class Limits:
    """What one service takes at once; generous for a licensing system, small against a runaway script."""

    body: int = 16 * MIB
    batch: int = 64 * MIB
    evidence: int = 64 * MIB
    paper: int = MOST_BYTES  # the file behind a declared document
    file: int = 512 * MIB  # a list edition or an ingest file
    batch_records: int = 1_000
    burst: int = 200  # requests of one token at once
    per_second: float = 50.0  # and on average; one filing takes about half a second of one core
    patience: float = 10.0  # seconds that long work is waited for before 202


def limits_for(requests_per_second: float) -> Limits:
    """The usual limits, with the rate that a deployment sets."""
    return Limits(burst=math.ceil(4 * requests_per_second), per_second=requests_per_second)


class Buckets:
    """A token bucket for each token: `burst` at once, `per_second` on average."""

    def __init__(self, limits: Limits, now: Callable[[], float] = time.monotonic) -> None:
        self._limits = limits
        self._now = now
        self._lock = threading.Lock()
        self._left: dict[str, tuple[float, float]] = {}

    def take(self, token_id: str) -> None:
        """Count one request.

        Raises:
            TooManyRequests: the bucket is empty.
        """
        with self._lock:
            now = self._now()
            left, since = self._left.get(token_id, (float(self._limits.burst), now))
            left = min(float(self._limits.burst), left + (now - since) * self._limits.per_second)
            if left < 1:
                wait = math.ceil((1 - left) / self._limits.per_second)
                self._left[token_id] = (left, now)
                raise TooManyRequests(f"this token asks too often. Expected at most {self._limits.per_second:g} requests a second. Wait and send it again.", wait)
            self._left[token_id] = (left - 1, now)
