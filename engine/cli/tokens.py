"""Access tokens of the HTTP service: `token create`, `token list`, `token revoke`."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Annotated

import typer

from engine.cli.door import JsonOption, StoreOption, asking, at_store, errors_told, plain
from engine.workflows import tokens


def create(
    name: Annotated[str, typer.Argument(help="The person or system it names; stands on everything done with it.")],
    role: Annotated[str, typer.Option(help="system, analyst, approver, inspector, planner, auditor or admin.")],
    authority: Annotated[list[str] | None, typer.Option(help="An authority it may read, alpha-2; may be repeated; default all.")] = None,
    days: Annotated[int, typer.Option(min=1, max=3660, help="Days until it ends.")] = 90,
    store: StoreOption = None, as_json: JsonOption = False,
) -> None:
    """Make a token; its secret is shown once and cannot be found again."""
    origin = asking()
    ends = origin.at + timedelta(days=days)
    order = {"name": name, "role": role, "expires_at": f"{ends.isoformat()}Z"} | ({"authorities": authority} if authority else {})
    with errors_told():
        secret, token = at_store(
            store, origin,
            here=lambda desk: tokens.create_token(desk, name, role, authority, ends, origin),
            there=lambda service: _with_secret(service.ask("POST", "tokens", json=order)),
        )
    if as_json:
        typer.echo(json.dumps({"token": secret, "token_id": token.token_id, "role": token.role, "expires_at": f"{token.expires_at.isoformat()}Z"}))
    else:
        typer.echo(f"{secret}\nToken {token.token_id} for {name} ({role}), until {token.expires_at:%Y-%m-%d}. It is shown this once.")


def list_(store: StoreOption = None, as_json: JsonOption = False) -> None:
    """Every token ever given out, the newest first, without secrets."""
    origin = asking()
    with errors_told():
        given = at_store(
            store, origin,
            here=lambda desk: tokens.tokens(desk.store.cursor()),
            there=lambda service: [_token(told) for told in service.ask("GET", "tokens")["tokens"]],
        )
    if as_json:
        typer.echo(json.dumps([asdict(token) for token in given], default=plain, ensure_ascii=False))
        return
    if not given:
        typer.echo("No token was ever given out. Make one with `diversion token create NAME --role ROLE`.")
    for token in given:
        state = "revoked" if token.revoked_at else "ended" if token.expires_at <= origin.at else "valid"
        typer.echo(f"{token.token_id}  {token.name:24} {token.role:10} {', '.join(token.authorities or ['all']):12} {state} until {token.expires_at:%Y-%m-%d}")


def revoke(token_id: str, store: StoreOption = None) -> None:
    """End a token now."""
    origin = asking()
    with errors_told():
        token = at_store(
            store, origin,
            here=lambda desk: tokens.revoke_token(desk, token_id, origin),
            there=lambda service: _token(service.ask("DELETE", "tokens", token_id)),
        )
    typer.echo(f"Token {token.token_id} of {token.name} is revoked.")


def _with_secret(told: dict) -> tuple[str, tokens.Token]:
    return told["token"], _token(told)


def _token(told: dict) -> tokens.Token:
    created, expires, revoked = (value and datetime.fromisoformat(value).replace(tzinfo=None) for value in (told["created_at"], told["expires_at"], told["revoked_at"]))
    authorities = tuple(told["authorities"]) if told["authorities"] is not None else None
    return tokens.Token(told["token_id"], told["name"], told["role"], authorities, created, expires, revoked)
