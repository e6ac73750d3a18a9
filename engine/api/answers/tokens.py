"""What is answered of tokens and of whoever they name."""

from __future__ import annotations

from pydantic import Field

from engine.api.answers import Instant, Told


class TokenAnswer(Told):
    """A token, without its secret."""

    token_id: str
    name: str
    role: str
    authorities: tuple[str, ...] | None
    created_at: Instant
    expires_at: Instant
    revoked_at: Instant | None


class Me(Told):
    """Whoever a token names."""

    name: str
    role: str
    authorities: tuple[str, ...] | None = Field(description="Whose filings it may read; null = every authority's.")


class NewToken(TokenAnswer):
    """A new token with its secret, told this once."""

    token: str


class Tokens(Told):
    """Every token ever given out."""

    tokens: tuple[TokenAnswer, ...]
