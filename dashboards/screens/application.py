"""One application: at a glance what is asked, how risky, why, what is missing, what would help; then the forms to settle and decide."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import streamlit as st

from dashboards import casefile, charts, forms, remedies, session, tables, words
from dashboards.client import Client, QueueRow, ServiceError, base_rate
from dashboards.places import country
from engine.wire import Application, Referral, Score

WORTH_A_CHART = 5  # records in a history; fewer are read faster in the table
AT_A_GLANCE = 3  # reasons and missing inputs told before the reader asks for all


@dataclass(frozen=True)
class Case:
    """Everything the page shows of one application."""

    filing: Application
    score: Score
    coming: Future[Score]
    row: QueueRow | None
    history: list[dict[str, Any]]
    waiting: list[dict[str, Any]]
    others: tuple[float, ...]
    model: dict[str, Any]

    @property
    def now(self) -> Score:
        """The score as of now, with referrals as of now; waits for the service, and raises its `ServiceError`."""
        return self.coming.result()

    @property
    def undecided(self) -> bool:
        """Whether it still waits for a decision."""
        return self.row is None or self.row.state == "undecided"


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
    with session.told(), st.spinner("Reading the case …", show_time=True):
        case = session.held(f"case:{application_id}", lambda: fetch(client, application_id))
    head(case)
    forms.say_what_was_done()
    glance(client, case)
    session.scope()
    parts = dict(zip(PARTS, st.tabs(list(PARTS), key="part", on_change="rerun", bind="query-params"), strict=True))
    for name, part in parts.items():
        if part.open:
            with part, session.told():
                PARTS[name](client, case)
    take_away(client, case)
    st.caption(versions(case.score))


def the_case(client: Client, case: Case) -> None:
    """What decides: what is asked, how risky and why, what must be settled, who was asked, and the decision itself."""
    first = st.container()
    left, right = st.columns([1, 1], gap="medium")
    with left:
        st.subheader("What is asked", anchor=False)
        casefile.asked(case.filing)
        if case.filing.route:
            st.markdown("**Route** " + " → ".join(casefile.stops(case.filing.route)))
        how_risky(case)
        meanwhile = st.empty()
        asked_of_others(client, case)
    with right:
        why(case.score)
        missing(case.score)
    decision(client, case)
    with first, session.told(), st.spinner("Looking at it as of now …", show_time=True):
        referrals(client, case)
    if case.undecided:
        with meanwhile:
            as_of_now(case)


def fetch(client: Client, application_id: str) -> Case:
    """What the page needs to be drawn, asked for at once; what a role may not read beside the case itself is left out.

    The score as of filing is taken from the record where the model in force gave it, and not computed again; the one as of now
    is on its way while the page is drawn (`Case.now`).
    """
    risks, model = session.held_yet("risks", seconds=600), session.held_yet("model", seconds=600)
    asked: dict[str, Callable[[], Any]] = {
        "filing": lambda: client.application(application_id),
        "row": lambda: _or_nothing(lambda: client.row(application_id), None),
        "history": lambda: client.history(application_id),
        "waiting": lambda: _or_nothing(lambda: client.awaiting_signature(application_id), []),
        "others": lambda: risks or client.some_risks(),
        "model": lambda: model or _or_nothing(client.model, {}),
    }
    at_once = ThreadPoolExecutor(len(asked) + 1)
    answers = {name: at_once.submit(ask) for name, ask in asked.items()}
    told = {name: answer.result() for name, answer in answers.items()}
    # Asked last: it keeps every processor of the service busy for longer than all the others together, and they wait for it.
    now = at_once.submit(client.score, application_id, "now")
    at_once.shutdown(wait=False)
    session.held("risks", lambda: told["others"], seconds=600)
    session.held("model", lambda: told["model"], seconds=600)
    given = on_record(told["history"], told["filing"].revision, told["model"])
    return Case(**told, score=given or client.score(application_id), coming=now)


def on_record(history: Sequence[dict[str, Any]], revision: int, model: dict[str, Any]) -> Score | None:
    """The newest score as of filing that the model and the policy in force put on record for a revision; None where there is none."""
    meant = {"revision": revision, "model_version": model.get("version"), "policy_version": model.get("policy", {}).get("version")}
    for entry in reversed(history):
        body = entry.get("body") or {}
        if entry["kind"] == "score" and "reasons" in body and all(body.get(name) == value for name, value in meant.items()):
            return Score.model_validate_json(json.dumps(body))
    return None


def _or_nothing(ask: Callable[[], Any], nothing: Any) -> Any:
    try:
        return ask()
    except ServiceError as error:
        if error.status != 403:
            raise
        return nothing


def head(case: Case) -> None:
    """Which application, in which band, at which state; the way back to the queue and to the next one."""
    score, filing = case.score, case.filing
    to = filing.end_user.name if filing.end_user else ", ".join(country(code) for code in filing.destinations or ()) or "no single end user"
    order: list[str] = st.session_state.get("in_order", [])
    place = order.index(score.application_id) if score.application_id in order else None
    with st.container(horizontal=True, vertical_alignment="center"):
        st.header(f"{casefile.plain(score.application_id)} · {words.band(score.band)}", anchor=False, width="content")
        st.space("stretch")
        if place is not None:
            with st.container(key="screen-only-next", horizontal=True, width="content", vertical_alignment="center"):
                st.caption(f"{place + 1} of {len(order)} in your queue", width="content")
                for label, at in (("‹ Before", place - 1), ("Next ›", place + 1)):
                    if st.button(label, disabled=not 0 <= at < len(order)):
                        st.query_params["id"] = st.session_state["last_id"] = order[at]
                        st.rerun()
    told = [f"to **{casefile.plain(to)}**"]
    if case.row:
        late = " (**late**: past the limit for a decision)" if case.row.late else ""
        told.append(f"{words.say(case.row.state)}, {case.row.age_days} days since filing{late}")
    if case.row and case.row.open_referrals:
        told.append(f"⚑\u00a0**{int(case.row.open_referrals)}** to settle before a grant")
    if case.waiting:
        told.append("✎ waits for a second signature")
    st.markdown(" · ".join(told))


def glance(client: Client, case: Case) -> None:
    """The five answers side by side; the fifth is asked for, since it takes the service longest and is put on the audit trail."""
    score, filing, base = case.score, case.filing, base_rate(case.model)
    with st.container(border=True, key="glance"):
        asked, risky, because, lacks, help_ = st.columns([1.15, 1.05, 1.5, 1, 1.3], gap="medium")
    with asked:
        st.markdown("**What is asked**")
        for item in filing.items[:AT_A_GLANCE]:
            what = words.many(item.quantity, item.unit, item.description or words.say(item.form))
            st.markdown(f"{casefile.plain(what)} ({casefile.plain(item.control_code) if item.control_code else 'no control code'})")
        more = len(filing.items) - AT_A_GLANCE
        to = country(filing.end_user.country) if filing.end_user else ", ".join(country(code) for code in filing.destinations or ()) or "–"
        st.markdown((f"and {more} more lines, " if more > 0 else "") + f"to {to}, {words.say(filing.end_use.purpose) if filing.end_use else 'end use not stated'}")
    with risky:
        st.markdown("**How risky**")
        st.markdown(f"{words.band(score.band)}: **{words.frequency(score.risk)}**")
        st.markdown(f"90 %: {words.interval(score.risk_low, score.risk_high, score.risk)}")
        if base is not None:
            st.markdown(f"all shipments: {words.count_in(base, words.per(base))} in {words.per(base):,}")
    with because:
        st.markdown("**Why** (the weightiest)")
        for reason in score.reasons[:AT_A_GLANCE]:
            st.markdown(f"{'▲' if reason.contribution > 0 else '▼'} **{words.odds(reason.contribution)}** · {casefile.plain(reason.text)}")
        if not score.reasons:
            st.markdown("not shown to this role")
    with lacks:
        st.markdown("**What is missing**")
        st.markdown(f"{len(score.missing)} inputs" if score.missing else "nothing that could have been given")
        for family, number in missing_by_family(score)[:AT_A_GLANCE]:
            st.markdown(f"{words.say(family)}: {number}")
    with help_:
        st.markdown("**What would help**")
        remedies.at_a_glance(client, score)


def missing_by_family(score: Score) -> list[tuple[str, int]]:
    """How many inputs each family lacks, most first."""
    counts: dict[str, int] = {}
    for one in score.missing:
        counts[one.family] = counts.get(one.family, 0) + 1
    return sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))


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
    st.caption("◆ this application with its 90 % interval; each thin stroke is one of the newest other applications.")
    if score.interval_because:
        with st.expander("Why the interval is as wide as it is", icon=":material/width:"):
            st.markdown("\n".join(f"- {casefile.plain(because)}" for because in score.interval_because))
    if score.model_version.startswith("expert-card"):
        st.warning(
            "No trained model is in use: points follow published guidance, not findings, and the probability is not calibrated.",
            icon=":material/rule:",
        )


def as_of_now(case: Case) -> None:
    """What has become of the score with all that was learned since the filing."""
    then, now = ((words.band(one.band), words.frequency(one.risk)) for one in (case.score, case.now))
    moved = "the same" if then == now else f"**{now[0]}**, {now[1]}"
    st.markdown(f"As of filing above; **as of now**, with all known since: {moved}.")


def why(score: Score) -> None:
    """The reasons as a waterfall, on a phone as a list; value, source and evidence one click below; the families beside."""
    st.subheader("Why", anchor=False)
    if not score.reasons:
        st.info("No reasons are shown to this role.", icon=":material/visibility_off:")
        return
    with st.container(key="wide-only-reasons"):
        st.altair_chart(charts.reasons(score), alt="The reasons as steps from the start of every filing to this one")
    with st.container(key="narrow-only-reasons"):
        tables.show(
            [{"Reason": step["text"], "Odds": f"{step['factor']} {step['effect']}", "Value": step["value"]} for step in charts.steps(score)],
            "The reasons, largest first, each with the factor it multiplies the odds by",
        )
    st.caption("Each says by how much the fact multiplies the odds of diversion, beyond what is usual among filings. Dotted line: where every filing starts.")
    with st.expander("Value, source and evidence of each reason", icon=":material/fact_check:"):
        for reason in score.reasons:
            st.markdown(f"**{casefile.plain(reason.text)}** ({words.odds(reason.contribution)})")
            kept = "" if reason.handling == "internal" else f" · handling: **{words.say(reason.handling)}**"
            st.markdown(f"`{reason.feature}` = {words.number(reason.value)}{kept}  \nSource: {casefile.plain(reason.source)}")
            tables.lines(reason.evidence or ("no record: the fact is that there is none",), f"What it rests on: {reason.text}")
    with st.expander("By family", icon=":material/stacked_bar_chart:"):
        st.altair_chart(charts.families(score), alt="Contributions summed by family")


def missing(score: Score) -> None:
    """What could not be computed, and what would mend it."""
    if not score.missing:
        st.markdown("**Missing** nothing that could have been given.")
        return
    with st.expander(f"Missing: {len(score.missing)} inputs, each of which widens the interval", icon=":material/help:"):
        tables.show(missing_rows(score), "Inputs that could not be computed")


def missing_rows(score: Score) -> list[dict[str, Any]]:
    """The missing inputs, one row each."""
    return [{"Input": words.say(one.feature), "Family": words.say(one.family), "Why": one.why} for one in score.missing]


def referrals(client: Client, case: Case) -> None:
    """The questions before a grant, open ones first, each with the form that settles it; as of now where that is known."""
    found: Sequence[Referral] = case.now.referrals
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
                tables.lines(referral.evidence, "The records that raised it")
            if not referral.settled:
                forms.settle(client, case.score.application_id, referral)


def would_help(client: Client, case: Case) -> None:
    """What would go with a lower score, and what became of cases like this one; both asked for."""
    remedies.panel(client, case.score)
    similar(client, case.score)


def similar(client: Client, score: Score) -> None:
    """Past cases with a known outcome that the model saw for the same reasons; asked for, since the first answer takes seconds."""
    st.subheader("Similar past cases", anchor=False)
    kept = f"similar:{score.application_id}:{score.revision}"
    if kept not in st.session_state:
        if not st.button("Look for similar past cases", icon=":material/manage_search:", help="With what was found of them. Few, chosen by people, and no forecast."):
            return
        with st.spinner("Comparing with every past case …", show_time=True):
            st.session_state[kept] = client.similar(score.application_id)
    cases = st.session_state[kept]
    if not cases:
        st.info("**No past case with a known outcome is like it**, or none is on record yet.", icon=":material/manage_search:")
        return
    rows = similar_rows(cases)
    tables.show(rows, "Similar past cases, the most alike first")
    st.caption("Outcomes as known now. Few, chosen by people, and no forecast of this case.")
    tables.offer(rows, f"{score.application_id.replace('/', '-')}-similar", scope=True)


def similar_rows(cases: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Similar cases as they are shown and exported."""
    return [
        {
            "Application": one["application_id"], "What was found": f"▲ diverted, by {words.say(one['found_by'])}" if one["diverted"] else f"○ no diversion found, by {words.say(one['found_by'])}",
            "Known": words.day(one["learned_on"]), "Filed": words.day(one["filed_at"]), "Alike": f"{one['likeness']:.0%}", "In what": "; ".join(one["shared"]) or None,
        }
        for one in cases
    ]  # fmt: skip


