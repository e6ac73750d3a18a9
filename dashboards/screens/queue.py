"""The queue: what needs a decision now, first."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

import streamlit as st

from dashboards import places, session, words, worklist
from dashboards.client import QueueRow, ServiceError, base_rate
from dashboards.screens import application

STATES = {"undecided": "to decide", "decided": "decided", "all": "all"}


def page() -> None:
    """Fetch, filter, order, show."""
    st.header("Queue", anchor=False)
    session.scope()
    with session.told():
        rows = session.held("queue", session.signed_in().queue)
    if not rows:
        st.info(
            "**No application is on record yet.** File one with `POST /v1/applications`, take a file in with "
            "`diversion ingest FILE`, or make a small world to look at with `diversion demo`.",
            icon=":material/inbox:",
        )
        return
    told = worklist.tally(rows)
    shown = worklist.in_order(choose(rows))
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(" · ".join(f"**{number}** {what}" for what, number in told.items()) + of_all(), width="content")
        st.space("stretch")
        with st.container(key="screen-only-actions", horizontal=True, width="content"):
            asked = act(shown)
    clicked = draw(shown)
    if asked or clicked:
        st.switch_page(application.as_page(), query_params={"id": asked or clicked})


def of_all() -> str:
    """The base rate to read every risk against, where the model in force has one and this person may know it."""
    try:
        base = base_rate(session.held("model", session.signed_in().model))
    except ServiceError:
        return ""
    return "" if base is None else f" · all shipments: **{words.count_in(base, words.per(base))} in {words.per(base):,}**"


def choose(rows: Sequence[QueueRow]) -> list[QueueRow]:
    """The rows that pass the filters; the filters stand in the address, so that a view can be kept and sent on."""
    with st.container(key="screen-only-filters", horizontal=True, vertical_alignment="bottom"):
        state = st.segmented_control(
            "State",
            STATES,
            default="undecided",
            format_func=STATES.get,
            key="state",
            required=True,
            bind="query-params",
        )
        bands = st.multiselect(
            "Band",
            words.BAND_ORDER,
            format_func=words.band,
            key="band",
            placeholder="Any",
            width=210,
            bind="query-params",
            help="*Routine* is the lowest band. It is not a clearance.",
        )
        destinations = st.multiselect(
            "Destination",
            sorted({row.destination for row in rows if row.destination}, key=places.country),
            format_func=places.country,
            key="destination",
            placeholder="Any",
            width=230,
            bind="query-params",
        )
        only_open = st.toggle(
            "Open referrals only",
            key="referrals",
            bind="query-params",
            help="Questions that a named officer must settle before a grant. A referral is not a refusal.",
        )
        sought = st.text_input("Find", key="find", placeholder="Id or end user", width=180, type="search", bind="query-params")
    sought = (sought or "").casefold()
    return [
        row
        for row in rows
        if (state == "all" or (row.state == worklist.UNDECIDED) == (state == "undecided"))
        and (not bands or row.band in bands)
        and (not destinations or row.destination in destinations)
        and (not only_open or row.open_referrals)
        and (sought in row.application_id.casefold() or sought in (row.end_user or "").casefold())
    ]


def act(rows: Sequence[QueueRow]) -> str | None:
    """What can be done with the rows shown: open one by its id, export them, ask again. The id to open, if any."""
    asked = st.selectbox(
        "Open an application",
        [row.application_id for row in rows],
        index=None,
        key="open_id",
        placeholder="Open: type or choose an id",
        label_visibility="collapsed",
        width=250,
    )
    if rows:
        table = as_csv(worklist.table(rows))
        st.download_button("CSV", table, "queue.csv", "text/csv", on_click="ignore", icon=":material/download:", help="Export the rows shown.")
    st.button("Refresh", icon=":material/refresh:", help="Ask the service again.", on_click=session.forget)
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
                width=165, help="Referrals to settle, then days since filing. *Late*: past the policy's limit for a decision."
            ),
            "Band": st.column_config.TextColumn(help="By the dated policy's thresholds. *Routine* is never *cleared*."),
            "Risk in 1,000": st.column_config.NumberColumn(
                "Risk",
                format="%.1f in 1,000",
                help="Of 1,000 such applications, so many are diverted within 36 months if licensed and shipped as filed.",
            ),
            "90 % interval": st.column_config.TextColumn(help="In 1,000 such applications."),
            "Destination": st.column_config.TextColumn(width=170),
        },
        alt="Applications in the order in which they need a decision",
    )
    clicked = st.session_state.get("open_row")
    return clicked["label"] if clicked else None


def as_csv(table: Sequence[dict]) -> bytes:
    """The table as CSV, with a byte-order mark so that spreadsheets read it as UTF-8, and the sentence of scope."""
    lines = io.StringIO()
    writer = csv.DictWriter(lines, [*table[0], "Scope"])
    writer.writeheader()
    writer.writerows({**{name: _inert(value) for name, value in row.items()}, "Scope": "diversion only"} for row in table)
    return lines.getvalue().encode("utf-8-sig")


def _inert(value: object) -> object:
    # A name is the applicant's text: a spreadsheet must not run it as a formula.
    return "'" + value if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r") else value
