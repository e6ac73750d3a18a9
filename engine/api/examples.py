"""One example of each body, for the service's description; a test sends every one of them. Invented, all of them."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from engine.wire.application import EXAMPLE

APPLICATION = EXAMPLE
_ID = "2026-000123"


def _known(day: str) -> dict[str, str]:
    return {"at": f"{day}T10:00:00Z"}


EVENTS: Mapping[str, dict[str, Any]] = MappingProxyType({
    "decision": {
        "event_id": "D-1", **_known("2026-02-20"), "application_id": _ID, "outcome": "granted", "basis": "first", "conditions": ["Delivery verification within 90 days of arrival."],
        "rationale": "The embassy confirmed the end use on site.",
    },
    "licence": {
        "event_id": "L-1", **_known("2026-02-23"), "application_id": _ID, "licence_number": "DE-2026-77", "change": "issued", "valid_from": "2026-02-23", "valid_to": "2028-02-22",
        "items": [{"line": 1, "quantity": 12, "unit": "C62"}],
    },
    "shipment": {
        "event_id": "S-1", **_known("2026-03-02"), "shipment_id": "SH-1", "application_id": _ID, "shipped_on": "2026-03-01", "items": [{"line": 1, "quantity": 12}],
        "route": [{"from": "DEHAM", "to": "PLGDY", "mode": "sea"}], "final": True,
    },
    "delivery": {
        "event_id": "DL-1", **_known("2026-03-12"), "shipment_id": "SH-1", "milestone": "received_by_end_user", "on": "2026-03-09", "place": "PLGDY", "proof": "delivery_verification",
        "number": "DV-9",
    },
    "visit": {
        "event_id": "V-1", **_known("2026-06-05"), "visit_id": "VI-1", "application_id": _ID, "shipment_id": "SH-1", "stage": "post_shipment", "visited_on": "2026-06-02",
        "mode": "on_site", "access": "full", "items": [{"line": 1, "quantity": 12, "state": "seen"}], "outcome": "favourable", "signed_by": "A. Inspector",
    },
    "incident": {
        "event_id": "I-1", **_known("2026-03-20"), "application_id": _ID, "source": "customs", "finding": "loss", "occurred_on": "2026-03-05", "confirmed": False, "wilful": "not_known",
    },
    "denial_notice": {
        "event_id": "DN-1", **_known("2025-10-06"), "party": "Example Trading House", "country": "AE", "control_code": "6A003", "reason": "Risk of diversion.", "denied_on": "2025-10-01",
        "expires_on": "2028-10-01", "issuer": "NO",
    },
    "destruction": {
        "event_id": "X-1", **_known("2026-03-24"), "application_id": _ID, "control_code": "ML1.a", "quantity": 40, "witnessed_by": "The defence attaché", "destroyed_on": "2026-03-20",
    },
    "request": {
        "event_id": "R-1", **_known("2026-01-20"), "request_id": "RQ-1", "application_id": _ID, "from": "authority", "to": "agency", "name": "Customs", "for": "opinion",
        "sent_on": "2026-01-20", "due_on": "2026-02-03", "stops_clock": False,
    },
    "review": {
        "event_id": "RV-1", **_known("2026-02-10"), "about": "referral", "subject": "catch_all:catch-all", "application_id": _ID, "result": "dismissed",
        "because": "The notice concerned another consignment.",
    },
})

ORDERS: Mapping[str, dict[str, Any]] = MappingProxyType({
    "TokenOrder": {"name": "Licensing system", "role": "system", "authorities": ["DE"]},
    "PlanOrder": {"from": "2027-01-01", "to": "2027-03-31", "visits": 20, "seed": 7},
    "SignatureOrder": {"sign": False, "because": "The end user's undertaking is missing."},
    "PromotionOrder": {"because": "Better calibrated for the last two quarters."},
    "TrainingOrder": {"dry_run": True},
    "MergeOrder": {"other": "4611686018427387904", "because": "One register extract names both."},
    "SplitOrder": {"because": "Another firm of the same name; the register tells them apart."},
    "WeightsOrder": {"weights": 'version = "2"', "because": "Recall 0.02 higher on two worlds, at the same precision."},
    "ErasureOrder": {"key": "event:E-1", "order": "Court of Appeal, case 12 of 2026"},
})
