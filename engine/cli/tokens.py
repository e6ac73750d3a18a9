"""Access tokens of the HTTP service: `token create`, `token list`, `token revoke`."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Annotated

import typer

from engine.cli.door import JsonOption, StoreOption, desk_at
from engine.workflows import tokens


def create(
    name: Annotated[str, typer.Argument(help="The person or system it names; stands on everything done with it.")],
    role: Annotated[str, typer.Option(help="system, analyst, approver, inspector, planner, auditor or admin.")],
    authority: Annotated[list[str] | None, typer.Option(help="An authority it may read, alpha-2; may be repeated; default all.")] = None,
    days: Annotated[int, typer.Option(min=1, max=3660, help="Days until it ends.")] = 90,
    store: StoreOption = None, as_json: JsonOption = False,
) -> None:
    """Make a token; its secret is shown once and cannot be found again."""
    with desk_at(store) as (desk, origin):
        secret, token = tokens.create_token(desk, name, role, authority, origin.at + timedelta(days=days), origin)
    if as_json:
        typer.echo(json.dumps({"token": secret, "token_id": token.token_id, "role": token.role, "expires_at": token.expires_at.isoformat()}))
    else:
        typer.echo(f"{secret}\nToken {token.token_id} for {name} ({role}), until {token.expires_at:%Y-%m-%d}. It is shown this once.")


def list_(store: StoreOption = None) -> None:
    """Every token ever given out, the newest first, without secrets."""
    with desk_at(store) as (desk, origin):
        for token in tokens.tokens(desk.store.cursor()):
            state = "revoked" if token.revoked_at else "ended" if token.expires_at <= origin.at else "valid"
            typer.echo(f"{token.token_id}  {token.name:24} {token.role:10} {', '.join(token.authorities or ['all']):12} {state} until {token.expires_at:%Y-%m-%d}")


def revoke(token_id: str, store: StoreOption = None) -> None:
    """End a token now."""
    with desk_at(store) as (desk, origin):
        token = tokens.revoke_token(desk, token_id, origin)
    typer.echo(f"Token {token.token_id} of {token.name} is revoked.")
