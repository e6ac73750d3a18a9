"""Plans over HTTP: limits, amendments, and each question that auditors ask about selection (Commerce OIG-26-019-A, recommendation 1)."""

import json
from datetime import date, datetime, timedelta

import numpy as np
import pytest
from api_service import Service, an_event, is_problem

from engine.monitoring.choose_visits import draw
from engine.store.audit import verify
from engine.store.records import body_of
from engine.workflows.read_plan import kept_frame

CAPACITY = {
    "regions": [{"name": "Asia", "covers": ["Asia"], "inspector_days": 14, "travel_days": 2}, {"name": "others", "covers": ["rest"], "inspector_days": 12, "travel_days": 3}],
    "country_quota": 3, "end_user_quota": 1, "notice_days": 14, "consent_days": 60, "trips": 3, "note": "Staff plan of the inspectorate.",
}
ORDER = {"from": "2027-03-01", "to": "2027-05-29", "visits": 14, "seed": 5, "lot_share": 0.3, "capacity": CAPACITY}


@pytest.fixture(scope="module")
def plan(service: Service) -> dict:
    answer = service.planner.post("/v1/plans", json=ORDER)
    assert answer.status_code == 201, answer.text
    return answer.json()


def by(plan: dict, how: str) -> list[dict]:
    return [visit for visit in plan["visits"] if visit["chosen_by"] == how]


def read(service: Service, plan: dict) -> dict:
    return service.auditor.get(f"/v1/plans/{plan['plan_id']}").json()


def why(service: Service, plan: dict, shipment_id: str) -> dict:
    answer = service.auditor.get(f"/v1/plans/{plan['plan_id']}/shipments/{shipment_id}")
    assert answer.status_code == 200, answer.text
    return answer.json()


def amended(service: Service, plan: dict, *changes: dict, **told: object) -> dict:
    answer = service.planner.post(f"/v1/plans/{plan['plan_id']}/amendments", json={"because": "The embassy asked for it.", "changes": list(changes)} | told)
    assert answer.status_code == 201, answer.text
    return answer.json()


def test_a_plan_keeps_within_its_capacity(plan: dict, service: Service):
    rows = {row["shipment_id"]: row for row in kept_frame(service.desk.store.cursor(), plan["plan_id"]).frame.rows.iter_rows(named=True)}
    for region in CAPACITY["regions"]:
        there = [visit for visit in plan["visits"] if rows[visit["shipment_id"]]["region"] == region["name"]]
        trips = {(rows[v["shipment_id"]]["country"], rows[v["shipment_id"]]["place"], month(v)) for v in there}
        assert len(there) + region["travel_days"] * len(trips) <= region["inspector_days"]
    countries = [rows[visit["shipment_id"]]["country"] for visit in plan["visits"]]
    assert len(plan["visits"]) <= 14 and max(countries.count(one) for one in countries) <= 3
    assert all(ORDER["from"] <= visit["window_from"] <= visit["window_to"] <= ORDER["to"] for visit in plan["visits"])
    assert plan["objective"] <= plan["bound"] + 1e-9 and plan["greedy"] <= plan["objective"] + 1e-9


def month(visit: dict) -> int:
    return (date.fromisoformat(visit["window_to"]) - date(2027, 3, 1)).days // 30


# (a) the method is defined, and uses history and a documented assessment of risk
def test_an_auditor_reads_the_method_with_its_model_policy_and_capacity(plan: dict, service: Service):
    told = read(service, plan)
    assert "pivotal" in told["method"] and "bound" in told["method"]
    assert told["frame"]["model_version"] and told["frame"]["policy_version"] and told["frame"]["features_version"]
    assert told["frame"]["capacity"]["note"] == CAPACITY["note"] and told["seed"] == 5 and told["frame"]["planned_by"] == "planner-one"
    assert told["frame"]["shipments"] == sum(stratum["shipments"] for stratum in told["frame"]["strata"]) == plan["eligible"]


# (b) the analysis behind each target is kept
def test_an_auditor_finds_score_rank_and_cut_behind_each_visit(plan: dict, service: Service):
    for visit in plan["visits"]:
        told = why(service, plan, visit["shipment_id"])
        assert told["in_plan"] and told["risk"] == visit["risk"] and told["rank"] == visit["rank"] and 1 <= told["rank"] <= told["of"]
        assert told["reason"] == visit["reason"] and told["model_version"]
        assert told["drawn_by_lot"] == (visit["chosen_by"] == "lot")
        if visit["chosen_by"] == "risk":
            assert told["risk"] >= told["lowest_risk_chosen"] and told["limits"] == []


