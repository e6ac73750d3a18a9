"""Each remedy changes what it says and nothing else; none invents a document."""

import pytest

from engine.risk.remedies import applicable, remedies, sets_of, with_all

BARE = {"application_id": "A-1", "items": [{"line": 1, "control_code": "ML3.a", "quantity": 3000, "unit": "C62", "value": 900.0}]}


def paper(**told: object) -> dict:
    return {"kind": "end_user_certificate", "number": "1"} | told


def codes(filing: dict) -> set[str]:
    return {remedy.code for remedy in applicable(filing)}


def by_code(code: str):
    return next(remedy for remedy in remedies() if remedy.code == code)


def test_a_filing_without_papers_stock_or_route_has_no_remedy() -> None:
    assert codes(BARE) == set()


def test_every_remedy_names_guidance_and_who_verifies_it() -> None:
    for remedy in remedies():
        assert remedy.url.startswith("http") and remedy.title and remedy.asks and remedy.verified_by, remedy.code


def test_a_denied_authentication_is_not_supposed_away() -> None:
    denied = BARE | {"documents": [paper(authentication="denied")]}
    assert "authentication_confirmed" not in codes(denied)


def test_an_undertaking_goes_into_end_user_documents_only() -> None:
    filing = BARE | {"documents": [paper(undertakings=["no_wmd_use"]), {"kind": "invoice"}]}
    changed = by_code("no_re_export").apply(filing)
    assert changed["documents"] == [paper(undertakings=["no_wmd_use", "no_re_export", "no_re_transfer"]), {"kind": "invoice"}]


def test_an_undertaking_given_already_is_no_remedy() -> None:
    filing = BARE | {"documents": [paper(undertakings=["on_site_verification", "no_re_export", "no_re_transfer"])]}
    assert not {"on_site_verification", "no_re_export"} & codes(filing)


def test_a_straight_route_keeps_both_ends() -> None:
    filing = BARE | {"route": [{"from": "SEGOT", "to": "AEJEA", "mode": "sea", "free_zone": True}, {"from": "AEJEA", "to": "KEMBA", "mode": "sea"}]}
    assert by_code("direct_route").apply(filing)["route"] == [{"from": "SEGOT", "mode": "sea", "to": "KEMBA"}]


def test_a_single_leg_without_stop_is_straight_already() -> None:
    assert "direct_route" not in codes(BARE | {"route": [{"from": "SEGOT", "to": "KEMBA", "mode": "sea"}]})


@pytest.mark.parametrize(("certified", "quantity", "value"), [(1000, 1000, 300.0), (2999, 2999, 899.7)])
def test_quantity_and_value_come_down_to_what_is_certified(certified: int, quantity: int, value: float) -> None:
    filing = BARE | {"documents": [paper(items=[{"control_code": "ML3.a", "quantity": certified}])]}
    (item,) = by_code("certified_quantity").apply(filing)["items"]
    assert (item["quantity"], item["value"]) == (quantity, value)


def test_a_certificate_for_more_than_is_asked_changes_nothing() -> None:
    assert "certified_quantity" not in codes(BARE | {"documents": [paper(items=[{"control_code": "ML3.a", "quantity": 4000}])]})


def test_quantities_in_different_units_are_not_cut() -> None:
    two = [BARE["items"][0], BARE["items"][0] | {"line": 2, "unit": "KGM"}]
    assert "certified_quantity" not in codes({"items": two, "documents": [paper(items=[{"control_code": "ML3.a", "quantity": 10}])]})


def test_replaced_stock_is_destroyed_and_promised() -> None:
    filing = BARE | {"documents": [paper()], "replaced_stock": [{"quantity": 5, "plan": "sell"}]}
    changed = by_code("replaced_stock_destroyed").apply(filing)
    assert changed["replaced_stock"] == [{"quantity": 5, "plan": "destroy", "serials_declared": True}]
    assert changed["documents"][0]["undertakings"] == ["destroy_replaced_stock"]


def test_remedies_together_change_what_each_changes() -> None:
    filing = BARE | {"documents": [paper(authentication="requested", original=False)]}
    changed = with_all(filing, [by_code("authentication_confirmed"), by_code("originals_sighted")])
    assert changed["documents"] == [paper(authentication="confirmed", original=True)]
    assert filing["documents"] == [paper(authentication="requested", original=False)]


def test_sets_come_fewest_first_and_are_all_there() -> None:
    sets = sets_of(remedies()[:4])
    assert [len(s) for s in sets] == [2] * 6 + [3] * 4 + [4]
