"""The pages on a real service, through Streamlit's own test runner: no browser, real answers."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from datetime import date
from importlib import resources

import pytest
from streamlit.testing.v1 import AppTest

from dashboards import session, words
from dashboards.client import Client

APP = resources.files("dashboards") / "app.py"


def run_queue() -> None:
    from dashboards.screens import queue

    queue.page()


def run_application() -> None:
    from dashboards.screens import application

    application.page()


def run_visit() -> None:
    from dashboards.screens import visit

    visit.page()


def run_planning() -> None:
    from dashboards.screens import planning

    planning.page()


def run_follow_up() -> None:
    from dashboards.screens import follow_up

    follow_up.page()


def run_oversight() -> None:
    from dashboards.screens import oversight

    oversight.page()


@pytest.fixture
def opened(served) -> Callable[..., AppTest]:
    """A page as a role sees it."""

    def build(page: Callable[[], None], role: str = "analyst", **query: str) -> AppTest:
        app = AppTest.from_function(page, default_timeout=60)
        client = Client(served.address, served.tokens[role])
        client.check()
        app.session_state["client"] = client
        for name, value in query.items():
            app.query_params[name] = value
        return app.run()

    return build


def text_of(app: AppTest) -> str:
    """Everything that is said on the page."""
    said = [*app.markdown, *app.caption, *app.info, *app.warning, *app.error, *app.success, *app.header, *app.subheader]
    tables = [frame.value.to_csv() for frame in app.dataframe]
    return "\n".join([*(str(one.value) for one in said), *tables, *(html.unescape(one.proto.body) for one in app.get("html"))])


def by_key(widgets, ending: str):
    """The one widget whose key ends so."""
    (found,) = [widget for widget in widgets if widget.key and widget.key.endswith(ending)]
    return found


def press(app: AppTest, label: str) -> AppTest:
    """Press the one button with this label."""
    (button,) = [button for button in app.button if button.label == label]
    return button.click().run()


@pytest.fixture
def undecided(served) -> dict:
    """An undecided application without referrals, in the lowest band."""
    return next(row for row in served.queue() if row["state"] == "undecided" and not row["open_referrals"] and row["band"] == "low")


def test_sign_in_is_asked_for_and_a_wrong_token_is_told_so(served, monkeypatch):
    monkeypatch.setenv("DIVERSION_SERVICE", served.address)
    monkeypatch.delenv("DIVERSION_TOKEN", raising=False)
    app = AppTest.from_file(APP, default_timeout=60).run()
    app.text_input[0].input("not-a-token")
    press(app, "Sign in")
    assert "does not know this token" in text_of(app)
    assert "client" not in app.session_state


def test_a_service_that_is_not_there_is_told_with_what_to_do(monkeypatch):
    monkeypatch.setenv("DIVERSION_SERVICE", "http://127.0.0.1:9")
    monkeypatch.delenv("DIVERSION_TOKEN", raising=False)
    app = AppTest.from_file(APP, default_timeout=60).run()
    app.text_input[0].input("any")
    press(app, "Sign in")
    assert "diversion serve" in text_of(app)


def test_signing_out_forgets_the_token_even_where_the_environment_has_one(served, monkeypatch):
    monkeypatch.setenv("DIVERSION_SERVICE", served.address)
    monkeypatch.setenv("DIVERSION_TOKEN", served.tokens["analyst"])
    app = AppTest.from_file(APP, default_timeout=60).run()
    assert "client" in app.session_state
    press(app, "Sign out")
    assert "client" not in app.session_state
    assert [field.label for field in app.text_input] == ["Your token"]


def test_the_queue_lists_what_is_to_be_decided_most_pressing_first(opened, served):
    app = opened(run_queue)
    table = app.dataframe[0].value
    waiting = [row for row in served.queue() if row["state"] == "undecided"]
    assert len(table) == len(waiting)
    first = table["Why now"].str.contains("to settle")
    assert first.is_monotonic_decreasing
    assert words.SCOPE in text_of(app)
    assert "low" not in set(table["Band"])


def test_the_filters_of_the_queue_stand_in_its_address(opened, served):
    app = opened(run_queue, state="all")
    assert len(app.dataframe[0].value) == len(served.queue())


def test_the_application_page_says_what_is_asked_how_risky_and_why(opened, served, undecided):
    application_id = undecided["application_id"]
    app = opened(run_application, id=application_id)
    said = text_of(app)
    score = served.get(f"applications/{application_id}/score")
    assert words.frequency(score["risk"]) in said
    assert words.SCOPE in said
    assert score["model_version"] in said
    filing = served.get(f"applications/{application_id}")
    assert filing["items"][0]["control_code"] in said.replace("\\", "")
    evidence = {record for reason in score["reasons"] for record in reason["evidence"]}
    assert all(record in said for record in evidence)


def test_an_application_that_is_not_on_record_is_told_so(opened):
    assert "Not on record" in text_of(opened(run_application, id="NO-SUCH"))


def test_no_field_of_a_decision_is_filled_in_beforehand(opened, undecided):
    app = opened(run_application, id=undecided["application_id"])
    assert by_key(app.selectbox, ":outcome").value is None
    assert by_key(app.multiselect, ":grounds").value == []
    assert all(area.value in ("", None) for area in app.text_area)


def test_a_refused_decision_keeps_what_was_typed_and_a_mended_one_is_recorded_once(opened, served, undecided):
    application_id = undecided["application_id"]
    app = opened(run_application, id=application_id)
    by_key(app.selectbox, ":outcome").select("denied")
    by_key(app.text_area, ":rationale").input("The end use could not be established.")
    press(app, "Record this decision")
    assert "ground" in text_of(app)
    assert by_key(app.text_area, ":rationale").value == "The end use could not be established."
    by_key(app.multiselect, ":grounds").select("end_use")
    press(app, "Record this decision")
    assert "Decision (denied) recorded" in text_of(app)
    entries = served.get(f"applications/{application_id}/history")["entries"]
    decisions = [entry["body"] for entry in entries if entry["kind"] == "decision"]
    assert [(one["outcome"], one["recorded_by"]) for one in decisions] == [("denied", "analyst-one")]
    assert decisions[0]["score_seen"]["model_version"]


def test_a_referral_is_settled_with_a_reason_and_then_stands_as_settled(opened, served):
    row = next(row for row in served.queue() if row["state"] == "undecided" and row["open_referrals"])
    app = opened(run_application, id=row["application_id"])
    before = sum(expander.label.startswith("⚑ open") for expander in app.expander)
    result = next(box for box in app.selectbox if box.key.endswith(":result"))
    form = result.key.removesuffix(":result")
    result.select("dismissed")
    next(area for area in app.text_area if area.key == f"{form}:because").input("Checked against the list: another person.")
    next(button for button in app.button if button.label == "Record this review").click().run()
    assert "recorded" in text_of(app)
    assert sum(expander.label.startswith("⚑ open") for expander in app.expander) == before - 1


def a_due_visit(served) -> dict:
    """A visit that is due and has an application."""
    return next(visit for visit in served.get("visits", "inspector")["visits"] if visit["state"] == "due")


def test_an_inspector_sees_no_score_band_or_reason_of_choice(opened, served):
    visit = a_due_visit(served)
    said = text_of(opened(run_visit, "inspector", visit=visit["visit_id"])).replace(words.UNSEEN, "").replace(words.SCOPE, "")
    assert not re.search(r"in 1,000|routine|elevated|critical|by lot|by risk|chosen|probab", said, re.IGNORECASE)


def test_a_visit_that_lacks_something_is_not_sent_and_says_what(opened, served):
    app = opened(run_visit, "inspector", visit=a_due_visit(served)["visit_id"])
    press(app, "Send")
    assert "Missing: the day, how it was made, the access, the outcome, your name, your confirmation" in text_of(app)


def test_a_form_that_was_only_opened_is_not_told_to_hold_a_draft(opened, served):
    visit = [one for one in served.get("visits", "inspector")["visits"] if one["state"] == "due"][-1]
    opened(run_visit, "inspector", visit=visit["visit_id"])
    assert "is here again" not in text_of(opened(run_visit, "inspector", visit=visit["visit_id"]))


def test_a_visit_sent_twice_is_one_visit(opened, served, monkeypatch):
    visit = a_due_visit(served)
    sent = []
    record = Client.record
    monkeypatch.setattr(Client, "record", lambda self, kind, event: sent.append(event) or record(self, kind, event))
    app = opened(run_visit, "inspector", visit=visit["visit_id"])
    by_key(app.date_input, ":visited_on").set_value(date(2026, 11, 20))
    by_key(app.selectbox, ":mode").select("on_site")
    by_key(app.button_group, ":access").set_value("full")
    by_key(app.number_input, ":lot_size").set_value(20)
    by_key(app.number_input, ":seen").set_value(20)
    by_key(app.text_input, ":method").input("every piece")
    by_key(app.selectbox, ":outcome").select("favourable")
    by_key(app.text_input, ":signed_by").input("Inspector One")
    by_key(app.checkbox, ":sure").check()
    app.run()
    press(app, "Send")
    assert "recorded" in text_of(app)
    assert record(Client(served.address, served.tokens["inspector"]), "visit", sent[0]) == "unchanged"
    done = [one for one in served.get("visits")["visits"] if one["visit_id"] == visit["visit_id"]]
    assert [(one["state"], one["outcome"], one["signed_by"]) for one in done] == [("done", "favourable", "Inspector One")]


def test_pages_are_only_run_after_sign_in():
    with pytest.raises(RuntimeError, match="python -m dashboards"):
        session.signed_in()


def chosen(app: AppTest, key: str, value: str) -> AppTest:
    """Choose one of a row of buttons."""
    (group,) = [group for group in app.button_group if group.key == key]
    return group.set_value(value).run()


def test_no_case_asks_what_would_help_until_somebody_does(opened, undecided):
    app = opened(run_application, id=undecided["application_id"], part="Remedies")
    assert "no evidence that a condition prevents diversion" not in text_of(app)
    [button for button in app.button if button.label == "Work it out"][-1].click().run()
    assert "no evidence that a condition prevents diversion" in text_of(app)
    assert not [button for button in app.button if button.label == "Work it out"]


@pytest.mark.parametrize("part", ["Documents", "Parties", "Route", "History"])
def test_every_part_of_a_case_can_be_drawn(opened, undecided, part):
    app = opened(run_application, id=undecided["application_id"], part=part)
    assert not app.exception and not app.error
    assert not [area for area in app.text_area if area.key.endswith(":rationale")]  # the case itself is not drawn beside it


def test_what_was_typed_of_a_decision_is_there_again_in_another_window(opened, served):
    application_id = [row for row in served.queue() if row["state"] == "undecided"][-1]["application_id"]
    app = opened(run_application, id=application_id)
    by_key(app.text_area, ":rationale").input("The site is known from a visit.").run()
    again = opened(run_application, id=application_id)
    assert by_key(again.text_area, ":rationale").value == "The site is known from a visit."
    assert "Nothing of it was sent" in text_of(again)
    assert by_key(opened(run_application, "approver", id=application_id).text_area, ":rationale").value in ("", None)
    by_key(again.text_area, ":rationale").input("").run()  # what is emptied is forgotten
    assert by_key(opened(run_application, id=application_id).text_area, ":rationale").value in ("", None)


def test_a_view_saved_under_a_name_outlasts_the_window_and_holds_no_word_searched_for(opened, monkeypatch, tmp_path):
    monkeypatch.setenv("DIVERSION_DASHBOARD_STATE", str(tmp_path))
    app = opened(run_queue)
    by_key(app.multiselect, "band").select("elevated")
    by_key(app.text_input, "find").input("Ministry")
    by_key(app.text_input, "view-name").input("Mine")
    press(app, "Save this view")
    assert "Ministry" not in "".join(file.read_text() for file in tmp_path.iterdir())
    again = opened(run_queue)
    press(again, "Mine")
    assert by_key(again.multiselect, "band").value == ["elevated"]


def test_a_question_to_an_issuer_is_recorded_and_then_waits_with_its_clock(opened, served):
    application_id = served.queue()[-1]["application_id"]
    app = opened(run_application, id=application_id)
    by_key(app.selectbox, ":to").select("document_issuer")
    press(app, "Record this")
    assert "what you typed is still here" in text_of(app)
    by_key(app.selectbox, ":for").select("authentication")
    by_key(app.date_input, ":due").set_value(date(2030, 1, 1))
    press(app, "Record this")
    assert "authentication of document issuer" in text_of(app)
    assert "waiting, due in" in text_of(app)


def test_a_planner_makes_a_plan_and_takes_a_visit_out_with_a_reason(opened, served):
    app = opened(run_planning, "planner", section="Plan")
    press(app, "Make the plan")
    assert "Say how many visits can be made" in text_of(app)
    by_key(app.number_input, "plan:visits").set_value(3)
    press(app, "Make the plan")
    plan_id = re.search(r"Plan (\S+) made: 3 visits", text_of(app)).group(1)
    first = served.get(f"plans/{plan_id}", "planner")["visits"][0]["visit_id"]
    by_key(app.multiselect, ":visits").select(first)
    press(app, "Amend")
    assert "Nothing was changed" in text_of(app)
    by_key(app.text_area, ":because").input("The site is closed until spring.")
    press(app, "Amend")
    assert "is on record" in text_of(app)
    assert first not in {visit["visit_id"] for visit in served.get(f"plans/{plan_id}", "planner")["visits"]}


def test_what_is_due_says_who_must_act(opened, served):
    owed = served.get("due", "planner")["obligations"]
    said = text_of(opened(run_planning, "planner", section="What is due"))
    assert all(words.say(one["next_actor"]) in said for one in owed)


def test_an_approver_signs_what_an_analyst_decided(opened, served):
    row = next(row for row in served.queue() if row["state"] == "undecided" and row["band"] in ("high", "critical") and not row["open_referrals"])
    app = opened(run_application, id=row["application_id"])
    by_key(app.selectbox, ":outcome").select("granted")
    by_key(app.text_area, ":rationale").input("The end use is established.")
    press(app, "Record this decision")
    app = opened(run_follow_up, "approver")
    assert row["application_id"] in " ".join(button.label for button in app.button)
    press(app, "Sign")
    assert "it now counts" in text_of(app)


def test_an_auditor_has_the_chain_verified_and_reads_the_year(opened):
    app = opened(run_oversight, "auditor", oversight="Audit trail")
    press(app, "Verify the whole chain now")
    assert "**Whole.**" in text_of(app)
    assert "What may not be inferred" in text_of(chosen(app, "oversight", "year"))


def test_every_section_of_oversight_can_be_drawn(opened):
    app = opened(run_oversight, "auditor")
    for section in ("model", "features", "lists"):
        assert not chosen(app, "oversight", section).exception


def test_what_changed_on_a_list_between_two_days_is_told_by_entry(opened):
    app = opened(run_oversight, "auditor", oversight="Lists")
    first, _ = app.date_input
    assert "**0** added" not in text_of(first.set_value(date(2000, 1, 1)).run())
    assert "earlier one first" in text_of(app.date_input[1].set_value(date(1995, 1, 1)).run())


def test_an_administrator_is_offered_nothing_of_any_case(opened):
    app = opened(run_oversight, "admin")
    (sections,) = [group for group in app.button_group if group.key == "oversight"]
    assert not {"Work", "Year"} & set(sections.options)
    assert "Model" in sections.options


def test_what_moved_since_the_training_is_told_once_it_is_opened(opened, monkeypatch):
    check = {"about": "features", "subject": "end_user_age_days", "measure": "population stability index", "state": "alarm", "value": 0.31, "low": None, "high": None, "expected": None,
             "watch_from": 0.1, "alarm_from": 0.25, "text": "Spread otherwise.", "todo": "Look why."}  # fmt: skip
    told = {
        "state": "alarm", "window": {"from": "2026-06-01", "to": "2026-11-28", "filings": 1412}, "reference": {"from": "2025-10-01", "to": "2026-10-01", "filings": 1000},
        "checks": [check, check | {"state": "ok", "subject": "fine"}], "scores": {"edges": [0.001] * 9, "reference_share": [0.1] * 10, "share": [0.1] * 10},
        "calibration": [{"source": "lot", "visits": 41, "found": 2, "expected": 1.3, "ratio": 1.54, "low": 0.3, "high": 4.8}],
    }  # fmt: skip
    asked = []
    monkeypatch.setattr(Client, "drift", lambda self: asked.append(1) or told)
    app = opened(run_oversight, "auditor", oversight="Model")
    assert not asked
    (moved,) = [one for one in app.expander if one.label.startswith("What moved since")]
    app.session_state["drift"] = True
    said = text_of(app.run())
    assert asked and "end user age days" in said and "Spread otherwise." in said and "2 of" not in said and moved.label
    assert "1 ✓ as before" in said and "by lot" in said