def documents(client: Client, case: Case) -> None:
    """Every field of every document, side by side, each with the check of its file; and what the score says of the papers."""
    filing = case.filing
    if not filing.documents:
        st.info("No document was filed with it.", icon=":material/folder_off:")
        return
    with st.spinner("Reading the checks …"):
        checks = session.held(f"documents:{case.score.application_id}", lambda: client.documents(case.score.application_id), seconds=600)
    rows = casefile.papers(filing.documents, checks)
    tables.show(rows, "The documents, one column each, with the check of each field beside it")
    st.caption("✓ or ✗ beside a field: whether the text of the file holds what was declared. What is not found is a question, not a forgery: scans are read badly.")
    told = [reason for reason in case.score.reasons if reason.family in ("documents", "document_files")]
    for reason in told:
        st.markdown(f"{'▲ raises' if reason.contribution > 0 else '▼ lowers'} the risk, {words.odds(reason.contribution)}: {casefile.plain(reason.text)}")
    tables.offer(rows, f"{case.score.application_id.replace('/', '-')}-documents")


def route(client: Client, case: Case) -> None:
    """The way on the map, and its legs with their lengths."""
    with st.spinner("Measuring …"):
        measured = session.held(f"route:{case.score.application_id}", lambda: client.route(case.score.application_id), seconds=600) if case.filing.route else None
    casefile.way(case.filing, measured)
    rows = casefile.legs(case.filing.route or (), measured["legs"] if measured else ())
    tables.offer(rows, f"{case.score.application_id.replace('/', '-')}-legs")


