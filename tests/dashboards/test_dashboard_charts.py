"""The charts drawn from plain data: what they show, in which order, in which words."""

import json
import math
from itertools import pairwise

import pytest
from builders import an_application

from dashboards import casefile, charts
from engine.wire import Application, Leg, parse


def a_reason(text: str, contribution: float, **told) -> dict:
    return {"feature": text.replace(" ", "_"), "family": "route", "value": 1.0, "contribution": contribution, "text": text} | told


def values(chart) -> str:
    return json.dumps(chart.to_dict(), default=str, ensure_ascii=False)


def test_the_steps_of_the_reasons_lead_from_the_base_value_to_the_raw_score(a_score):
    score = a_score(base_value=-4.0, raw_score=-2.5, reasons=[a_reason("one", 1.2), a_reason("two", -0.4)])
    found = charts.steps(score)
    assert [row["text"] for row in found] == ["one", "two", "everything else taken together"]
    assert found[0]["start"] == -4.0
    assert math.isclose(found[-1]["end"], -2.5)
    assert all(math.isclose(before["end"], after["start"]) for before, after in pairwise(found))


def test_a_bar_says_its_factor_and_not_only_its_colour(a_score):
    drawn = values(charts.reasons(a_score(base_value=-4.0, raw_score=-3.0, reasons=[a_reason("one", 0.7)])))
    assert "×2.01" in drawn
    assert "raises the risk" in drawn


def test_two_reasons_of_the_same_words_stay_two_bars(a_score):
    score = a_score(base_value=0.0, raw_score=1.0, reasons=[a_reason("the same", 0.5), a_reason("the same", 0.5)])
    labels = [row["label"] for row in charts.steps(score)]
    assert len(set(labels)) == len(labels)


@pytest.mark.parametrize("reasons", [[], [a_reason("one", 0.0)]])
def test_a_score_with_nothing_to_explain_is_drawn_all_the_same(a_score, reasons):
    assert charts.reasons(a_score(reasons=reasons)).to_dict()
    assert charts.families(a_score()).to_dict()


def test_the_scale_holds_risks_of_nought_and_of_one(a_score):
    drawn = charts.risk_scale(a_score(risk=0.0, risk_low=0.0, risk_high=1.0), [0.0, 1.0], 0.003, (0.025, 0.1, 0.25)).to_dict()
    assert "Infinity" not in json.dumps(drawn)
    assert "◐ elevated" in json.dumps(drawn, ensure_ascii=False)


def test_a_place_without_coordinates_is_named_and_not_drawn():
    found = charts.way([Leg(**{"from": "SEGOT", "to": "SEQQQ"}), Leg(from_text="a village", to="SGSIN")])
    assert [stop["code"] for stop in found.stops] == ["SEGOT", "SGSIN"]
    assert found.legs == ()
    assert found.unplaced == ("leg 1: SEQQQ", "leg 2: a village")


def test_a_route_across_the_date_line_is_drawn_the_short_way():
    drawn = charts.route_map([Leg(**{"from": "JPTYO", "to": "USLAX"})])
    rotate = drawn.to_dict()["projection"]["rotate"][0]
    assert 160 < -rotate % 360 < 220


def test_a_route_whose_places_are_all_unknown_has_no_map():
    assert charts.route_map([Leg(from_text="here", to_text="there")]) is None


def test_a_history_is_drawn_in_the_order_given():
    drawn = charts.timeline([{"at": "2026-01-01T00:00:00Z", "kind": "application", "told": "filed"}]).to_dict()
    assert drawn["encoding"]["y"]["sort"] == ["application"]


NETWORK = {
    "nodes": [
        {"id": "party:1", "kind": "party", "hops": 0, "label": "Gulf Trading", "country": "AE", "roles": ["consignee"], "listed": {"state": "dismissed"}, "denied": None, "diversion": None},
        {"id": "address:a", "kind": "address", "hops": 0, "label": "12 Long Road", "country": "AE", "parties": 9},
        {"id": "party:2", "kind": "party", "hops": 1, "label": None, "country": None, "roles": [], "listed": {"state": "open"}, "denied": {"times": 1}, "diversion": None},
    ],
    "edges": [
        {"id": "1a", "from": "party:1", "to": "address:a", "kind": "address", "since": "2024-03-01T09:00:00Z", "reason": "gives this address"},
        {"id": "2a", "from": "party:2", "to": "address:a", "kind": "address", "since": "2025-03-01T09:00:00Z", "reason": "gives this address"},
    ],
}  # fmt: skip


def test_a_network_tells_in_words_what_stands_against_a_party_and_keeps_others_apart_by_hops():
    assert [charts.sign(node) for node in NETWORK["nodes"]] == ["nothing on record", "shared", "■ refused before"]
    drawn = charts.network(NETWORK).to_dict()
    lines, nodes = (drawn["datasets"][layer["data"]["name"]] for layer in drawn["layer"][:2])
    assert [line["x"] for line in lines] == [0, 2] and [node["x"] for node in nodes] == [0, 1, 2]
    assert nodes[2]["label"] == "withheld"
    rows = casefile.links(NETWORK)
    assert [(row["Party"], row["With"], row["Of how many"]) for row in rows] == [("Gulf Trading", "12 Long Road", "9 parties"), ("another authority's", "12 Long Road", "9 parties")]


def test_a_check_of_a_file_stands_beside_the_field_it_concerns():
    filing = parse(Application, json.dumps(an_application(documents=[{"kind": "end_user_statement", "number": "E-1", "items": [{"description": "rifles", "quantity": 5}]}]))).model
    check = {"document": 1, "file": "read", "fields": {"number": True, "quantity": False}, "pages": 2, "saved_again": True, "created_at": "2026-01-01", "modified_at": "2026-02-01",
             "producer": "Writer", "signatures": [{"signer": "A. Minister", "intact": False, "covers_all": True, "trusted": None}]}  # fmt: skip
    told = {row["Field"]: row["1 end user statement"] for row in casefile.papers(filing.documents, [check])}
    assert told["number"] == "E-1 ✓ in the file" and told["items"].endswith("✗ NOT FOUND in the file")
    assert "✗ saved into again 2026-02-01" in told["written"] and "✗ CHANGED since" in told["signatures"]
