"""Visits and dues: what is overdue and who must act, the visits there are, and plans made, read and amended."""

from __future__ import annotations

import re
from collections import Counter
from datetime import date, timedelta
from typing import Any

import streamlit as st

from dashboards import casefile, charts, forms, session, tables, words
from dashboards.client import MOST_ROWS, Client, ServiceError
from dashboards.places import country

SECTIONS = {"visits": "Visits", "due": "What is due", "plan": "Plan"}
STATES = {"overdue": "! overdue", "due": "due", "done": "✓ done"}
LONG = 900  # rows that are drawn; the file to take away has them all


def page() -> None:
    """One section at a time, so that none waits for another."""
    client = session.signed_in()
    st.header("Visits and dues", anchor=False)
    forms.say_what_was_done()
    section = st.segmented_control(
        "Section", SECTIONS, default="visits", format_func=SECTIONS.get, key="section", required=True, bind="query-params", persist_state="session", label_visibility="collapsed"
    )
    {"visits": visits, "due": due, "plan": plan}[section or "visits"](client)
    session.scope()


def visits(client: Client) -> None:
    """Every visit planned or made, on the map and as a table."""
    with session.told(), st.spinner("Reading the visits …", show_time=True):
        listed = session.held("visits", client.visits)
    if not listed:
        st.info("**No visit is planned or made yet.** A planner makes a plan under *Plan*.", icon=":material/event_available:")
        return
    counts = Counter(visit["state"] for visit in listed)
    st.markdown(" · ".join(f"**{counts[state]:,}** {told}" for state, told in STATES.items()) + (", the newest" if len(listed) >= MOST_ROWS else ""))
    with st.container(key="screen-only-visit-filters", horizontal=True, vertical_alignment="bottom"):
        state = st.pills("State", STATES, selection_mode="multi", format_func=STATES.get, default=["overdue", "due"], key="visit_states", persist_state="session")
        places = sorted({visit["destination"] for visit in listed if visit.get("destination")}, key=country)
        where = st.multiselect("Destination", places, format_func=country, key="visit_destinations", placeholder="Any", width=230, persist_state="session")
    shown = [visit for visit in listed if (not state or visit["state"] in state) and (not where or visit["destination"] in where)]
    if not shown:
        st.info("**No visit passes these filters.** Take one away to see more.", icon=":material/filter_alt_off:")
        return
    left, right = st.columns([1.1, 1], gap="medium")
    with left:
        st.altair_chart(charts.countries(Counter(visit["destination"] for visit in shown if visit.get("destination")), "visits"), alt="Visits by country; the table below says the same")
    with right:
        if planned := [visit for visit in shown if visit.get("window_from") and visit["state"] != "done"]:
            st.altair_chart(charts.calendar(planned), alt="How many visits are open on each day; the table below has each window")
    rows = visit_rows(shown)
    tables.offer(rows, "visits")
    st.dataframe(
        rows[:LONG], hide_index=True, height="content" if len(rows) <= 15 else 560, alt="Visits by the end of their window",
        column_order=[name for name in rows[0] if any(row[name] != tables.NONE for row in rows)],  # of visits still to be made, nothing of what was found
    )  # fmt: skip


