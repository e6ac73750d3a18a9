"""What was corrected or taken back counts no longer, and what stands in its place counts from then on."""

from builders import a_delivery, a_party, a_shipment, an_application, correcting, withdrawing
from matrices import a_store, filings, matrix, take



def _filed(day: str, **told: object) -> dict:
    return an_application(filed_at=f"{day}T09:00:00Z", **told)


def _value(documents: list[dict], events: dict[str, list[dict]], asked: dict, feature: str) -> float | None:
    with a_store() as desk:
        take(desk, {"application": [*documents, asked], **events})
        rows = matrix(desk, filings(desk))
        return rows.filter(rows["application_id"] == asked["application_id"])[feature][0]


def test_a_delivery_verification_taken_back_proves_nothing_and_a_shipment_told_anew_stays_due():
    before, asked = _filed("2023-01-10"), _filed("2024-06-01")
    shipped = a_shipment(before["application_id"], at="2023-02-01T09:00:00Z", shipped_on="2023-01-31")
    proof = a_delivery(shipped["shipment_id"], at="2023-04-01T09:00:00Z", on="2023-03-30", proof="delivery_verification")
    anew = correcting(shipped, "2023-10-01T09:00:00Z", shipped_on="2023-01-30")
    gone = withdrawing(proof, "2024-01-01T09:00:00Z")
    again = correcting(proof, "2024-01-01T09:00:00Z", on="2023-03-29")

    def unproven(shipments: list[dict], deliveries: list[dict]) -> float | None:
        return _value([before], {"shipment": shipments, "delivery": deliveries}, asked, "exporter_unproven_shipments_share")

    assert unproven([shipped], []) == 1.0
    assert unproven([shipped], [proof]) == 0.0
    assert unproven([shipped], [proof, gone]) == 1.0
    assert unproven([shipped], [proof, again]) == 0.0
    assert unproven([shipped, anew], []) == 1.0
    assert unproven([shipped, withdrawing(shipped, "2023-10-01T09:00:00Z")], []) is None
