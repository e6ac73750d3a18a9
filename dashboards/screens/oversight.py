"""For managers and auditors: volumes and turnaround, coverage and findings, the model, the feature book, the lists, the audit trail, the year."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date, timedelta
from statistics import median
from typing import Any, get_args

import streamlit as st

from dashboards import casefile, charts, session, tables, words
from dashboards.client import MOST_ROWS, Client, QueueRow, ServiceError
from engine.wire.codes import VisitOutcome

READS_ALL = ("analyst", "approver", "auditor")
SECTIONS = {"work": "Work", "year": "Year", "model": "Model", "features": "Feature book", "lists": "Lists", "audit": "Audit trail"}
FOR_ADMIN = ("model", "features", "lists", "audit")
PAGE = 200  # entries of the audit trail at a time
MOST_CHANGES = 200  # of a list, shown at once
FIRST_DAY = date(1990, 1, 1)  # no list read here names anyone since earlier


def page() -> None:
    """One section at a time, so that none waits for another."""
    client = session.signed_in()
    st.header("Oversight", anchor=False)
    offered = [name for name in SECTIONS if client.role in READS_ALL or name in FOR_ADMIN]
    section = st.segmented_control(
        "Section", offered, default=offered[0], format_func=SECTIONS.get, key="oversight", required=True, bind="query-params", persist_state="session", label_visibility="collapsed"
    )
    {"work": work, "year": year, "model": model, "features": features, "lists": lists, "audit": audit}[section or offered[0]](client)
    session.scope()


def work(client: Client) -> None:
    """How many came, how many wait and how long, how the bands mix."""
    with session.told(), st.spinner("Reading the queue …", show_time=True):
        rows = session.held("queue", client.queue, seconds=300)
        waiting = session.held("waiting", lambda: client.queue(state="undecided", order="risk"), seconds=300)
    if not rows:
        st.info("**No application is on record yet.** Volumes appear with the first filing.", icon=":material/inbox:")
        return
    decided = [row for row in rows if row.state != "undecided"]
    days = [row.age_days for row in decided]
    one, two, three, four = st.columns(4)
    newest = f" of the newest {len(rows):,}" if len(rows) >= MOST_ROWS else ""
    one.metric("Waiting for a decision", f"{len(waiting):,}")
    two.metric("of these past the limit", f"{sum(row.late for row in waiting):,}")
    three.metric(f"Decided{newest} filings" if newest else "Decided", f"{len(decided):,}")
    four.metric("Median days to a decision" + (", of these" if newest else ""), f"{median(days):.0f}" if days else "–")
    left, right = st.columns(2, gap="medium")
    with left:
        st.subheader("Band mix of what waits", anchor=False)
        mix = Counter(row.band for row in waiting)
        counted = [{"Band": words.band(band), "Applications": mix[band]} for band in (*words.BAND_ORDER, None) if mix[band]]
        st.altair_chart(charts.bars(counted, "Band", "Applications"), alt="Undecided applications by band")
    with right:
        st.subheader("Age of what waits, days since filing", anchor=False)
        st.altair_chart(charts.bars(ages(waiting), "Days since filing", "Applications"), alt="Undecided applications by age")
    st.subheader("By month of filing", anchor=False)
    if newest:
        st.caption(f"Of the newest {len(rows):,} filings, as many as are read at once: the earliest month is not whole.")
    told = months(rows)
    tables.offer(told, "months")
    tables.show(told, "Volumes and turnaround by month")


def ages(rows: Sequence[QueueRow]) -> list[dict[str, Any]]:
    """How many are how old."""
    steps = ((0, 14), (15, 30), (31, 60), (61, 90), (91, 180), (181, None))
    return [
        {"Days since filing": f"{low} to {high}" if high is not None else f"{low} and more",
         "Applications": sum(low <= row.age_days and (high is None or row.age_days <= high) for row in rows)}
        for low, high in steps
    ]  # fmt: skip


def months(rows: Sequence[QueueRow]) -> list[dict[str, str]]:
    """Volumes and turnaround, the newest month first."""
    by: dict[str, list[QueueRow]] = {}
    for row in rows:
        by.setdefault(row.filed_at[:7], []).append(row)
    told = []
    for month, those in sorted(by.items(), reverse=True)[:24]:
        decided = [row for row in those if row.state != "undecided"]
        outcome = Counter(row.state for row in decided)
        told.append({
            "Month": month, "Filed": f"{len(those):,}", "Decided": f"{len(decided):,}", "Granted": f"{outcome['granted']:,}", "Denied": f"{outcome['denied']:,}",
            "Withdrawn or returned": f"{outcome['withdrawn'] + outcome['returned']:,}", "Waiting": f"{len(those) - len(decided):,}",
            "Median days to decide": f"{median(row.age_days for row in decided):.0f}" if decided else "–",
            "High or critical": f"{sum(row.band in ('high', 'critical') for row in those):,}",
        })  # fmt: skip
    return told


def year(client: Client) -> None:
    """The yearly report of verification, on screen and as files."""
    top = st.container(key="screen-only-report", horizontal=True, vertical_alignment="bottom")
    chosen = int(top.number_input("Year", 1990, 2200, date.today().year - 1, 1, key="report_year", width=160, bind="query-params", persist_state="session", format="%d"))
    with session.told(), st.spinner("Working out the year …", show_time=True):
        told = session.held(f"report:{chosen}", lambda: client.report(chosen), seconds=600)
    with top:
        for form, media in (("html", "text/html"), ("csv", "text/csv")):
            st.download_button(
                f"Report as {form.upper()}", lambda form=form: client.report(chosen, form), f"verification-{chosen}.{form}", media, on_click="ignore", icon=":material/download:"
            )
    shipped, made = sum(one["shipments"] for one in told["coverage"]), sum(one["visits"] for one in told["visits"])
    if not shipped and not made:
        st.info(f"**Nothing was shipped or visited in {chosen}.** Choose another year.", icon=":material/event_busy:")
        return
    one, two, three, four = st.columns(4)
    one.metric("Shipments", f"{shipped:,}")
    two.metric("Visits made", f"{made:,}")
    three.metric("Diversions found by visits", f"{told['diversions_by_visit']:,}")
    four.metric("and reported as incidents", f"{told['diversions_by_incident']:,}")
    lot = told["unfavourable_by_lot"]
    st.markdown(
        "**By lot:** no visit of the year was drawn by lot and rated, so there is no honest estimate of how much is unfavourable."
        if lot["share"] is None
        else f"**By lot:** {lot['answered']} of {lot['drawn']} answered, {lot['positive']} unfavourable: {lot['share']:.1%} of all shipments "
        f"({told['interval_level']:.0%} interval {lot['low']:.1%} to {lot['high']:.1%})."
    )
    parts = {
        "Coverage": [
            {"Band at filing": words.band(None if one["band"] == "not scored" else one["band"]), "Shipments": f"{one['shipments']:,}", "Visited": f"{one['visited']:,}", "Receipt on record": f"{one['received']:,}"}
            for one in told["coverage"]
        ],
        "Punctuality": [
            {"What was due": words.say(one["obligation"]), "Due": f"{one['due']:,}", "In time": f"{one['in_time']:,}", "Late": f"{one['late']:,}", "Open": f"{one['open']:,}"}
            for one in told["punctuality"]
        ],
        "Visits": visit_rows(told["visits"]),
        "Findings": finding_rows(told["findings"]),
    }
    said = {"Coverage": f"Shipments of {chosen}, by what has happened to them since.", "Visits": f"Made in {chosen}, to shipments of any year."}
    columns = st.columns(2, gap="medium")
    for number, (title, rows) in enumerate(parts.items()):
        with columns[number % 2]:
            st.subheader(title, anchor=False)
            if title in said:
                st.caption(said[title])
            if rows:
                tables.show(rows, f"{title} in {chosen}")
                tables.offer(rows, f"{title.lower()}-{chosen}")
            else:
                st.caption("Nothing.")
    st.subheader("What may not be inferred", anchor=False)
    st.markdown("\n".join(f"- {casefile.plain(one)}" for one in told["not_to_be_inferred"]))


def visit_rows(made: Sequence[dict[str, Any]]) -> list[dict[str, str]]:
    """How many visits of each kind ended how."""
    counts = {(one["mode"], one["outcome"]): one["visits"] for one in made}
    outcomes = [outcome for outcome in get_args(VisitOutcome) if any(outcome == one["outcome"] for one in made)]
    return [
        {"How": words.say(mode), **{words.heading(outcome): f"{counts[mode, outcome]:,}" if (mode, outcome) in counts else tables.NONE for outcome in outcomes}}
        for mode in sorted({one["mode"] for one in made})
    ]  # fmt: skip


def finding_rows(found: Sequence[dict[str, Any]]) -> list[dict[str, str]]:
    """How many visits made each finding, region by region."""
    regions = sorted({one["region"] for one in found})
    counts = {(one["finding"], one["region"]): one["visits"] for one in found}
    return [
        {"Finding": words.say(finding), **{region: f"{counts[finding, region]:,}" if (finding, region) in counts else tables.NONE for region in regions}}
        for finding in sorted({one["finding"] for one in found})
    ]


def model(client: Client) -> None:
    """The model in force: what it learned from, how well it does against which others, how it is calibrated, where it stops."""
    with session.told(), st.spinner("Reading the model card …"):
        told = session.held("model", client.model, seconds=600)
    card, policy = told["card"], told["policy"]
    st.markdown(f"**{casefile.plain(told['version'])}** · {told['features']} features · {casefile.plain(str(card.get('kind') or 'expert card'))}")
    if not isinstance(card.get("later_period"), dict):
        st.info(f"**No trained model is in use.** {casefile.plain(str(card.get('says') or 'Points follow published guidance.'))} `diversion train` makes one.", icon=":material/rule:")
    else:
        later = card["later_period"]
        st.markdown(
            f"In force because: {casefile.plain(card.get('because'))}. Learned from {card.get('labelled', 0):,} labelled filings with {card.get('diversions', 0):,} diversions, "
            f"as of {words.day(card.get('trained_as_of'))}."
        )
        st.subheader(f"On the later period, {later['from']} to {later['to']}", anchor=False)
        figures = [
            {"Scorer": name, **{words.heading(key): value if isinstance(value, str) else f"{value:.3g}" for key, value in one.items() if isinstance(value, (str, int, float))}}
            for name, one in sorted(later["by"].items(), key=lambda pair: pair[0] != "this model")
        ]
        st.caption(f"{later['rows']:,} filings, {later['diversions']:,} diversions; base rate among them {later['base_rate']:.1%}, of all shipments {later['base_rate_of_all_shipments']:.2%}. In brackets the 90 % interval.")
        tables.show(figures, "The model beside what it must beat")
        tables.offer(figures, "model-figures")
        if groups := group_rows(later.get("by_group") or {}):
            with st.expander("Figures by group", icon=":material/groups:"):
                tables.show(groups, "Figures of the model in force by group")
                tables.offer(groups, "model-figures-by-group")
        if isinstance(later.get("on_visits_by_lot"), str):
            st.markdown(f"**On visits by lot:** {casefile.plain(later['on_visits_by_lot'])}")
        if calibration := card.get("calibration"):
            st.markdown("**Calibration:** " + calibrated(calibration))
        if card.get("limits"):
            st.warning(casefile.plain(card["limits"]), icon=":material/report:")
    health(client)
    st.subheader("Policy in force", anchor=False)
    elevated, high, critical = policy["thresholds"]
    st.markdown(
        f"Policy {policy['version']}: {words.band('elevated')} from {elevated * 1000:g} in 1,000, {words.band('high')} from {high * 1000:g}, {words.band('critical')} from {critical * 1000:g}; "
        f"a second signature from *{words.say(policy['second_signature_from'])}*; {policy['decision_days']} days for a decision."
    )
    with st.expander("The whole card", icon=":material/article:"):
        st.json({name: value for name, value in card.items() if name != "features"}, expanded=1)


def calibrated(card: dict[str, Any]) -> str:
    """How raw scores become risks, and how far off that may be."""
    said = f"a raw score becomes a risk by slope {card['slope']:.2f} and intercept {card['intercept']:.2f}, in log-odds"
    if fitted := card.get("fitted_on"):
        said += f", fitted on {casefile.plain(str(fitted))}"
    if card.get("doubt_high"):
        said += f". Beside the chance of the sample, what is assumed may put a risk {card['doubt_low']:.2f} lower or {card['doubt_high']:.2f} higher; each score's interval has both in it"
    return said + "."


STATES = {"ok": "✓ as before", "watch": "◐ to watch", "alarm": "▲ alarm", "not_measured": "· not measured"}


def health(client: Client) -> None:
    """What moved since the model was trained, and the one kept in shadow beside it; worked out when it is opened."""
    moved = st.expander("What moved since: drift and calibration", icon=":material/monitor_heart:", key="drift", on_change="rerun")
    if moved.open:
        with moved, session.told(), st.spinner("Comparing the newest filings with those of the training …", show_time=True):
            drift(session.held("drift", client.drift, seconds=600))
    beside = st.expander("Champion and challenger", icon=":material/compare_arrows:", key="challenger", on_change="rerun")
    if beside.open and client.role in READS_ALL:
        with beside, session.told(), st.spinner("Scoring the newest filings with both …", show_time=True):
            challenger(session.held("challenger", client.compare_models, seconds=600))
    elif beside.open:
        beside.caption("Analysts, approvers and auditors are told.")


def drift(told: dict[str, Any]) -> None:
    """The checks that are not as before, how the scores spread, and what was found over what was expected."""
    window, reference = told["window"], told["reference"]
    against = f" against {reference['filings']:,} of {reference['from']} to {reference['to']}" if reference else "; no training to compare with"
    st.markdown(f"**{STATES[told['state']]}**: {window['filings']:,} filings of {window['from']} to {window['to']}{against}.")
    rows = check_rows(told["checks"])
    worth = [row for row in rows if row["State"] not in (STATES["ok"], STATES["not_measured"])]
    counted = Counter(row["State"] for row in rows)
    st.markdown(" · ".join(f"{number} {state}" for state, number in counted.items()))
    tables.show(worth, "The checks that are not as before")
    tables.offer(rows, "drift-checks", label="All checks")
    left, right = st.columns(2, gap="medium")
    if told["scores"]:
        with left:
            st.markdown("**Scores**, over ten parts that held a tenth each at training")
            st.altair_chart(charts.shares(told["scores"]["edges"], told["scores"]["reference_share"], told["scores"]["share"]), alt="Share of filings in each part of the scale, at training and now")
    measured = [
        {"source": "visits by lot" if one["source"] == "lot" else "other reviewed visits", "ratio": one["ratio"], "low": max(one["low"], 0.01), "high": one["high"]}
        for one in told["calibration"] if one["ratio"] and one["low"] is not None and one["high"]
    ]
    with right:
        st.markdown("**Calibration**: found over expected, 90 % interval; 1 is right")
        if measured:
            st.altair_chart(charts.calibration(measured), alt="What was found over what was expected, by source of visits")
        tables.show(calibration_rows(told["calibration"]), "Findings against what the scores expected")


def check_rows(checks: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Checks of drift as they are shown and exported."""
    return [
        {
            "State": STATES[one["state"]], "What": words.say(one["subject"]), "About": words.say(one["about"]), "Measure": one["measure"], "Now": _short(one["value"]), "Expected": _short(one["expected"]),
            "Watch from": _short(one["watch_from"]), "Alarm from": _short(one["alarm_from"]), "It says": one["text"], "To do": one["todo"].replace("`", "'"),
        }
        for one in checks
    ]  # fmt: skip


