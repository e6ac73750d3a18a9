"""A past score comes out the same again, bit for bit, whatever came on record since; where it cannot, the answer says what differs."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

import pytest
from builders import a_party, a_shipment, a_visit, an_application, an_incident, correcting
from desks import NOW, a_desk, filing, origin, record, score_of, take_in
from typer.testing import CliRunner

from engine.cli import app
from engine.errors import UnknownRecord
from engine.risk.model import expert_card
from engine.wire import Score, canonical
from engine.workflows.as_scored import as_scored
from engine.workflows.desk import Desk
from engine.workflows.erase import erase_record
from engine.workflows.file_application import file_application
from engine.workflows.links import merging
from engine.workflows.models import keep_model, promote
from engine.workflows.screen import import_list

USER = a_party("Karaman Hassasoptik Sistemler", "TR", "commercial", address="Sanayi 1, Ankara")


@pytest.fixture(scope="module")
def scored(tmp_path_factory) -> Iterator[tuple[Desk, Score, Path]]:
    """A filing scored on some history, and afterwards everything that could move it: told late, corrected, listed, linked, retrained, filed more."""
    folder = tmp_path_factory.mktemp("scored")
    with a_desk(folder) as desk:
        past = [an_application(filed_at=f"2025-0{month}-10T09:00:00Z", end_user=USER) for month in range(1, 5)]
        take_in(desk, "application", *past)
        shipment = a_shipment(past[0]["application_id"], at="2025-03-01T09:00:00Z")
        visit = a_visit(past[0]["application_id"], shipment_id=shipment["shipment_id"], at="2026-01-10T09:00:00Z", visited_on="2026-01-05", outcome="favourable", findings=[])
        take_in(desk, "shipment", shipment)
        take_in(desk, "visit", visit)
        application = an_application(end_user=USER)
        given = file_application(desk, filing(application), origin("http", datetime(2026, 10, 20, 10, 0, 0, 123456))).score
        # Known before the filing, on record after its score: `as_of` alone would count all of it.
        take_in(desk, "visit", correcting(visit, "2026-02-01T09:00:00Z", outcome="unfavourable", findings=["diversion"]))
        take_in(desk, "incident", an_incident(past[1]["application_id"], at="2026-03-01T09:00:00Z", finding="diversion", confirmed=True))
        (folder / "sdn.csv").write_text(f'1,"{USER["name"]}",-0- ,"TEST",{",".join(["-0- "] * 7)},"-0- "\n', "utf-8")
        (folder / "add.csv").write_text('1,1,"Sanayi 1","Ankara","Turkey",-0- \n', "utf-8")
        (folder / "alt.csv").write_text('1,1,"aka","KHS",-0- \n', "utf-8")
        import_list(desk, folder / "sdn.csv", "ofac-sdn-csv", date(2026, 1, 1), origin("ingest"))
        take_in(desk, "application", *[an_application(filed_at="2026-05-05T09:00:00Z", end_user=USER | {"name": name}) for name in (USER["name"], "K.H.S. Optik")])
        cursor = desk.store.cursor()
        one, other = (
            cursor.execute("select form_id from party_form where name = ? limit 1", [name]).fetchall()[0][0] for name in (USER["name"], "K.H.S. Optik"))
        if len({entity for (entity,) in cursor.execute("select entity_id from party_entity where known_to is null and form_id in (?, ?)", [one, other]).fetchall()}) > 1:
            record(desk, "review", {"event_id": "MERGE-1", "at": "2026-06-01T09:00:00Z", "recorded_by": "officer", "because": "One house."} | merging(cursor, one, other))
        card = expert_card()
        other_model = replace(card, version="2026-12-01.other", calibration=replace(card.calibration, intercept=card.calibration.intercept + 1))
        with desk.store.writing() as writer:
            keep_model(writer, other_model, origin())
            promote(writer, other_model.version, "a test", origin())
        yield desk, given, folder


def test_a_past_score_is_the_same_in_every_bit_whatever_came_since(scored):
    desk, given, _ = scored
    before = desk.store.cursor().execute("select count(*), max(seq) from record").fetchall()
    told = as_scored(desk, given.application_id)
    assert told.reproduced and not told.differences, told.differences
    assert canonical(told.score) == canonical(given)
    assert desk.store.cursor().execute("select count(*), max(seq) from record").fetchall() == before
    assert not [one for one in desk.store.path.parent.iterdir() if "as-scored" in one.name]


def test_what_came_since_would_move_it_so_the_replay_is_what_keeps_it(scored):
    desk, given, _ = scored
    today = score_of(desk, given.application_id)
    assert today.raw_score != given.raw_score and today.model_version != given.model_version
    assert {r.feature: r.value for r in today.reasons} != {r.feature: r.value for r in given.reasons}
    assert len(today.referrals) > len(given.referrals)


def test_a_score_is_named_by_its_moment_to_the_second_or_in_full_and_another_moment_lists_those_there_are(scored):
    desk, given, _ = scored
    for moment in (given.scored_at.replace(tzinfo=None), given.scored_at.replace(tzinfo=None, microsecond=0)):
        assert as_scored(desk, given.application_id, moment).score == given
    with pytest.raises(UnknownRecord, match="2026-10-20T10:00:00"):
        as_scored(desk, given.application_id, NOW)
    with pytest.raises(UnknownRecord, match="no score of"):
        as_scored(desk, "not-there")


def test_the_command_says_that_it_is_the_same(scored):
    desk, given, folder = scored
    desk.store.cursor().execute("checkpoint")
    copy = folder / "copy.duckdb"
    from engine.workflows.backup import copied

    copied(desk, copy)
    answer = CliRunner().invoke(app, ["explain", given.application_id, "--as-scored", "2026-10-20T10:00:00Z", "--store", str(copy), "--json"])
    assert answer.exit_code == 0, answer.output
    told = json.loads(answer.stdout)
    assert told["reproduced"] and told["score"]["risk"] == given.risk
    answer = CliRunner().invoke(app, ["explain", given.application_id, "--as-scored", "--store", str(copy)])
    assert "the same in every bit" in answer.stdout
    assert CliRunner().invoke(app, ["explain", given.application_id, "--as-scored", "--now", "--store", str(copy)]).exit_code == 2


def test_what_an_erasure_took_is_named_and_the_score_as_given_is_shown(tmp_path):
    with a_desk(tmp_path) as desk:
        past = [an_application(filed_at=f"2025-0{month}-10T09:00:00Z", end_user=USER) for month in range(1, 5)]
        take_in(desk, "application", *past)
        given = file_application(desk, filing(an_application(end_user=USER)), origin("http")).score
        erase_record(desk, f"application:{past[0]['application_id']}#1", "order 7", "head", origin(actor="clerk"))
        told = as_scored(desk, given.application_id)
    assert not told.reproduced and told.score == given
    assert any("erased" in one for one in told.differences) and len(told.differences) > 1, told.differences
