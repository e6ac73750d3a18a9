"""A licence with its shipment in a store, and a plan's record of a visit, as tests of what comes afterwards need them."""

import json

from builders import a_certificate, a_decision, a_licence, a_shipment, an_application, fresh
from desks import NOW, origin, take_in

from engine.store.records import append_one
from engine.workflows.desk import Desk


def a_case(*, serials: tuple[str, ...] = (), licence: dict | None = None, shipment: dict | None = None, **told: object) -> dict[str, dict]:
    """The records of goods that left under a licence on 1 November 2026, by their kind."""
    application = an_application(**{"documents": [a_certificate(undertakings=["on_site_verification"])]} | told)
    name = application["application_id"]
    items = [{"line": 1, "quantity": len(serials) or 12} | ({"serials": list(serials)} if serials else {})]
    return {
        "application": application, "decision": a_decision(name), "licence": a_licence(name, **(licence or {})), "shipment": a_shipment(name, items=items) | (shipment or {}),
    }


def shipped_together(desk: Desk, *cases: dict[str, dict]) -> list[tuple[str, str]]:
    """(application, shipment) of each case, taken in kind by kind."""
    for kind in ("application", "decision", "licence", "shipment"):
        take_in(desk, kind, *(case[kind] for case in cases))
    return [(case["application"]["application_id"], case["shipment"]["shipment_id"]) for case in cases]


def shipped(desk: Desk, **told: object) -> tuple[str, str]:
    """(application, shipment) of one case."""
    return shipped_together(desk, a_case(**told))[0]


def planned(desk: Desk, application_id: str, visit_id: str | None = None, **told: object) -> str:
    """A visit in a plan, as planning records it."""
    visit_id = visit_id or fresh("PV")
    body = {
        "plan_id": "PLAN-1", "visit_id": visit_id, "application_id": application_id, "stage": "post_shipment", "window_from": "2026-12-01", "window_to": "2026-12-31",
        "chosen_by": "risk", "inclusion_probability": 1.0, "lot_probability": 0.1, "risk": 0.2, "stratum": "high", "reason": "risk", "mode": "on_site", "planned_at": "2026-11-20 12:00:00",
    } | told
    with desk.store.writing() as cursor:
        append_one(cursor, "planned_visit", f"planned_visit:{visit_id}:{fresh('n')}", NOW, json.dumps(body), origin("engine"), "plan visits")
    return visit_id
