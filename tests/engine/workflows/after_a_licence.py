"""A licence with its shipment in a store, and a plan's record of a visit, as tests of what comes afterwards need them."""

import json

from builders import a_certificate, a_decision, a_licence, a_shipment, an_application, fresh
from desks import NOW, origin, take_in

from engine.store.records import append_one
from engine.workflows.desk import Desk


def shipped(desk: Desk, *, serials: tuple[str, ...] = (), licence: dict | None = None, shipment: dict | None = None, **told: object) -> tuple[str, str]:
    """(application, shipment) of goods that left under a licence on 1 November 2026."""
    application = an_application(**{"documents": [a_certificate(undertakings=["on_site_verification"])]} | told)
    name = application["application_id"]
    take_in(desk, "application", application)
    take_in(desk, "decision", a_decision(name))
    take_in(desk, "licence", a_licence(name, **(licence or {})))
    sent = a_shipment(name, items=[{"line": 1, "quantity": len(serials) or 12} | ({"serials": list(serials)} if serials else {})]) | (shipment or {})
    take_in(desk, "shipment", sent)
    return name, sent["shipment_id"]


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
