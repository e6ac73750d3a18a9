"""One application on one screen: what is asked, how risky, why, what is missing; then the forms to settle and decide."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st

from dashboards import casefile, charts, forms, session, words
from dashboards.client import Client, QueueRow, ServiceError, base_rate
from dashboards.places import country
from engine.wire import Application, Referral, Score

WORTH_A_CHART = 5  # records in a history; fewer are read faster in the table


@dataclass(frozen=True)
class Case:
    """Everything the page shows of one application."""

    filing: Application
    score: Score
    now: Score | None
    row: QueueRow | None
    history: list[dict[str, Any]]
    waiting: list[dict[str, Any]]
    others: tuple[float, ...]
    model: dict[str, Any]


def as_page() -> Any:
    """The page as the navigation knows it."""
    return st.Page(page, title="Application", url_path="application", icon=":material/description:")


def page() -> None:
    """Fetch, then draw from what decides to what supports it."""
    client = session.signed_in()
    application_id = st.query_params.get("id") or st.session_state.get("last_id")
    if not application_id:
        st.header("Application", anchor=False)
        st.info(
            "**No application is chosen.** Open one from the queue, or put its id in the address: `?id=`.",
            icon=":material/description:",
        )
        return
    st.query_params["id"] = st.session_state["last_id"] = application_id
    with session.told():
        case = session.held(f"case:{application_id}", lambda: fetch(client, application_id))
    head(case)
    session.scope()
    forms.say_what_was_done()
    referrals(client, case)
    left, right = st.columns([1, 1], gap="medium")
    with left:
        how_risky(case)
        why(case.score)
        missing(case.score)
    with right:
        st.subheader("What is asked", anchor=False)
        casefile.asked(case.filing)
        st.subheader("Route", anchor=False)
        casefile.way(case.filing)
        documents(case.filing)
    st.subheader("Parties", anchor=False)
    casefile.table(casefile.parties(case.filing), "Every party with its part")
    left, right = st.columns([1, 1], gap="medium")
    with left:
        history(case.history)
    with right:
        decision(client, case)
    st.caption(versions(case.score))


def fetch(client: Client, application_id: str) -> Case:
    """Everything the page needs; what a role may not read beside the case itself is left out."""
    filing = client.application(application_id)
    score = client.score(application_id)
    rows = session.held("queue", client.queue)
    row = next((row for row in rows if row.application_id == application_id), None)
    undecided = row is None or row.state == "undecided"
    return Case(
        filing=filing,
        score=score,
        now=client.score(application_id, "now") if undecided else None,
        row=row,
        history=client.history(application_id),
        waiting=_or_nothing(lambda: client.awaiting_signature(application_id), []),
        others=tuple(row.risk for row in rows if row.risk is not None),
        model=_or_nothing(lambda: session.held("model", client.model), {}),
    )


def _or_nothing(ask: Any, nothing: Any) -> Any:
    try:
        return ask()
    except ServiceError as error:
        if error.status != 403:
            raise
        return nothing


def head(case: Case) -> None:
    """Which application, in which band, at which state."""
    score, filing = case.score, case.filing
    to = filing.end_user.name if filing.end_user else ", ".join(country(code) for code in filing.destinations or ()) or "no single end user"
    st.header(f"{casefile.plain(score.application_id)} · {words.band(score.band)}", anchor=False)
    told = [f"to **{casefile.plain(to)}**"]
    if case.row:
        late = " (**late**: past the limit for a decision)" if case.row.late else ""
        told.append(f"{words.say(case.row.state)}, {case.row.age_days} days since filing{late}")
    st.markdown(" · ".join(told))


def how_risky(case: Case) -> None:
    """The risk as a count among such applications, its interval, and where it stands among all scores."""
    score, base = case.score, base_rate(case.model)
    st.subheader("How risky", anchor=False)
    st.markdown(
        f"**{words.frequency(score.risk, base, 'all shipments')}** would be diverted within 36 months. "
        f"90 % interval: {words.interval(score.risk_low, score.risk_high, score.risk)}."
    )
    st.altair_chart(
        charts.risk_scale(score, case.others, base, case.model.get("policy", {}).get("thresholds", ())),
        alt="This risk and its interval among all scores",
    )
    st.caption("◆ this application with its 90 % interval; each thin stroke is another scored application.")
    if case.now is not None:
        then, now = ((words.band(one.band), words.frequency(one.risk)) for one in (score, case.now))
        moved = "the same" if then == now else f"**{now[0]}**, {now[1]}"
        st.markdown(f"As of filing above; **as of now**, with all known since: {moved}.")
    if score.model_version.startswith("expert-card"):
        st.warning(
            "No trained model is in use: points follow published guidance, not findings, and the probability is not calibrated.",
            icon=":material/rule:",
        )


def why(score: Score) -> None:
    """The reasons as a waterfall; value, source and evidence one click below; the families beside."""
    st.subheader("Why", anchor=False)
    if not score.reasons:
        st.info("No reasons are shown to this role.", icon=":material/visibility_off:")
        return
    st.altair_chart(charts.reasons(score), alt="The reasons as steps from the start of every filing to this one")
    st.caption("Each bar says by how much the fact multiplies the odds of diversion. Dotted line: where every filing starts.")
    with st.expander("Value, source and evidence of each reason", icon=":material/fact_check:"):
        for reason in score.reasons:
            st.markdown(f"**{casefile.plain(reason.text)}** ({words.odds(reason.contribution)})")
            kept = "" if reason.handling == "internal" else f" · handling: **{words.say(reason.handling)}**"
            st.markdown(f"`{reason.feature}` = {words.number(reason.value)}{kept}  \nSource: {casefile.plain(reason.source)}")
            st.code("\n".join(reason.evidence) or "no record: the fact is that there is none", language=None)
    with st.expander("By family", icon=":material/stacked_bar_chart:", expanded=True):
        st.altair_chart(charts.families(score), alt="Contributions summed by family")


def missing(score: Score) -> None:
    """What could not be computed, and what would mend it."""
    if not score.missing:
        st.markdown("**Missing** nothing that could have been given.")
        return
    with st.expander(f"Missing: {len(score.missing)} inputs, each of which widens the interval", icon=":material/help:"):
        casefile.table(
            [{"Input": words.say(one.feature), "Family": words.say(one.family), "Why": one.why} for one in score.missing],
            "Inputs that could not be computed",
        )


def referrals(client: Client, case: Case) -> None:
    """The questions before a grant, open ones first, each with the form that settles it; as of now where that is known."""
    found: Sequence[Referral] = (case.now or case.score).referrals
    still_open = [referral for referral in found if not referral.settled]
    if not found:
        return
    st.subheader(f"To settle before a grant: {len(still_open)} of {len(found)}", anchor=False)
    st.caption("A referral is a question for a named officer. It is not a refusal.")
    for referral in [*still_open, *(one for one in found if one.settled)]:
        mark = "✓ settled" if referral.settled else "⚑ open"
        with st.expander(f"{mark} · {casefile.plain(referral.text)}", expanded=False):
            st.markdown(f"Settled by: {casefile.plain(referral.settled_by)}  \nRule `{referral.rule_id}`. Source: {casefile.plain(referral.source)}")
            if referral.evidence:
                st.code("\n".join(referral.evidence), language=None)
            if not referral.settled:
                forms.settle(client, case.score.application_id, referral)


def documents(filing: Application) -> None:
    """Every field of every document, side by side."""
    st.subheader(f"Documents: {len(filing.documents or ())}", anchor=False)
    if not filing.documents:
        st.info("No document was filed with it.", icon=":material/folder_off:")
        return
    casefile.table(casefile.papers(filing.documents), "The documents, one column each")


def history(entries: list[dict[str, Any]]) -> None:
    """What is known of the case, in the order in which it became known."""
    rows = casefile.moments(entries)
    st.subheader("History", anchor=False)
    if len(rows) >= WORTH_A_CHART:
        st.altair_chart(charts.timeline(rows), alt="The history in time; the table below says the same in words")
    shown = [{"Known": words.day(row["at"]), "What": row["kind"], "It says": row["told"], "By": row["by"]} for row in rows]
    casefile.table(shown, "The history as a table")


def decision(client: Client, case: Case) -> None:
    """What waits for a signature, and the form for a decision."""
    with st.container(key="screen-only-decision"):
        for waiting in case.waiting:
            with st.container(border=True):
                st.subheader("Waits for a second signature", anchor=False)
                forms.countersign(client, waiting)
        with st.container(border=True):
            st.subheader("Decide", anchor=False)
            if case.row and case.row.state != "undecided":
                st.info(
                    f"Already {words.say(case.row.state)}. Another decision is added to it and takes nothing away.",
                    icon=":material/gavel:",
                )
            forms.decide(client, case.score)


def versions(score: Score) -> str:
    """What the score can be reproduced from."""
    return (
        f"Scored {score.scored_at:%Y-%m-%d %H:%M} UTC as of {score.as_of:%Y-%m-%d %H:%M} UTC · model {score.model_version} · features "
        f"{score.features_version} · rules {score.rules_version} · policy {score.policy_version} · reference data {score.reference_as_of}"
    )
