"""A model is taken back with author and reason, as often as there is one before it, and the list says who put which in force."""

from dataclasses import replace

import pytest
from builders import an_application
from desks import a_desk, origin, score_of, take_in
from typer.testing import CliRunner

from engine.cli import app
from engine.errors import RefusedInput
from engine.risk.model import expert_card
from engine.workflows.models import keep_model, models_held, promote
from engine.workflows.promote import roll_back


@pytest.fixture
def desk(tmp_path):
    """Two models promoted one after the other, each of another calibration."""
    with a_desk(tmp_path) as desk:
        card = replace(expert_card(), card={"labelled": 1200, "diversions": 40})
        for n, version in enumerate(("first", "second"), start=1):
            with desk.store.writing() as cursor:
                keep_model(cursor, replace(card, version=version, calibration=replace(card.calibration, intercept=card.calibration.intercept + n)), origin(actor="trainer"))
                promote(cursor, version, f"better {n}", origin(actor="head"))
        yield desk


def in_force(desk) -> list[str]:
    return [one.version for one in models_held(desk.store.cursor()) if one.in_force]


def test_rolled_back_twice_it_goes_back_two_and_then_there_is_nothing(desk):
    application = an_application()
    take_in(desk, "application", application)
    given = []
    for expected in ("second", "first", expert_card().version):
        assert in_force(desk) == [expected]
        score = score_of(desk, application["application_id"])
        assert score.model_version == expected
        given.append(score.risk)
        if expected != expert_card().version:
            roll_back(desk, "too many alarms", origin(actor="approver"))
    assert given == sorted(given, reverse=True) and len(set(given)) == 3
    with pytest.raises(RefusedInput, match="nothing was before"):
        roll_back(desk, "again", origin())


def test_a_model_promoted_after_a_rollback_is_taken_back_to_the_one_it_replaced(desk):
    roll_back(desk, "drifted", origin())
    with desk.store.writing() as cursor:
        promote(cursor, "second", "the drift was ours", origin())
    assert roll_back(desk, "after all", origin()).version == "first"


def test_a_rollback_names_who_and_why_and_needs_a_reason(desk):
    with pytest.raises(RefusedInput, match="for a reason"):
        roll_back(desk, " ", origin())
    roll_back(desk, "too many alarms", origin(actor="approver"))
    first = next(one for one in models_held(desk.store.cursor()) if one.version == "first")
    assert [(p.by, p.because, p.instead_of) for p in first.promotions] == [("head", "better 1", None), ("approver", "too many alarms", "second")]
    assert first.trained_by == "trainer"


def test_the_commands_list_and_take_back(desk):
    path = str(desk.store.path)
    desk.close()
    done = CliRunner().invoke(app, ["model", "rollback", "--because", "too many alarms", "--store", path])
    assert done.exit_code == 0 and "first is in force again, in place of second" in done.output, done.output
    told = CliRunner().invoke(app, ["model", "list", "--store", path])
    assert "* first" in told.output and "1,200 labels, 40 diverted" in told.output and "in place of second: too many alarms" in told.output, told.output
