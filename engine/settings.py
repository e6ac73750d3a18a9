"""The few facts of a deployment: read once at the door, then handed on. No hyper-parameter of a model is here."""

from __future__ import annotations

import getpass
import os
from dataclasses import dataclass
from pathlib import Path

LOOPBACK = ("127.0.0.1", "::1", "localhost")  # tokens travel unencrypted, so no further than this machine


@dataclass(frozen=True)
class Settings:
    """Where the store is, where the service listens, and who is asking on the command line."""

    store: Path = Path("diversion.duckdb")
    service: str = "http://127.0.0.1:8765"  # loopback unless told otherwise
    token: str | None = None  # bearer token for verbs that go through a running service
    account: str = "unknown"  # the account that ran the command, for the audit trail
    memory_limit: str | None = None  # DuckDB's, such as "4GB"; None leaves its own default
    requests_per_second: float = 50.0  # of one token on average, four times as many at once; beyond that the service answers 429
    trust_roots: Path | None = None  # folder of certificates (PEM or DER) that signatures on documents are trusted by; None trusts none


def from_environment() -> Settings:
    """Settings as the environment gives them: DIVERSION_STORE, DIVERSION_SERVICE, DIVERSION_TOKEN, DIVERSION_MEMORY, DIVERSION_TRUST_ROOTS."""
    try:
        account = getpass.getuser()
    except (KeyError, OSError):
        account = "unknown"
    return Settings(
        store=Path(os.environ.get("DIVERSION_STORE", "diversion.duckdb")),
        service=os.environ.get("DIVERSION_SERVICE", "http://127.0.0.1:8765"),
        token=os.environ.get("DIVERSION_TOKEN"),
        account=account,
        memory_limit=os.environ.get("DIVERSION_MEMORY"),
        trust_roots=Path(os.environ["DIVERSION_TRUST_ROOTS"]) if os.environ.get("DIVERSION_TRUST_ROOTS") else None,
    )
