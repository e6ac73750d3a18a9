"""What findings and colleagues put before an officer: alerts on open cases, proposals to settle, decisions that wait for a signature."""

from __future__ import annotations

from typing import Any

import streamlit as st

from dashboards import casefile, forms, session, tables, visit_draft, words
from dashboards.client import Client
from dashboards.places import country
from dashboards.screens import application

SECTIONS = {"signatures": "To sign", "alerts": "Alerts", "proposals": "Proposals"}
WENT_ELSEWHERE = tuple(words.say(code) for code in visit_draft.ELSEWHERE)
AT_ONCE = 25  # proposals drawn with their forms


def page() -> None:
    """One section at a time, so that none waits for another."""
    client = session.signed_in()
    st.header("Follow-up", anchor=False)
    forms.say_what_was_done()
    section = st.segmented_control(
        "Section", SECTIONS, default="alerts" if client.role == "analyst" else "signatures", format_func=SECTIONS.get, key="follow_up", required=True,
        bind="query-params", persist_state="session", label_visibility="collapsed",
    )  # fmt: skip
    {"signatures": signatures, "alerts": alerts, "proposals": proposals}[section or "alerts"](client)
    session.scope()


def signatures(client: Client) -> None:
    """What a second person must sign before it counts, the oldest first."""
    with session.told(), st.spinner("Reading what waits …"):
        waiting = client.signatures()
    if not waiting:
        st.success("**Nothing waits for a signature.**", icon=":material/check:")
        return
    if client.role != "approver":
        st.info("An approver signs these, another person than the one who recorded it.", icon=":material/info:")
    for one in waiting:
        about = one["event"].get("application_id")
        with st.container(border=True):
            if about and st.button(f"Open {about}", key=f"open-{one['event_id']}", type="tertiary", icon=":material/description:"):
                _open(about)
            if client.role == "approver":
                forms.countersign(client, one)
            else:
                st.markdown(f"**{words.say(one['kind'])}**, recorded by {casefile.plain(one.get('recorded_by'))} on {words.day(one['since'])}")


def alerts(client: Client) -> None:
    """Findings that touch undecided applications and open licences, the newest first."""
    with session.told(), st.spinner("Holding findings against open cases …", show_time=True):
        found = session.held_yet("alerts:scored", seconds=600) or session.held("alerts", client.alerts, seconds=600)
    if not found:
        st.success("**No alert.** No finding touches an undecided application or an open licence.", icon=":material/check:")
        return
    rows = by_application(found)
    st.markdown(
        ("The newest " if len(found) == 100 else "") + f"**{len(found)}** finding" + ("s touch" if len(found) > 1 else " touches") + f" **{len(rows)}** undecided applications and open licences."
    )
    with st.container(key="screen-only-alerts", horizontal=True, vertical_alignment="center"):
        tables.offer(alert_rows(found), "alerts", scope=True)
        if all(one["band"] is None for one in found) and st.button("Score these as of now", icon=":material/update:", type="tertiary", help="With all that the findings tell; takes some seconds."):
            with session.told(), st.spinner("Scoring as of now …", show_time=True):
                session.held("alerts:scored", lambda: client.alerts(scored=True), seconds=600)
            st.rerun()
    st.dataframe(
        rows, hide_index=True, height="content" if len(rows) <= 15 else 560, alt="Alerts, the newest first",
        column_order=[name for name in rows[0] if name != "Band now" or any(row[name] != tables.NONE for row in rows)],
        column_config={
            "Application": st.column_config.ButtonColumn("Application", type="tertiary", alignment="left", key="open_alert", help="Open it", pinned=True),
            "What": st.column_config.TextColumn(width=290), "In common": st.column_config.TextColumn(width=170), "Findings": st.column_config.NumberColumn(width=70),
            "Diversion": st.column_config.TextColumn(width=75), "Band before": st.column_config.TextColumn(width=95),
        },
    )  # fmt: skip
    if clicked := st.session_state.get("open_alert"):
        _open(clicked["label"])


