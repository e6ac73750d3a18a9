"""A visit logged where it is made, on a phone: choose it, put down what was found, sign it off, send it once."""

from __future__ import annotations

import hashlib
from datetime import date
from typing import Any, get_args

import streamlit as st

from dashboards import casefile, drafts, forms, photo, session, tables, visit_draft, words
from dashboards.client import Client, ServiceError
from dashboards.places import country, gazetteer
from engine.wire import Access, Application, ItemState, LimitedBy, VisitFinding, VisitMode, VisitOutcome

LATER = 3  # days after a visit; whoever enters it after that says why
UNPLANNED = "not on the list"
NEXT = 8  # visits offered to a thumb; the list above them has all
# The fields of the form that a draft holds; groups of goods and stored files stand in two lists beside them.
KEPT = (
    "visited_on", "because", "mode", "place", "latitude", "longitude", "host", "access", "limited_by", "lot_size", "seen", "method", "secure", "storage", "outcome", "findings",
    "elsewhere", "limitations", "party_reply", "signed_by", "groups", "evidence", "added",
)
FACTS_DIFFER = tuple(code for code in get_args(VisitFinding) if code not in visit_draft.ELSEWHERE)


def page() -> None:
    """Choose a visit, then its form."""
    with st.container(width=640):
        st.header("Visit", anchor=False)
        st.caption(f":material/visibility_off: {words.UNSEEN}")
        forms.say_what_was_done()
        client = session.signed_in()
        with session.told():
            listed = session.held("open-visits", lambda: client.visits("overdue") + client.visits("due"))
        due = choose(listed)
        if due is None:
            return
        filing = pack(client, due)
        take_along(client, due)
        log(client, due, filing)


def choose(open_visits: list[dict[str, Any]]) -> dict[str, Any] | None:
    """The visit to be logged: one that is due, or one that nobody planned."""
    if not open_visits:
        st.info(
            "**No visit is due.** A planner makes a plan with `diversion plan`. You can log a visit that was not planned.",
            icon=":material/event_available:",
        )
    by_id = {visit["visit_id"]: visit for visit in open_visits}
    options = [*by_id, UNPLANNED]
    asked = st.query_params.get("visit")
    chosen = st.selectbox(
        "Which visit?",
        options,
        index=options.index(asked) if asked in options else None,
        format_func=lambda one: _told(by_id[one]) if one in by_id else "A visit that is not on the list",
        key="visit",
        persist_state="session",
        placeholder="Choose",
        help="In the order in which their windows end; the order says nothing else.",
    )
    if chosen in by_id:
        st.query_params["visit"] = chosen
    if chosen is None:
        for visit in open_visits[:NEXT]:
            st.button(_told(visit), key=f"next-{visit['visit_id']}", width="stretch", on_click=_choose, args=(visit["visit_id"],))
        return None
    if chosen in by_id:
        return by_id[chosen]
    application_id = st.text_input("Application id", key="visit_application", persist_state="session", placeholder="As on the licence")
    shipment_id = st.text_input("Shipment id, if known", key="visit_shipment", persist_state="session")
    if not application_id.strip() and not shipment_id.strip():
        st.info("Give the application's or the shipment's id to go on.", icon=":material/tag:")
        return None
    return {
        "visit_id": None,
        "application_id": application_id.strip(),
        "shipment_id": shipment_id.strip(),
        "stage": "post_shipment",
    }


def _choose(visit_id: str) -> None:
    st.session_state["visit"] = visit_id


def _told(visit: dict[str, Any]) -> str:
    # The visit's own id ends every line: Streamlit tells options apart by their words, and two shipments of one
    # application can be due on the same day.
    until = f"until {words.day(visit['window_to'])}" if visit.get("window_to") else "no window"
    late = "OVERDUE, " if visit["state"] == "overdue" else ""
    about = [visit.get("application_id"), country(visit.get("destination")), visit["visit_id"]]
    return " · ".join([late + until, *(part for part in about if part)])


