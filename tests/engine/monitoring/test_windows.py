"""Windows: from arrival and goods, with the notice that host states want, within rounds of trips and regions."""

from datetime import date

import polars as pl
import pytest

from engine.monitoring.windows import regions_of, rounds, with_windows
from engine.wire.capacity import Capacity, RegionCapacity

START, END = date(2026, 7, 1), date(2026, 9, 28)
THREE_ROUNDS = Capacity(regions=(RegionCapacity(name="all", covers=("rest",), inspector_days=10.0),), notice_days=5, consent_days=50)


def window(capacity: Capacity | None = None, **told: object) -> dict:
    shipment = {"arrived_on": date(2026, 3, 1), "tier": 1.0, "consent": True, "consent_answer": None} | told
    frame = pl.DataFrame([shipment], schema={"arrived_on": pl.Date, "tier": pl.Float64, "consent": pl.Boolean, "consent_answer": pl.String})
    return with_windows(frame, START, END, date(2026, 6, 20), capacity).row(0, named=True)


@pytest.mark.parametrize(("told", "first", "last"), [
    ({}, START, END),
    ({"arrived_on": date(2026, 7, 10)}, date(2026, 8, 9), END),
    ({"arrived_on": date(2026, 5, 1), "tier": 4.0}, START, date(2026, 7, 30)),
    ({"arrived_on": date(2026, 1, 1), "tier": 4.0}, START, END),
    ({"arrived_on": date(2025, 9, 1)}, START, date(2026, 9, 1)),
    ({"arrived_on": date(2026, 5, 1), "tier": None}, START, END),
], ids=["any time", "settles a month", "sensitive goods in 90 days", "overdue stays due", "others within a year", "tier not known"])
def test_a_window_follows_from_arrival_and_goods(told: dict, first: date, last: date):
    assert (window(**told)["window_from"], window(**told)["window_to"]) == (first, last)


def test_the_period_is_parted_into_rounds_without_gap_or_overlap():
    assert rounds(START, END, None) == [(START, END)]
    parts = rounds(START, END, THREE_ROUNDS)
    assert parts == [(date(2026, 7, 1), date(2026, 7, 30)), (date(2026, 7, 31), date(2026, 8, 29)), (date(2026, 8, 30), END)]
    assert rounds(START, START, THREE_ROUNDS) == [(START, START)]


@pytest.mark.parametrize(("told", "slots"), [
    ({}, 0b111), ({"consent": False}, 0b110), ({"consent": False, "consent_answer": "given"}, 0b111), ({"consent_answer": "refused"}, 0),
    ({"arrived_on": date(2026, 8, 20)}, 0b100), ({"arrived_on": date(2026, 4, 10), "tier": 4.0}, 0b001),
], ids=["notice only", "consent first", "consent was given", "refused", "arrived late: the round it has most of", "due early"])
def test_notice_consent_and_window_decide_the_rounds(told: dict, slots: int):
    assert window(THREE_ROUNDS, **told)["slots"] == slots
    assert window(THREE_ROUNDS, **told)["slots_without_notice"] >= slots


def test_a_period_already_begun_can_be_planned_where_no_notice_is_asked_for():
    frame = pl.DataFrame({"arrived_on": [date(2026, 3, 1)], "tier": [1.0], "consent": [False], "consent_answer": [None]}, schema_overrides={"consent_answer": pl.String})
    slots = {days: with_windows(frame, START, END, date(2026, 12, 1), Capacity(notice_days=days))["slots"][0] for days in (0, 1)}
    assert slots == {0: 1, 1: 0}


def test_the_narrowest_region_counts():
    countries = pl.DataFrame({"country": ["AE", "SA", "FR", "BR"], "subregion": ["Western Asia", "Western Asia", "Western Europe", "South America"], "region": ["Asia", "Asia", "Europe", "Americas"]})
    capacity = Capacity(regions=tuple(RegionCapacity(name=name, covers=(word,), inspector_days=1.0) for name, word in [("a", "AE"), ("b", "Western Asia"), ("c", "Europe")]))
    assert regions_of(capacity, countries) == {"AE": "a", "SA": "b", "FR": "c"}
    rest = Capacity(regions=(RegionCapacity(name="r", covers=("rest",), inspector_days=1.0),))
    assert set(regions_of(rest, countries).values()) == {"r"}
