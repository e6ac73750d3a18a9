"""A record stands once: the same again changes nothing, other content under its key is set aside, amendments are revisions."""

import json
from datetime import UTC, datetime

import pytest
from builders import a_decision, a_licence, a_shipment, an_application, an_item
from desks import a_desk, filing, offer, origin, record, score_of, take_in, values

from engine.errors import Conflict, InvalidRecord
from engine.workflows.file_application import file_application


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    with a_desk(tmp_path_factory.mktemp("once")) as desk:
        yield desk


def records_held(desk) -> tuple:
    return desk.store.cursor().execute("select (select count(*) from record), (select max(seq) from audit_entry)").fetchall()[0]


def test_the_same_event_twice_changes_nothing(desk):
    application = an_application()
    licence = a_licence(application["application_id"])
    take_in(desk, "application", application)
    take_in(desk, "licence", licence)
    before = records_held(desk)
    again = take_in(desk, "licence", licence, dict(reversed(licence.items())))
    assert (again.added, again.unchanged, again.set_aside) == (0, 2, 0) and records_held(desk) == before
    assert record(desk, "licence", licence) is False and records_held(desk) == before


def test_the_same_event_twice_in_one_file_counts_once(desk):
    application = an_application()
    take_in(desk, "application", application)
    shipment = a_shipment(application["application_id"])
    done = take_in(desk, "shipment", shipment, shipment)
    assert (done.added, done.unchanged) == (1, 1)


def test_the_same_id_with_other_content_is_set_aside_and_the_first_stands(desk):
    application = an_application()
    take_in(desk, "application", application)
    shipment = a_shipment(application["application_id"])
    take_in(desk, "shipment", shipment)
    done = offer(desk, "shipment", shipment | {"shipped_on": "2026-11-09"})
    assert (done.added, done.set_aside) == (0, 1)
    told = json.loads(done.set_aside_file.read_text())
    assert told["line"] == 1 and told["problems"][0]["field"] == "event_id" and "other content" in told["problems"][0]["reason"]
    with pytest.raises(Conflict, match="other content"):
        record(desk, "shipment", shipment | {"shipped_on": "2026-11-09"})
    held = desk.store.cursor().execute("select shipped_on::varchar from shipment where event_id = ?", [shipment["event_id"]]).fetchall()
    assert held == [("2026-11-01",)]


def test_a_bad_record_never_stops_the_good_ones(desk):
    good, other = an_application(), an_application()
    done = offer(desk, "application", good, {"application_id": "broken"}, other)
    assert (done.added, done.set_aside) == (2, 1) and json.loads(done.set_aside_file.read_text())["line"] == 2


def test_an_event_about_nothing_on_record_is_set_aside(desk):
    done = offer(desk, "decision", a_decision("NOBODY"))
    assert (done.added, done.set_aside) == (0, 1)
    with pytest.raises(InvalidRecord, match="no such application"):
        record(desk, "decision", a_decision("NOBODY"))


def test_an_amended_filing_is_a_revision_and_the_same_revision_is_not(desk):
    application = an_application()
    take_in(desk, "application", application)
    assert offer(desk, "application", application | {"kind": "brokering"}).set_aside == 1
    amended = application | {"revision": 2, "filed_at": "2026-10-25T09:00:00Z", "items": [an_item(value=4_000_000)]}
    assert take_in(desk, "application", amended).added == 1
    name = application["application_id"]
    assert score_of(desk, name).revision == 2
    assert score_of(desk, name, as_of=datetime(2026, 10, 22)).revision == 1
    assert values(desk, name)["goods_value_eur"] > values(desk, name, as_of=datetime(2026, 10, 22))["goods_value_eur"]


def test_the_same_filing_again_gives_the_first_score(desk):
    application = filing(an_application())
    first = file_application(desk, application, origin("http"))
    again = file_application(desk, application, origin("http", datetime(2027, 3, 1)))
    assert first.created and not again.created and again.score == first.score
    assert first.score.scored_at == datetime(2027, 1, 15, 12, tzinfo=UTC)


def test_an_erased_record_cannot_be_filled_again(desk):
    from engine.workflows.erase import erase_record

    application = an_application()
    take_in(desk, "application", application)
    erase_record(desk, f"application:{application['application_id']}#1", "order 1", "head of unit", origin())
    done = offer(desk, "application", application)
    assert done.set_aside == 1 and "erased" in done.set_aside_file.read_text()
