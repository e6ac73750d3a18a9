"""What is answered of licences, of what is due after them, and of what findings raise."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from engine.api.answers import Instant, Told


class LicencesAnswer(Told):
    """Licences with what is shipped and left, and the shipments outside them, as known by a moment."""

    as_of: Instant
    licences: tuple[dict[str, Any], ...] = Field(description="Each with its state, its newest change and its lines.")
    outside: tuple[dict[str, Any], ...] = Field(description="Shipments that no open licence covered, with every reason why; on every page all of them.")
    next_skip: int | None = None


class DueAnswer(Told):
    """What is due after the licences, the parties that could not be verified, and how those asked for consent answered."""

    obligations: tuple[dict[str, Any], ...] = Field(description="Each with `since`, `due_on`, `state`, `next_actor`, `value_eur` and, while open, `days_over`.")
    unverified: tuple[dict[str, Any], ...] = Field(description="Proposed, made by an approver, run out, ended, or removed by a completed check.")
    cooperation: tuple[dict[str, Any], ...] = Field(description="A host state's delay is the country's, a party's the party's.")
    next_skip: int | None = None


class Alerts(Told):
    """Findings that touch undecided applications and open licences, the newest first."""

    alerts: tuple[dict[str, Any], ...]


class Proposals(Told):
    """What findings put before an approver; none of it is made by the engine."""

    proposals: tuple[dict[str, Any], ...]
