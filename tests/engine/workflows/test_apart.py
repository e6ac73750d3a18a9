"""Long work in a process of its own: on record as if done here, and nothing of it where it fails or is overtaken."""

import os
from datetime import date

import pytest
from builders import an_application
from desks import a_desk, origin, take_in

from engine.errors import Conflict, NotReady, RefusedInput
from engine.store import audit, records
from engine.workflows import apart as at_work
from engine.workflows.apart import apart
from engine.workflows.desk import Desk
from engine.workflows.plan_visits import plan_visits


@pytest.fixture
def desk(tmp_path) -> Desk:
    desk = a_desk(tmp_path)
    take_in(desk, "application", an_application(application_id="AP-1"))
    yield desk
    desk.close()


def record_two(desk: Desk, told: str) -> str:
    """Work that puts a record and an entry on record, and says in which process."""
    with desk.store.writing() as cursor:
        records.append_one(cursor, "note", f"note:{told}", origin().at, f'{{"told": "{told}"}}', origin(actor="Anna"), "keep a note")
        audit.add_entry(cursor, audit.next_seq(cursor), "Anna", "http", origin().at, "look", note="only an entry")
    return f"{told} {os.getpid()}"


def end_at_once(desk: Desk) -> None:
    """Work that is killed."""
    os._exit(9)


def entries(desk: Desk) -> list[tuple]:
    return desk.store.cursor().execute("select actor, action, records, note from audit_entry order by seq").fetchall()


def test_what_it_put_on_record_is_on_record_here_under_the_same_names(desk: Desk):
    before = entries(desk)
    told, pid = apart(desk, record_two, "one").split()
    assert told == "one" and int(pid) != os.getpid()
    assert entries(desk) == [*before, ("Anna", "keep a note", 1, None), ("Anna", "look", 0, "only an entry")]
    assert records.body_of(desk.store.cursor(), "note:one") == '{"told": "one"}' and audit.verify(desk.store.cursor()).first_fault is None
    assert not list(desk.store.path.parent.glob(".diversion-apart-*"))


def test_a_refusal_comes_back_as_itself_and_writes_nothing(desk: Desk):
    before = entries(desk)
    with pytest.raises(RefusedInput, match="no shipment can be visited"):
        apart(desk, plan_visits, date(2027, 1, 1), date(2027, 1, 31), 3, origin())
    with pytest.raises(NotReady, match="exit status 9"):
        apart(desk, end_at_once)
    assert entries(desk) == before


def test_what_was_overtaken_is_not_written_by_halves(desk: Desk, monkeypatch: pytest.MonkeyPatch):
    whole = at_work._done

    def overtaken(*given):
        result = whole(*given)
        with desk.store.writing() as cursor:
            records.append_one(cursor, "note", "note:one", origin().at, '{"told": "other"}', origin(), "keep a note")
        return result

    monkeypatch.setattr(at_work, "_done", overtaken)
    with pytest.raises(Conflict):
        apart(desk, record_two, "one")
    assert records.body_of(desk.store.cursor(), "note:one") == '{"told": "other"}' and "look" not in {row[1] for row in entries(desk)}
