"""What is called a watch or an alarm, and that each says what to do."""

import numpy as np
import pytest

from engine.monitoring import drift
from engine.monitoring.drift import ALARM, NOT_MEASURED, OK, WATCH


@pytest.mark.parametrize(("index", "chance", "used", "state"), [
    (0.05, 0.02, True, OK), (0.15, 0.02, True, WATCH), (0.3, 0.02, True, ALARM), (0.3, 0.02, False, WATCH), (0.3, 0.4, True, OK), (0.5, 0.4, True, ALARM),
])
def test_a_spread_is_called_moved_beyond_the_threshold_and_beyond_chance(index, chance, used, state):
    assert drift.spread_moved("features", "anything", index, chance, used=used).state == state


def visits(found: int, expected: float, many: int = 100) -> drift.Check:
    hits = np.array([1] * found + [0] * (many - found))
    return drift.calibration_moved(drift.expected_of("lot", hits, np.full(many, expected / many)))


@pytest.mark.parametrize(("found", "expected", "state"), [(0, 0.5, OK), (0, 2.0, OK), (0, 4.0, WATCH), (0, 6.0, ALARM), (5, 4.0, OK), (9, 4.0, WATCH), (12, 4.0, ALARM)])
def test_calibration_is_called_off_only_where_the_exact_interval_says_so(found, expected, state):
    told = visits(found, expected)
    assert told.state == state and (told.low <= told.value <= told.high)


def test_without_a_visit_by_lot_nothing_is_measured_and_it_is_said():
    told = drift.calibration_moved(drift.expected_of("lot", np.empty(0), np.empty(0)))
    assert told.state == NOT_MEASURED and "lot" in told.todo


@pytest.mark.parametrize(("days", "state"), [(0, OK), (7, OK), (8, WATCH), (31, ALARM), (None, ALARM)])
def test_a_list_grows_old_and_none_at_all_is_an_alarm(days, state):
    assert drift.grown_old("list X", days, drift.LIST_DAYS, "newest edition", "Import it.").state == state


def test_whatever_is_not_in_order_says_what_to_do_and_what_is_does_not():
    told = [
        *(drift.spread_moved(about, "x", index, 0.0) for about in ("features", "scores") for index in (0.0, 0.2, 0.9)),
        *(drift.missing_moved("x", 0.1, now) for now in (0.1, 0.25, 0.9)), *(drift.mean_moved(0.02, now) for now in (0.02, 0.032, 0.2)),
        *(visits(found, 4.0) for found in (4, 9, 20)), *(drift.grown_old("x", days, (8, 31), "edition", "Import it.") for days in (1, 10, 100)),
    ]
    assert {one.state for one in told} == {OK, WATCH, ALARM}
    assert all(bool(one.todo) == (one.state != OK) and one.text for one in told)
    assert drift.worst(told) == ALARM and drift.in_order(told)[0].state == ALARM and drift.worst([]) == NOT_MEASURED
