"""Shares and counts speak of what was asked for and told; where nothing was told they say nothing."""

import pytest
from builders import a_decision, a_party, a_shipment, a_visit, an_application, an_incident, an_item, arms
from matrices import a_store, filings, matrix, take


def _filed(day: str, **told: object) -> dict:
    return an_application(filed_at=f"{day}T09:00:00Z", **told)


def _row(documents: list[dict], events: dict[str, list[dict]], asked: dict) -> dict[str, float | None]:
    with a_store() as desk:
        take(desk, {"application": sorted([*documents, asked], key=lambda d: d["filed_at"]), **events})
        rows = matrix(desk, filings(desk))
        return rows.filter(rows["application_id"] == asked["application_id"]).row(0, named=True)


def test_goods_that_a_visit_did_not_reach_are_not_held_against_their_holder():
    before, asked = (_filed(day, items=[arms(quantity=100)]) for day in ("2024-01-10", "2024-12-01"))
    shipped = a_shipment(before["application_id"], at="2024-02-01T09:00:00Z", shipped_on="2024-01-31", items=[{"line": 1, "quantity": 100}])
    visit = a_visit(
        before["application_id"], at="2024-06-01T09:00:00Z", visited_on="2024-05-30",
        items=[{"line": 1, "quantity": 10, "state": "seen"}, {"line": 1, "quantity": 90, "state": "not_seen"}],
    )
    row = _row([before], {"shipment": [shipped], "visit": [visit]}, asked)
    assert (row["old_stock_accounted_share"], row["old_stock_lost_share"], row["old_stock_transferred_share"]) == (1.0, 0.0, 0.0)


def test_an_incident_that_names_the_party_alone_counts_as_goods_passed_on_or_lost():
    guard = a_party("Sorrel Guard", "FI", "police")
    before, asked = (_filed(day, end_user=guard) for day in ("2024-01-10", "2024-12-01"))
    incidents = [
        an_incident(None, party={"name": "Sorrel Guard", "country": "FI"}, finding=finding, at=f"2024-06-0{n}T09:00:00Z", occurred_on="2024-05-01")
        for n, finding in enumerate(("re_transfer", "re_export", "loss", "theft_or_capture", "diversion"), 1)
    ]
    row = _row([before], {"incident": incidents[:2] + incidents[3:]}, asked)
    assert (row["old_stock_passed_on_count"], row["old_stock_insecure_storage_count"]) == (2, 1)
    row = _row([before], {"incident": incidents[2:3]}, asked)
    assert (row["old_stock_passed_on_count"], row["old_stock_insecure_storage_count"]) == (0, 1)


def test_without_codes_and_values_orders_are_not_compared():
    plain = an_item(control_code=None, control_list=None)
    coded = an_item(value=None, currency=None)
    before = [_filed(day) for day in ("2024-01-10", "2024-11-20")]
    row = _row(before, {}, _filed("2024-12-01", items=[plain]))
    assert (row["timing_split_orders_count"], row["timing_like_orders_count"], row["old_stock_received_to_ordered_ratio"]) == (None, None, None)
    row = _row(before, {}, _filed("2024-12-01", items=[coded]))
    assert (row["timing_split_orders_count"], row["timing_like_orders_count"], row["old_stock_received_to_ordered_ratio"]) == (1, None, 0)


def test_a_denial_of_an_application_filed_later_is_known_from_its_filing():
    before = _filed("2024-06-01")
    denied = a_decision(before["application_id"], outcome="denied", grounds=["diversion"], at="2024-01-01T09:00:00Z")
    row = _row([before, _filed("2020-01-01", end_user="Elsewhere")], {"decision": [denied]}, _filed("2024-03-01"))
    assert row["screening_similar_denials_count"] == 0


def test_only_firearms_are_counted_for_each_person_under_arms():
    held = [{"control_code": "ML1.a", "quantity": 30}, {"control_code": "ML1.a", "quantity": 5, "plan": "destroy"}, {"control_code": "ML6.a", "quantity": 400}]
    rounds = arms(line=2, control_code="ML3.a", quantity=1_000_000)
    with_rounds, without = _filed("2024-06-01", items=[arms(quantity=100), rounds], replaced_stock=held), _filed("2024-06-02", items=[rounds | {"line": 1}])
    row = _row([], {}, with_rounds)
    assert row["old_stock_to_strength_ratio"] / row["goods_arms_to_strength_ratio"] == pytest.approx(130 / 100)
    row = _row([], {}, without)
    assert (row["old_stock_to_strength_ratio"], row["goods_arms_to_strength_ratio"], row["goods_small_arms_flag"]) == (None, None, 1)