def calibration_rows(found: Sequence[dict[str, Any]]) -> list[dict[str, str]]:
    """Calibration since training as it is shown and exported."""
    return [
        {
            "Visits": "by lot" if one["source"] == "lot" else "others, reviewed", "Made": f"{one['visits']:,}", "Diversions found": f"{one['found']:,}", "Expected": _short(one["expected"]),
            "Found over expected": _short(one["ratio"]), "90 % interval": f"{_short(one['low'])} to {_short(one['high'])}" if one["low"] is not None else tables.NONE,
        }
        for one in found
    ]  # fmt: skip


def _short(value: float | None) -> str:
    return tables.NONE if value is None else f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def challenger(told: dict[str, Any] | None) -> None:
    """Two models over the same findings and filings: figures with intervals, and which filings change their band and why."""
    if told is None:
        st.info("**No challenger is kept in shadow.** One that was trained and not promoted can be.", icon=":material/compare_arrows:")
        return
    st.markdown(f"Champion **{casefile.plain(told['champion'])}**, challenger **{casefile.plain(told['challenger'])}**; the shadow is nowhere in a queue or a case.")
    labels = told["labels"]
    if labels["too_few"]:
        st.caption(casefile.plain(labels["too_few"]))
    else:
        st.caption(f"{labels['rows']:,} findings since {words.day(labels['since'])}, {labels['diversions']:,} diversions.")
    figures = [
        {
            "Figure": one["figure"], "Champion": _short(one["champion"]), "Challenger": _short(one["challenger"]), "Difference": f"{one['difference']:+.3f} ({one['low']:+.3f} to {one['high']:+.3f})",
            "Probably better": f"{one['probability_better']:.0%}",
        }
        for one in labels["figures"]
    ]  # fmt: skip
    tables.show(figures, "Figures of both, with the difference and its 90 % interval")
    tables.offer(figures, "challenger-figures")
    filings = told["filings"]
    if filings["compared"] < 2:
        st.caption("Too few filings of the last year to compare the two on.")
        return
    st.markdown(
        f"Over **{filings['compared']:,}** filings: ranks agree {filings['rank_agreement']:.2f}, of the top 5 % {filings['top_5_percent_shared']:.0%} are shared, "
        f"mean risk {filings['champion_mean_risk']:.4f} against {filings['challenger_mean_risk']:.4f}."
    )
    moved = [
        {
            "Application": one["application_id"], "Champion": f"{words.band(one['champion_band'])}, {words.frequency(one['champion_risk'])}",
            "Challenger": f"{words.band(one['challenger_band'])}, {words.frequency(one['challenger_risk'])}", "Because": "; ".join(cause["text"] for cause in one["because"][:3]) or tables.NONE,
        }
        for one in filings["moved"]
    ]  # fmt: skip
    tables.show(moved, "Filings that change their band, the largest move first")
    tables.offer(moved, "challenger-moved", scope=True)


