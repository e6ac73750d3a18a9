"""The queue: what needs a decision now, first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from dashboards import places, saved_views, session, tables, words, worklist
from dashboards.client import MOST_ROWS, Client, QueueRow, ServiceError, base_rate
from dashboards.screens import application

STATES = {"undecided": "to decide", "decided": "decided", "all": "all"}
ONLY = {"referrals": "⚑ referrals to settle", "late": "past the limit"}
FILTERS = {"state": "undecided", "band": [], "destination": [], "only": [], "find": ""}  # the fields by key, as they stand at first
# An address holds the words of a choice; here are the codes they stand for.
MEANT = {
    "state": {told: code for code, told in STATES.items()},
    "band": {told: code for code, told in words.BANDS.items()},
    "only": {told: code for code, told in ONLY.items()},
}
# What each count shows when it is pressed: the filters by the keys of their fields.
VIEWS: dict[str, dict[str, list[str]]] = {
    "to decide": {},
    "with referrals to settle": {"only": ["referrals"]},
    "past the limit for a decision": {"only": ["late"]},
    "high or critical": {"band": ["high", "critical"]},
}


def page() -> None:
    """Fetch, filter, order, show."""
    st.header("Queue", anchor=False)
    session.scope()
    client = session.signed_in()
    for key, values in st.session_state.pop("asked_for", {}).items():
        if key in FILTERS:  # what the address asked for before the sign-in page took its place
            meant = [MEANT.get(key, {}).get(value, value[-3:-1] if key == "destination" and value.endswith(")") else value) for value in values]
            st.session_state[key] = meant if FILTERS[key] == [] else meant[0]
    counts = st.container(horizontal=True, vertical_alignment="center")
    filters = st.container(key="screen-only-filters", horizontal=True, vertical_alignment="bottom")
    with filters:
        state = st.segmented_control(
            "State", STATES, default="undecided", format_func=STATES.get, key="state", required=True, bind="query-params", persist_state="session"
        )
    with session.told(), st.spinner("Reading the queue …", show_time=True):
        waiting = session.held("waiting", lambda: client.queue(state=worklist.UNDECIDED, order="risk"))
        rows = waiting if state == "undecided" else session.held("queue", client.queue)
    if not (rows or waiting):
        st.info(
            "**No application is on record yet.** File one with `POST /v1/applications`, take a file in with "
            "`diversion ingest FILE`, or make a small world to look at with `diversion demo`.",
            icon=":material/inbox:",
        )
        return
    with filters:
        shown = worklist.in_order(choose(client, rows, state))
    with counts:
        views(worklist.tally(waiting))
        own_views(client)
    if len(rows) >= MOST_ROWS:
        st.caption(f"Of the {MOST_ROWS:,} with the {'highest risk' if state == 'undecided' else 'newest filing'}; *Find* looks at all of them.")
    asked = act(shown)
    clicked = draw(shown)
    if asked or clicked:
        st.session_state["in_order"] = [row.application_id for row in shown]
        st.switch_page(application.as_page(), query_params={"id": asked or clicked})


def views(told: dict[str, int]) -> None:
    """How many wait, and for what; each count opens its view."""
    for what, number in told.items():
        st.button(f"**{number:,}** {what}", key=f"view-{what}", on_click=_open, args=(VIEWS[what],), help="Show these.", width="content")
    st.markdown(of_all(), width="content")


def _open(filters: Mapping[str, Any]) -> None:
    for key, empty in FILTERS.items():
        st.session_state[key] = filters.get(key, empty)


def own_views(client: Client) -> None:
    """This person's own views: opened, saved under a name, taken away."""
    kept = saved_views.saved(client)
    with st.popover(f"My views: {len(kept)}" if kept else "My views", icon=":material/bookmark:", key="screen-only-views", help="The filters under a name of your own. Words you searched for are not kept."):
        for number, (name, view) in enumerate(kept.items()):
            with st.container(horizontal=True, vertical_alignment="center"):
                st.button(name, key=f"view-own-{number}", on_click=_open, args=(view,))
                st.button("Take away", key=f"view-gone-{number}", on_click=saved_views.forget, args=(client, name), type="tertiary")
        named = st.text_input("Save the filters as they stand, as", key="view-name", max_chars=saved_views.LONGEST)
        if st.button("Save this view", key="view-save"):
            if not named.strip():
                st.error("Give it a name.")
            elif wrong := saved_views.save(client, named, {key: st.session_state.get(key, empty) for key, empty in FILTERS.items()}):
                st.error(wrong)
            else:
                st.rerun()