def parties(client: Client, case: Case) -> None:
    """Every party, what the lists say of their names today, and whom they share an address, an owner or a number with."""
    rows = casefile.parties(case.filing)
    tables.show(rows, "Every party with its part")
    tables.offer(rows, f"{case.score.application_id.replace('/', '-')}-parties")
    st.subheader("On the lists", anchor=False)
    kept = f"screened:{case.score.application_id}"
    told = "Names against the watch lists as they stand now. A match is a question, not a finding."
    if kept not in st.session_state and st.button("Screen these names now", icon=":material/person_search:", help=told):
        with st.spinner("Screening …", show_time=True):
            st.session_state[kept] = screened(client, case.filing)
    if kept in st.session_state:
        list_matches(client, case, st.session_state[kept])
    st.subheader("Within two hops", anchor=False)
    network(client, case.score.application_id)


def network(client: Client, application_id: str) -> None:
    """Who shares what with whom within two hops: drawn, and as a table that says the same."""
    kept = f"network:{application_id}"
    if kept not in st.session_state:
        if not st.button("Draw the network", icon=":material/hub:", help="Parties that share an address, website, number, owner or payer with those of this application, and theirs."):
            return
        with st.spinner("Following what the parties share …", show_time=True):
            st.session_state[kept] = client.network(application_id)
    told = st.session_state[kept]
    if not told["edges"]:
        st.info("**Nothing is shared.** No party here has an address, website, number, owner or payer in common with another on record.", icon=":material/hub:")
        return
    with st.container(key="wide-only-network"):
        st.altair_chart(charts.network(told), alt="Parties of the application on the left, what they share beside them, and whom that leads to; the table below says the same in words")
    left = told["left_out"]
    if left["parties"] or left["crowded"]:
        crowds = f" {len(left['crowded'])} things are shared by so many that they were not followed." if left["crowded"] else ""
        st.caption(f"{left['parties']:,} parties farther off are not shown.{crowds}")
    st.caption(casefile.plain(told["caveat"]))
    rows = casefile.links(told)
    tables.show(rows, "Who is linked with what, and why")
    tables.offer(rows, f"{application_id.replace('/', '-')}-network")


