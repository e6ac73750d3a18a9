"""One person's session in the browser: who is signed in, the client they use, and how errors are shown to them.

The token lives in session state only: not in the URL, not in a cookie, not on disk. Closing the page signs out.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

import streamlit as st

from dashboards import oidc, words
from dashboards.client import Client, ServiceError

T = TypeVar("T")

DEFAULT_SERVICE = "http://127.0.0.1:8765"

# Printing leaves out what only a screen needs, and opens nothing that the reader has closed.
PRINT = """<style>
@media print {
  [data-testid="stSidebar"], [data-testid="stHeader"], [data-testid="stToolbar"], .st-key-screen-only,
  [class*="st-key-screen-only-"] { display: none !important; }
  [data-testid="stMainBlockContainer"] { padding: 0 !important; max-width: none !important; }
  [data-testid="stApp"], [data-testid="stMain"], [data-testid="stAppViewContainer"] {
    position: static !important; overflow: visible !important; height: auto !important; }
  [data-testid="stVerticalBlockBorderWrapper"], .vega-embed, tr { break-inside: avoid; }
}
[data-testid="stMainBlockContainer"] { padding: 3.4rem 2rem 2rem; }
@media (max-width: 640px) { [data-testid="stMainBlockContainer"] { padding: 3.4rem 0.9rem 2rem; } }
h2 { font-size: 1.6rem !important; padding: 0.2rem 0 !important; }
h3 { font-size: 1.12rem !important; padding: 0.5rem 0 0.1rem !important; }
.st-key-glance [data-testid="stMarkdownContainer"] { margin-bottom: 0 !important; }
.st-key-glance p { margin: 0 !important; font-size: 0.88rem; line-height: 1.38; }
.st-key-glance [data-testid="stVerticalBlock"] { gap: 0.4rem; }
/* Small print at 4.5 to 1 and more on light and on dark; Streamlit fades it to 3.9 to 1. */
[data-testid="stCaptionContainer"], [data-testid="stMarkdownContainer"] blockquote { opacity: 0.85 !important; color: inherit !important; }
/* White on the dark theme's light blue reads at 2.5 to 1. */
button[kind^="primary"], button[kind^="primary"] * { color: light-dark(#FFFFFF, #0B1A28) !important; }
</style>"""


def service() -> str:
    """The address of the HTTP service."""
    return os.environ.get("DIVERSION_SERVICE", DEFAULT_SERVICE).rstrip("/")


def client() -> Client | None:
    """The signed-in person's client; None before sign-in."""
    return st.session_state.get("client")


def signed_in() -> Client:
    """The client of whoever is signed in; a page is only ever run after sign-in.

    Raises:
        RuntimeError: a page was run on its own, outside `app.py`.
    """
    found = client()
    if found is None:
        raise RuntimeError("No one is signed in: open the dashboards through `python -m dashboards`.")
    return found


def sign_in(token: str) -> None:
    """Try a token on the service and keep it for this session if it is known there.

    Raises:
        ServiceError: the service is not reached or does not know the token.
    """
    tried = Client(service(), token)
    tried.check()
    st.session_state["client"] = tried


def sign_out() -> None:
    """Forget the token and everything that was typed."""
    found = client()
    if found is not None:
        found.close()
    st.session_state.clear()
    st.session_state["signed_out"] = True  # so that a token from the environment does not sign in at once again
    oidc.sign_out()


def held(what: str, fetch: Callable[[], T], seconds: float = 60) -> T:
    """What the service answered a moment ago, or its answer now; so that a click on the page does not score anew."""
    kept = st.session_state.setdefault("held", {})
    if what not in kept or time.monotonic() - kept[what][0] > seconds:
        kept[what] = (time.monotonic(), fetch())
    return kept[what][1]


def held_yet(what: str, seconds: float = 60) -> object:
    """What the service answered a moment ago; None where it was not asked, or too long ago."""
    at, answer = st.session_state.get("held", {}).get(what, (0.0, None))
    return answer if answer is not None and time.monotonic() - at <= seconds else None


def forget() -> None:
    """Ask the service anew from here on: something was recorded, or the reader wants to know how things stand."""
    st.session_state.pop("held", None)


def show(error: ServiceError) -> None:
    """An error in plain words: what is wrong, field by field where the service says so, and what to do."""
    detail = re.sub(r"^[a-z]+(?= )", lambda word: word[0].capitalize(), error.detail)  # a word, not an identifier
    st.error(f"**{error.title}** {detail}".strip(), icon=":material/error:")
    for problem in error.problems:
        st.markdown(f"- **{problem.field or 'the record'}**: {problem.reason}. Expected: {problem.expected}. {problem.todo}")


@contextmanager
def told() -> Iterator[None]:
    """Show an error of the service where it arises, and go no further down the page."""
    try:
        yield
    except ServiceError as error:
        show(error)
        st.stop()


def scope() -> None:
    """The sentence that stands on every page with a score."""
    st.caption(f":material/info: {words.SCOPE}")
