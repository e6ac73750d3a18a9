"""Errors as problem documents (RFC 9457): one table from error class to status. Repeats no value that was sent."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from types import MappingProxyType

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from engine import errors
from engine.wire import Problem, ProblemField

MEDIA_TYPE = "application/problem+json"

STATUS: Mapping[type[errors.EngineError], int] = MappingProxyType({
    errors.EngineError: 500,
    errors.RefusedInput: 422,
    errors.InvalidRecord: 422,
    errors.SignatureNeeded: 422,
    errors.UnreadableFile: 422,
    errors.TooLarge: 413,
    errors.UnknownApplication: 404,
    errors.UnknownRecord: 404,
    errors.NotAuthenticated: 401,
    errors.NotPermitted: 403,
    errors.Conflict: 409,
    errors.OpenReferral: 409,
    errors.NotReady: 503,
    errors.TooManyRequests: 429,
    errors.StoreLocked: 503,
    errors.NoModel: 503,
    errors.StoreTooNew: 503,
    errors.BrokenPromise: 500,
    errors.ModelMismatch: 500,
    errors.CatalogueError: 500,
    errors.AuditBroken: 500,
})

TITLES: Mapping[type[errors.EngineError], str] = MappingProxyType({
    errors.InvalidRecord: "The record is not valid",
    errors.SignatureNeeded: "A second signature is needed",
    errors.UnknownApplication: "No such application",
    errors.UnknownRecord: "No such record",
    errors.OpenReferral: "A referral is not settled",
})

OUR_FAULT = "Something went wrong here, not in what was sent. Nothing was written by halves. Tell the operator the request id."


def problem_of(error: errors.EngineError, role: str | None = None) -> Problem:
    """An error as a problem document, for a reader of a given role.

    A system learns that a referral is open, but the name of one whose evidence its originator controls stays here.
    """
    status = STATUS[type(error)]
    title = TITLES.get(type(error)) or HTTPStatus(status).phrase
    if isinstance(error, errors.OpenReferral):
        return _open_referral(error, status, title, role)
    problems = None
    if isinstance(error, errors.InvalidRecord):
        problems = tuple(ProblemField(field=p.field, reason=p.reason, expected=p.expected, todo=p.todo) for p in error.problems)
    detail = error.message if status < 500 or status == 503 else OUR_FAULT
    return Problem(title=title, status=status, detail=detail, problems=problems)


def _open_referral(error: errors.OpenReferral, status: int, title: str, role: str | None) -> Problem:
    if role != "system":
        return Problem(title=title, status=status, detail=error.message, referrals=tuple(subject for subject, _ in error.subjects))
    named = tuple(subject for subject, handling in error.subjects if handling != "originator_controlled")
    detail = f"The application cannot be granted: {len(error.subjects)} referral(s) unsettled. An officer of the authority must settle each."
    return Problem(title=title, status=status, detail=detail, referrals=named)


def answer(problem: Problem, headers: Mapping[str, str] | None = None) -> Response:
    """A problem document as a response."""
    return Response(problem.model_dump_json(exclude_none=True), problem.status, headers, MEDIA_TYPE)


def of_engine(request: Request, error: errors.EngineError) -> Response:
    """The answer to an error that the engine raised on purpose."""
    headers = {}
    if isinstance(error, errors.NotAuthenticated):
        headers["WWW-Authenticate"] = "Bearer"
    if isinstance(error, errors.TooManyRequests):
        headers["Retry-After"] = str(error.retry_after)
    caller = getattr(request.state, "caller", None)
    request.state.error = type(error).__name__
    return answer(problem_of(error, caller.role if caller else None), headers)


def of_query(request: Request, error: RequestValidationError) -> Response:
    """The answer to a query or path that the route cannot read; tells where, never what stood there."""
    told = tuple(
        ProblemField(
            field=".".join(str(part) for part in one["loc"][1:]), reason=one["msg"].replace("Input should", "it should").replace("Extra inputs are not permitted", "it is not known here"),
            expected="what the route's description says", todo="See `GET /openapi.json`.",
        )
        for one in error.errors()
    )
    request.state.error = "RequestValidationError"
    return answer(Problem(title="The request is not valid", status=422, detail="The query or the path cannot be read.", problems=told))


def of_http(request: Request, error: HTTPException) -> Response:
    """The answer to what no route takes: an unknown path, another method."""
    phrase = HTTPStatus(error.status_code).phrase
    detail = {404: "There is no such path. See `GET /openapi.json`.", 405: "The path is there, but not for this method."}.get(error.status_code, phrase)
    return answer(Problem(title=phrase, status=error.status_code, detail=detail), error.headers)


def of_anything() -> Response:
    """The answer when something was not foreseen."""
    return answer(of_unforeseen())


def of_unforeseen() -> Problem:
    """What is told of an error that was not foreseen: nothing of it."""
    return Problem(title="Internal Server Error", status=500, detail=OUR_FAULT)


def install(app: FastAPI) -> None:
    """Answer every error with a problem document."""
    app.add_exception_handler(errors.EngineError, of_engine)
    app.add_exception_handler(RequestValidationError, of_query)
    app.add_exception_handler(HTTPException, of_http)
