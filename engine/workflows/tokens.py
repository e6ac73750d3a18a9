"""Access tokens: gives them out, looks them up, revokes them. Keeps only their digest, and decides nothing about what a role may do."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import duckdb

from engine.errors import FieldProblem, InvalidRecord, UnknownRecord
from engine.store import audit
from engine.store.database import first
from engine.store.records import Origin
from engine.wire import COUNTRIES
from engine.workflows.desk import Desk

ROLES = ("system", "analyst", "approver", "inspector", "planner", "auditor", "admin")
SECRET_BYTES = 32
NAMED = 12  # digits of the digest by which a token is named; the digest itself is never shown


@dataclass(frozen=True)
class Token:
    """What a token stands for.

    Args:
        token_id: its name in lists and in the audit trail.
        name: the person or system that holds it; stands as `recorded_by` on what they send.
        role: what they may do.
        authorities: whose filings they may read; None = every authority's.
        expires_at: UTC, without offset, as the two beside it.
    """

    token_id: str
    name: str
    role: str
    authorities: tuple[str, ...] | None
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None = None


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def create_token(
    desk: Desk, name: str, role: str, authorities: Sequence[str] | None, expires_at: datetime, origin: Origin
) -> tuple[str, Token]:
    """A new token and its secret, which is told this once and cannot be found again.

    Raises:
        InvalidRecord: no such role, no such country, no name, or an end that has passed.
    """
    name = " ".join(name.split())
    problems = [
        *([] if 0 < len(name) <= 300 else [FieldProblem("name", "the name is empty or too long", "1 to 300 characters", "Name the person or system.")]),
        *([] if role in ROLES else [FieldProblem("role", "no such role", f"one of {', '.join(ROLES)}", "Choose one of them.")]),
        *([] if authorities is None or (authorities and set(authorities) <= set(COUNTRIES)) else [
            FieldProblem("authorities", "an authority is not a country code, or the list is empty", "ISO 3166-1 alpha-2 codes",
                         "Leave the field out for a token that may read every authority's filings.")]),
        *([] if expires_at > origin.at else [FieldProblem("expires_at", "the token would have ended already", "a later moment", "Give a later one.")]),
    ]
    if problems:
        raise InvalidRecord("The token", problems)
    secret = secrets.token_urlsafe(SECRET_BYTES)
    digest = _digest(secret)
    token = Token(digest[:NAMED], name, role, tuple(sorted(set(authorities))) if authorities is not None else None, origin.at, expires_at)
    with desk.store.writing() as cursor:
        cursor.execute(
            "insert into access_token values (?, ?, ?, ?, ?, ?, null)",
            [digest, name, role, list(token.authorities) if token.authorities is not None else None, origin.at, expires_at],
        )
        _note(cursor, origin, "create token", token)
    return secret, token


def look_up(cursor: duckdb.DuckDBPyConnection, secret: str, at: datetime) -> Token | None:
    """The token with this secret, if it is known and holds at that moment."""
    row = first(
        cursor,
        f"select {COLUMNS} from access_token where token_hash = ? and revoked_at is null and expires_at > ?", [_digest(secret), at],
    )
    return _token(row) if row else None


def tokens(cursor: duckdb.DuckDBPyConnection) -> list[Token]:
    """Every token ever given out, the newest first."""
    return [_token(row) for row in cursor.execute(f"select {COLUMNS} from access_token order by created_at desc, token_hash").fetchall()]


def revoke_token(desk: Desk, token_id: str, origin: Origin) -> Token:
    """End a token now; one that was revoked before stays as it was.

    Raises:
        UnknownRecord: no such token.
    """
    with desk.store.writing() as cursor:
        row = first(cursor, f"select {COLUMNS} from access_token where substr(token_hash, 1, {NAMED}) = ?", [token_id])
        if row is None:
            raise UnknownRecord(f"no token has the id {token_id[:NAMED]}. Expected one as `GET /v1/tokens` lists it. Look it up there.")
        token = _token(row)
        if token.revoked_at is not None:
            return token
        cursor.execute(f"update access_token set revoked_at = ? where substr(token_hash, 1, {NAMED}) = ?", [origin.at, token_id])
        _note(cursor, origin, "revoke token", token)
    return Token(token.token_id, token.name, token.role, token.authorities, token.created_at, token.expires_at, origin.at)


COLUMNS = f"substr(token_hash, 1, {NAMED}), name, role, authorities, created_at, expires_at, revoked_at"


def _token(row: tuple) -> Token:
    token_id, name, role, authorities, created_at, expires_at, revoked_at = row
    return Token(token_id, name, role, tuple(authorities) if authorities is not None else None, created_at, expires_at, revoked_at)


def _note(cursor: duckdb.DuckDBPyConnection, origin: Origin, action: str, token: Token) -> None:
    told = {
        "token_id": token.token_id, "name": token.name, "role": token.role, "authorities": token.authorities,
        "expires_at": token.expires_at.isoformat(),
    }
    audit.add_entry(cursor, audit.next_seq(cursor), origin.actor, origin.channel, origin.at, action, note=json.dumps(told, sort_keys=True))