def group_rows(by_group: dict[str, dict[str, dict[str, Any]]]) -> list[dict[str, str]]:
    """Figures of each group of each division, as they are shown and exported."""
    return [
        {
            "Group": f"{words.say(division)}: {words.say(name)}", "Filings": f"{one['rows']:,}", "Diversions": f"{one['diversions']:,}",
            **({"Ranking (AUC)": one["auc"], "Average precision": one["average_precision"]} if "auc" in one else {"Ranking (AUC)": str(one.get("too_few", "–")), "Average precision": "–"}),
        }
        for division, groups in by_group.items() for name, one in groups.items()
    ]  # fmt: skip


def features(client: Client) -> None:
    """Every feature: what it means, which way it may move the score, why, and how it does in the model in force."""
    with session.told(), st.spinner("Opening the feature book …"):
        book = session.held("features", client.features, seconds=600)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        chosen = st.multiselect("Family", [family["name"] for family in book["families"]], format_func=words.say, key="family", placeholder="Any", width=260, bind="query-params", persist_state="session")
        sought = (st.text_input("Find", key="feature_find", placeholder="A word of its meaning", width=220, bind="query-params", persist_state="session") or "").casefold().strip()
    rows = [
        row for family in book["families"] if not chosen or family["name"] in chosen for row in feature_rows(family)
        if sought in " ".join(str(value) for value in row.values()).casefold()
    ]  # fmt: skip
    st.markdown(f"**{len(rows)}** features, book {book['version']}, effects in model {book['model_version']}")
    if not rows:
        st.info("**No feature has that word.** Try a shorter one.", icon=":material/search_off:")
        return
    tables.offer(rows, "features")
    st.dataframe(
        rows, hide_index=True, height=560, alt="The feature book",
        column_config={
            "Meaning": st.column_config.TextColumn(width="large"), "Because": st.column_config.TextColumn(width="medium"),
            "Missing": st.column_config.NumberColumn(format="percent", help="Share of the filings the model learned from."),
            "Effect": st.column_config.NumberColumn(format="%.3f", help="Mean absolute contribution, log-odds."),
        },
    )  # fmt: skip


