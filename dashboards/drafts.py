"""What somebody has typed and not yet sent, kept while the dashboards run: a reload or a lost connection takes nothing away.

Kept in this process's memory only, for whoever typed it and for no one else; not on disk, not in the browser, not in the service.
"""

from __future__ import annotations

import copy
import time
from collections.abc import Iterable
from typing import Any

import streamlit as st

from dashboards.client import Client

DAYS = 14  # a draft that nobody came back to
SECONDS_A_DAY = 86_400
Key = tuple[str, str, str, str]  # service, role, name, form


@st.cache_resource
def _kept() -> dict[Key, tuple[float, dict[str, Any]]]:
    return {}


def _key(client: Client, form: str) -> Key:
    return (client.service, client.role, client.name, form)


def restore(client: Client, form: str) -> bool:
    """Put back what this person had typed into a form, where this session has nothing of it yet; whether there was anything.

    Called before the form's fields are drawn.
    """
    mark = f"{form}|restored"
    if mark in st.session_state:
        return bool(st.session_state[mark])
    found = _kept().get(_key(client, form))
    st.session_state[mark] = found is not None
    for name, value in copy.deepcopy(found[1] if found else {}).items():
        st.session_state.setdefault(name, value)
    return found is not None


def keep(client: Client, form: str, fields: Iterable[str]) -> None:
    """Keep what stands in the fields of a form now, with the id under which it will be sent; called after they are drawn.

    Args:
        fields: the fields' names, without the form's.
    """
    names = [form, *(f"{form}:{field}" for field in fields)]
    typed = {name: copy.deepcopy(st.session_state[name]) for name in names if name in st.session_state and not _empty(st.session_state[name])}
    drafts, now = _kept(), time.time()
    if typed:
        drafts[_key(client, form)] = (now, typed)
    else:
        drafts.pop(_key(client, form), None)
    for key in [key for key, (at, _) in list(drafts.items()) if now - at > DAYS * SECONDS_A_DAY]:
        drafts.pop(key, None)


def _empty(value: Any) -> bool:
    return value is None or value is False or value in ("", [], (), {})


def drop(client: Client, form: str) -> None:
    """Forget a draft: it was sent."""
    _kept().pop(_key(client, form), None)
    st.session_state.pop(f"{form}|restored", None)
