"""Identifiers in paths: a slash that belongs to an identifier is sent as `%2F`, so that where the identifier ends is never a guess.

Without this `GET /v1/applications/A/score` could be the score of `A` or the filing `A/score`. A slash sent plainly is part of the
identifier too, unless what follows the last one is the name of a resource below it.
"""

from __future__ import annotations

from urllib.parse import unquote

from starlette.convertors import Convertor, register_url_convertor
from starlette.types import ASGIApp, Receive, Scope, Send

SLASH = "%2F"


class _Identifier(Convertor[str]):
    """The convertor `{name:id}` of a route: everything up to what the route says comes next."""

    regex = ".*"

    def convert(self, value: str) -> str:
        """The identifier with its own slashes."""
        return value.replace(SLASH, "/")

    def to_string(self, value: str) -> str:
        """The identifier as it is sent in a path."""
        return value.replace("/", SLASH)


register_url_convertor("id", _Identifier())


class EncodedSlashes:
    """Keeps a slash that was sent as `%2F` apart from one that divides the path, until the route is found."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, its path with the encoded slashes of identifiers left as they are."""
        raw = scope.get("raw_path", b"").partition(b"?")[0] if scope["type"] == "http" else b""
        if b"%2f" in raw.lower():
            scope["path"] = SLASH.join(unquote(part) for part in raw.decode("ascii", "replace").replace("%2f", SLASH).split(SLASH))
        await self.app(scope, receive, send)
