"""The forms by which a person settles a referral or decides an application. Nothing in them is filled in beforehand.

What was typed stays until the service has taken it. The event's id and its `at` are made once for each form and kept as
long: a second press, or a second try after a lost answer, is the same event and changes nothing.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, get_args

import streamlit as st

from dashboards import drafts, session, words
from dashboards.client import Client, ServiceError
from engine.wire import Answer, DecisionOutcome, Ground, Referral, RequestFor, RequestParty, ReviewResult, Score


def stamp(form: str) -> dict[str, str]:
    """The id and time of the event that a form will send; the same at each try, until it is taken."""
    if form not in st.session_state:
        now = datetime.now(UTC).replace(microsecond=0)
        st.session_state[form] = {"event_id": f"dash-{uuid.uuid4()}", "at": now.isoformat().replace("+00:00", "Z")}
    return st.session_state[form]


def lines(text: str | None) -> list[str]:
    """The lines of a text that say anything."""
    return [line.strip() for line in (text or "").splitlines() if line.strip()]


def without_empty(record: dict[str, Any]) -> dict[str, Any]:
    """A record without what was left empty: what is missing stays missing, it is never sent as "" or an empty list."""
    return {name: value for name, value in record.items() if value not in (None, "", [], ())}


BECAME = {
    "recorded": "recorded",
    "unchanged": "was on record already: nothing was changed",
    "awaiting_signature": "kept, and waits for another person's signature before it counts",
}


def send(client: Client, kind: str, form: str, record: dict[str, Any], what: str) -> None:
    """Send one event; once taken, forget the form and draw the page anew, otherwise say what is wrong and keep it all."""
    try:
        became = client.record(kind, without_empty({**stamp(form), **record}))
    except ServiceError as error:
        session.show(error)
        st.info("What you typed is still here. Mend it and send again.", icon=":material/edit_note:")
        return
    for key in [key for key in st.session_state if str(key) == form or str(key).startswith(f"{form}:")]:
        del st.session_state[key]
    drafts.drop(client, form)
    session.forget()
    later(f"{what} {BECAME[became]}.")
    st.rerun()


def later(message: str) -> None:
    """Say something once, on the page as it is next drawn."""
    st.session_state["said"] = message


def say_what_was_done() -> None:
    """What the last form did."""
    if message := st.session_state.pop("said", None):
        st.success(message, icon=":material/check:")


RESULTS = {
    "dismissed": "dismissed: it does not apply",
    "confirmed": "confirmed: it applies",
    "exempted": "exempted: it applies, and an exemption covers it",
    "escalated": "escalated to another officer",
    "ended": "ended",
}


def settle(client: Client, application_id: str, referral: Referral) -> None:
    """Record what an officer made of one referral."""
    form = f"review:{application_id}:{referral.rule_id}:{referral.subject}"
    with st.form(form + ":form", border=False):
        result = st.selectbox(
            "What did you find?",
            get_args(ReviewResult),
            index=None,
            format_func=lambda code: RESULTS.get(code, words.say(code)),
            key=f"{form}:result",
            placeholder="Choose",
        )
        because = st.text_area("Why", key=f"{form}:because", help="For the file: what you looked at and what it showed.", height=80)
        left, right = st.columns(2)
        basis = left.text_input("Legal basis", key=f"{form}:basis", help="The provision it rests on; an exemption needs one.")
        valid_to = right.date_input("Holds until", value=None, key=f"{form}:valid_to", help="Empty: until something changes.")
        if not st.form_submit_button("Record this review", type="primary"):
            return
    if result is None or not because.strip():
        st.error("Choose what you found and say why. Nothing was recorded; what you typed is still here.")
        return
    review = {
        "about": "referral",
        "subject": referral.subject,
        "application_id": application_id,
        "result": result,
        "because": because.strip(),
        "legal_basis": basis.strip(),
        "valid_to": valid_to.isoformat() if valid_to else None,
    }
    send(client, "review", form, review, f"Review of {referral.rule_id} ({words.say(result)})")


def review(client: Client, application_id: str, about: str, subject: str, what: str) -> None:
    """Record what an officer made of something that is no referral: a list match, a proposal."""
    form = f"review:{application_id}:{about}:{subject}"
    with st.form(form + ":form", border=False):
        result = st.selectbox(
            "What did you find?", ("dismissed", "confirmed", "escalated"), index=None, format_func=RESULTS.get, key=f"{form}:result", placeholder="Choose"
        )
        because = st.text_area("Why", key=f"{form}:because", height=80, help="For the file: what tells the two apart, or shows that they are one.")
        if not st.form_submit_button("Record this review"):
            return
    if result is None or not because.strip():
        st.error("Choose what you found and say why. Nothing was recorded; what you typed is still here.")
        return
    told = {"about": about, "subject": subject, "application_id": application_id, "result": result, "because": because.strip()}
    send(client, "review", form, told, f"{what} ({words.say(result)})")


NEW = "a new request"


def ask(client: Client, application_id: str, waiting: Mapping[str, str]) -> None:
    """Put a question to somebody, or put down what came back."""
    form = f"request:{application_id}"
    chosen = st.selectbox("What", [NEW, *waiting], format_func=lambda one: waiting.get(one, "Ask: a new request"), key=f"{form}:which")
    with st.form(form + ":form", border=False):
        if chosen == NEW:
            left, right = st.columns(2)
            to = left.selectbox("Of whom", get_args(RequestParty), index=None, format_func=words.say, key=f"{form}:to", placeholder="Choose")
            for_ = right.selectbox("For what", get_args(RequestFor), index=None, format_func=words.say, key=f"{form}:for", placeholder="Choose")
            name = left.text_input("Who exactly", key=f"{form}:name")
            due = right.date_input("Answer due on", value=None, format="YYYY-MM-DD", key=f"{form}:due")
            stops = st.checkbox("Our time limit stops until the answer", key=f"{form}:stops")
            text = st.text_area("The question", key=f"{form}:text", height=70)
        else:
            answer = st.selectbox("What came back", get_args(Answer), index=None, format_func=words.say, key=f"{form}:answer", placeholder="Choose")
            on = st.date_input("On which day", value=None, format="YYYY-MM-DD", key=f"{form}:on")
            text = st.text_area("The answer", key=f"{form}:said", height=70)
        if not st.form_submit_button("Record this"):
            return
    if chosen == NEW and not (to and for_):
        st.error("Say of whom and for what. Nothing was recorded; what you typed is still here.")
        return
    if chosen != NEW and not (answer and on):
        st.error("Say what came back and when. Nothing was recorded; what you typed is still here.")
        return
    record: dict[str, Any] = {"application_id": application_id, "text": text.strip()}
    if chosen == NEW:
        made = stamp(form)
        record |= {
            "request_id": made["event_id"].replace("dash-", "req-", 1), "from": "authority", "to": to, "for": for_, "name": name.strip(),
            "sent_on": made["at"][:10], "due_on": due.isoformat() if due else None, "stops_clock": stops,
        }  # fmt: skip
        send(client, "request", form, record, f"Request for {words.say(for_)}")
    else:
        send(client, "request", form, record | {"request_id": chosen, "answer": answer, "answered_on": on.isoformat()}, f"Answer ({words.say(answer)})")


DECISION_FIELDS = ("outcome", "grounds", "rationale", "applicant", "conditions")


@st.fragment
def decide(client: Client, score: Score) -> None:
    """Record a decision: whichever way it goes it needs a rationale of its own. What is typed is kept from field to field."""
    form = f"decision:{score.application_id}"
    if drafts.restore(client, form):
        st.caption(":material/edit_note: What you had typed before is here again. Nothing of it was sent.")
    with st.container(key="decide"):
        outcome = st.selectbox(
            "Outcome",
            get_args(DecisionOutcome),
            index=None,
            format_func=words.say,
            key=f"{form}:outcome",
            placeholder="Choose",
            help="A grant waits for every referral to be settled; in the higher bands another person countersigns it.",
        )
        grounds = st.multiselect(
            "Grounds",
            get_args(Ground),
            format_func=words.say,
            key=f"{form}:grounds",
            placeholder="Choose any number",
            help="What the decision rests on. A refusal needs at least one.",
        )
        rationale = st.text_area(
            "Rationale, for the file",
            key=f"{form}:rationale",
            height=110,
            help="Why, in your own words. The score is advice and no reason by itself.",
        )
        applicant = st.text_area(
            "Reasons, as the applicant is told",
            key=f"{form}:applicant",
            height=80,
            help="Leave out the score, other parties' affairs and whatever is originator controlled.",
        )
        conditions = st.text_area("Conditions, one a line", key=f"{form}:conditions", height=80)
        pressed = st.button("Record this decision", type="primary", key="record-decision")
    drafts.keep(client, form, DECISION_FIELDS)
    if not pressed:
        return
    if outcome is None:
        st.error("Choose an outcome. Nothing was recorded; what you typed is still here.")
        return
    decision = {
        "application_id": score.application_id,
        "outcome": outcome,
        "grounds": list(grounds),
        "rationale": rationale.strip(),
        "reasons_for_applicant": applicant.strip(),
        "conditions": lines(conditions),
        "score_seen": score.model_dump(mode="json", include={"scored_at", "as_of", "model_version", "policy_version"}),
    }
    send(client, "decision", form, decision, f"Decision ({words.say(outcome)})")


def countersign(client: Client, waiting: dict[str, Any]) -> None:
    """Another person's signature on what waits for one, or its refusal; both go through the service's own rules."""
    form = f"sign:{waiting['event_id']}"
    event = waiting["event"]
    st.markdown(
        f"**{words.say(waiting['kind'])}: {words.say(event.get('outcome') or event.get('result'))}**, recorded by "
        f"{waiting.get('recorded_by') or '–'} on {words.day(waiting['since'])}"
    )
    st.text(event.get("rationale") or event.get("because") or "no reason given")
    with st.form(form + ":form", border=False):
        because = st.text_input("Why, if you refuse to sign", key=f"{form}:because")
        signs = st.form_submit_button("Sign", type="primary")
        refuses = st.form_submit_button("Refuse to sign")
    if not (signs or refuses):
        return
    try:
        client.sign(waiting["event_id"], signs, because.strip() or None)
    except ServiceError as error:
        session.show(error)
        return
    session.forget()
    later("Signed: it now counts." if signs else "Signature refused, with your reason.")
    st.rerun()
