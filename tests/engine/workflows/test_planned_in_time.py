"""A planned visit as it stood at a moment: what was planned or taken out later is not known yet."""

import json
from datetime import datetime, timedelta
from pathlib import Path

from builders import a_decision, a_delivery, a_shipment, an_application
from desks import a_desk, origin, take_in

from engine.compute.run import lay_corrections, lay_known
from engine.store.records import append_one
from engine.workflows.desk import Desk
from engine.workflows.due import Asked, due, lay_due

DAYS = [datetime(2026, 11, day, 12) for day in (2, 5, 9)]


def planned(desk: Desk, at: datetime, **told: object) -> None:
    body = {"plan_id": "P-1", "visit_id": "P-1-001", "application_id": "A-1", "shipment_id": "S-1", "stage": "post_shipment", "mode": "on_site",
            "window_from": "2026-11-10", "window_to": "2026-11-30", "chosen_by": "lot", "inclusion_probability": 0.1, "planned_at": str(at)} | told
    with desk.store.writing() as cursor:
        append_one(cursor, "planned_visit", f"planned_visit:P-1-001@{at}", at, json.dumps(body), origin("command", at), "plan visits")


def a_plan_taken_back(folder: Path) -> Desk:
    desk = a_desk(folder)
    take_in(desk, "application", an_application(application_id="A-1"))
    take_in(desk, "decision", a_decision("A-1"))
    take_in(desk, "shipment", a_shipment("A-1", shipment_id="S-1"))
    take_in(desk, "delivery", a_delivery("S-1"))
    planned(desk, DAYS[0])
    planned(desk, DAYS[1], dropped=True, because="The region is closed.")
    return desk


def test_training_knows_a_planned_visit_from_its_plan_until_it_is_taken_out(tmp_path: Path) -> None:
    with a_plan_taken_back(tmp_path) as desk:
        cursor = desk.store.cursor()
        lay_corrections(cursor)
        known = []
        for moment in (DAYS[0], DAYS[0] + timedelta(days=1), DAYS[2]):
            cursor.execute("create or replace temp table label_moment as select ?::timestamp as as_of", [moment])
            lay_known(cursor, "label_moment")
            known.append(cursor.execute("select count(*) from known_planned_visit").fetchall()[0][0])
        assert known == [0, 1, 0]


def test_a_visit_taken_out_of_a_plan_is_no_longer_due(tmp_path: Path) -> None:
    with a_plan_taken_back(tmp_path) as desk:
        for moment, there in ((DAYS[0] + timedelta(days=1), True), (DAYS[2], False)):
            cursor = desk.store.cursor()
            lay_due(cursor, moment)
            rows = due(cursor, moment, Asked(("due", "overdue"), "planned_visit", None, None, "age", None, 100, 0))
            assert [row.subject for row in rows] == (["P-1-001"] if there else [])
