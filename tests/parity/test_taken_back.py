"""What was corrected or taken back counts no longer, and what stands in its place counts from then on."""

from builders import a_certificate, a_decision, a_delivery, a_request, a_shipment, a_visit, an_application, an_item, correcting, withdrawing
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


def test_what_a_country_did_counts_as_long_as_it_stands():
    before, asked = _filed("2023-01-10"), _filed("2024-06-01")
    number = before["application_id"]
    denied = a_decision(number, outcome="denied", grounds=["diversion"], at="2023-02-01T09:00:00Z")
    assert _value([before], {"decision": [denied]}, asked, "destination_denied_share") == 1.5 / 26
    granted = correcting(denied, "2023-05-01T09:00:00Z", outcome="granted", grounds=None)
    assert _value([before], {"decision": [denied, granted]}, asked, "destination_denied_share") == 0.5 / 26

    visits = [a_visit(number, at=f"2023-03-0{n}T09:00:00Z", visited_on="2023-02-20", outcome="inconclusive" if n < 5 else "favourable") for n in range(1, 6)]
    told_anew = correcting(visits[0], "2023-06-01T09:00:00Z", outcome="favourable")
    assert _value([before], {"visit": [*visits, told_anew]}, asked, "destination_completed_visits_share") == 2 / 5
    assert _value([before], {"visit": [*visits, withdrawing(visits[0], "2023-06-01T09:00:00Z")]}, asked, "destination_completed_visits_share") is None

    questions = [a_request(number, country="FI", at=f"2023-03-0{n}T09:00:00Z", sent_on="2023-03-01") for n in range(1, 6)]
    answers = [q | {"event_id": f"{q['event_id']}-answer", "at": "2023-04-01T09:00:00Z", "answer": "given", "answered_on": "2023-04-01"} for q in questions[:2]]
    gone = withdrawing(answers[0], "2023-05-01T09:00:00Z")
    assert _value([before], {"request": [*questions, *answers]}, asked, "destination_authentications_answered_share") == 2 / 5
    assert _value([before], {"request": [*questions, *answers, gone]}, asked, "destination_authentications_answered_share") == 1 / 5

    shipments = [a_shipment(number, at="2023-02-02T09:00:00Z", shipped_on="2023-02-01") for _ in range(21)]
    proofs = [a_delivery(s["shipment_id"], at="2023-03-02T09:00:00Z", on="2023-03-01", proof="delivery_verification") for s in shipments[:10]]
    gone = [withdrawing(shipments[20], "2024-01-01T09:00:00Z"), withdrawing(proofs[0], "2024-01-01T09:00:00Z")]
    events = {"shipment": [*shipments, gone[0]], "delivery": [*proofs, gone[1]]}
    assert _value([before], events, asked, "destination_proven_deliveries_share") == 9 / 20


def test_a_certificate_is_drawn_on_unless_the_newest_decision_that_stands_ended_the_application():
    paper = a_certificate(number="EUC-77", items=[{"description": "Cameras", "quantity": 300}])
    before, asked = (_filed(day, documents=[paper], items=[an_item(quantity=200)]) for day in ("2026-10-20", "2026-12-01"))
    returned = a_decision(before["application_id"], outcome="returned", at="2026-10-22T09:00:00Z")
    appeal = a_decision(before["application_id"], basis="appeal", at="2026-10-24T09:00:00Z")

    def drawn(*decisions: dict) -> float | None:
        return _value([before], {"decision": list(decisions)}, asked, "documents_quantity_drawn_ratio")

    assert drawn() == 400 / 300
    assert drawn(returned) == 1.0
    assert drawn(returned, appeal) == 400 / 300
    assert drawn(returned, correcting(returned, "2026-10-26T09:00:00Z", rationale="Incomplete.")) == 1.0
    assert drawn(returned, withdrawing(returned, "2026-10-26T09:00:00Z")) == 400 / 300
    assert drawn(returned, appeal, withdrawing(appeal, "2026-10-26T09:00:00Z")) == 1.0
    assert drawn(returned, appeal, correcting(returned, "2026-10-26T09:00:00Z", outcome="withdrawn")) == 400 / 300