def screened(client: Client, filing: Application) -> list[dict[str, Any]]:
    """What comes near a party's name on the lists, best first within each party."""
    found = []
    for name, code, parts in casefile.names(filing):
        found += [match | {"part": parts} for match in client.screen(name, code) if match["result"] != "no_list_match"]
    return found


def list_matches(client: Client, case: Case, found: list[dict[str, Any]]) -> None:
    """Each match with the form that confirms or dismisses it."""
    if not found:
        st.success("**No list match.** None of these names comes near an entry of the lists held.", icon=":material/check:")
        return
    reviewed = {
        entry["body"].get("subject"): entry["body"].get("result")
        for entry in case.history if entry["kind"] == "review" and entry.get("body")
    }  # fmt: skip
    st.markdown(f"**{len(found)}** list entries come near a name. A prohibiting match stands among the referrals above and is settled there.")
    for match in found:
        subject = f"{match['list']}/{match['entry_id']}"[:64]
        result = reviewed.get(subject)
        with st.expander(f"{'✓ ' + words.say(result) if result else '⚑ open'} · {casefile.plain(match['query'])} ~ {casefile.plain(match['matched_name'])}"):
            st.markdown(
                f"{casefile.plain(match['part'])}: **{casefile.plain(match['query'])}** comes near **{casefile.plain(match['name'])}**, entry "
                f"`{match['entry_id']}` of {casefile.plain(match['list'])}, likeness {match['score']:.2f}, {words.say(match['result'])}.  \n"
                f"{casefile.plain(match['why'])}"
            )
            forms.review(client, case.score.application_id, "list_match", subject, f"Review of the match with {match['entry_id']}")


