"""Access tokens: given out, listed, revoked."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, timedelta

from fastapi import APIRouter

from engine.api.answers.tokens import Me, NewToken, TokenAnswer, Tokens
from engine.api.openapi import takes
from engine.api.orders import TokenOrder
from engine.api.room import BodyDep, CallerDep, OriginDep, RoomDep
from engine.wire import parse
from engine.workflows.tokens import create_token, revoke_token, tokens

router = APIRouter(prefix="/v1", tags=["tokens"])
DEFAULT_LIFE = timedelta(days=90)


@router.get("/me")
def who_asks(caller: CallerDep) -> Me:
    """Whom the token of this request names, and what it may do: so that a form offers no more than that."""
    return Me(name=caller.name, role=caller.role, authorities=caller.authorities)


@router.get("/tokens")
def list_tokens(caller: CallerDep, room: RoomDep) -> Tokens:
    """Every token ever given out, never its secret."""
    with room.cursor() as cursor:
        return Tokens(tokens=tuple(TokenAnswer(**asdict(token)) for token in tokens(cursor)))


@router.post("/tokens", status_code=201, openapi_extra=takes(TokenOrder))
def give_token(body: BodyDep, caller: CallerDep, origin: OriginDep, room: RoomDep) -> NewToken:
    """Gives a token out; its secret is told this once."""
    order = parse(TokenOrder, body).model
    ends = order.expires_at.astimezone(UTC).replace(tzinfo=None) if order.expires_at else origin.at + DEFAULT_LIFE
    secret, token = create_token(room.desk, order.name, order.role, order.authorities, ends, origin)
    return NewToken(token=secret, **asdict(token))


@router.delete("/tokens/{token_id}")
def end_token(token_id: str, caller: CallerDep, origin: OriginDep, room: RoomDep) -> TokenAnswer:
    """Ends a token now."""
    return TokenAnswer(**asdict(revoke_token(room.desk, token_id, origin)))
