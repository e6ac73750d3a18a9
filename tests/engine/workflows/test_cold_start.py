"""Before anything was found the expert card scores and says so; a trained model takes over only where findings it never saw do not speak against it."""

import json

import pytest
from builders import a_shipment, a_visit, an_application, an_incident
from desks import NOW, a_desk, filing, origin, score_of, take_in
from typer.testing import CliRunner

from engine.cli import app
from engine.errors import RefusedInput
from engine.risk.evaluate import Figure
from engine.risk.model import expert_card
from engine.workflows.assess import score_unscored
from engine.workflows.file_application import file_application
from engine.workflows.memo import memo
from engine.workflows.models import challenger_version
from engine.workflows.train import _verdict, train

CARD = expert_card()


@pytest.fixture
def desk(tmp_path):
    with a_desk(tmp_path) as desk:
        yield desk


def test_every_score_says_that_the_expert_card_gave_it_and_its_interval_is_wide(desk):
    one, other = an_application(), an_application()
    filed = file_application(desk, filing(one), origin("http")).score
    take_in(desk, "application", other)
    (bulk,) = score_unscored(desk, origin())
    for score in (filed, bulk, score_of(desk, one["application_id"])):
        assert score.model_version == CARD.version and score.risk_low < score.risk / 2 and score.risk_high > 2 * score.risk
        told = " ".join(memo(filing(one), score).split())
        assert "No trained model is in use" in told and "not calibrated" in told and f"up to entry {score.store_sequence}." in told
    assert "not calibrated" in CARD.card["says"] and "not findings" in CARD.card["says"]


def test_a_file_is_scored_from_the_first_day_and_names_the_card(desk, tmp_path):
    path, out = tmp_path / "filings.jsonl", tmp_path / "scores.jsonl"
    path.write_text(json.dumps(an_application()) + "\n", "utf-8")
    store = str(desk.store.path)
    desk.close()
    done = CliRunner().invoke(app, ["score", str(path), "--out", str(out), "--store", store])
    assert done.exit_code == 0, done.output
    (told,) = [json.loads(line) for line in out.read_text().splitlines()]
    assert told["model_version"] == CARD.version and 0 < told["risk_low"] < told["risk"] < told["risk_high"] < 1


def test_without_findings_there_is_no_training_and_the_card_stays(desk):
    application = an_application()
    take_in(desk, "application", application)
    with pytest.raises(RefusedInput, match="expert card"):
        train(desk, origin())
    assert score_of(desk, application["application_id"]).model_version == CARD.version and challenger_version(desk.store.cursor()) is None


def test_a_handful_of_diversions_is_too_few_to_learn_from(desk):
    filings = [an_application(filed_at="2026-01-10T09:00:00Z") for _ in range(12)]
    take_in(desk, "application", *filings)
    take_in(desk, "shipment", *[a_shipment(one["application_id"], shipped_on="2026-02-01", arrived_on="2026-02-20", at="2026-02-21T09:00:00Z") for one in filings])
    take_in(desk, "visit", *[a_visit(one["application_id"]) for one in filings[5:]])
    take_in(desk, "incident", *[an_incident(one["application_id"]) for one in filings[:5]])
    with pytest.raises(RefusedInput, match="5 diversions are too few"):
        train(desk, origin(at=NOW))


@pytest.mark.parametrize(("low", "high", "takes_over"), [(-0.3, -0.05, False), (-0.1, 0.2, True), (0.05, 0.3, True)])
def test_the_first_model_takes_over_unless_it_is_worse_beyond_its_interval(low, high, takes_over):
    promoted, because = _verdict(CARD, 0.5, Figure((low + high) / 2, low, high), None)
    assert promoted is takes_over and "expert card" in because
    assert _verdict(CARD, 0.5, Figure(-0.2, -0.3, -0.05), "an order") == (True, "promoted by order: an order")