def feature_rows(family: dict[str, Any]) -> list[dict[str, Any]]:
    """One family's features as they are shown and exported."""
    return [
        {
            "Feature": one["name"], "Family": words.say(family["name"]), "Meaning": one["meaning"], "Direction": words.say(one["direction"]), "Effect": one["mean_effect"],
            "Missing": one["missing_share"], "Because": one["because"], "Source": one["source"]["title"] if one.get("source") else None, "When absent": one["absent"],
        }
        for one in family["features"]
    ]  # fmt: skip


def lists(client: Client) -> None:
    """Which watch lists are held, how old they are, and what changed on one between two days."""
    with session.told():
        held = session.held("lists", client.lists, seconds=60)
    if not held:
        st.warning("**No watch list was ever taken in.** An administrator does it with `diversion lists import FILE`; until then nobody is screened.", icon=":material/playlist_remove:")
        return
    rows = list_rows(held)
    tables.show(rows, "Watch lists as they stand")
    tables.offer(rows, "lists")
    st.subheader("What changed", anchor=False)
    by_code = {one["list"]: one for one in held}
    left, middle, right = st.columns([2, 1, 1])
    chosen = left.selectbox("List", list(by_code), format_func=lambda code: by_code[code]["title"], key="list_compared", bind="query-params")
    days = sorted({date.fromisoformat(edition["edition"]) for edition in by_code[chosen]["editions"]})
    # By default what the newest edition brought; of the only one held, what a year did.
    first = middle.date_input("From the end of", value=days[-2] if len(days) > 1 else days[-1] - timedelta(days=365), min_value=FIRST_DAY, format="YYYY-MM-DD", key=f"from_{chosen}")
    last = right.date_input("To the end of", value=days[-1], min_value=FIRST_DAY, format="YYYY-MM-DD", key=f"to_{chosen}")
    if not first < last:
        st.info("Choose two days, the earlier one first.", icon=":material/event_busy:")
        return
    with session.told():
        told = client.list_difference(chosen, first, last)
        changes = change_rows(told)
        shown = changes if told["changed"] else [{name: value for name, value in row.items() if name != "Fields"} for row in changes]
        st.markdown(f"**{len(told['added']):,}** added, **{len(told['ended']):,}** ended, **{len(told['changed']):,}** changed.")
        if changes:
            tables.show(shown[:MOST_CHANGES], f"What changed on {by_code[chosen]['title']}")
            if len(changes) > MOST_CHANGES:
                st.caption(f"The first {MOST_CHANGES} are shown; the file has all {len(changes):,}.")
            tables.offer(changes, "list-changes")