def of_all() -> str:
    """The base rate to read every risk against, where the model in force has one and this person may know it."""
    try:
        base = base_rate(session.held("model", session.signed_in().model))
    except ServiceError:
        return ""
    return "" if base is None else f"all shipments: **{words.count_in(base, words.per(base))} in {words.per(base):,}**"


def choose(client: Client, rows: Sequence[QueueRow], state: str) -> list[QueueRow]:
    """The rows that pass the filters; the filters stand in the address, so that a view can be kept and sent on."""
    stays = {"bind": "query-params", "persist_state": "session"}
    bands = st.multiselect(
        "Band", words.BAND_ORDER, format_func=words.band, key="band", placeholder="Any", width=210, help="*Routine* is the lowest band. It is not a clearance.", **stays
    )
    destinations = st.multiselect(
        "Destination", sorted({row.destination for row in rows if row.destination}, key=places.country), format_func=places.country, key="destination",
        placeholder="Any", width=230, **stays,
    )  # fmt: skip
    only = st.pills(
        "Only", ONLY, selection_mode="multi", format_func=ONLY.get, key="only",
        help="A referral is a question that a named officer must settle before a grant. It is not a refusal.", **stays,
    )  # fmt: skip
    sought = (st.text_input("Find", key="find", placeholder="Id, exporter or end user", width=190, type="search", **stays) or "").strip()
    if sought and len(rows) >= MOST_ROWS:
        with session.told(), st.spinner("Looking …"):
            asked = {"find": sought} | ({"state": worklist.UNDECIDED} if state == "undecided" else {})
            rows = session.held(f"found:{asked}", lambda: client.queue(**asked))
    low = sought.casefold()
    return [
        row
        for row in rows
        if (state == "all" or (row.state == worklist.UNDECIDED) == (state == "undecided"))
        and (not bands or row.band in bands)
        and (not destinations or row.destination in destinations)
        and ("referrals" not in only or row.open_referrals)
        and ("late" not in only or row.late)
        and any(low in (told or "").casefold() for told in (row.application_id, row.exporter, row.end_user))
    ]


def act(rows: Sequence[QueueRow]) -> str | None:
    """What can be done with the rows shown: open one by its id, export them, ask again. The id to open, if any."""
    with st.container(key="screen-only-actions", horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{len(rows):,}** shown", width="content")
        asked = st.selectbox(
            "Open an application", [row.application_id for row in rows], index=None, key="open_id", placeholder="Open: type or choose an id",
            label_visibility="collapsed", width=250,
        )  # fmt: skip
        tables.offer(worklist.table(rows), "queue", scope=True)
        st.button("Refresh", icon=":material/refresh:", help="Ask the service again.", on_click=session.forget, type="tertiary")
        st.caption("Keep the page's address as a bookmark, or send it on: the filters stand in it.", width="content")
    return asked


def draw(rows: Sequence[QueueRow]) -> str | None:
    """The table; the id of the row that was clicked, if any."""
    if not rows:
        st.info("**No application passes these filters.** Take one away to see more.", icon=":material/filter_alt_off:")
        return None
    table = worklist.table(rows)
    states = {row.state for row in rows}
    st.dataframe(
        table,
        hide_index=True,
        height="content" if len(table) <= 18 else 680,
        column_order=[name for name in table[0] if name != "State" or states != {worklist.UNDECIDED}],
        column_config={
            "Application": st.column_config.ButtonColumn(
                "Application", type="tertiary", alignment="left", key="open_row", help="Open it", pinned=True
            ),
            "Why now": st.column_config.TextColumn(
                width=190, help="Referrals to settle, then days since filing. *Late*: past the policy's limit for a decision."
            ),
            "Band": st.column_config.TextColumn(width=105, help="By the dated policy's thresholds. *Routine* is never *cleared*."),
            "Risk in 1,000": st.column_config.NumberColumn(
                width=110,
                format="%.1f",
                help="Of 1,000 such applications, so many are diverted within 36 months if licensed and shipped as filed.",
            ),
            "90 % interval": st.column_config.TextColumn(width=105, help="In 1,000 such applications."),
            "End user": st.column_config.TextColumn(width=240),
            "Destination": st.column_config.TextColumn(width=165),
            "Kind": st.column_config.TextColumn(width=80),
            "Filed": st.column_config.TextColumn(width=95),
        },
        alt="Applications in the order in which they need a decision",
    )
    clicked = st.session_state.get("open_row")
    return clicked["label"] if clicked else None
