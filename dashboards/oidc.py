"""Signing in through an OpenID Connect provider, where the deployment has set one up; without one this does nothing.

The provider says who somebody is; what they may do stays with the service's token, which the dashboards' secrets keep for each person
(`[diversion.tokens]`, by verified e-mail or by the claim named in `diversion.claim`). docs/operating.md shows the file.
"""

from __future__ import annotations

import importlib.util
import time
from collections.abc import Mapping
from typing import Any

import streamlit as st

HOURS = 10.0  # that a sign-in holds for pages opened anew; Streamlit's own cookie would hold it for 30 days
BUTTON = "organisation"

# The way to the provider and back ends on the first page. The address that was asked for waits in this tab's own storage meanwhile;
# found there on the sign-in page, somebody went and came back as nobody, which Streamlit tells only the log.
_LEAVE = f"""<p id="came-back" role="alert" hidden>You came back without being signed in: your organisation's sign-in was broken off or refused.
Try again; if it stays so, your administrator finds the reason in the log of the dashboards.</p><script>
if (!window.diversionLeaves) {{
  window.diversionLeaves = true;
  document.addEventListener("click", (event) => {{
    if (event.target.closest(".st-key-{BUTTON}")) sessionStorage.setItem("diversion-asked-for", location.href);
  }}, true);
}}
if (sessionStorage.getItem("diversion-asked-for")) {{
  sessionStorage.removeItem("diversion-asked-for");
  document.getElementById("came-back").hidden = false;
}}
</script>"""
_RETURN = """<script>
const asked = sessionStorage.getItem("diversion-asked-for");
sessionStorage.removeItem("diversion-asked-for");
if (asked && asked !== location.href && new URL(asked).origin === location.origin) location.replace(asked);
</script>"""


def _secrets() -> Mapping[str, Any]:
    return st.secrets if st.secrets.load_if_toml_exists() else {}


def _settings() -> Mapping[str, Any]:
    return _secrets().get("diversion", {})


def configured() -> bool:
    """Whether a provider is set up."""
    return "auth" in _secrets()


def _over() -> bool:
    """Whether the provider named them too long ago; a token that does not tell when counts as too old."""
    named_at = st.user.get("iat")
    return not isinstance(named_at, int | float) or time.time() - named_at > float(_settings().get("hours", HOURS)) * 3600


def person() -> str | None:
    """Who the provider says is signed in, by the claim that tokens are kept under; None for nobody.

    An e-mail address counts only where the provider has verified it: else anyone could claim a colleague's.
    """
    if not configured() or not st.user.is_logged_in or _over():
        return None
    claim = _settings().get("claim", "email")
    if claim == "email" and st.user.get("email_verified") is not True:
        return None
    told = st.user.get(claim)
    return str(told) if told else None


def token() -> str | None:
    """The service's token of whoever is signed in; None where nobody is, or none is kept for them."""
    known = person()
    return _settings().get("tokens", {}).get(known) if known else None


def kept_out() -> str | None:
    """Why whoever came back from the provider is not let in, and who can change it; None where that is not for this module to say."""
    if not configured() or not st.user.is_logged_in or _over() or token():
        return None
    claim = _settings().get("claim", "email")
    told = st.user.get(claim)
    if not told:
        return f"Your organisation signed you in but said nothing under `{claim}`, by which people are known here. Ask your administrator."
    if person() is None:
        return f"Your organisation signed you in but has not verified your address, {told}. Ask your administrator."
    return f"Your organisation signed you in as {told}, but no token of the service is kept here for that name. Ask your administrator."


def offer() -> None:
    """The way to the provider, on the sign-in page; or why whoever came back from it is not let in."""
    if not configured():
        return
    if importlib.util.find_spec("authlib") is None:
        st.error("A sign-in through your organisation is set up, but Authlib is not installed here: `pip install '.[oidc]'`.", icon=":material/error:")
        return
    if not st.user.is_logged_in or _over():
        if st.user.is_logged_in:
            st.info("Your sign-in has run out. Sign in again.", icon=":material/schedule:")
        st.html(_LEAVE, unsafe_allow_javascript=True)
        st.button("Sign in with your organisation", type="primary", on_click=st.login, key=BUTTON)
        return
    if why := kept_out():
        st.error(why, icon=":material/error:")
    st.button("Sign in as somebody else", on_click=st.logout)


def go_on() -> None:
    """Open the address that was asked for before the way to the provider; a sign-in always ends on the first page."""
    if configured() and st.user.is_logged_in:
        st.html(_RETURN, unsafe_allow_javascript=True)


def sign_out() -> None:
    """Let the provider's session here go as well."""
    if configured() and st.user.is_logged_in:
        st.logout()