def test_an_auditor_learns_why_a_shipment_was_not_chosen(plan: dict, service: Service):
    chosen = {visit["shipment_id"] for visit in plan["visits"]}
    out = kept_frame(service.desk.store.cursor(), plan["plan_id"]).frame.rows["shipment_id"].to_list()
    told = [why(service, plan, shipment_id) for shipment_id in [one for one in out if one not in chosen][:8]]
    assert told and all(one["limits"] and one["not_chosen_because"] and not one["in_plan"] for one in told)
    is_problem(service.auditor.get(f"/v1/plans/{plan['plan_id']}/shipments/none-such"), 404)


def test_an_auditor_can_draw_the_lot_again_from_the_record(plan: dict, service: Service):
    cursor = service.desk.store.cursor()
    held = kept_frame(cursor, plan["plan_id"])
    assert (draw(held.frame, held.order["seed"]) == held.drawn).all() and held.drawn.sum() == held.frame.draws
    placed = {visit["shipment_id"] for visit in by(plan, "lot")} | {left["shipment_id"] for left in plan["left_out"] if left["chosen_by"] == "lot"}
    assert placed == set(held.frame.rows["shipment_id"].filter(held.drawn))
    probability = held.frame.rows["lot_probability"].to_numpy()
    assert np.isclose(probability.sum(), held.frame.draws)


def test_an_auditor_sees_that_the_frame_was_frozen_before_the_lot_and_the_lot_before_the_plan(plan: dict, service: Service):
    cursor = service.desk.store.cursor()
    seq = [cursor.execute("select seq from record where key = ?", [f"{kind}:{plan['plan_id']}"]).fetchall()[0][0] for kind in ("plan_frame", "plan_lot", "plan")]
    assert seq == sorted(set(seq)) and len(seq) == 3
    digest = {json.loads(body_of(cursor, f"{kind}:{plan['plan_id']}"))[name] for kind, name in (("plan_frame", "digest"), ("plan_lot", "frame_digest"), ("plan", "frame_digest"))}
    assert len(digest) == 1


def test_what_the_limits_cost_is_told(plan: dict, service: Service):
    costs = {cost["limit"]: cost for cost in read(service, plan)["costs"]}
    assert {"visits", "inspector-days, Asia", "inspector-days, others", "travel", "country quota", "end-user quota", "lot"} <= set(costs)
    assert all(cost["without_it"] is None or cost["without_it"] >= 0 for cost in costs.values())


