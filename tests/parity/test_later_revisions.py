"""What an earlier application says of an end user's stock: from the revision in force, summed, and never from a later one."""

from builders import a_party, a_shipment, an_application, an_event, arms
from matrices import a_store, filings, matrix, take


def _value(documents: list[dict], events: dict[str, list[dict]], asked: dict, feature: str) -> float | None:
    with a_store() as desk:
        take(desk, {"application": sorted([*documents, asked], key=lambda d: d["filed_at"]), **events})
        rows = matrix(desk, filings(desk))
        return rows.filter(rows["application_id"] == asked["application_id"])[feature][0]


def _filed(day: str, **told: object) -> dict:
    return an_application(filed_at=f"{day}T09:00:00Z", end_user=a_party("Tansy Guard", "FI", "police"), **told)


def test_a_later_revision_does_not_say_what_was_shipped_before():
    before, asked = _filed("2024-01-10", items=[arms(quantity=100)]), _filed("2024-06-01", items=[arms(quantity=50)])
    later = before | {"revision": 2, "filed_at": "2025-01-01T09:00:00Z", "items": [arms(control_code="6A002", control_list="EU", unit="BX")]}
    shipped = a_shipment(before["application_id"], at="2024-02-01T09:00:00Z", shipped_on="2024-01-31", items=[{"line": 1, "quantity": 100}])
    assert _value([before, later], {"shipment": [shipped]}, asked, "old_stock_received_to_ordered_ratio") == 2.0


def test_promised_lines_are_summed_and_a_later_revision_changes_no_promise():
    def stock(*quantities: int) -> list[dict]:
        return [{"control_code": "ML1.a", "quantity": quantity, "plan": "destroy"} for quantity in quantities]

    before, asked = _filed("2021-01-10", replaced_stock=stock(100, 50)), _filed("2024-06-01")
    later = before | {"revision": 2, "filed_at": "2025-01-01T09:00:00Z", "replaced_stock": stock(1000)}
    done = an_event(application_id=before["application_id"], quantity=100, destroyed_on="2022-01-01", at="2022-01-02T09:00:00Z")
    assert _value([before, later], {"destruction": [done]}, asked, "old_stock_destroyed_share") == 100 / 150


def test_a_consignee_added_is_no_other_consignee_and_places_without_a_code_are_part_of_the_way():
    first = _filed("2024-01-10", route=[{"from_text": "Somewhere", "to": "SEGOT"}], items=[arms(quantity=10), arms(line=2, quantity=1000) | {"unit": None}])
    for item in first["items"]:
        item.pop("unit") if item["unit"] is None else None
    again = first | {"revision": 2, "filed_at": "2024-02-01T09:00:00Z", "consignee": a_party("Tansy Depot", "FI"), "route": [{"from_text": "Elsewhere", "to": "SEGOT"}]}
    with a_store() as desk:
        take(desk, {"application": [first, again]})
        row = matrix(desk, filings(desk)).row(1, named=True)
    assert (row["timing_consignee_changed_flag"], row["timing_route_changed_flag"], row["timing_quantity_to_earlier_ratio"]) == (None, 1, None)
