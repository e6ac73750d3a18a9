"""The service that holds a store, asked over HTTP in place of opening the file. Knows no verb and no route's meaning."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, BinaryIO
from urllib.parse import quote, urlsplit

import httpx
from pydantic import ValidationError

from engine.errors import (
    BrokenPromise,
    Conflict,
    EngineError,
    NotAuthenticated,
    NotPermitted,
    NotReady,
    RefusedInput,
    StoreLocked,
    TooLarge,
    UnknownRecord,
)
from engine.settings import LOOPBACK
from engine.wire import Problem

TIMEOUT = httpx.Timeout(600, connect=5)  # seconds; one request waits for the one writer, who may be at a long file
UNHURRIED = httpx.Timeout(None, connect=5)  # a file is answered once it is whole: a million scores take as long as they take
POLL = 0.5  # seconds between two questions after a job
NO_TOKEN = (
    "The store is held by the service at {address}, and DIVERSION_TOKEN is not set: it is asked with a bearer token. Expected one of a role that may do this. "
    "Set DIVERSION_TOKEN; an admin gives a token out with `diversion token create NAME --role ROLE`. Where nobody has one, stop the service first: the command then opens the store itself."
)

# What a status says to whoever reads the message; the exact class stays with the service.
ERRORS: Mapping[int, type[EngineError]] = MappingProxyType({
    401: NotAuthenticated, 403: NotPermitted, 404: UnknownRecord, 409: Conflict, 413: TooLarge, 422: RefusedInput, 429: NotReady, 503: NotReady,
})


class Service:
    """A running service and the token to ask it with; every answer is what came of the request, every problem an error of the engine.

    Args:
        locked: what opening the store said; names the service.
        token: the bearer token; without one nothing can be asked.

    Raises:
        StoreLocked: the note names another machine, to which no token is sent.
    """

    def __init__(self, locked: StoreLocked, token: str | None) -> None:
        if urlsplit(locked.service).hostname not in LOOPBACK:
            raise locked
        self.locked, self.address, self._token = locked, locked.service, token
        # Without the environment's proxy, which must not see the token.
        self._http = httpx.Client(base_url=self.address, headers={"Authorization": f"Bearer {token}"}, timeout=TIMEOUT, trust_env=False)

    def __enter__(self) -> Service:
        return self

    def __exit__(self, *exc: object) -> None:
        self._http.close()

    def ask(self, method: str, *path: str, waiting: Callable[[str], None] | None = None, **request: Any) -> Any:
        """One request under `/v1` and what came of it as JSON; long work is waited for.

        Args:
            path: its parts, each of which may hold any character.
            waiting: called with the name of long work for as long as it runs.
            request: `params`, `json` or `content` (bytes, or an open file), as httpx has them.

        Raises:
            NotAuthenticated: there is no token.
            EngineError: what a problem document tells, in its words.
        """
        answer = self._answer(method, _under_v1(path), **request)
        told = self._json(answer)
        if answer.status_code != 202 or "location" not in answer.headers:
            return told
        while told["state"] == "running":
            if waiting:
                waiting(f"{told['what']}, at the service")
            time.sleep(POLL)
            told = self._json(self._answer("GET", answer.headers["location"]))
        if told["state"] == "failed":
            raise _error(Problem.model_validate(told["problem"]))
        return told["result"]

    def fetch(self, method: str, *path: str, into: BinaryIO, **request: Any) -> httpx.Headers:
        """One request under `/v1` that is answered with a file, written into `into`; gives the headers it came with.

        Raises:
            EngineError: as `ask`.
        """
        return self._answer(method, _under_v1(path), into=into, timeout=UNHURRIED, **request).headers

    def _answer(self, method: str, path: str, *, into: BinaryIO | None = None, **request: Any) -> httpx.Response:
        if not self._token:
            raise NotAuthenticated(NO_TOKEN.format(address=self.address))
        content = request.get("content")
        try:
            while True:
                if hasattr(content, "seek"):
                    content.seek(0)
                with self._http.stream(method, path, **request) as answer:
                    if answer.is_success and into:
                        for chunk in answer.iter_bytes():
                            into.write(chunk)
                        return answer
                    answer.read()
                if answer.status_code != 429:
                    break
                time.sleep(int(answer.headers.get("retry-after", "1")))  # it was turned away before anything was done
        except httpx.ConnectError as error:
            raise self.locked from error
        except httpx.HTTPError as error:
            raise NotReady(
                f"the service at {self.address}, which holds the store, gave no answer ({type(error).__name__}). Whether it took the request is not known. "
                "Look whether it still runs, and what is on record, before you run the same command again."
            ) from error
        if answer.is_success:
            return answer
        try:
            problem = Problem.model_validate_json(answer.content)
        except ValidationError as error:
            raise self._stranger(answer) from error
        raise _error(problem, answer.headers.get("x-request-id"))

    def _json(self, answer: httpx.Response) -> Any:
        try:
            return answer.json()
        except ValueError as error:
            raise self._stranger(answer) from error

    def _stranger(self, answer: httpx.Response) -> NotReady:
        return NotReady(
            f"what answers at {self.address} is not the service that the note beside the store names (HTTP {answer.status_code}). "
            "Stop the process that holds the store, and run the same command again."
        )


def _under_v1(path: tuple[str, ...]) -> str:
    return "/v1/" + "/".join(quote(part, safe="") for part in path)


def _error(problem: Problem, request_id: str | None = None) -> EngineError:
    """A problem document as the error it was made from, as far as its reader is concerned."""
    message = problem.detail or problem.title
    message += "".join(f" {told.field}: {told.reason}." for told in problem.problems or () if told.reason not in message)
    if problem.status == 500 and request_id:
        message += f" Request id {request_id}."
    return ERRORS.get(problem.status, BrokenPromise)(message)
