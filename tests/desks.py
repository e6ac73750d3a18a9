"""Stores for tests: real ones in a folder, filled through the same workflows as the command and the service."""

import json
from datetime import datetime
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from builders import fresh

from engine.compute.run import lay_relations
from engine.store.records import Origin
from engine.wire import Application, Referral, Score, parse, parse_event
from engine.workflows.assess import Subject, filing_in_force, lay_subjects, referrals_at, score_stored
from engine.workflows.desk import Desk, open_desk
from engine.workflows.ingest import Ingested, ingest_file
from engine.workflows.record_event import record_event
from engine.workflows.train import label_frame

NOW = datetime(2027, 1, 15, 12)


def origin(channel: str = "command", at: datetime = NOW, actor: str = "test") -> Origin:
    return Origin(actor, channel, at)


@cache
def _empty() -> bytes:
    with TemporaryDirectory() as folder:
        open_desk(Path(folder) / "store.duckdb", origin(), create=True).close()
        return Path(folder, "store.duckdb").read_bytes()


def an_empty_store(path: Path) -> Path:
    """A store with nothing in it but the reference data: made once a process, since building one takes half a second."""
    path.write_bytes(_empty())
    return path


def a_desk(folder: Path) -> Desk:
    """An empty store with the reference data loaded, open; the one in the folder where there is one."""
    path = folder / "store.duckdb"
    return open_desk(path if path.exists() else an_empty_store(path), origin())


def take_in(desk: Desk, kind: str, *documents: dict) -> Ingested:
    """Ingest documents from a file, as history is; all of them must be good."""
    done = offer(desk, kind, *documents)
    assert done.set_aside == 0, done.set_aside_file.read_text()
    return done


def offer(desk: Desk, kind: str, *documents: dict) -> Ingested:
    """Ingest documents from a file, good and bad."""
    path = desk.store.path.parent / f"{fresh(kind)}.jsonl"
    path.write_text("".join(json.dumps(document) + "\n" for document in documents), encoding="utf-8")
    return ingest_file(desk, path, kind, origin("ingest"))


def record(desk: Desk, kind: str, document: dict, at: datetime = NOW) -> bool:
    """Record one event through the system, as a person does."""
    return record_event(desk, kind, parse_event(kind, json.dumps(document)).model, origin("command", at, document.get("recorded_by", "test")))


def filing(document: dict) -> Application:
    return parse(Application, json.dumps(document)).model


def score_of(desk: Desk, application_id: str, *, now: datetime = NOW, as_of: datetime | None = None) -> Score:
    """The score as of filing or another moment, with referrals as of `now`."""
    cursor = desk.store.cursor()
    record_no, _, filed_at = filing_in_force(cursor, application_id, as_of)
    return score_stored(desk, [Subject(record_no, as_of or filed_at, now)], now, cursor=cursor)[0]


def values(desk: Desk, application_id: str, *, as_of: datetime | None = None) -> dict[str, float | None]:
    """Every feature of one application as of its filing or another moment."""
    from engine.compute.run import features

    cursor = desk.store.cursor()
    record_no, _, filed_at = filing_in_force(cursor, application_id, as_of)
    lay_subjects(cursor, [Subject(record_no, as_of or filed_at, as_of or filed_at)])
    lay_relations(cursor)
    row = features(cursor).row(0, named=True)
    return {name: value for name, value in row.items() if name not in ("subject", "application_id", "revision", "as_of")}


def labels(desk: Desk, as_of: datetime = NOW) -> dict[str, int]:
    """Application -> its label as it stood at a moment."""
    return dict(label_frame(desk.store.cursor(), as_of).select("application_id", "label").iter_rows())


def referrals(desk: Desk, application_id: str, *, now: datetime = NOW) -> list[Referral]:
    """The referrals that go with a filing's score as of now, without scoring it."""
    return referrals_at(desk.store.cursor(), application_id, now)


def open_referrals(desk: Desk, application_id: str, *, now: datetime = NOW) -> dict[str, str]:
    """Rule -> what it is about, of the referrals that nobody has settled."""
    return {referral.rule_id: referral.subject for referral in referrals(desk, application_id, now=now) if not referral.settled}