def by_application(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """One row an application, with all that was found; a diversion first, then the highest band, then the newest."""
    groups: dict[str, list[dict[str, Any]]] = {}
    for row in sorted(alert_rows(found), key=lambda row: row["Raised"], reverse=True):
        groups.setdefault(row["Application"], []).append(row)
    bands = [*(words.band(name) for name in words.BAND_ORDER), tables.NONE]
    ordered = sorted(groups.values(), key=lambda rows: (all(row["Diversion"] != "yes" for row in rows), min(bands.index(rows[0][name]) for name in ("Band now", "Band before"))))
    return [
        {
            "Application": rows[0]["Application"], "Because": rows[0]["Because"], "Findings": len(rows), "Diversion": "yes" if any(row["Diversion"] == "yes" for row in rows) else "no",
            "What": ", ".join(sorted(dict.fromkeys(code for row in rows for code in row["Finding"].split(", ")), key=lambda code: code not in WENT_ELSEWHERE)), "In common": ", ".join(dict.fromkeys(part for row in rows for part in row["In common"].split(", "))),
            "Band now": rows[0]["Band now"], "Band before": rows[0]["Band before"], "Destination": rows[0]["Destination"], "Newest": rows[0]["Raised"],
        }
        for rows in ordered
    ]  # fmt: skip


def alert_rows(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Alerts as they are shown and exported."""
    return [
        {
            "Application": one["application_id"], "Because": words.say(one["why"]),
            "Finding": ", ".join(words.say(code) for code in one["findings"]) or "–", "Diversion": words.yes_no(one["diversion"]),
            "In common": ", ".join(words.say(part.strip()) for part in (one["shared_as"] or "").split(",") if part.strip()) or "–",
            "Band now": words.band(one["band"]) if one["band"] else tables.NONE, "Band before": words.band(one["band_before"]) if one["band_before"] else tables.NONE, "Destination": country(one["destination"]),
            "Raised": words.day(one["raised_at"]), "Found on": one["found_on"] or "–", "By": words.say(one["found_by"]), "Record": one["source"],
        }
        for one in found
    ]  # fmt: skip


def proposals(client: Client) -> None:
    """What findings put before an approver; each is settled with what was done, or why nothing was."""
    with session.told(), st.spinner("Reading what findings propose …", show_time=True):
        found = session.held("proposals", client.proposals, seconds=600)
    if not found:
        st.success("**No proposal is open.**", icon=":material/check:")
        return
    kinds = sorted({one["action"] for one in found})
    with st.container(horizontal=True, vertical_alignment="bottom"):
        what = st.multiselect("What is proposed", kinds, format_func=words.say, key="proposed", placeholder="Anything", width=300, bind="query-params", persist_state="session")
        sought = (st.text_input("Find", key="proposal_find", placeholder="Application or record", width=220, persist_state="session") or "").casefold().strip()
    shown = sorted(
        (one for one in found if (not what or one["action"] in what) and sought in f"{one['application_id']} {one['source']} {one['target']}".casefold()),
        key=lambda one: one["proposed_at"], reverse=True,
    )  # fmt: skip
    rows = [
        {"Proposed": words.day(one["proposed_at"]), "What": words.say(one["action"]), "On": said_target(one["target"]), "Application": one["application_id"], "Because of": f"{one['found_by']} {one['source']}"}
        for one in shown
    ]
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{len(shown):,}** of {len(found):,} open, the newest first", width="content")
        tables.offer(rows, "proposals")
    if client.role not in ("analyst", "approver"):
        st.dataframe(rows, hide_index=True, height="content" if len(rows) <= 15 else 560, alt="Open proposals")
        return
    for one in shown[:AT_ONCE]:
        told = st.expander(f"{words.say(one['action'])} · {casefile.plain(said_target(one['target']))} · {words.day(one['proposed_at'])}", key=f"proposal:{one['proposal_id']}", on_change="rerun")
        if not told.open:  # its form is drawn once it is looked at
            continue
        with told:
            st.markdown(f"Because of the {words.say(one['found_by'])} `{one['source']}`. Nothing is done by itself: put down what was done, or why not.")
            forms.review(client, one["application_id"], "incident" if one["found_by"] == "incident" else "visit", one["proposal_id"], f"Proposal ({words.say(one['action'])})")
            if st.button("Open the application", key=f"open-{one['proposal_id']}", type="tertiary", icon=":material/description:"):
                _open(one["application_id"])
    if len(shown) > AT_ONCE:
        st.caption(f"The newest {AT_ONCE} are shown; *Find* narrows them down, the file has all.")


def said_target(target: str) -> str:
    """What a proposal is on, its kind in words: `end_user ACME` -> `end user ACME`."""
    kind, _, which = target.partition(" ")
    return f"{words.say(kind)} {which}".strip()


def _open(application_id: str) -> None:
    st.switch_page(application.as_page(), query_params={"id": application_id})
