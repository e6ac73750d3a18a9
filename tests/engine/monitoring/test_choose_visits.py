"""Choosing visits: the lot's probabilities are exact, what must be visited comes first, and the same seed gives the same plan."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.monitoring.choose_visits import choose_visits, draw, freeze, limits_in_the_way, settle
from engine.wire.capacity import Capacity, RegionCapacity


def shipments(count: int, mandatory: int = 0) -> pl.DataFrame:
    """Shipments whose risk rises with their number; the first ones are mandatory."""
    return pl.DataFrame({
        "shipment_id": [f"S-{n:03}" for n in range(count)], "application_id": [f"A-{n:03}" for n in range(count)],
        "risk": [(n + 1) / (count + 1) for n in range(count)], "mandatory": [n < mandatory for n in range(count)],
    }, schema={"shipment_id": pl.String, "application_id": pl.String, "risk": pl.Float64, "mandatory": pl.Boolean})


def how_many(choice) -> dict[str, int]:
    return dict(choice.chosen["chosen_by"].value_counts().iter_rows())


def test_the_lots_probability_is_the_frequency_with_which_it_draws():
    frame, seeds = freeze(shipments(25), 10, lot_share=0.4), 1500
    assert frame.rows["lot_probability"].to_list() == [4 / 25] * 25
    drawn = sum(draw(frame, seed).astype(int) for seed in range(seeds))
    spread = np.sqrt(seeds * (4 / 25) * (21 / 25))
    assert np.abs(drawn - seeds * 4 / 25).max() < 4.5 * spread


def test_the_lot_owes_nothing_to_risk_or_rule():
    frame = shipments(40, mandatory=5)
    turned = frame.with_columns(risk=1 - pl.col("risk"), mandatory=~pl.col("mandatory"))
    for seed in range(20):
        lots = [choose_visits(one, 20, seed, 0.3).chosen.filter(chosen_by="lot")["shipment_id"].sort().to_list() for one in (frame, turned)]
        assert lots[0] == lots[1]


def test_the_estimate_from_the_lot_is_unbiased():
    rows = shipments(60, mandatory=3).with_columns(size=pl.Series(1.0 + np.arange(60) % 5 / 4))
    diverted = np.random.default_rng(0).random(60) < 0.2
    frame = freeze(rows, 24, lot_share=0.5)
    probability = frame.rows["lot_probability"].to_numpy()
    estimates = [(diverted / probability)[draw(frame, seed)].sum() for seed in range(1200)]
    assert abs(np.mean(estimates) - diverted.sum()) < 4 * np.std(estimates) / np.sqrt(len(estimates))


def test_visits_by_lot_carry_the_probability_they_were_drawn_with():
    rows = shipments(60, mandatory=3).with_columns(size=pl.Series(1.0 + np.arange(60) % 5 / 4))
    choice = choose_visits(rows, 24, 4, 0.5)
    lot, others = choice.chosen.filter(chosen_by="lot"), choice.chosen.filter(pl.col("chosen_by") != "lot")
    assert lot["inclusion_probability"].equals(lot["lot_probability"]) and set(others["inclusion_probability"]) == {1.0}
    assert others["lot_probability"].is_between(0, 1, closed="none").all()


def test_the_same_seed_gives_the_same_plan_in_whatever_order_the_shipments_come():
    frame = shipments(50, mandatory=4)
    first = choose_visits(frame, 12, 5)
    assert first.chosen.equals(choose_visits(frame, 12, 5).chosen)
    assert first.chosen.equals(choose_visits(frame.sample(fraction=1.0, shuffle=True, seed=1), 12, 5).chosen)
    assert any(not first.chosen.equals(choose_visits(frame, 12, seed).chosen) for seed in range(6, 12))


def test_what_is_mandatory_comes_before_risk():
    choice = choose_visits(shipments(100, mandatory=6), 20, 3, 0.15)
    must = [f"S-{n:03}" for n in range(6)]
    assert set(must) <= set(choice.chosen["shipment_id"]) and choice.mandatory_left_out == 0
    assert how_many(choice)["lot"] == 3 and len(choice.chosen) == 20


def test_the_rest_goes_to_the_highest_risk():
    choice = choose_visits(shipments(100), 20, 3, 0.15)
    taken = set(choice.chosen.filter(chosen_by="lot")["shipment_id"])
    highest = [f"S-{n:03}" for n in range(99, -1, -1) if f"S-{n:03}" not in taken][:17]
    assert set(choice.chosen.filter(chosen_by="risk")["shipment_id"]) == set(highest)
    assert choice.chosen.filter(pl.col("chosen_by") != "lot")["inclusion_probability"].unique().to_list() == [1.0]


def test_mandatory_visits_without_room_are_counted_and_the_riskiest_are_made():
    choice = choose_visits(shipments(50, mandatory=20), 8, 3)
    lot = choice.chosen.filter(chosen_by="lot")
    must = choice.chosen.filter(chosen_by="mandatory")
    drawn_must = sum(int(name[2:]) < 20 for name in lot["shipment_id"])
    assert len(choice.chosen) == 8 and "risk" not in how_many(choice)
    assert choice.mandatory_left_out == 20 - drawn_must - len(must)
    left = [f"S-{n:03}" for n in range(19, -1, -1) if f"S-{n:03}" not in set(lot["shipment_id"])]
    assert set(must["shipment_id"]) == set(left[: len(must)])


@pytest.mark.parametrize("visits", [5, 6, 500])
def test_more_visits_than_shipments_visit_them_all_once(visits):
    choice = choose_visits(shipments(5, mandatory=2), visits, 1)
    assert sorted(choice.chosen["shipment_id"]) == [f"S-{n:03}" for n in range(5)]


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_the_lot_may_have_none_or_all_of_the_visits(share):
    assert how_many(choose_visits(shipments(30), 10, 1, share)) == ({"lot": 10} if share else {"risk": 10})


def test_even_one_visit_leaves_room_for_the_lot():
    assert how_many(choose_visits(shipments(30), 1, 1)) == {"lot": 1}


def test_nothing_to_visit_is_no_visit():
    assert len(choose_visits(shipments(0), 5, 1).chosen) == 0 and len(choose_visits(shipments(5), 0, 1).chosen) == 0


def test_the_frame_keeps_every_shipment_with_its_probability():
    choice = choose_visits(shipments(40), 20, 1, 0.5)
    assert len(choice.frame) == 40 and set(choice.frame["lot_probability"]) == {0.25}


LIMITED = Capacity(
    regions=(RegionCapacity(name="near", covers=("rest",), inspector_days=9.0, travel_days=1.0), RegionCapacity(name="far", covers=("US",), inspector_days=8.0, travel_days=3.0)),
    country_quota=4, end_user_quota=2,
)


def placed(count: int, seed: int = 0, mandatory: int = 0) -> pl.DataFrame:
    """Shipments in five countries of two regions, at two places each, to a few end users, in two rounds of trips."""
    chance = np.random.default_rng(seed)
    country = chance.integers(0, 5, count)
    return shipments(count, mandatory).with_columns(
        risk=pl.Series(chance.random(count)), country=pl.Series([f"C{n}" for n in country]), place=pl.Series([f"P{n}" for n in chance.integers(0, 2, count)]),
        region=pl.Series(["near" if n < 3 else "far" for n in country]), end_user=pl.Series(chance.integers(0, count // 3 + 1, count)),
        slots=pl.Series(chance.integers(1, 4, count)), slots_without_notice=pl.lit(3), size=pl.Series(1.0 + chance.integers(0, 5, count) / 4),
        stratum_of_lot=pl.Series([f"C{n}" for n in country]),
    )


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 20), st.floats(0, 1))
def test_no_quota_is_ever_exceeded_and_every_demand_is_placed_or_explained(seed: int, visits: int, share: float):
    frame = placed(40, seed, mandatory=3)
    choice = choose_visits(frame, visits, seed, share, LIMITED)
    chosen = choice.chosen
    assert len(chosen) <= visits and (chosen.group_by("country").len()["len"] <= 4).all()
    assert (chosen.group_by("end_user").len()["len"] <= 2).all()
    for region in LIMITED.regions:
        there = chosen.filter(region=region.name)
        assert len(there) + region.travel_days * there.select("country", "place", "slot").n_unique() <= region.inspector_days or there.is_empty()
    drawn = set(choice.frame.filter("drawn")["shipment_id"])
    placed_lot, out_lot = set(chosen.filter(chosen_by="lot")["shipment_id"]), {left.shipment_id for left in choice.left_out if left.chosen_by == "lot"}
    assert placed_lot | out_lot == drawn and not placed_lot & out_lot and not out_lot & set(chosen["shipment_id"])
    assert all(left.limits and left.because for left in choice.left_out)
    assert choice.objective <= choice.bound + 1e-6


def test_a_lot_visit_that_does_not_fit_is_not_drawn_again():
    frame, one_each = placed(40, 1), LIMITED.model_copy(update={"country_quota": 1})
    choices = [choose_visits(frame, 12, seed, 1.0, one_each) for seed in range(8)]
    assert any(left.limits == ("country_quota",) for choice in choices for left in choice.left_out)
    for choice in choices:
        drawn = set(choice.frame.filter("drawn")["shipment_id"])
        assert len(drawn) == round(choice.frame["lot_probability"].sum()) == len(choice.chosen.filter(chosen_by="lot")) + len(choice.left_out)
        assert set(choice.chosen.filter(chosen_by="lot")["shipment_id"]) <= drawn


def test_a_sensitive_shipment_is_likelier_drawn_and_risk_never_counts():
    frame = placed(60, 2)
    for one in (frame, frame.with_columns(risk=1 - pl.col("risk"))):
        rows = freeze(one, 20, 0.3).rows
        ratio = rows["lot_probability"] / rows["size"]
        assert rows["lot_probability"].sum() == pytest.approx(6) and ratio.min() == pytest.approx(ratio.max())


def test_the_same_seed_gives_the_same_plan_within_limits():
    frame = placed(50, 3, mandatory=2)
    one, other = choose_visits(frame, 12, 5, 0.2, LIMITED), choose_visits(frame.sample(fraction=1.0, shuffle=True, seed=1), 12, 5, 0.2, LIMITED)
    assert one.chosen.equals(other.chosen)


def test_each_limit_has_its_price_and_one_that_binds_nothing_costs_nothing():
    frame = freeze(placed(60, 4, mandatory=2), 12, 0.2, LIMITED)
    choice = settle(frame, draw(frame, 1), LIMITED, costs=True)
    price = {cost.limit: cost.without_it for cost in choice.costs}
    assert {"visits", "inspector-days, near", "inspector-days, far", "travel", "country quota", "end-user quota", "windows", "lot", "mandatory visits"} == set(price)
    assert all(value >= 0 for value in price.values()) and price["lot"] > 0
    wide = LIMITED.model_copy(update={"country_quota": 60})
    free = settle(freeze(placed(60, 4), 12, 0.0, wide), np.zeros(60, dtype=bool), wide, costs=True)
    assert {cost.limit: cost.without_it for cost in free.costs}["country quota"] == pytest.approx(0, abs=1e-6)
    unpriced = settle(frame, draw(frame, 1), LIMITED, costs=True, enough=lambda: True)
    assert all(cost.without_it is None for cost in unpriced.costs) and unpriced.chosen.equals(choice.chosen)


def test_whatever_is_out_of_the_plan_is_out_for_a_limit_that_is_named():
    frame = freeze(placed(40, 6), 12, 0.2, LIMITED)
    choice = settle(frame, draw(frame, 1), LIMITED)
    chosen = choice.chosen.select("shipment_id", "slot")
    for shipment_id in set(frame.rows["shipment_id"]) - set(chosen["shipment_id"]):
        assert limits_in_the_way(frame.rows, 12, LIMITED, chosen, shipment_id)


def test_a_country_in_no_region_is_said_to_be_in_none():
    frame = placed(20, 7, mandatory=2).with_columns(region=pl.when(pl.col("mandatory")).then(None).otherwise("region"))
    choice = choose_visits(frame, 10, 1, 0.0, LIMITED)
    assert [left.limits for left in choice.left_out] == [("no_region",)] * 2
