"""A person's saved views of the queue: a name and the filters it stands for. Holds nothing of any case.

A file beside the dashboards keeps them, one a service, so that they outlast a restart; no word that was searched for is in it.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dashboards.client import Client

KEPT = ("state", "band", "destination", "only")
MOST, LONGEST = 20, 40
View = Mapping[str, Any]


def folder() -> Path:
    """Where views are kept: `DIVERSION_DASHBOARD_STATE`, else the usual place for a program's state."""
    given = os.environ.get("DIVERSION_DASHBOARD_STATE")
    return Path(given) if given else Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state") / "diversion"


def _file(client: Client) -> Path:
    whose = hashlib.sha256(f"{client.service}|{client.role}|{client.name}".encode()).hexdigest()[:24]
    return folder() / f"views-{whose}.json"


def saved(client: Client) -> dict[str, dict[str, Any]]:
    """The views of this person, by name; none where there is no file, or none that can be read."""
    try:
        told = json.loads(_file(client).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return {str(name): {key: view[key] for key in KEPT if key in view} for name, view in told.items() if isinstance(view, dict)} if isinstance(told, dict) else {}


def save(client: Client, name: str, view: View) -> str | None:
    """Keep a view under a name, in place of one of the same name; why not, where it cannot be kept."""
    views = saved(client) | {name.strip()[:LONGEST]: {key: view.get(key) for key in KEPT}}
    if len(views) > MOST:
        return f"There are {MOST} views already. Take one away first."
    return _write(client, views)


def forget(client: Client, name: str) -> str | None:
    """Take a view away; why not, where that fails."""
    return _write(client, {one: view for one, view in saved(client).items() if one != name})


def _write(client: Client, views: Mapping[str, View]) -> str | None:
    try:
        folder().mkdir(parents=True, exist_ok=True, mode=0o700)
        with tempfile.NamedTemporaryFile("w", dir=folder(), delete=False, encoding="utf-8") as fresh:
            json.dump(views, fresh, ensure_ascii=False)
        Path(fresh.name).replace(_file(client))
    except OSError as error:
        return f"It could not be kept in {folder()}: {error.strerror}. Set DIVERSION_DASHBOARD_STATE to a folder that can be written, or keep the page's address as a bookmark."
    return None
