"""Files one application: on record, resolved, screened and scored in one transaction; the same filing again gives the same score."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC
from typing import TYPE_CHECKING

from engine.errors import Conflict
from engine.store import audit, records
from engine.store.database import first
from engine.store.records import Origin
from engine.wire import Application, Score, canonical
from engine.workflows.assess import Subject, score_and_keep, score_stored
from engine.workflows.derive import derive

if TYPE_CHECKING:
    from engine.workflows.desk import Desk


@dataclass(frozen=True)
class Filed:
    """A filing's score, and whether the filing is new."""

    score: Score
    created: bool


def file_application(desk: Desk, application: Application, origin: Origin) -> Filed:
    """Put one application on record and score it as of its filing.

    Raises:
        Conflict: this application and revision is on record with other content.
    """
    key = f"application:{application.application_id}#{application.revision}"
    filed_at = application.filed_at.astimezone(UTC).replace(tzinfo=None)
    with desk.store.writing() as cursor:
        appended = records.append_one(cursor, "application", key, filed_at, canonical(application), origin, "file application")
        if appended.conflicting:
            raise Conflict(
                f"application {application.application_id}, revision {application.revision}, is on record with other content. "
                "Expected the same content, or a new revision. Send the change as the next `revision`."
            )
        if not appended.added:
            return Filed(_first_score(desk, cursor, application, origin), False)
        derive(cursor, desk)
        record_no = first(cursor, "select record_no from record where key = ?", [key])[0]
        score = score_and_keep(desk, [Subject(record_no, filed_at, origin.at)], origin, cursor)[0]
    return Filed(score, True)


def _first_score(desk: Desk, cursor, application: Application, origin: Origin) -> Score:
    """The score given when this filing came in; computed now where it came in without one (from a file)."""
    row = first(
        cursor,
        "select record.body from record inner join score on record.record_no = score.record_no "
        "where score.application_id = ? and score.revision = ? order by record.record_no limit 1",
        [application.application_id, application.revision],
    )
    if row:
        return Score.model_validate_json(row[0])
    record_no, filed_at = first(
        cursor, "select record_no, filed_at from filing where application_id = ? and revision = ?", [application.application_id, application.revision]
    )
    return score_and_keep(desk, [Subject(record_no, filed_at, origin.at)], origin, cursor)[0]


def score_unfiled(desk: Desk, application: Application, origin: Origin) -> Score:
    """Score an application without filing it: laid on record inside a transaction that is undone; only the audit entry stays."""
    filed_at = application.filed_at.astimezone(UTC).replace(tzinfo=None)
    score: list[Score] = []
    try:
        with desk.store.writing() as cursor:
            # Under its own key, so that it never meets the stored filing of the same name; the copy on record is out of the way
            # because a family leaves out every filing of the subject's own application.
            key = f"application:{application.application_id}#{application.revision}@unfiled"
            before = audit.head(cursor)[0]  # what is laid on top of it will be gone
            records.append_one(cursor, "application", key, filed_at, canonical(application), origin, "score without filing")
            derive(cursor, desk)
            record_no = first(cursor, "select record_no from record where key = ?", [key])[0]
            given = score_stored(desk, [Subject(record_no, filed_at, origin.at)], origin.at, cursor=cursor)[0]
            score.append(given.model_copy(update={"store_sequence": before}))
            raise _Undo
    except _Undo:
        pass
    with desk.store.writing() as cursor:
        audit.add_entry(cursor, audit.next_seq(cursor), origin.actor, origin.channel, origin.at, "score without filing", note=json.dumps(
            {"application_id": application.application_id, "revision": application.revision, "risk": score[0].risk, "model": score[0].model_version}
        ))
    return score[0]


class _Undo(Exception):
    """Ends a transaction that must leave nothing."""
