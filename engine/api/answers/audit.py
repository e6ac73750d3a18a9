"""What is answered of the audit chain and of erasures."""

from __future__ import annotations

from typing import Literal

from engine.api.answers import Instant, Told


class AuditEntry(Told):
    """One link of the audit chain."""

    seq: int
    made_at: Instant
    actor: str
    action: str
    channel: str
    kind: str
    records: int
    digest: str
    note: str | None
    previous: str
    hash: str


class AuditPage(Told):
    """Entries in the order of writing."""

    entries: tuple[AuditEntry, ...]
    head: str
    next_after: int | None


class VerdictAnswer(Told):
    """The outcome of a verification of everything on record."""

    whole: bool
    entries: int
    records: int
    head: str
    erased: tuple[str, ...]
    first_fault: str | None


class ErasureAnswer(Told):
    """What became of an erasure; `awaiting_approval` until an approver, another person, sends the same."""

    key: str
    order: str
    state: Literal["awaiting_approval", "erased"]
    asked_by: str
    approved_by: str | None


class ErasuresAnswer(Told):
    """Erasures that wait for an approver, the oldest first."""

    waiting: tuple[ErasureAnswer, ...]