def pack(client: Client, due: dict[str, Any]) -> Application | None:
    """What to look for and where: the filing's goods and end user, nothing of its score."""
    if not due.get("application_id"):
        return None
    try:
        filing = session.held(f"pack:{due['application_id']}", lambda: client.application(due["application_id"]))
    except ServiceError as error:
        session.show(error)
        return None
    with st.expander("What to look for", icon=":material/inventory_2:", expanded=True):
        if filing.end_user:
            st.markdown(
                f"**{casefile.plain(filing.end_user.name)}**, {country(filing.end_user.country)}  \n{casefile.plain(filing.end_user.address)}"
            )
        if filing.end_use and filing.end_use.site:
            st.markdown(f"Site: {casefile.plain(filing.end_use.site)}")
        for item in filing.items:
            st.markdown(
                f"- Line {item.line or '–'}: **{casefile.plain(words.quantity(item.quantity, item.unit))}** "
                f"{casefile.plain(item.description or item.control_code)}" + (", by serial number" if item.serialised else "")
            )
        st.caption(f"{words.say(due.get('stage'))} · {words.say(due.get('mode'))} · shipment {due.get('shipment_id') or 'not named'}")
    return filing


def take_along(client: Client, due: dict[str, Any]) -> None:
    """The pack to take along: a page that prints, and that opens without a connection."""
    if not due.get("visit_id"):
        return
    kept = f"pack-file:{due['visit_id']}"
    if kept not in st.session_state:
        if not st.button("Make the pack to take along", icon=":material/print:", width="stretch", help="A page to print, or to keep on this device for where there is no connection."):
            return
        try:
            with st.spinner("Making the pack …", show_time=True):
                st.session_state[kept] = client.pack(due["visit_id"])
        except ServiceError as error:
            session.show(error)
            return
    st.download_button(
        "Save the pack", st.session_state[kept], f"visit-pack-{due['visit_id']}.html", "text/html", on_click="ignore", icon=":material/download:", width="stretch", type="primary"
    )


def expected(client: Client, due: dict[str, Any]) -> tuple[str, ...]:
    """The serial numbers shipped and still to be accounted for, as far as they are on record."""
    if not due.get("application_id"):
        return ()
    try:
        told = session.held(f"serials:{due['application_id']}", lambda: client.serials(due["application_id"]), seconds=600)
    except ServiceError:
        return ()  # the form is needed most where things do not work
    here = due.get("shipment_id")
    return tuple(
        one["serial"] for one in told["serials"]
        if one["state"] not in ("destroyed", "consumed", "returned") and one["shipped_here"] and (not here or one["shipment_id"] in (None, here))
    )  # fmt: skip


def log(client: Client, due: dict[str, Any], filing: Application | None) -> None:
    """The form. Every entry is kept in this window from the moment it is made."""
    form = f"visitlog:{due.get('visit_id') or due.get('application_id') or due.get('shipment_id')}"
    again = drafts.restore(client, form)
    st.caption(
        ":material/edit_note: "
        + ("What you had put down before is here again; nothing of it was sent." if again else "What you put down is kept from field to field until it is sent, also if this window is reloaded: sign in again.")
    )
    typed = how_it_was_made(form)
    typed |= {"access": (access := st.segmented_control("Access", get_args(Access), format_func=words.say, **_kept(form, "access")))}
    if access not in (None, "full"):
        typed["limited_by"] = st.selectbox(
            "What limited it?",
            get_args(LimitedBy),
            index=None,
            format_func=words.say,
            placeholder="Choose",
            **_kept(form, "limited_by"),
        )
    st.subheader("Goods", anchor=False)
    groups = goods(form, filing, expected(client, due))
    typed["sample"] = sample(form)
    st.subheader("Storage", anchor=False)
    secure = st.segmented_control("Is it secure?", ("yes", "no"), **_kept(form, "secure"), help="Leave it open if you could not see it.")
    typed["storage_secure"] = {"yes": True, "no": False}.get(secure or "")
    typed["storage_text"] = st.text_area("What you saw of the storage", height=70, **_kept(form, "storage"))
    typed |= what_was_found(form)
    st.subheader("Evidence", anchor=False)
    evidence = files(client, form)
    drafts.keep(client, form, KEPT)
    sign_off(client, form, due, typed, groups, evidence)


def _kept(form: str, name: str) -> dict[str, Any]:
    return {"key": f"{form}:{name}", "persist_state": "session"}


