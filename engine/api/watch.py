"""Watches every request: an id, one JSON line in the log, counts for operators, and the last word when something was not foreseen.

A line holds the route's template, never a path, query or body, and the token's id, never its name, which can be a person's.
"""

from __future__ import annotations

import re
import sys
import time
import uuid
from collections.abc import Callable
from typing import TYPE_CHECKING, TextIO

import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from engine.api import problems

if TYPE_CHECKING:
    from structlog.typing import FilteringBoundLogger

_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")


def logger(stream: TextIO | None = None) -> FilteringBoundLogger:
    """A log of JSON lines, of this service alone."""
    return structlog.wrap_logger(
        structlog.PrintLogger(stream or sys.stderr),
        processors=[structlog.processors.add_log_level, structlog.processors.TimeStamper(fmt="iso", utc=True), structlog.processors.JSONRenderer()],
        wrapper_class=structlog.BoundLogger,
        cache_logger_on_first_use=True,
    )


class Counts:
    """What `/metrics` tells: requests by route, method and status, their time, and how many filings are in line."""

    def __init__(self, waiting: Callable[[], int] = lambda: 0) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "diversion_http_requests", "Requests answered.", ("method", "route", "status"), registry=self.registry
        )
        self.seconds = Histogram(
            "diversion_http_request_seconds", "Time to answer.", ("method", "route"), registry=self.registry,
            buckets=(0.005, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30),
        )
        self.open = Gauge("diversion_http_requests_open", "Requests being answered.", registry=self.registry)
        Gauge("diversion_filings_waiting", "Filings in line for the next batch.", registry=self.registry).set_function(waiting)


class Watch:
    """The outermost layer of the application, so that nothing leaves it unseen or as a traceback."""

    def __init__(self, app: ASGIApp, log: FilteringBoundLogger, counts: Counts) -> None:
        self.app = app
        self.log = log
        self.counts = counts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request and say so."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        given = headers.get(b"x-request-id", b"").decode("latin-1")
        request_id = given if _REQUEST_ID.fullmatch(given) else uuid.uuid4().hex
        told: dict[str, int] = {}
        state = scope.setdefault("state", {})
        state["request_id"] = request_id

        async def noting(message: Message) -> None:
            if message["type"] == "http.response.start":
                told["status"] = message["status"]
                message["headers"] = [*message.get("headers", ()), (b"x-request-id", request_id.encode()), *_SAFE]
            await send(message)

        began = time.perf_counter()
        with self.counts.open.track_inprogress():
            try:
                await self.app(scope, receive, noting)
            except Exception as error:  # the last resort: everything foreseen was answered further in
                state["error"] = f"{type(error).__name__} at {_place(error)}"
                if not told:
                    await problems.of_anything()(scope, receive, noting)
        self._tell(scope, state, told.get("status", 499), time.perf_counter() - began)

    def _tell(self, scope: Scope, state: dict, status: int, seconds: float) -> None:
        route = getattr(scope.get("route"), "path_format", None) or "none"
        method = scope["method"] if scope["method"] in _METHODS else "OTHER"
        self.counts.requests.labels(method, route, str(status)).inc()
        self.counts.seconds.labels(method, route).observe(seconds)
        caller = state.get("caller")
        told = {
            "request_id": state["request_id"], "method": method, "route": route, "status": status, "ms": round(seconds * 1000, 1),
            "token": caller.token_id if caller else None,
        }
        if error := state.get("error"):
            told["error"] = error
        (self.log.error if status >= 500 else self.log.info)("request", **told)


_METHODS = frozenset({"GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH"})
_SAFE = ((b"cache-control", b"no-store"), (b"x-content-type-options", b"nosniff"))


def _place(error: BaseException) -> str:
    """Where an error arose, without what it says: a message can hold a value."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None:
        return "unknown"
    return f"{trace.tb_frame.f_globals.get('__name__', '?')}:{trace.tb_lineno}"
