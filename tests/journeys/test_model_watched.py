"""A model in use is watched: what moved since it was trained is told with what to do, and another model is held against it on the same filings."""

from dataclasses import replace

import numpy as np
import pytest
from desks import NOW, score_of

from engine.errors import Conflict, UnknownRecord
from engine.risk.model import expert_card
from engine.workflows import drift as drifting
from engine.workflows.compare import as_json as compared_as_json
from engine.workflows.compare import compare
from engine.workflows.inspectors import inspectors
from engine.workflows.models import load_model_in_force


@pytest.fixture(scope="module")
def desk(trained, tmp_path_factory):
    with trained.copy(tmp_path_factory.mktemp("watched")) as desk:
        yield desk


@pytest.fixture(scope="module")
def model(desk):
    return load_model_in_force(desk.store.cursor())


@pytest.fixture(scope="module")
def told(desk):
    return drifting.drift(desk, NOW, 365)


def test_filings_like_those_of_the_training_are_hardly_called_moved(told, model):
    features = [check for check in told.checks if check.about == "features"]
    assert told.reference[2] > 200 and told.window.looked_at > 200
    assert len(features) == 2 * len(model.columns)
    assert sum(check.state == "alarm" for check in features) <= len(features) / 50
    assert all(check.state != "alarm" for check in told.checks if check.about == "scores")


def test_moved_filings_are_an_alarm_that_says_what_to_do(model):
    chance = np.random.default_rng(0)
    matrix = chance.normal(50, 20, (300, len(model.columns)))
    checks, scores = drifting._moved(model, matrix, np.full(300, 0.9))
    alarms = [check for check in checks if check.state == "alarm"]
    assert {check.about for check in alarms} == {"features", "scores"} and all(check.todo for check in alarms)
    assert abs(sum(scores.share) - 1) < 1e-3 and scores.share[-1] > 0.99


def test_an_input_that_is_no_longer_sent_is_an_alarm(model):
    then = np.array([one.missing for one in model.reference.features])
    column = int(np.argmin(then + (np.array([model.card["features"][name]["mean_effect"] for name in model.columns]) == 0)))
    matrix = np.full((200, len(model.columns)), np.nan)
    checks, _ = drifting._moved(model, matrix, np.full(200, model.reference.mean_risk))
    gone = next(check for check in checks if check.subject == model.columns[column] and check.measure == "missing share")
    assert gone.state == "alarm" and gone.value == 1.0 and "intake" in gone.todo


def test_the_visits_by_lot_come_first_and_old_lists_and_tables_are_named(told):
    assert [one.source for one in told.calibration] == ["lot", "other"]
    fresh = {check.subject: check for check in told.checks if check.about == "freshness"}
    assert any(name.startswith("list ") for name in fresh) and "reference exchange_rate" in fresh and fresh["model"].state == "ok"


def test_without_a_trained_model_features_and_scores_are_not_measured_and_the_visits_are(trained, tmp_path):
    with trained.copy(tmp_path) as desk:
        cursor = desk.store.cursor()
        told = drifting._drift(cursor, expert_card(), NOW, 180)
    assert {check.state for check in told.checks if check.about in ("features", "scores")} == {"not_measured"}
    other = next(one for one in told.calibration if one.source == "other")
    assert other.visits > 50 and other.found > 0 and other.low < other.ratio < other.high


def test_what_was_seen_is_kept_for_as_long_as_nothing_comes_on_record(desk, told):
    assert drifting.drift(desk, NOW, 365) is told
    assert drifting.drift(desk, NOW, 364) is not told


def test_two_models_are_compared_on_the_same_filings_and_the_parts_that_moved_are_named(desk, model):
    told = compare(desk, NOW, expert_card().version, model.version)
    filings = told.filings
    assert filings.compared > 200 and sum(count for _, _, count in filings.bands) == filings.compared
    assert -1 <= filings.rank_agreement < 1 and 0 <= filings.top_5_percent_shared <= 1
    assert filings.moved and all(one.champion_band != one.challenger_band and one.because for one in filings.moved)
    parts = filings.moved[0].because
    assert abs(parts[0].challenger - parts[0].champion) >= abs(parts[-1].challenger - parts[-1].champion) > 0
    one = filings.moved[0]
    assert score_of(desk, one.application_id).risk == pytest.approx(one.challenger_risk)
    assert told.labels.too_few and compared_as_json(told)["filings"]["moved"][0]["filed_at"].endswith("Z")


def test_findings_since_the_training_give_paired_figures_with_an_interval(desk, model):
    with_past = replace(model, version="of old", card=model.card | {"trained_as_of": "2020-01-01T00:00:00"})
    from engine.workflows.compare import _compare

    told = _compare(desk.store.cursor(), NOW, expert_card(), with_past, None).labels
    assert told.rows > 50 and told.diversions > 5 and told.too_few is None
    for one in told.figures:
        assert one.low <= one.difference <= one.high and one.difference == pytest.approx(one.challenger - one.champion)
        assert 0 <= one.probability_better <= 1
    assert next(one for one in told.figures if one.figure == "AUC").challenger > 0.6  # it was trained on some of these: a check of the sum, not of the model


def test_another_authoritys_filings_are_counted_and_not_named(desk, model):
    assert compare(desk, NOW, expert_card().version, model.version, visible=("ZZ",)).filings.moved == ()


def test_inspectors_drawn_at_random_are_not_told_apart_and_an_auditor_sees_each_with_what_was_expected(desk, monkeypatch):
    few = inspectors(desk, NOW)
    assert "too few to tell inspectors apart" in few.too_few and few.inspectors == ()
    monkeypatch.setattr("engine.workflows.inspectors.FEWEST_POSITIVES", 5)
    told = inspectors(desk, NOW)
    assert told.too_few is None and len(told.inspectors) == 12 and told.by_chance > 0.02
    assert abs(sum(one.expected for one in told.inspectors) - sum(one.found for one in told.inspectors)) < 1
    assert sum(one.visits for one in told.inspectors) == told.visits and "not an assessment" in told.caution


def test_there_must_be_two_models(desk):
    with pytest.raises(Conflict, match="in shadow"):
        compare(desk, NOW)
    with pytest.raises(UnknownRecord, match="model list"):
        compare(desk, NOW, challenger="none-such")
