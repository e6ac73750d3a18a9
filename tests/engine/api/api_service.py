"""A running service under test, and builders of what it is sent."""

import hashlib
import io
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count

import httpx

from engine.api.limits import Limits
from engine.store.records import Origin
from engine.workflows.desk import Desk
from engine.workflows.tokens import ROLES, create_token

NOW = datetime(2026, 11, 22, 12)
LATER = NOW + timedelta(days=30)
GENEROUS = Limits(burst=1_000_000, per_second=1_000_000, body=256 * 1024, evidence=64 * 1024, batch_records=20, patience=60)
_numbers = count(1)


@dataclass
class Service:
    """A running service and the ways to ask it."""

    desk: Desk
    address: str
    log: io.StringIO
    secrets: dict[str, str]
    clock: "Clock"

    def client(self, secret: str | None = None) -> httpx.Client:
        headers = {"Authorization": f"Bearer {secret}"} if secret else {}
        return httpx.Client(base_url=self.address, headers=headers, timeout=60)

    def token(self, role: str, name: str | None = None, authorities: tuple[str, ...] | None = None) -> httpx.Client:
        secret, _ = create_token(self.desk, name or f"{role}-{next(_numbers)}", role, authorities, LATER, Origin("test", "command", NOW))
        return self.client(secret)

    def __getattr__(self, role: str) -> httpx.Client:
        if role not in ROLES:
            raise AttributeError(role)
        return self.client(self.secrets[role])


class Clock:
    """A clock that stands still until told."""

    def __init__(self) -> None:
        self.moment = NOW.replace(tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.moment


def fresh(prefix: str = "T") -> str:
    """An id that no other test uses."""
    return f"{prefix}-{next(_numbers)}"


def an_application(**told: object) -> dict:
    """A filing that breaks nothing, with only the telling difference given."""
    return {
        "application_id": fresh("A"), "authority": "SE", "filed_at": "2026-11-20T09:00:00Z", "kind": "export",
        "exporter": {"name": "Nordic Optics AB", "country": "SE", "kind": "commercial"},
        "end_user": {"name": "Border Guard Service", "country": "FI", "kind": "police"},
        "items": [{"line": 1, "control_code": "6A003.b.4.b", "control_list": "EU", "quantity": 12, "unit": "C62", "value": 384000, "currency": "EUR"}],
        "end_use": {"statement": "Border surveillance.", "purpose": "border_security", "country": "FI"},
    } | told


def an_event(**told: object) -> dict:
    """The frame of an event."""
    return {"event_id": fresh("E"), "at": "2026-11-21T10:00:00Z"} | told


def a_grant(application_id: str, **told: object) -> dict:
    """A grant with its rationale."""
    return an_event(application_id=application_id, outcome="granted", rationale="End use confirmed by the embassy.") | told


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def is_problem(answer: httpx.Response, status: int) -> dict:
    """The problem document of an answer that must be one."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    told = answer.json()
    assert told["status"] == status and told["title"] and told["detail"]
    assert "Traceback" not in answer.text
    return told


def lines(records: list[dict]) -> bytes:
    return "\n".join(json.dumps(record) for record in records).encode()
