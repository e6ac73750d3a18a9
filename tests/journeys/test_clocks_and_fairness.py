"""What a score may rest on: facts known by then and not taken back, nobody's nationality, no host state's refusal."""

import json
from datetime import date, datetime

import pytest
from builders import (
    a_decision,
    a_delivery,
    a_party,
    a_shipment,
    a_visit,
    an_application,
    fresh,
    withdrawing,
)
from desks import NOW, a_desk, filing, offer, origin, score_of, take_in, values

from engine.errors import InvalidRecord
from engine.store.records import body_of
from engine.wire import Application, parse
from engine.workflows.file_application import file_application
from engine.workflows.screen import import_list
from features.catalogue import catalogue


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    with a_desk(tmp_path_factory.mktemp("clocks")) as desk:
        yield desk


def shipped_to(desk, end_user: dict) -> str:
    """An earlier application to an end user, whose goods arrived."""
    application = an_application(end_user=end_user, filed_at="2026-02-02T09:00:00Z")
    name = application["application_id"]
    take_in(desk, "application", application)
    take_in(desk, "decision", a_decision(name, at="2026-02-20T09:00:00Z"))
    shipment = a_shipment(name, at="2026-03-05T09:00:00Z", shipped_on="2026-03-04")
    take_in(desk, "shipment", shipment)
    take_in(desk, "delivery", a_delivery(shipment["shipment_id"], at="2026-03-10T09:00:00Z", on="2026-03-09"))
    return name


def visited(desk, end_user: dict, **told) -> dict:
    """A visit to goods that were shipped to an end user under an earlier licence."""
    visit = a_visit(shipped_to(desk, end_user), at="2026-05-02T09:00:00Z", visited_on="2026-05-01", **told)
    take_in(desk, "visit", visit)
    return visit


def an_end_user() -> dict:
    return a_party(fresh("Regional Guard"), "TR", "police")


def test_a_withdrawn_finding_leaves_the_next_score_as_if_never_made_and_the_old_score_still_reproduces(desk):
    guard = an_end_user()
    visit = visited(desk, guard, outcome="unfavourable", findings=["diversion"])
    believed = file_application(desk, filing(an_application(end_user=guard, filed_at="2026-06-01T09:00:00Z")), origin("http")).score
    take_in(desk, "visit", withdrawing(visit, "2026-07-01T09:00:00Z"))
    cleared = file_application(desk, filing(an_application(end_user=guard, filed_at="2026-08-01T09:00:00Z")), origin("http")).score
    told = values(desk, cleared.application_id)
    assert told["end_user_prior_diversions_count"] == 0 and cleared.risk < believed.risk
    again = score_of(desk, believed.application_id)
    assert (again.risk, again.raw_score, again.reasons) == (believed.risk, believed.raw_score, believed.reasons)
    as_of_now = score_of(desk, believed.application_id, as_of=NOW)
    assert values(desk, believed.application_id, as_of=NOW)["end_user_prior_diversions_count"] == 0 and as_of_now.risk < believed.risk


def test_a_withdrawn_finding_leaves_every_feature_as_without_it(tmp_path):
    guard = a_party("District Guard", "TR", "police")
    told = []
    for name in ("made and withdrawn", "never made"):
        (tmp_path / name).mkdir()
        with a_desk(tmp_path / name) as desk:
            shipped = shipped_to(desk, guard)
            if name == "made and withdrawn":
                visit = a_visit(shipped, at="2026-05-20T09:00:00Z", visited_on="2026-05-19", outcome="unfavourable", findings=["re_export"])
                take_in(desk, "visit", visit)
                take_in(desk, "visit", withdrawing(visit, "2026-07-01T09:00:00Z"))
            take_in(desk, "application", an_application(application_id="LATER", end_user=guard, filed_at="2026-08-01T09:00:00Z"))
            told.append((values(desk, "LATER"), score_of(desk, "LATER").risk))
    assert told[0] == told[1]


@pytest.fixture(scope="module")
def unvisited(tmp_path_factory) -> tuple[dict, float]:
    """Features and risk of an application whose end user was shipped to and never visited."""
    return told_of_next(tmp_path_factory.mktemp("unvisited"), None)


def told_of_next(folder, visit: dict | None) -> tuple[dict, float]:
    """The next application to an end user after a visit to the one before."""
    guard = a_party("Provincial Guard", "TR", "police")
    with a_desk(folder) as desk:
        name = shipped_to(desk, guard)
        if visit:
            take_in(desk, "visit", a_visit(name, at="2026-05-02T09:00:00Z", visited_on="2026-05-01", **visit))
        take_in(desk, "application", an_application(application_id="NEXT", end_user=guard, filed_at="2026-05-03T09:00:00Z"))
        return values(desk, "NEXT"), score_of(desk, "NEXT").risk