def asked_of_others(client: Client, case: Case) -> None:
    """What was asked of agencies, experts and issuers, what is still out, and the form to ask."""
    rows = casefile.requests(case.history)
    st.subheader(f"Asked of others: {sum(row['State'].startswith('waiting') for row in rows)} open", anchor=False)
    if rows:
        tables.show(rows, "Requests with their clocks")
    else:
        st.caption("Nothing was asked of anyone yet.")
    with st.container(key="screen-only-asking"), st.expander("Ask somebody, or put down an answer", icon=":material/outgoing_mail:"):
        forms.ask(client, case.score.application_id, casefile.open_requests(case.history))


def history(client: Client, case: Case) -> None:
    """What is known of the case, in the order in which it became known."""
    entries = case.history
    rows = casefile.moments(entries)
    if len(rows) >= WORTH_A_CHART:
        with st.container(key="wide-only-timeline"):
            st.altair_chart(charts.timeline(rows), alt="The history in time; the table below says the same in words")
    tables.show(history_rows(entries), "The history as a table")
    tables.offer(history_rows(entries), f"{case.score.application_id.replace('/', '-')}-history")


def history_rows(entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The history as it is shown and exported."""
    return [{"Known": words.day(row["at"]), "What": row["kind"], "It says": row["told"], "By": row["by"]} for row in casefile.moments(entries)]


def decision(client: Client, case: Case) -> None:
    """What waits for a signature, and the form for a decision."""
    with st.container(key="screen-only-decision"):
        for waiting in case.waiting:
            with st.container(border=True):
                st.subheader("Waits for a second signature", anchor=False)
                forms.countersign(client, waiting)
        with st.container(border=True):
            st.subheader("Decide", anchor=False)
            if not case.undecided:
                st.info(
                    f"Already {words.say(case.row.state)}. Another decision is added to it and takes nothing away.",
                    icon=":material/gavel:",
                )
            forms.decide(client, case.score)


def take_away(client: Client, case: Case) -> None:
    """The memos to print, and the tables of the case as files; each is made when it is asked for."""
    name, asked = case.score.application_id.replace("/", "-"), case.score.application_id
    with st.container(key="screen-only-take-away", horizontal=True, vertical_alignment="center"):
        for audience, label, told in (
            ("internal", "Memo for the file", "Score, reasons, referrals: a page to print. Not for the applicant."),
            ("applicant", "Memo for the applicant", "What they filed, what is addressed to them, and what is marked releasable. The service makes it; nothing else is in it."),
        ):
            st.download_button(
                label, lambda audience=audience: client.memo(asked, audience), f"{name}-memo-{audience}.html", "text/html", on_click="ignore", icon=":material/print:", help=told, key=f"memo-{audience}"
            )
        reasons = [{"Reason": step["text"], "Feature": step["feature"], "Value": step["value"], "Log-odds": step["contribution"], "Source": step["source"]} for step in charts.steps(case.score)]
        for label, rows, scope in (
            ("Goods", casefile.goods(case.filing), False), ("Requests", casefile.requests(case.history), False),
            ("Reasons", reasons, True), ("Missing", missing_rows(case.score), False),
        ):  # fmt: skip
            tables.offer(rows, f"{name}-{label.lower()}", scope=scope, label=label)


def versions(score: Score) -> str:
    """What the score can be reproduced from."""
    return (
        f"Scored {score.scored_at:%Y-%m-%d %H:%M} UTC as of {score.as_of:%Y-%m-%d %H:%M} UTC · model {score.model_version} · features "
        f"{score.features_version} · rules {score.rules_version} · policy {score.policy_version} · reference data {score.reference_as_of}"
    )


PARTS: dict[str, Callable[[Client, Case], None]] = {
    "Case": the_case, "Documents": documents, "Parties": parties, "Route": route, "Remedies": would_help, "History": history,
}  # fmt: skip
