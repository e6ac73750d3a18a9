"""Signing in through an OpenID Connect provider, where the deployment has set one up; without one this does nothing.

The provider says who somebody is; what they may do stays with the service's token, which the dashboards' secrets keep for each person
(`[diversion.tokens]`, by verified e-mail or by the claim named in `diversion.claim`). docs/operating.md shows the file.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st


def _secrets() -> Mapping[str, Any]:
    return st.secrets if st.secrets.load_if_toml_exists() else {}


def configured() -> bool:
    """Whether a provider is set up."""
    return "auth" in _secrets()


def person() -> str | None:
    """Who the provider says is signed in, by the claim that tokens are kept under; None for nobody.

    An e-mail address counts only where the provider has verified it: else anyone could claim a colleague's.
    """
    if not configured() or not st.user.is_logged_in:
        return None
    claim = _secrets().get("diversion", {}).get("claim", "email")
    if claim == "email" and st.user.get("email_verified") is not True:
        return None
    told = st.user.get(claim)
    return str(told) if told else None


def token() -> str | None:
    """The service's token of whoever is signed in; None where nobody is, or none is kept for them."""
    known = person()
    return _secrets().get("diversion", {}).get("tokens", {}).get(known) if known else None


def offer() -> None:
    """The way to the provider, on the sign-in page; or why whoever came back from it is not let in."""
    if not configured():
        return
    if st.user.is_logged_in:
        st.error(
            "Your organisation knows you, but no token of the service is kept here for you, or your address is not verified. "
            "Ask your administrator, or sign in with a token.", icon=":material/error:")
        st.button("Sign in as somebody else", on_click=st.logout)
    else:
        st.button("Sign in with your organisation", type="primary", on_click=st.login)


def sign_out() -> None:
    """Let the provider's session here go as well."""
    if configured() and st.user.is_logged_in:
        st.logout()