def how_it_was_made(form: str) -> dict[str, Any]:
    """When, how and where."""
    typed: dict[str, Any] = {}
    day = st.date_input("Day of the visit", value=None, format="YYYY-MM-DD", **_kept(form, "visited_on"))
    typed["visited_on"] = day.isoformat() if day else None
    if day and (date.today() - day).days > LATER:
        typed["because"] = st.text_input("Why is it entered later?", placeholder="e.g. from the paper pack: no connection on the way", **_kept(form, "because")).strip()
    typed["mode"] = st.selectbox(
        "How was it made?",
        get_args(VisitMode),
        index=None,
        format_func=words.say,
        placeholder="Choose",
        **_kept(form, "mode"),
    )
    place = st.text_input("Place (UN/LOCODE)", max_chars=5, placeholder="e.g. THBKK", **_kept(form, "place")).strip().upper()
    typed["place"] = place
    if place:
        found = gazetteer().get(place)
        st.caption(f"{found.name}, {country(found.country)}" if found else "This code is not in the table held here; it is sent as typed.")
    with st.expander("Coordinates and host", icon=":material/my_location:"):
        typed["latitude"] = st.number_input("Latitude, degrees north", -90.0, 90.0, value=None, format="%.5f", **_kept(form, "latitude"))
        typed["longitude"] = st.number_input("Longitude, degrees east", -180.0, 180.0, value=None, format="%.5f", **_kept(form, "longitude"))
        typed["host"] = st.text_input("Who received you?", **_kept(form, "host")).strip()
    return typed


def goods(form: str, filing: Application | None, shipped: tuple[str, ...]) -> list[visit_draft.Seen]:
    """What was found of the goods: groups of one state each, by pasted serials or by quantity; and what is still to be looked at.

    Args:
        shipped: serial numbers on record as shipped.
    """
    groups: list[visit_draft.Seen] = st.session_state.setdefault(f"{form}:groups", [])
    numbers = [item.line for item in filing.items if item.line is not None] if filing else []
    added = st.session_state.get(f"{form}:added", 0)  # set once there is a group: a form just opened is no draft
    empty = f"{form}:group-{added}"  # fields anew after each group; until then they keep what was typed
    with st.form(f"{form}:add"):
        line = st.selectbox("Line", numbers, index=0 if len(numbers) == 1 else None, placeholder="Choose", **_kept(empty, "line")) if numbers else None
        state = st.selectbox("State", get_args(ItemState), index=None, format_func=words.say, placeholder="Choose", **_kept(empty, "state"))
        serials = st.text_area("Serial numbers", height=80, placeholder="Paste a column, or type one a line", **_kept(empty, "serials"))
        column = st.file_uploader("Or a file with one a line", type=["txt", "csv"], help="The first column of a list that somebody else wrote.", key=f"{empty}:column")
        amount = st.number_input("Or a quantity", min_value=0.0, value=None, format="%g", **_kept(empty, "amount"))
        if st.form_submit_button("Add", icon=":material/add:"):
            found = visit_draft.pasted(serials) + visit_draft.first_column(column.getvalue() if column else b"")
            if state is None:
                st.error("Choose the state these goods were in.")
            elif not found and amount is None:
                st.error("Give serial numbers or a quantity.")
            else:
                groups.append(visit_draft.Seen(state, line, tuple(dict.fromkeys(found)), amount))
                st.session_state[f"{form}:added"] = added + 1
                st.rerun()
    for number, group in enumerate(groups):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"**{words.say(group.state)}** · {group.told()}")
            st.button("Remove", key=f"{form}:remove:{number}", on_click=groups.pop, args=(number,), type="tertiary")
    if twice := visit_draft.repeated(groups):
        st.warning(f"In two groups: {', '.join(twice[:5])}. A piece can be in one state only.", icon=":material/content_copy:")
    if shipped:
        left = visit_draft.not_listed(shipped, groups)
        st.markdown(f"**{len(shipped) - len(left)} of {len(shipped)}** serial numbers shipped are accounted for." if left else f"✓ All {len(shipped)} serial numbers shipped are accounted for.")
        if left:
            with st.expander(f"Still to find: {len(left)}", icon=":material/checklist:"):
                tables.lines(left, "Serial numbers still to find")
    if unknown := visit_draft.unknown(shipped, groups):
        st.warning(f"Not among those shipped: {', '.join(unknown[:5])}{' …' if len(unknown) > 5 else ''}. Read them again; if they are so, keep them.", icon=":material/help:")
    return groups


def sample(form: str) -> dict[str, Any]:
    """Which part of a large lot was looked at, where not every piece was."""
    with st.expander("Looked at a sample only", icon=":material/grid_view:"):
        size = st.number_input("Pieces in the lot", min_value=1, value=None, step=1, **_kept(form, "lot_size"))
        seen = st.number_input("Pieces looked at", min_value=0, value=None, step=1, **_kept(form, "seen"))
        method = st.text_input("How they were drawn", placeholder="e.g. every tenth crate, beginning at a number drawn by lot", **_kept(form, "method")).strip()
    return {name: value for name, value in (("lot_size", size), ("seen", seen), ("method", method)) if value not in (None, "")}