def visit_rows(listed: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Visits as they are shown and exported."""
    return [
        {
            "State": STATES[visit["state"]], "Until": words.day(visit["window_to"]), "From": words.day(visit["window_from"]), "Application": visit["application_id"] or "–",
            "Destination": country(visit["destination"]), "Mode": words.say(visit["mode"]), "Outcome": words.say(visit["outcome"]),
            "Findings": ", ".join(words.say(one) for one in visit["findings"] or ()) or "–", "Made": words.day(visit["visited_on"]),
            "Reviewed": words.yes_no(visit["reviewed"]) if visit["state"] == "done" else "–",
            "Evidence not here": str(visit["evidence_missing"]) if visit.get("evidence_missing") else tables.NONE, "Chosen by": words.chosen_by(visit),
            "Probability": visit["inclusion_probability"], "Why": visit["reason"] or "–", "Visit": visit["visit_id"], "Plan": visit["plan_id"] or "–",
        }
        for visit in listed
    ]  # fmt: skip


def due(client: Client) -> None:
    """What is owed after the licences: by whom, since when, how much it is worth."""
    with session.told(), st.spinner("Working out every clock …", show_time=True):
        told = session.held("due", client.due, seconds=300)
    owed = told["obligations"]
    if not owed:
        st.success("**Nothing is due.**", icon=":material/check:")
        return
    late = [one for one in owed if one["state"] == "overdue"]
    counted = f"**{len(late):,}** overdue, **{len(owed) - len(late):,}** due"
    st.markdown(f"The oldest {len(owed):,} of more: {counted}. What stands below counts these alone." if told.get("next_skip") else counted)
    tables.show(acting(owed), "Who must act, and on how much")
    with st.container(key="screen-only-due-filters", horizontal=True, vertical_alignment="bottom"):
        who = st.multiselect(
            "Who must act", sorted({one["next_actor"] for one in owed}), format_func=words.say, key="actor", placeholder="Anyone", width=230, bind="query-params", persist_state="session"
        )
        what = st.multiselect(
            "What", sorted({one["obligation"] for one in owed}), format_func=words.say, key="obligation", placeholder="Anything", width=260, bind="query-params", persist_state="session"
        )
        only_late = st.toggle("Overdue only", key="overdue", bind="query-params", persist_state="session")
    shown = [
        one for one in owed
        if (not who or one["next_actor"] in who) and (not what or one["obligation"] in what) and (not only_late or one["state"] == "overdue")
    ]  # fmt: skip
    if not shown:
        st.info("**Nothing due passes these filters.** Take one away to see more.", icon=":material/filter_alt_off:")
        return
    rows = due_rows(shown)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{len(rows):,}** pass the filters" + (f", the oldest {LONG} are shown" if len(rows) > LONG else ""), width="content")
        tables.offer(rows, "due")
    st.dataframe(
        rows[:LONG], hide_index=True, height="content" if len(rows) <= 15 else 560,
        column_config={
            "Worth, EUR": st.column_config.NumberColumn(format="localized"), "Days over": st.column_config.NumberColumn(help="Past the day; negative before it."),
            "What": st.column_config.TextColumn(width=265), "Destination": st.column_config.TextColumn(width=165), "About": st.column_config.TextColumn(width=150),
        },
        column_order=[name for name in rows[0] if name not in ("Kind", "Shipment")],  # both are in the file: *What* and *About* say them in other words
        alt="What is due, the oldest first",
    )  # fmt: skip
    if told["unverified"]:
        with st.expander(f"End users whose check could not be completed: {len(told['unverified'])}", icon=":material/person_off:"):
            rows = [
                {"Visit": one["subject"], "Application": one["application_id"], "State": words.say(one["state"]), "Since": words.day(one["since"]), "Why": one["why"]}
                for one in told["unverified"]
            ]
            tables.offer(rows, "unverified")
            st.dataframe(rows, hide_index=True, alt="End users whose check could not be completed")


def acting(owed: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """How much each must do next, most overdue first."""
    counts: dict[str, Counter] = {}
    for one in owed:
        counts.setdefault(one["next_actor"], Counter())[one["state"]] += 1
    oldest = {who: min(one["due_on"] for one in owed if one["next_actor"] == who) for who in counts}
    return [
        {"Who must act": words.say(who), "Overdue": f"{states['overdue']:,}", "Due": f"{states['due']:,}", "Oldest due on": oldest[who]}
        for who, states in sorted(counts.items(), key=lambda pair: -pair[1]["overdue"])
    ]


def due_rows(owed: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What is due as it is shown and exported."""
    return [
        {
            "State": "! overdue" if one["state"] == "overdue" else words.say(one["state"]), "Days over": one["days_over"], "Due on": one["due_on"],
            "Who must act": words.say(one["next_actor"]), "What": one["what"], "Application": one["application_id"] or "–", "Shipment": one["shipment_id"] or "–",
            "Destination": country(one["destination"]), "Worth, EUR": None if one["value_eur"] is None else round(one["value_eur"]), "Kind": words.say(one["obligation"]), "About": one["subject"],
        }
        for one in owed
    ]  # fmt: skip


def plan(client: Client) -> None:
    """A plan made, or one chosen and read, and amended with a reason."""
    if client.role == "planner":
        with st.expander("Make a plan", icon=":material/add_task:", expanded="plan" not in st.query_params):
            make(client)
    with session.told(), st.spinner("Reading the plans …"):
        listed = session.held("visits", client.visits)
    known = sorted({visit["plan_id"] for visit in listed if visit["plan_id"]}, reverse=True)
    asked = st.query_params.get("plan")
    if asked and asked not in known:
        known.insert(0, asked)
    if not known:
        st.info("**There is no plan yet.** " + ("Make one above." if client.role == "planner" else "A planner makes one on this page."), icon=":material/event_available:")
        return
    chosen = st.selectbox("Plan", known, index=known.index(asked) if asked in known else 0, width=320)
    st.query_params["plan"] = chosen
    with session.told(), st.spinner("Reading the plan …", show_time=True):
        told = session.held(f"plan:{chosen}", lambda: client.plan(chosen))
    read(told, {visit["visit_id"]: country(visit["destination"]) for visit in listed})
    if client.role == "planner":
        with st.expander("Amend this plan", icon=":material/edit_calendar:"):
            amend(client, told)


def make(client: Client) -> None:
    """Period and capacity in, plan out."""
    start = (date.today().replace(day=1) + timedelta(days=32)).replace(day=1)
    with st.form("plan:form", border=False):
        one, two, three = st.columns(3)
        begins = one.date_input("From", value=start, format="YYYY-MM-DD", key="plan:from")
        ends = two.date_input("To", value=start + timedelta(days=89), format="YYYY-MM-DD", key="plan:to")
        visits_ = three.number_input("Visits that can be made", min_value=1, max_value=10_000, value=None, step=1, key="plan:visits", placeholder="How many")
        with st.popover("Further limits", icon=":material/tune:"):
            days = st.number_input("Inspector-days in the period, travel included", min_value=0.0, value=None, key="plan:days", help="Empty: only the number of visits limits.")
            travel = st.number_input("Days of one trip there and back", min_value=0.0, value=None, key="plan:travel")
            in_country = st.number_input("Visits in one country, at most", min_value=1, value=None, step=1, key="plan:country")
            to_user = st.number_input("Visits to one end user, at most", min_value=1, value=None, step=1, key="plan:user")
            notice = st.number_input("Days of notice that host states want", min_value=0, value=None, step=1, key="plan:notice")
            consent = st.number_input("Days it takes to ask for consent first", min_value=0, value=None, step=1, key="plan:consent")
            share = st.slider("Share drawn by lot", 0.05, 0.5, 0.15, 0.05, key="plan:share", format="percent", help="Only visits by lot tell honestly how good the model is.")
            seed = st.number_input("Seed of the lot", min_value=0, value=0, step=1, key="plan:seed", help="The same seed on the same records gives the same plan.")
        if not st.form_submit_button("Make the plan", type="primary"):
            return
    if not visits_:
        st.error("Say how many visits can be made. What you typed is still here.")
        return
    limits = {
        "regions": [{"name": "everywhere", "covers": ["rest"], "inspector_days": days, "travel_days": travel or 0.0}] if days is not None else None,
        "country_quota": in_country, "end_user_quota": to_user, "notice_days": notice, "consent_days": consent,
    }  # fmt: skip
    capacity = {name: value for name, value in limits.items() if value is not None}
    order = {"from": begins.isoformat(), "to": ends.isoformat(), "visits": visits_, "seed": seed, "lot_share": share} | ({"capacity": capacity} if capacity else {})
    try:
        with st.spinner("Scoring what arrived, drawing the lot, choosing the rest …", show_time=True):
            told = client.make_plan(order)
    except ServiceError as error:
        session.show(error)
        st.info("What you typed is still here. Mend it and try again.", icon=":material/edit_note:")
        return
    session.forget()
    st.query_params["plan"] = told["plan_id"]
    left = f" {told['mandatory_left_out']} that a rule demands did not fit." if told["mandatory_left_out"] else ""
    forms.later(
        f"Plan {told['plan_id']} made: {len(told['visits'])} visits of {told['eligible']:,} shipments that could be chosen; of these "
        f"{told['without_consent']:,} have no undertaking to tolerate checks on file.{left}"
    )
    st.rerun()


def read(told: dict[str, Any], where: dict[str, str]) -> None:
    """A plan's visits, each with why and with what probability, and what the plan rests on. `where`: the destination of each visit."""
    chosen = told["visits"]
    by = Counter(words.chosen_by(visit) for visit in chosen)
    said = [f"**{len(chosen)}** visits", *(f"{number} by {'rule' if how == 'mandatory' else how}" for how, number in by.items())]
    if told.get("objective") is not None:
        said.append(f"**{told['objective']:.1f}** diversions expected among the visits by risk")
    if told.get("gap") is not None:
        said.append("no better choice exists" if told["gap"] < 1e-6 else f"at most {told['gap']:.1%} below the best there can be")
    st.markdown(" · ".join(said))
    if not chosen:
        st.info("**Every visit of this plan was taken out.** The amendments below say why.", icon=":material/event_busy:")
    rows = plan_rows(told, where)
    tables.offer(rows, told["plan_id"])
    st.dataframe(
        rows, hide_index=True, height="content" if len(rows) <= 15 else 560, alt="The visits of the plan, each with why it was chosen and with what probability",
        column_config={
            "Risk": st.column_config.NumberColumn(format="%.3f"), "Probability": st.column_config.NumberColumn(format="%.4f", help="With which it came into the plan: 1 for what was chosen by risk."),
            "Why": st.column_config.TextColumn(width="large"),
        },
    )  # fmt: skip
    if planned := [visit for visit in chosen if visit.get("window_from")]:
        with st.expander("Calendar", icon=":material/calendar_month:"):
            st.altair_chart(charts.calendar(planned), alt="How many visits are open on each day")
    with st.expander("What it rests on", icon=":material/fact_check:"):
        st.markdown(steps(told["method"]) if told.get("method") else "Made before methods were kept with plans.")
        if frame := told.get("frame"):
            st.markdown(
                f"Frame of {frame['shipments']:,} shipments, seed {told.get('seed')}, made by {casefile.plain(frame['planned_by'])} on {words.day(frame['planned_at'])}; "
                f"{frame['draws']} drawn by lot, {frame['lot_share']:.0%} of the visits."
            )
            tables.show(
                [{"Stratum": words.band(one["stratum"]), "Shipments": f"{one['shipments']:,}", "Drawn": str(one["drawn"]), "Mean risk": f"{one['mean_risk']:.3f}"} 
                 for one in sorted(frame["strata"], key=lambda one: words.BAND_ORDER.index(one["stratum"]) if one["stratum"] in words.BAND_ORDER else len(words.BAND_ORDER))],
                "The frame by band",
            )  # fmt: skip
        if costs := told.get("costs"):
            st.markdown("What each limit costs, in diversions that could be found besides:")
            rows = [
                {"Limit": words.say(one["limit"]), "Without it": f"{one['without_it']:+.1f}" if one["without_it"] is not None else "–",
                 "One more inspector-day": f"{one['one_more_day']:+.2f}" if one["one_more_day"] is not None else "–"} for one in costs
            ]
            tables.show(rows, "The cost of each limit")
    for title, name in (("Did not fit", "left_out"), ("Taken out", "taken_out"), ("Amendments", "amendments")):
        if found := told.get(name):
            with st.expander(f"{title}: {len(found)}", icon=":material/history:"):
                tables.show([{words.say(key): _flat(value) for key, value in one.items()} for one in found], title)


def steps(method: str) -> str:
    """A method told in numbered sentences, one a line."""
    first, *more = re.split(r" (?=\d\. )", method)
    return "\n\n".join(casefile.plain(one) for one in (first, *more))


def _flat(value: Any) -> str | None:
    if isinstance(value, (list, tuple)):
        return "; ".join(str(_flat(one)) for one in value) or None
    if isinstance(value, dict):
        return ", ".join(f"{words.say(name)} {_flat(one)}" for name, one in value.items() if one is not None)
    return None if value is None else str(value)


def plan_rows(told: dict[str, Any], where: dict[str, str]) -> list[dict[str, Any]]:
    """A plan's visits as they are shown and exported."""
    return [
        {
            "Visit": visit["visit_id"], "Destination": where.get(visit["visit_id"], tables.NONE), "Shipment": visit["shipment_id"], "From": words.day(visit["window_from"]),
            "To": words.day(visit["window_to"]), "Chosen by": words.chosen_by(visit), "Probability": visit["inclusion_probability"],
            "Risk": visit.get("risk"), "Mode": words.say(visit["mode"]), "Why": visit["reason"], "Application": visit["application_id"],
        }
        for visit in told["visits"]
    ]  # fmt: skip


ACTIONS = {"drop": "Take visits out", "add": "Take a shipment in", "move": "Move visits to another window"}


def amend(client: Client, told: dict[str, Any]) -> None:
    """Drop, add or move, with a reason."""
    form = f"amend:{told['plan_id']}"
    action = st.segmented_control("What to do", ACTIONS, default="drop", format_func=ACTIONS.get, key=f"{form}:action", required=True)
    by_id = {visit["visit_id"]: f"{visit['visit_id']} · {visit['application_id']}" for visit in told["visits"]}
    with st.form(form + ":form", border=False):
        named = st.text_input("Shipment of the frame", key=f"{form}:shipment") if action == "add" else None
        chosen = st.multiselect("Visits", by_id, format_func=by_id.get, key=f"{form}:visits", placeholder="Choose") if action != "add" else []
        left, right = st.columns(2)
        begins = left.date_input("Window from", value=None, format="YYYY-MM-DD", key=f"{form}:from") if action != "drop" else None
        ends = right.date_input("Window to", value=None, format="YYYY-MM-DD", key=f"{form}:to") if action != "drop" else None
        because = st.text_area("Why", key=f"{form}:because", height=80, help="Auditors read it.")
        anew = st.checkbox("Choose the visits by risk anew around what stays", key=f"{form}:anew")
        if not st.form_submit_button("Amend", type="primary"):
            return
    window = {"window_from": begins.isoformat(), "window_to": ends.isoformat()} if begins and ends else {}
    if not because.strip() or not (chosen or (named or "").strip()) or (action == "move" and not window):
        st.error("Say what, why, and for a move both days of the window. Nothing was changed; what you typed is still here.")
        return
    changes = [{"action": "add", "shipment_id": named.strip()} | window] if action == "add" else [{"action": action, "visit_id": one} | window for one in chosen]
    try:
        with st.spinner("Solving the plan again …", show_time=True):
            done = client.amend_plan(told["plan_id"], {"because": because.strip(), "changes": changes, "keep": "fixed" if anew else "all"})
    except ServiceError as error:
        session.show(error)
        st.info("What you typed is still here. Mend it and send again.", icon=":material/edit_note:")
        return
    for key in [key for key in st.session_state if str(key).startswith(f"{form}:")]:
        del st.session_state[key]
    session.forget()
    moved = ", ".join(f"{len(done[name])} {words.say(name)}" for name in ("dropped", "added", "moved", "filled", "displaced") if done[name])
    forms.later(f"Amendment {done['amendment']} of {done['plan_id']} is on record: {moved}.")
    st.rerun()