# (h) and supervisors' control: who overrode what and why; nothing is erased
def test_an_override_is_on_record_with_who_and_why_and_erases_nothing(plan: dict, service: Service, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(service.clock, "moment", service.clock.moment + timedelta(hours=1))
    dropped = by(plan, "risk")[0]
    before = {visit["visit_id"] for visit in read(service, plan)["visits"]}
    done = amended(service, plan, {"action": "drop", "visit_id": dropped["visit_id"]}, because="The site was closed last week.")
    told = read(service, plan)
    assert done["dropped"] == [dropped["visit_id"]]
    assert {visit["visit_id"] for visit in told["visits"]} == before - {dropped["visit_id"]} | set(done["filled"])
    (amendment,) = [one for one in told["amendments"] if one["amendment"] == done["amendment"]]
    assert all(one.endswith("Z") for one in (amendment["amended_at"], told["frame"]["planned_at"], told["visits"][0]["planned_at"]))
    assert amendment["amended_by"] == "planner-one" and amendment["because"] == "The site was closed last week."
    one = why(service, plan, dropped["shipment_id"])
    assert not one["in_plan"] and one["limits"] == ["dropped"]
    assert [(h["amended_by"], h["because"], bool(h["dropped"])) for h in one["history"]] == [(None, None, False), ("planner-one", "The site was closed last week.", True)]
    since = [datetime.fromisoformat(h["planned_at"]) for h in one["history"]]
    assert since == [datetime.fromisoformat(told["frame"]["planned_at"]), datetime.fromisoformat(amendment["amended_at"])] == sorted(set(since))
    due = {row["visit_id"] for row in service.planner.get("/v1/visits", params={"limit": 1000}).json()["visits"]}
    assert dropped["visit_id"] not in due and set(done["filled"]) <= due
    assert verify(service.desk.store.cursor()).head


def test_a_lot_visit_taken_out_is_non_response_and_no_other_is_drawn(plan: dict, service: Service):
    lot = by(plan, "lot")[0]
    done = amended(service, plan, {"action": "drop", "visit_id": lot["visit_id"]})
    told = read(service, plan)
    assert not {visit["visit_id"] for visit in told["visits"] if visit["visit_id"] in done["filled"] and visit["chosen_by"] == "lot"} - {
        visit["visit_id"] for visit in told["visits"] if visit["shipment_id"] in {left["shipment_id"] for left in plan["left_out"]}}
    assert lot["visit_id"] not in {visit["visit_id"] for visit in told["visits"]}
    (gone,) = [one for one in told["taken_out"] if one["visit_id"] == lot["visit_id"]]
    assert gone["lot_probability"] == lot["lot_probability"] and gone["because"]


def test_a_visit_is_added_and_moved_and_the_rest_stays(plan: dict, service: Service):
    told = read(service, plan)
    rows = kept_frame(service.desk.store.cursor(), plan["plan_id"]).frame.rows
    risk = [visit for visit in told["visits"] if visit["chosen_by"] == "risk"]
    ever = {visit["shipment_id"] for visit in [*told["visits"], *told["taken_out"]]}
    place = {row["shipment_id"]: (row["country"], row["place"]) for row in rows.iter_rows(named=True)}
    gives = {visit["shipment_id"]: visit["visit_id"] for visit in risk}
    swap = next(((out, n) for out in gives for n in rows.filter(slots=7)["shipment_id"] if n not in ever and place[n] == place[out]), None)
    if swap is None:
        pytest.skip("no two shipments at one place in this world")
    moved = next(visit for visit in told["visits"] if visit["shipment_id"] != swap[0])
    done = amended(
        service, plan, {"action": "drop", "visit_id": gives[swap[0]]}, {"action": "add", "shipment_id": swap[1]},
        {"action": "move", "visit_id": moved["visit_id"], "window_from": moved["window_from"], "window_to": moved["window_from"]},
    )
    after = {visit["visit_id"]: visit for visit in read(service, plan)["visits"]}
    assert [after[one]["shipment_id"] for one in done["added"]] == [swap[1]] and "added by the planner" in after[done["added"][0]]["reason"]
    assert after[done["added"][0]]["inclusion_probability"] == 1.0 or after[done["added"][0]]["chosen_by"] == "lot"
    assert after[moved["visit_id"]]["window_to"] == moved["window_from"] and not done["displaced"]
    assert {visit["visit_id"] for visit in told["visits"]} - {gives[swap[0]]} <= set(after)


@pytest.mark.parametrize(("change", "status", "words"), [
    ({"action": "drop", "visit_id": "none-such"}, 422, "does not stand in plan"),
    ({"action": "add", "shipment_id": "none-such"}, 404, "not in the frame"),
    ({"action": "move", "visit_id": "FIRST", "window_from": "2026-01-01", "window_to": "2026-01-02"}, 422, "lies between"),
    ({"action": "abolish", "visit_id": "FIRST"}, 422, ""),
], ids=["unknown visit", "unknown shipment", "outside the period", "no such action"])
def test_a_change_that_makes_no_sense_is_refused(plan: dict, service: Service, change: dict, status: int, words: str):
    first = read(service, plan)["visits"][0]["visit_id"]
    told = {name: first if value == "FIRST" else value for name, value in change.items()}
    answer = service.planner.post(f"/v1/plans/{plan['plan_id']}/amendments", json={"because": "Why not.", "changes": [told]})
    assert words in is_problem(answer, status)["detail"] or status == 422


def test_a_change_that_does_not_fit_is_refused_with_the_limit_in_its_way(plan: dict, service: Service):
    told = read(service, plan)
    planned = {visit["shipment_id"] for visit in [*told["visits"], *told["taken_out"]]}
    rows = kept_frame(service.desk.store.cursor(), plan["plan_id"]).frame.rows
    never = [one for one in rows.filter(slots=0)["shipment_id"] if one not in planned] or [one for one in rows["shipment_id"] if one not in planned]
    answer = service.planner.post(f"/v1/plans/{plan['plan_id']}/amendments", json={
        "because": "All of them.", "changes": [{"action": "add", "shipment_id": one} for one in never[:30]]})
    assert "does not fit" in is_problem(answer, 422)["detail"]
    assert read(service, plan) == told


def test_a_visit_already_made_is_not_taken_out_and_no_reason_is_no_amendment(plan: dict, service: Service):
    visit = read(service, plan)["visits"][-1]
    made = an_event(visit_id=visit["visit_id"], application_id=visit["application_id"], shipment_id=visit["shipment_id"], outcome="inconclusive", signed_by="Inspector")
    assert service.inspector.post("/v1/events/visit", json=made).status_code == 201
    change = {"action": "drop", "visit_id": visit["visit_id"]}
    address = f"/v1/plans/{plan['plan_id']}/amendments"
    is_problem(service.planner.post(address, json={"because": "Late.", "changes": [change]}), 409)
    is_problem(service.planner.post(address, json={"changes": [change]}), 422)
    is_problem(service.analyst.post(address, json={"because": "Late.", "changes": [change]}), 403)
    is_problem(service.token("planner", authorities=("DE",)).post(address, json={"because": "Late.", "changes": [change]}), 404)


def test_risk_is_chosen_anew_around_what_is_fixed(plan: dict, service: Service):
    told = read(service, plan)
    lot = {visit["visit_id"] for visit in told["visits"] if visit["chosen_by"] != "risk"}
    drop = next(visit for visit in told["visits"] if visit["chosen_by"] == "risk" and visit["amendment"] is None)
    done = amended(service, plan, {"action": "drop", "visit_id": drop["visit_id"]}, keep="fixed")
    after = {visit["visit_id"] for visit in read(service, plan)["visits"]}
    assert lot <= after and drop["visit_id"] not in after and not set(done["displaced"]) & (lot | after)


def test_a_plan_in_which_nothing_fits_says_why(service: Service):
    nowhere = {"regions": [{"name": "pole", "covers": ["AQ"], "inspector_days": 5}]}
    told = service.planner.post("/v1/plans", json=ORDER | {"capacity": nowhere, "from": "2027-06-01", "to": "2027-06-30"})
    assert told.status_code == 201, told.text
    assert told.json()["visits"] == [] and told.json()["eligible"] > 0 and read(service, told.json())["frame"]["shipments"] > 0


def test_what_a_planner_added_and_moved_is_told_as_that_and_what_was_taken_out_is_no_ones_choice(service: Service):
    made = service.planner.post("/v1/plans", json={"from": "2027-06-01", "to": "2027-08-30", "visits": 4, "seed": 3}).json()
    frame = kept_frame(service.desk.store.cursor(), made["plan_id"]).frame.rows["shipment_id"].to_list()
    chosen = {visit["shipment_id"] for visit in [*made["visits"], *made["left_out"]]}
    gone, moved = by(made, "risk")[:2]
    other = next(one for one in frame if one not in chosen and not why(service, made, one)["drawn_by_lot"] and not why(service, made, one)["mandatory"])
    answer = service.planner.post(f"/v1/plans/{made['plan_id']}/amendments", json={"because": "The embassy asked for it.", "changes": [
        {"action": "drop", "visit_id": gone["visit_id"]}, {"action": "add", "shipment_id": other},
        {"action": "move", "visit_id": moved["visit_id"], "window_from": "2027-08-02", "window_to": "2027-08-06"}]})
    assert answer.status_code == 201 and answer.headers["location"] == f"/v1/plans/{made['plan_id']}", answer.text
    listed = {row["visit_id"]: row for row in service.planner.get("/v1/visits", params={"limit": 5000}).json()["visits"]}
    (added,) = answer.json()["added"]
    assert (listed[added]["chosen_by"], listed[added]["added_by_planner"], listed[moved["visit_id"]]["added_by_planner"]) == ("mandatory", True, False)
    assert why(service, made, other)["added_by_planner"] and not why(service, made, moved["shipment_id"])["added_by_planner"]
    (shown,) = [row for row in service.inspector.get("/v1/visits", params={"limit": 5000}).json()["visits"] if row["visit_id"] == added]
    assert (shown["chosen_by"], shown["added_by_planner"]) == (None, None)
    told = why(service, made, moved["shipment_id"])
    assert (told["window_from"], told["window_to"]) == ("2027-08-02", "2027-08-06")
    assert (told["frame_window_from"], told["frame_window_to"]) == (moved["window_from"], moved["window_to"])
    assert [(one["window_to"], one["in_force"]) for one in told["history"]] == [(moved["window_to"], False), ("2027-08-06", True)]
    event = an_event(visit_id=gone["visit_id"], application_id=gone["application_id"], shipment_id=gone["shipment_id"], outcome="inconclusive")
    assert service.inspector.post("/v1/events/visit", json=event).status_code == 201
    (row,) = [one for one in service.planner.get("/v1/visits", params={"application_id": gone["application_id"]}).json()["visits"] if one["visit_id"] == gone["visit_id"]]
    assert row["state"] == "done" and (row["chosen_by"], row["inclusion_probability"], row["plan_id"]) == (None, None, None)
