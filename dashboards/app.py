"""The frame of the dashboards: sign-in, then the pages that the signed-in person's role has a use for."""

from __future__ import annotations

import os

import streamlit as st

from dashboards import oidc, session, tables
from dashboards.client import ServiceError
from dashboards.screens import application, follow_up, oversight, planning, queue, visit

st.set_page_config(page_title="diversion", page_icon="◐", layout="wide", initial_sidebar_state="collapsed")
st.html(session.PRINT)
st.html(tables.STYLE)


def ask_for_token(refused: ServiceError | None) -> None:
    """The sign-in page; whatever address was asked for is opened after it. `refused`: what the service said to a token kept here."""
    st.title("diversion")
    st.write("Diversion risk of export licence applications, and the visits that check it.")
    if refused:
        session.show(refused)
    oidc.offer()
    with st.form("sign_in", width=480):
        token = st.text_input(
            "Your token",
            type="password",
            autocomplete="off",
            help="Your administrator gives it to you. It stays in this window only: closing or reloading the page signs you out.",
        )
        if st.form_submit_button("Sign in", type="primary"):
            if not token.strip():
                st.error("Type or paste your token, then press *Sign in*.")
            else:
                enter(token.strip())
    st.caption(f"Service: {session.service()} · nothing is sent anywhere else.")


def enter(token: str) -> None:
    """Sign in and start again on the page that was asked for; a refusal is shown and nothing is kept."""
    try:
        session.sign_in(token)
    except ServiceError as error:
        session.show(error)
    else:
        st.session_state["asked_for"] = {name: st.query_params.get_all(name) for name in st.query_params}
        st.rerun()


refused: ServiceError | None = None
kept = None if session.client() or "signed_out" in st.session_state else oidc.token() or os.environ.get("DIVERSION_TOKEN")
if kept:
    # No rerun here: the navigation below must see the address that was asked for in this very run, or a deep link opens the queue.
    try:
        session.sign_in(kept)
    except ServiceError as error:
        refused = error

found = session.client()
READS_ALL = frozenset({"analyst", "approver", "auditor"})
PAGES = (  # in the order of the navigation, each with the roles that have a use for it; the first that a role has is its home
    (READS_ALL, lambda: st.Page(queue.page, title="Queue", url_path="queue", icon=":material/inbox:")),
    (READS_ALL, application.as_page),
    (READS_ALL, lambda: st.Page(follow_up.page, title="Follow-up", url_path="follow-up", icon=":material/notification_important:")),
    (READS_ALL | {"planner"}, lambda: st.Page(planning.page, title="Visits and dues", url_path="visits", icon=":material/event_note:")),
    (frozenset({"inspector", "analyst"}), lambda: st.Page(visit.page, title="Log a visit", url_path="visit", icon=":material/travel_explore:")),
    (READS_ALL | {"admin"}, lambda: st.Page(oversight.page, title="Oversight", url_path="oversight", icon=":material/monitoring:")),
)
pages = [page() for roles, page in PAGES if found is None or found.role in roles]


def go_home() -> None:
    """Open the first page of the role under its own address.

    Streamlit knows its default page by `/` alone: were a planner's home the default, an analyst's link to `/visits` would not be found there.
    """
    if not pages:
        st.info("No page here is for your role: a system uses the service itself.")
        return
    st.switch_page(pages[0], query_params={name: st.query_params.get_all(name) for name in st.query_params})


home = st.Page(go_home, title="diversion", default=True, visibility="hidden" if pages else "visible")
here = st.navigation([home, *pages], position="top" if found else "hidden")
if found is None:
    ask_for_token(refused)  # on whatever page was asked for, which is then opened
else:
    oidc.go_on()
    here.run()
    with st.container(key="screen-only-foot", horizontal=True, horizontal_alignment="right", vertical_alignment="center"):
        st.caption(f"{found.name} · {found.role}", width="content")
        st.button("Sign out", on_click=session.sign_out, type="tertiary")
