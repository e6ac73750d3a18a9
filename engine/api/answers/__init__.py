"""The shapes of what the service answers beyond the contract's own records, one file a resource as in `routes`; computes none of them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict


def _in_utc(value: Any) -> Any:
    return value.replace(tzinfo=UTC) if isinstance(value, datetime) and value.tzinfo is None else value


Instant = Annotated[datetime, BeforeValidator(_in_utc)]


class Told(BaseModel):
    """The base of every answer."""

    model_config = ConfigDict(frozen=True, protected_namespaces=())