def what_was_found(form: str) -> dict[str, Any]:
    """The rating and its findings; goods gone elsewhere stand apart from facts that differ."""
    st.subheader("Rating", anchor=False)
    typed: dict[str, Any] = {}
    typed["outcome"] = st.selectbox(
        "Outcome",
        get_args(VisitOutcome),
        index=None,
        format_func=words.say,
        placeholder="Choose",
        **_kept(form, "outcome"),
    )
    typed["findings"] = st.multiselect(
        "Facts that differ, or conduct",
        FACTS_DIFFER,
        format_func=words.say,
        placeholder="None",
        **_kept(form, "findings"),
        help="A finding that facts differ from the application is not a finding of diversion.",
    )
    typed["elsewhere"] = st.multiselect(
        "Goods that went elsewhere",
        visit_draft.ELSEWHERE,
        format_func=words.say,
        placeholder="None",
        **_kept(form, "elsewhere"),
        help="Only what you established. Re-transfer and re-export mean: without the consent required.",
    )
    typed["limitations"] = st.text_area("What the visit could not establish", height=70, **_kept(form, "limitations")).strip()
    typed["party_reply"] = st.text_area("What the party says to it", height=70, **_kept(form, "party_reply")).strip()
    return typed


def files(client: Client, form: str) -> list[str]:
    """Photos and papers, each stored under its hash as soon as it is chosen."""
    stored: dict[str, str] = st.session_state.setdefault(f"{form}:evidence", {})
    left_out: set[str] = st.session_state.setdefault(f"{form}:left_out", set())
    with_place = st.checkbox(
        "Keep the place that a photo tells", **_kept(form, "with_place"), help="Left open, it is taken out of JPEG photos before they are stored; the picture stays as it is."
    )
    chosen = st.file_uploader(
        "Photos and papers",
        accept_multiple_files=True,
        type=["jpg", "jpeg", "png", "pdf", "txt", "csv"],
        key=f"{form}:files",
        help="Each file is known by its SHA-256, so that nobody can exchange it later.",
    )
    for file in chosen:
        content = file.getvalue() if with_place else photo.without_place(file.getvalue())
        sha256 = hashlib.sha256(content).hexdigest()
        if sha256 in stored or sha256 in left_out:
            continue
        try:
            with st.spinner(f"Storing {file.name} …"):
                client.put_evidence(content, file.type)
            stored[sha256] = file.name
        except ServiceError as error:
            session.show(error)
            st.button("Try this file again", key=f"{form}:again:{sha256}")
    for sha256, name in list(stored.items()):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"✓ stored: {casefile.plain(name)}  \n`{sha256}`")
            st.button("Leave out", key=f"{form}:leave:{sha256}", on_click=_leave_out, args=(form, sha256), type="tertiary")
    return list(stored)


def _leave_out(form: str, sha256: str) -> None:
    st.session_state[f"{form}:evidence"].pop(sha256)
    st.session_state[f"{form}:left_out"].add(sha256)


def sign_off(
    client: Client,
    form: str,
    due: dict[str, Any],
    typed: dict[str, Any],
    groups: list[visit_draft.Seen],
    evidence: list[str],
) -> None:
    """Sign and send. The event keeps its id until the service has taken it, so that sending again adds nothing."""
    st.subheader("Sign off", anchor=False)
    typed["signed_by"] = st.text_input("Your name", **_kept(form, "signed_by")).strip()
    sure = st.checkbox("I made this visit, and this is what I found", **_kept(form, "sure"))
    if not st.button("Send", type="primary", width="stretch", icon=":material/send:"):
        return
    drafts.keep(client, form, KEPT)
    lacking = [what for what, given in (
        ("the day", typed["visited_on"]), ("how it was made", typed["mode"]), ("the access", typed["access"]), ("the outcome", typed["outcome"]),
        ("your name", typed["signed_by"]), ("your confirmation", sure),
    ) if not given]  # fmt: skip
    if lacking or visit_draft.repeated(groups):
        st.error(f"Not sent. Missing: {', '.join(lacking)}." if lacking else "Not sent. Some serial numbers stand in two groups.")
        return
    record = visit_draft.event(forms.stamp(form), due, typed, groups, evidence)
    forms.send(client, "visit", form, record, f"Visit {record['visit_id']}")