@pytest.mark.parametrize("findings", [None, ["not_confirmed"], ["unresponsive"]])
def test_a_host_states_refusal_moves_no_partys_feature(tmp_path, unvisited, findings):
    refused = told_of_next(tmp_path, {"outcome": "not_possible", "access": "none", "limited_by": "host_state", "items": None, "findings": findings})
    of_parties = {f.name for family in catalogue().families if family.name in ("end_user", "exporter", "broker", "links") for f in family.features}
    assert {name for name in of_parties if refused[0][name] != unvisited[0][name]} == set()


def test_a_partys_own_refusal_does_move_its_feature(tmp_path, unvisited):
    refused = told_of_next(tmp_path, {"outcome": "not_possible", "access": "none", "limited_by": "party", "items": None, "findings": ["refused_cooperation"]})
    assert refused[0] != unvisited[0] and refused[1] > unvisited[1]


PLANTED = {"nationality": "KP", "citizenship": "IR", "birthplace": "Pyongyang", "birth_date": "1980-01-01", "sex": "female", "religion": "any", "name_script": "Cyrl"}


def test_planted_nationality_columns_move_nothing(desk):
    person = a_party("Jordan Example", "TR", "individual")
    plain = an_application(end_user=person)
    planted = an_application(end_user=person | PLANTED, exporter=a_party("Nordic Optics AB", "SE", **PLANTED))
    with pytest.raises(InvalidRecord):
        parse(Application, json.dumps(planted))
    assert offer(desk, "application", planted).set_aside == 1
    read = parse(Application, json.dumps(planted), lenient=True)
    assert {name.rsplit(".", 1)[-1] for name in read.ignored} == set(PLANTED)
    take_in(desk, "application", plain)
    file_application(desk, read.model, origin("http"))
    one, other = plain["application_id"], planted["application_id"]
    assert not set(PLANTED) & set(json.dumps(json.loads(body_of(desk.store.cursor(), f"application:{other}#1"))).replace('"', " ").split())
    assert score_of(desk, one).risk == score_of(desk, other).risk
    first, second = values(desk, one), values(desk, other)
    assert {name: value for name, value in first.items() if "prior_filings" not in name} == {
        name: value for name, value in second.items() if "prior_filings" not in name}


def test_planted_columns_of_list_entries_move_nothing(tmp_path):
    header = "id,schema,name,aliases,birth_date,countries,addresses,identifiers,sanctions,phones,emails,program_ids,dataset,first_seen,last_seen,last_change"
    told = []
    for born, countries in (("", ""), ("1970-05-05", "kp;ir")):
        folder = tmp_path / (born or "plain")
        folder.mkdir()
        (folder / "list.csv").write_text(f"{header}\nQ-1,Person,Jordan Example Smith,,{born},{countries},,,,,,,listed,2026-01-01,2026-01-01,2026-01-01\n", "utf-8")
        with a_desk(folder) as desk:
            import_list(desk, folder / "list.csv", "opensanctions-csv", date(2026, 1, 1), origin("ingest"))
            application = an_application(application_id="A", end_user=a_party("Jordan Example Smith", "TR", "individual"))
            take_in(desk, "application", application)
            told.append((score_of(desk, "A").risk, values(desk, "A")))
    assert told[0] == told[1]


def test_no_feature_reads_what_a_person_is():
    barred = ("nationality", "citizen", "birth", "gender", "religion", "script", "language")
    for family in catalogue().families:
        statements = "\n".join(line for line in family.sql.lower().splitlines() if not line.lstrip().startswith("--"))
        assert not [word for word in barred if word in statements], family.name


def test_a_fact_known_later_moves_no_earlier_score(desk):
    guard = an_end_user()
    shipped = shipped_to(desk, guard)
    early = an_application(end_user=guard, filed_at="2026-05-01T09:00:00Z")
    take_in(desk, "application", early)
    before = score_of(desk, early["application_id"])
    take_in(desk, "visit", a_visit(shipped, at="2026-05-02T09:00:00Z", visited_on="2026-05-01", outcome="unfavourable", findings=["diversion"]))
    after = score_of(desk, early["application_id"])
    assert before.risk == after.risk and score_of(desk, early["application_id"], as_of=datetime(2026, 6, 1)).risk > before.risk
