"""The errors of the engine, one tree; knows nothing of HTTP beyond the status that `api/problems.py` gives each class.

                                                                        HTTP
EngineError
├── RefusedInput            the caller can mend it                       422
│   ├── InvalidRecord       a record breaks the contract, field by field 422
│   │   └── SignatureNeeded a second person's signature is missing       422
│   ├── UnreadableFile      a document's file that cannot be read        422
│   ├── TooLarge            more bytes than are taken at once            413
│   ├── UnknownApplication  no such application                          404
│   └── UnknownRecord       no such record of another kind               404
├── NotAuthenticated        nobody we know is asking                     401
├── NotPermitted            known, but not allowed                       403
├── Conflict                true, but not now                            409
│   └── OpenReferral        a referral stands in the way of a grant      409
├── NotReady                try again later                              503
│   ├── TooManyRequests     one token asked too often                    429
│   ├── StoreLocked         another process holds the store              503
│   ├── NoModel             no model is in force                         503
│   └── StoreTooNew         the store was written by a newer engine      503
└── BrokenPromise           our fault                                    500
    ├── ModelMismatch       the model and the catalogue disagree         500
    ├── CatalogueError      the feature catalogue is wrong               500
    └── AuditBroken         a record was changed or removed              500

A message has four parts: what is wrong, where, what was expected, what to do. It never holds a party's name.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


class EngineError(Exception):
    """The root: every error that the engine raises on purpose carries one message for its reader."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class RefusedInput(EngineError):
    """What was handed in cannot be used, and whoever sent it can mend it."""


@dataclass(frozen=True, slots=True)
class FieldProblem:
    """One field that breaks the contract, in the four parts of every message of this engine.

    Args:
        field: where, as a path like ``documents[2].expires_on``; empty for the record as a whole.
        reason: what is wrong, in plain words.
        expected: what would be right.
        todo: what the sender does about it.
    """

    field: str
    reason: str
    expected: str
    todo: str

    def __str__(self) -> str:
        return f"{self.field or 'the record'}: {self.reason}. Expected: {self.expected}. {self.todo}"


class InvalidRecord(RefusedInput):
    """A record breaks the contract, and `problems` says field by field where and how to mend it."""

    def __init__(self, what: str, problems: Iterable[FieldProblem]) -> None:
        self.problems = tuple(problems)
        told = " ".join(str(problem) for problem in self.problems[:3])
        more = len(self.problems) - 3
        super().__init__(f"{what} is not valid. {told}" + (f" (and {more} more)" if more > 0 else ""))


class SignatureNeeded(InvalidRecord):
    """Everything is there but the signature of a second person who may give it."""


class UnreadableFile(RefusedInput):
    """A document's file that is no PDF that can be read; the message says why."""


class TooLarge(RefusedInput):
    """More bytes were sent than are taken at once."""


class UnknownApplication(RefusedInput):
    """No application has this id, or none that the caller may see."""


class UnknownRecord(RefusedInput):
    """No plan, visit, list entry or other record has this id."""


class NotAuthenticated(EngineError):
    """The request carries no token, or one that is not known or no longer valid."""


class NotPermitted(EngineError):
    """The caller is known, but neither the role nor the authorities of the token allow this."""


class Conflict(EngineError):
    """The request contradicts what is already on record."""


class OpenReferral(Conflict):
    """A grant was asked for while a referral is unsettled; a referral is not a refusal, but someone must settle it.

    Args:
        message: names every open referral.
        subjects: (subject, handling) of each, so that a reader who may not know of one is not told.
    """

    def __init__(self, message: str, subjects: Iterable[tuple[str, str]] = ()) -> None:
        super().__init__(message)
        self.subjects = tuple(subjects)


class NotReady(EngineError):
    """The engine cannot do this yet, or not at this moment; the same request may succeed later."""


class TooManyRequests(NotReady):
    """One token asks more often than it may.

    Args:
        message: what to do.
        retry_after: seconds after which one more request goes through.
    """

    def __init__(self, message: str, retry_after: int) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class StoreLocked(NotReady):
    """Another process holds the store's file.

    Args:
        message: what to do.
        service: the address of the service that holds it; None where it is no service.
    """

    def __init__(self, message: str, service: str | None = None) -> None:
        super().__init__(message)
        self.service = service


class NoModel(NotReady):
    """No model is in force, and what was asked for cannot be done with the expert card."""


class StoreTooNew(NotReady):
    """The store was written by a newer version of the engine than the one that opens it."""


class BrokenPromise(EngineError):
    """The engine itself is at fault: something that must always hold does not."""


class ModelMismatch(BrokenPromise):
    """The model was trained on other columns than the catalogue now has."""


class CatalogueError(BrokenPromise):
    """The feature catalogue contradicts itself or the SQL beside it."""


class AuditBroken(BrokenPromise):
    """The audit chain does not prove what the store holds: a record was changed, removed or put in between."""
