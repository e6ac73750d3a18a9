"""What would go with a lower score of one application: each remedy alone, the fewest for a band, and any set tried together."""

from __future__ import annotations

from typing import Any

import streamlit as st

from dashboards import casefile, session, tables, words
from dashboards.client import Client, ServiceError
from engine.wire import Score

LOWER = 0.995  # of the odds; a remedy above it moves nothing that anyone could see


def _key(score: Score) -> str:
    return f"what-if:{score.application_id}:{score.revision}:{score.model_version}"


def _asked(client: Client, score: Score, key: str) -> dict[str, Any] | None:
    """The answer where it was asked for, or is now. The question is audited, so nothing asks it unasked."""
    kept = _key(score)
    if kept not in st.session_state:
        if not st.button("Work it out", icon=":material/balance:", key=key, help="What could be asked for, and what goes with a lower score. The question is put on the audit trail."):
            return None
        try:
            with st.spinner("Trying remedies …", show_time=True):
                st.session_state[kept] = client.what_if(score.application_id)
        except ServiceError as error:
            if error.status == 403:
                st.caption("Analysts and approvers are told.")
            else:
                session.show(error)
            return None
        st.rerun()  # so that it stands at a glance too
    return st.session_state[kept]


def at_a_glance(client: Client, score: Score) -> None:
    """The answer in at most three lines, once it was asked for."""
    if client.role not in ("analyst", "approver"):
        st.caption("Analysts and approvers are told.")
    elif told := _asked(client, score, "screen-only-help-glance"):
        for line in shortest(told):
            st.markdown(line)


def panel(client: Client, score: Score) -> None:
    """Each remedy alone, the fewest for a band, and any set tried together."""
    st.subheader("What would go with a lower score", anchor=False)
    told = _asked(client, score, "help-panel")
    if told is None:
        return
    fewest(told)
    tables.show(rows(told), "Each remedy with the score that goes with it alone")
    together(client, score, told)
    st.caption(f":material/info: {told['caveat']}")
    tables.offer(rows(told), f"{score.application_id.replace('/', '-')}-remedies", scope=True)


def rows(told: dict[str, Any]) -> list[dict[str, Any]]:
    """Each remedy, the lowest score first."""
    return [
        {
            "Remedy": one["asks"],
            "Alone": f"{words.band(one['alone']['band'])}, {words.frequency(one['alone']['risk'])}",
            "Odds": f"×{one['alone']['odds']:.2f}" if one["alone"]["odds"] < LOWER else "no change",
            "Shown by": one["verified_by"].replace("`", ""),
            "Named by": one["source"].split(" (http")[0],
        }
        for one in told["remedies"]
    ]


def shortest(told: dict[str, Any]) -> list[str]:
    """The answer in at most three lines."""
    asks = {one["code"]: one["asks"] for one in told["remedies"]}
    if not told["remedies"]:
        return ["No remedy that guidance names would change this filing."]
    if told["fewest"]:
        most = [f"For *{words.say(told['band'])}*: {len(told['fewest'])} of {len(asks)} remedies"]
        return most + [f"→ {casefile.plain(asks[code])}" for code in told["fewest"][:2]] + ([f"and {len(told['fewest']) - 2} more"] if len(told["fewest"]) > 2 else [])
    best = told["remedies"][0]
    if told["fewest"] == []:
        return [f"In the band *{words.say(told['band'])}* already."]
    if best["alone"]["odds"] >= LOWER:
        return ["No remedy moves this score."]
    return [f"None goes with *{words.say(told['band'])}*. Most: ×{best['alone']['odds']:.2f}", f"→ {casefile.plain(best['asks'])}"]


def fewest(told: dict[str, Any]) -> None:
    """The fewest remedies that go with the band below."""
    asks = {one["code"]: one["asks"] for one in told["remedies"]}
    if not asks:
        st.info("No remedy that guidance names, and that somebody can verify, would change this filing.", icon=":material/do_not_disturb_on:")
    elif told["fewest"]:
        after = told["with_fewest"]
        st.markdown(f"The fewest that go with the band **{words.say(told['band'])}**, {words.frequency(after['risk'])}, odds ×{after['odds']:.2f}:")
        st.markdown("\n".join(f"{number}. {casefile.plain(asks[code])}" for number, code in enumerate(told["fewest"], 1)))
    elif told["fewest"] is None:
        st.markdown(f"No set of them goes with the band **{words.say(told['band'])}** ({told['tried']} sets tried). Each alone:")


def together(client: Client, score: Score, told: dict[str, Any]) -> None:
    """Any set of remedies tried together."""
    asks = {one["code"]: one["asks"] for one in told["remedies"]}
    if len(asks) < 2:
        return
    form = f"together:{score.application_id}"
    with st.form(form + ":form", border=False):
        chosen = st.multiselect("Try together", asks, format_func=asks.get, key=f"{form}:chosen", placeholder="Choose remedies")
        tried = st.form_submit_button("Try", icon=":material/balance:")
    if tried and chosen:
        try:
            with st.spinner("Scoring …"):
                st.session_state[f"{form}:told"] = client.what_if(score.application_id, chosen)
        except ServiceError as error:
            session.show(error)
            return
    found = st.session_state.get(f"{form}:told")
    if not found or not found["asked"]:
        return
    after = found["asked"]
    st.markdown(f"Together: **{words.band(after['band'])}, {words.frequency(after['risk'])}**, odds ×{after['odds']:.2f} against the filing as filed.")
    moved = [{"What moves": one["text"], "As filed": words.odds(one["filed"]), "Supposed": words.odds(one["supposed"])} for one in found["moved"][:8]]
    tables.show(moved, "What moves the score between the two")
