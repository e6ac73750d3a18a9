"""Choosing visits: the lot's probabilities are exact, what must be visited comes first, and the same seed gives the same plan."""

import numpy as np
import polars as pl
import pytest

from engine.monitoring.choose_visits import choose_visits


def shipments(count: int, mandatory: int = 0) -> pl.DataFrame:
    """Shipments whose risk rises with their number; the first ones are mandatory."""
    return pl.DataFrame({
        "shipment_id": [f"S-{n:03}" for n in range(count)], "application_id": [f"A-{n:03}" for n in range(count)],
        "risk": [(n + 1) / (count + 1) for n in range(count)], "mandatory": [n < mandatory for n in range(count)],
    }, schema={"shipment_id": pl.String, "application_id": pl.String, "risk": pl.Float64, "mandatory": pl.Boolean})


def how_many(choice) -> dict[str, int]:
    return dict(choice.chosen["chosen_by"].value_counts().iter_rows())


def test_the_lots_probability_is_the_frequency_with_which_it_draws():
    frame, seeds = shipments(25), 1500
    drawn = np.zeros(25)
    for seed in range(seeds):
        choice = choose_visits(frame, 10, seed, lot_share=0.4)
        lot = choice.chosen.filter(chosen_by="lot")
        assert lot["inclusion_probability"].to_list() == [4 / 25] * 4
        drawn[[int(name[2:]) for name in lot["shipment_id"]]] += 1
    spread = np.sqrt(seeds * (4 / 25) * (21 / 25))
    assert np.abs(drawn - seeds * 4 / 25).max() < 4.5 * spread


def test_the_lot_owes_nothing_to_risk_or_rule():
    frame = shipments(40, mandatory=5)
    turned = frame.with_columns(risk=1 - pl.col("risk"), mandatory=~pl.col("mandatory"))
    for seed in range(20):
        lots = [choose_visits(one, 20, seed, 0.3).chosen.filter(chosen_by="lot")["shipment_id"].sort().to_list() for one in (frame, turned)]
        assert lots[0] == lots[1]


def test_the_estimate_from_the_lot_is_unbiased():
    frame = shipments(60, mandatory=3)
    diverted = np.random.default_rng(0).random(60) < 0.2
    truth, estimates = diverted.sum(), []
    for seed in range(1200):
        lot = choose_visits(frame, 24, seed, lot_share=0.5).chosen.filter(chosen_by="lot")
        found = np.array([diverted[int(name[2:])] for name in lot["shipment_id"]])
        estimates.append((found / lot["inclusion_probability"].to_numpy()).sum())
    assert abs(np.mean(estimates) - truth) < 4 * np.std(estimates) / np.sqrt(len(estimates))


def test_the_same_seed_gives_the_same_plan_in_whatever_order_the_shipments_come():
    frame = shipments(50, mandatory=4)
    first = choose_visits(frame, 12, 5)
    assert first.chosen.equals(choose_visits(frame, 12, 5).chosen)
    assert first.chosen.equals(choose_visits(frame.sample(fraction=1.0, shuffle=True, seed=1), 12, 5).chosen)
    assert any(not first.chosen.equals(choose_visits(frame, 12, seed).chosen) for seed in range(6, 12))


def test_what_is_mandatory_comes_before_risk():
    choice = choose_visits(shipments(100, mandatory=6), 20, 3)
    must = [f"S-{n:03}" for n in range(6)]
    assert set(must) <= set(choice.chosen["shipment_id"]) and choice.mandatory_left_out == 0
    assert how_many(choice)["lot"] == 3 and len(choice.chosen) == 20


def test_the_rest_goes_to_the_highest_risk():
    choice = choose_visits(shipments(100), 20, 3)
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
