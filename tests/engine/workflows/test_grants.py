"""Grants: an open referral stands in the way by its name, a decision has its own rationale, a high band a second signature."""

import json

import pytest
from builders import a_decision, a_party, a_review, an_application, arms
from desks import a_desk, filing, origin, record, score_of, take_in
from typer.testing import CliRunner

from engine import cli
from engine.errors import InvalidRecord, OpenReferral, RefusedInput
from engine.workflows.assess import Subject, score_stored
from engine.workflows.file_application import file_application, score_unfiled
from engine.workflows.train import train

RUN = CliRunner()


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    with a_desk(tmp_path_factory.mktemp("grants")) as desk:
        yield desk


def filed(desk, **told) -> str:
    application = an_application(**told)
    take_in(desk, "application", application)
    return application["application_id"]


def test_a_grant_with_an_open_referral_is_refused_with_its_name(desk, tmp_path):
    name = filed(desk, catch_all={"wmd_informed": True})
    with pytest.raises(OpenReferral, match=r"catch_all \(catch_all:catch-all\)") as refused:
        record(desk, "decision", a_decision(name))
    assert refused.value.subjects == (("catch_all:catch-all", "internal"),)
    assert record(desk, "decision", a_decision(name, outcome="denied", grounds=["end_use"]))
    with a_desk(tmp_path) as other:
        take_in(other, "application", an_application(application_id="C-1", catch_all={"wmd_informed": True}, filed_at="2024-05-02T09:00:00Z"))
    grant = ["decide", "C-1", "--outcome", "granted", "--rationale", "Checked.", "--store", str(tmp_path / "store.duckdb")]
    done = RUN.invoke(cli.app, grant)
    assert done.exit_code == 3 and "catch_all (catch_all:catch-all)" in done.output and "Traceback" not in done.output
    review = a_review("referral", "catch_all:catch-all", "dismissed", application_id="C-1", at="2024-05-10T09:00:00Z")
    (tmp_path / "review.json").write_text(json.dumps(review), "utf-8")
    assert RUN.invoke(cli.app, ["event", "review", str(tmp_path / "review.json"), "--store", str(tmp_path / "store.duckdb")]).exit_code == 0
    assert RUN.invoke(cli.app, grant).exit_code == 0


def test_every_open_referral_is_named_and_settling_one_is_not_enough(desk):
    name = filed(desk, catch_all={"wmd_informed": True}, end_user=a_party("National Command", "SS", "military"), items=[arms()])
    with pytest.raises(OpenReferral, match=r"catch_all.*embargo"):
        record(desk, "decision", a_decision(name))
    record(desk, "review", a_review("referral", "catch_all:catch-all", "dismissed", application_id=name))
    with pytest.raises(OpenReferral, match="EU-SS-2015-740"):
        record(desk, "decision", a_decision(name))


@pytest.mark.parametrize(("told", "field"), [
    ({"rationale": None}, "rationale"), ({"rationale": "  "}, "rationale"), ({"outcome": "denied"}, "grounds"), ({"outcome": "denied", "rationale": None}, "rationale"),
    ({"outcome": "denied", "grounds": ["diversion"], "rationale": "The risk score of 0.93 is too high: band critical."}, "rationale"),
    ({"outcome": "denied", "grounds": ["diversion"], "rationale": "0.93"}, "rationale")])
def test_a_decision_without_its_own_reasons_is_refused(desk, told, field):
    decision = {k: v for k, v in (a_decision(filed(desk)) | told).items() if v is not None}
    with pytest.raises(InvalidRecord, match=field):
        record(desk, "decision", decision)


def test_a_refusal_may_name_the_score_beside_a_fact_of_the_case(desk):
    assert record(desk, "decision", a_decision(filed(desk), outcome="denied", grounds=["diversion"], rationale="Score 0.93; the end user has no premises."))


def test_a_grant_in_a_high_band_needs_another_persons_signature(desk):
    name = filed(desk, documents=[{"kind": "end_user_certificate"}], end_user=a_party("Any Dealer", "AE", "dealer", registered_on="2026-10-01"), end_use={"statement": "Various.", "purpose": "resale", "country": "AE"},
                 intermediaries=[a_party("Unknown Broker", "VG", role="broker")], items=[arms(value=9_000_000)],
                 payment={"payer_name": "Third Ltd", "payer_country": "VG", "method": "cash", "prepaid_share": 1.0})
    if score_of(desk, name).band in ("low", "elevated"):
        pytest.skip("the policy asks for no second signature here")
    for signature in (None, "officer", " Officer "):
        with pytest.raises(InvalidRecord, match="second person"):
            record(desk, "decision", {k: v for k, v in a_decision(name, approved_by=signature).items() if v is not None})
    assert record(desk, "decision", a_decision(name, approved_by="head of unit"))


def test_scoring_without_filing_leaves_nothing_but_the_audit_entry(desk):
    application = filing(an_application())
    before = desk.store.cursor().execute("select count(*) from record").fetchall()
    told = score_unfiled(desk, application, origin("http"))
    assert desk.store.cursor().execute("select count(*) from record").fetchall() == before
    assert file_application(desk, application, origin("http")).score.risk == told.risk


def test_history_is_laid_anew_on_one_cursor_whether_many_are_scored_or_few(desk):
    take_in(desk, "application", *[an_application() for _ in range(70)])
    rows = desk.store.cursor().execute("select record_no, filed_at from filing order by record_no limit 70").fetchall()
    subjects = [Subject(number, filed_at, filed_at) for number, filed_at in rows]
    cursor = desk.store.cursor()
    many, few, again = (score_stored(desk, part, origin().at, cursor=cursor) for part in (subjects, subjects[:3], subjects))
    assert many == again and [score.risk for score in few] == [score.risk for score in many[:3]]


def test_training_on_too_little_says_so(desk):
    with pytest.raises(RefusedInput, match="too few to learn from"):
        train(desk, origin())
