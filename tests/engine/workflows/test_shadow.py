"""A challenger scores each new filing in shadow: on record, shown to nobody who decides, and never in the way."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from builders import an_application
from desks import NOW, a_desk, filing, origin, score_of, take_in
from typer.testing import CliRunner

from engine.cli import app
from engine.errors import Conflict, RefusedInput, UnknownRecord
from engine.risk.model import Model, expert_card
from engine.store import audit
from engine.wire import canonical
from engine.workflows.as_scored import as_scored
from engine.workflows.assess import score_unscored
from engine.workflows.desk import Desk
from engine.workflows.export import exportable
from engine.workflows.file_application import file_application, score_unfiled
from engine.workflows.file_batch import file_batch
from engine.workflows.history import history
from engine.workflows.models import challenger_version, keep_model, models_held, promote
from engine.workflows.promote import challenge, roll_back
from engine.workflows.queue import Asked, queue


def trained(version: str, moved: float, **told: object) -> Model:
    """A model as a training leaves it."""
    card = expert_card()
    return replace(card, version=version, calibration=replace(card.calibration, intercept=moved), card={"trained_as_of": NOW.isoformat(), "labelled": 300, "diversions": 40}, **told)


def keep(desk: Desk, model: Model) -> None:
    with desk.store.writing() as cursor:
        keep_model(cursor, model, origin(actor="trainer"))


def put_in_force(desk: Desk, version: str) -> None:
    with desk.store.writing() as cursor:
        promote(cursor, version, "better", origin(actor="head"))


@pytest.fixture
def desk(tmp_path: Path):
    """A store whose newest model was trained and not promoted."""
    with a_desk(tmp_path) as desk:
        keep(desk, trained("bolder", 2.0))
        yield desk


def shadows(desk: Desk) -> list[tuple]:
    return desk.store.cursor().execute(
        "select application_id, risk, band, model_version, champion_version, champion_risk, champion_band from shadow_score order by record_no").fetchall()


def test_a_new_filing_is_scored_by_both_and_only_the_champions_risk_is_its_score(desk):
    application = filing(an_application())
    given = file_application(desk, application, origin("http")).score
    (row,) = shadows(desk)
    assert row[0] == application.application_id and row[3:] == ("bolder", given.model_version, given.risk, given.band)
    expected = trained("bolder", 2.0).calibration.risk(given.raw_score)
    assert row[1] == pytest.approx(float(expected)) and row[1] > given.risk and given.model_version == expert_card().version


def ways_in() -> dict[str, Callable[[Desk], int]]:
    def batch(desk: Desk) -> int:
        return len(file_batch(desk, [filing(an_application()) for _ in range(3)], [origin("http")] * 3))

    def from_a_file(desk: Desk) -> int:
        take_in(desk, "application", an_application(), an_application())
        return len(score_unscored(desk, origin()))

    def twice(desk: Desk) -> int:
        application = filing(an_application())
        return sum(file_application(desk, application, origin("http")).created for _ in range(2))

    return {"batch": batch, "from a file": from_a_file, "the same one twice": twice}


@pytest.mark.parametrize("way", ways_in())
def test_every_score_put_on_record_has_its_shadow(desk, way):
    assert len(shadows(desk)) == 0
    assert ways_in()[way](desk) == len(shadows(desk)) > 0


def test_nobody_who_decides_is_shown_it(desk):
    application = filing(an_application())
    given = file_application(desk, application, origin("http")).score
    cursor = desk.store.cursor()
    page = queue(cursor, Asked(order="risk", limit=10, cursor=None), NOW)
    told = json.dumps([entry.body for entry in history(cursor, application.application_id)]) + str(page.rows) + canonical(given)
    assert "bolder" not in told and not any(entry.kind == "shadow_score" for entry in history(cursor, application.application_id))
    assert "shadow_score" not in exportable()


def test_what_is_not_filed_has_no_shadow(desk):
    score_unfiled(desk, filing(an_application()), origin("http"))
    assert shadows(desk) == []


def test_a_model_of_other_columns_stays_out_of_the_way(desk):
    keep(desk, replace(trained("of another time", 1.0), columns=("gone_count",)))
    assert file_application(desk, filing(an_application()), origin("http")).created and shadows(desk) == []


def test_the_newest_model_that_nobody_put_in_force_since_is_the_challenger(desk):
    def now() -> str | None:
        cursor = desk.store.cursor()
        kept = [one.version for one in models_held(cursor) if one.challenger]
        assert kept == [version for version in [challenger_version(cursor)] if version]
        return challenger_version(cursor)

    assert now() == "bolder"
    put_in_force(desk, "bolder")
    assert now() is None
    keep(desk, trained("bolder still", 3.0))
    assert now() == "bolder still"
    put_in_force(desk, "bolder still")
    roll_back(desk, "too bold", origin(actor="approver"))
    assert now() is None, "a model that was taken back is not tried again by itself"


def test_an_older_model_named_by_hand_is_the_challenger_until_another_is_named_or_trained(desk):
    def now() -> str | None:
        cursor = desk.store.cursor()
        (marked,) = [one.version for one in models_held(cursor) if one.challenger] or [None]
        assert marked == challenger_version(cursor)
        return marked

    put_in_force(desk, "bolder")
    keep(desk, trained("bolder still", 3.0))
    put_in_force(desk, "bolder still")
    assert now() is None
    challenge(desk, "bolder", "Its alarms were fewer.", origin(actor="approver-one"))
    assert now() == "bolder"
    application = filing(an_application())
    given = file_application(desk, application, origin("http")).score
    assert [(row[0], row[3], row[4]) for row in shadows(desk)] == [(application.application_id, "bolder", "bolder still")] and given.model_version == "bolder still"
    challenge(desk, expert_card().version, "How far the findings have carried us.", origin(actor="approver-one"))
    assert now() == expert_card().version
    keep(desk, trained("newest", 1.0))
    assert now() == "newest"


def test_a_naming_stands_in_the_audit_trail_with_who_and_why_and_the_same_again_changes_nothing(desk):
    put_in_force(desk, "bolder")
    named = challenge(desk, expert_card().version, "To see what was learned.", origin(actor="approver-one"))
    head = audit.head(desk.store.cursor())
    assert challenge(desk, expert_card().version, "Once more.", origin(actor="another")) == named and audit.head(desk.store.cursor()) == head
    entry = desk.store.cursor().execute("select actor, action from audit_entry order by seq desc limit 1").fetchall()
    assert entry == [("approver-one", f"name model {expert_card().version} challenger")]
    card = next(one for one in models_held(desk.store.cursor()) if one.version == expert_card().version)
    assert [(one.by, one.because) for one in card.named] == [("approver-one", "To see what was learned.")]
    assert audit.verify(desk.store.cursor()).first_fault is None


def test_only_another_model_on_record_that_can_score_is_named_and_for_a_reason(desk):
    put_in_force(desk, "bolder")
    keep(desk, replace(trained("of another time", 1.0), columns=("gone_count",)))
    before = audit.head(desk.store.cursor())
    for version, because, error in (
        ("bolder", "Why not.", Conflict), ("of another time", "Why not.", Conflict), ("none-such", "Why not.", UnknownRecord), (expert_card().version, " ", RefusedInput),
    ):
        with pytest.raises(error):
            challenge(desk, version, because, origin())
    assert audit.head(desk.store.cursor()) == before


def test_a_named_model_that_is_put_in_force_is_no_longer_in_its_own_shadow(desk):
    challenge(desk, "bolder", "Named too.", origin())
    put_in_force(desk, "bolder")
    assert challenger_version(desk.store.cursor()) is None
    roll_back(desk, "too bold", origin(actor="approver"))
    assert challenger_version(desk.store.cursor()) == "bolder", "an approver named it, and nobody named another"


def test_the_chain_holds_with_shadows_in_it(desk):
    file_application(desk, filing(an_application()), origin("http"))
    assert audit.verify(desk.store.cursor()).first_fault is None


def test_a_score_names_the_store_sequence_it_saw_and_comes_out_the_same_from_it(desk):
    application = filing(an_application())
    given = file_application(desk, application, origin("http")).score
    entries = desk.store.cursor().execute("select seq, action from audit_entry order by seq").fetchall()
    assert (given.store_sequence, "file application") in entries
    take_in(desk, "application", an_application(filed_at="2026-01-01T09:00:00Z", exporter=application.exporter.name))
    told = as_scored(desk, application.application_id)
    assert told.reproduced, told.differences
    assert told.score == given


def test_the_same_sequence_model_and_moment_give_the_same_score(desk):
    application = an_application()
    take_in(desk, "application", application)
    one, other = (score_of(desk, application["application_id"]) for _ in range(2))
    assert one == other and one.store_sequence == audit.head(desk.store.cursor())[0]
    take_in(desk, "application", an_application())
    later = score_of(desk, application["application_id"])
    assert later.store_sequence > one.store_sequence and later.model_version == one.model_version


def test_a_score_without_filing_names_the_store_as_it_was(desk):
    head = audit.head(desk.store.cursor())[0]
    assert score_unfiled(desk, filing(an_application()), origin("http")).store_sequence == head


def test_the_commands_tell_of_the_challenger_of_drift_and_of_inspectors(desk):
    moved = [filing(an_application()) for _ in range(3)]
    file_batch(desk, moved, [origin("http")] * 3)
    path = str(desk.store.path)
    desk.close()

    def run(*verb: str) -> str:
        done = CliRunner().invoke(app, [*verb, "--store", path])
        assert done.exit_code == 0, done.output
        return done.output

    assert "bolder" in run("model", "list") and "scores in shadow" in run("model", "list")
    told = json.loads(run("model", "compare", "--json"))
    assert (told["champion"], told["challenger"], told["shadow"]["scored"]) == (expert_card().version, "bolder", 3)
    assert told["filings"]["compared"] == 3 and told["filings"]["rank_agreement"] is None  # three equal scores have no order
    compared = run("model", "compare")
    assert "in shadow it scored 3 filings" in compared and "rank agreement not defined" in compared and "No figures: since both were trained 0 findings" in compared
    drifted = run("drift")
    assert drifted.startswith("ALARM") and "No watch list is held." in drifted and "diversion lists import" in drifted and "not measured visits by lot" in drifted
    assert "too few to tell inspectors apart" in run("model", "inspectors")