def list_rows(held: Sequence[dict[str, Any]]) -> list[dict[str, str]]:
    """Watch lists as they are shown and exported."""
    return [
        {
            "List": one["title"], "Issuer": one["issuer"], "A match": "is a referral" if one["effect"] == "prohibiting" else "raises the score", "Entries": f"{one['entries']:,}",
            "Newest edition": words.day(one["edition"]), "Days old": f"{one['age_days']:,}", "Editions": f"{len(one['editions']):,}",
            "Taken in": words.day(one["editions"][0]["imported_at"]), "By": one["editions"][0]["imported_by"],
        }
        for one in held
    ]  # fmt: skip


def change_rows(told: dict[str, Any]) -> list[dict[str, str]]:
    """What changed between two days, what came first."""
    return [
        {"Name": one["name"], "Entry": one["entry_id"], "What": what, "Fields": ", ".join(words.say(field) for field in one["fields"]) or "–"}
        for what in ("added", "ended", "changed") for one in told[what]
    ]  # fmt: skip


def audit(client: Client) -> None:
    """The audit trail, and the proof that nothing was changed or removed."""
    after = max(0, int(st.query_params.get("after", "0")) if st.query_params.get("after", "0").isdigit() else 0)
    with session.told(), st.spinner("Reading the audit trail …"):
        told = session.held(f"audit:{after}", lambda: client.audit(after, PAGE))
    st.markdown("Head of the chain, to keep and compare later:")
    st.code(told["head"], language=None, wrap_lines=True)
    if client.role in ("auditor", "admin"):
        if st.button("Verify the whole chain now", icon=":material/verified:", type="primary"):
            try:
                with st.spinner("Proving every record …", show_time=True):
                    st.session_state["verdict"] = client.verify()
            except ServiceError as error:
                session.show(error)
        verdict(st.session_state.get("verdict"))
    else:
        st.caption("An auditor or an administrator can have the whole chain verified here.")
    if not told["entries"]:
        st.info("**No entry after this one.** Go back to the beginning.", icon=":material/history_toggle_off:")
    rows = [
        {
            "No": entry["seq"], "Made": entry["made_at"][:19].replace("T", " ") + " UTC", "By": entry["actor"], "Did": entry["action"], "Through": words.say(entry["channel"]), "Kind": words.say(entry["kind"]),
            "Records": entry["records"], "Note": entry["note"] or "–", "Hash": entry["hash"],
        }
        for entry in told["entries"]
    ]  # fmt: skip
    with st.container(key="screen-only-audit", horizontal=True, vertical_alignment="center"):
        if after and st.button("‹ From the beginning"):
            _turn(0)
        if told["next_after"] is not None and st.button("Further ›"):
            _turn(told["next_after"])
        tables.offer(rows, f"audit-after-{after}")
    st.dataframe(
        rows, hide_index=True, height="content" if len(rows) <= 15 else 560, alt="Entries in the order of writing",
        column_config={"Records": st.column_config.NumberColumn(format="localized"), "Kind": st.column_config.TextColumn(width=105)},
    )  # fmt: skip


def _turn(after: int) -> None:
    st.query_params["after"] = str(after)
    st.rerun()


def verdict(told: dict[str, Any] | None) -> None:
    """What the verification found."""
    if told is None:
        return
    counted = f"{told['entries']:,} entries, {told['records']:,} records, head `{told['head'][:16]}…`"
    if told["whole"]:
        erased = f" {len(told['erased'])} were lawfully erased." if told["erased"] else ""
        st.success(f"**Whole.** Nothing was changed or removed: {counted}.{erased}", icon=":material/verified:")
    else:
        st.error(f"**Not whole.** {casefile.plain(told['first_fault'])} ({counted}). Keep the file as it is, and tell whoever keeps the service.", icon=":material/gpp_bad:")
