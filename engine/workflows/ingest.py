"""Takes contract files into the store: the good records in, exactly once; the bad ones set aside with what to do."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

import duckdb
import polars as pl

from engine.errors import EngineError, FieldProblem, InvalidRecord, RefusedInput
from engine.store import records
from engine.store.database import Store
from engine.store.records import STAGED_SCHEMA, Origin
from engine.wire import EVENTS, Application, canonical, event_model, parse, parse_row
from engine.workflows.derive import derive
from engine.workflows.desk import Desk
from engine.workflows.reading import Raw, read_records

CHUNK_RECORDS = 20_000  # one transaction and one audit entry each; a killed ingest loses at most this many


@dataclass
class Ingested:
    """What became of one file."""

    path: Path
    added: int = 0
    unchanged: int = 0
    set_aside: int = 0
    ignored_fields: dict[str, int] = field(default_factory=dict)
    set_aside_file: Path | None = None


class SetAside:
    """The file beside the input that holds what could not be taken in, one JSON object a line, with what to do."""

    def __init__(self, source: Path) -> None:
        self.path = source.with_name(source.name + ".set-aside.jsonl")
        self.count = 0
        self._file = None

    def add(self, raw: Raw, problems: list[FieldProblem]) -> None:
        """Set one record aside."""
        if self._file is None:
            self._file = self.path.open("w", encoding="utf-8")
        self.count += 1
        record = raw.text.decode("utf-8", "replace")[:1_000_000] if raw.text is not None else None
        told = [{"field": p.field, "reason": p.reason, "expected": p.expected, "todo": p.todo} for p in problems]
        self._file.write(json.dumps({"line": raw.line, "problems": told, "record": record}, ensure_ascii=False) + "\n")

    def close(self) -> None:
        """Finish the file; where nothing was set aside, one left from an earlier run goes."""
        if self._file is not None:
            self._file.close()
        elif self.path.exists():
            self.path.unlink()


def record_key(kind: str, body: dict) -> str:
    """The key under which a record stands once: application and revision, or the event's id."""
    if kind == "application":
        return f"application:{body['application_id']}#{body.get('revision', 1)}"
    return f"event:{body['event_id']}"


def ingest_file(
    desk: Desk, path: Path, kind: str, origin: Origin, *, lenient: bool = False, progress: Callable[[int], None] | None = None
) -> Ingested:
    """Take one file in.

    Read in chunks, each one transaction: killed half way, the rest of the same file goes in at the next run and
    nothing is twice. The same file again changes nothing.

    Args:
        kind: `application` or an event kind.
        origin: who, by what way in, and when.
        lenient: ignore unknown fields (counted by path) instead of setting the record aside.
        progress: called with the number of records seen.

    Raises:
        RefusedInput: no such file or kind, or the disk is full.
    """
    model = Application if kind == "application" else event_model(kind)
    outcome, aside = Ingested(path), SetAside(path)
    seen = 0
    try:
        stream = read_records(path)
        while chunk := list(islice(stream, CHUNK_RECORDS)):
            good = list(validated(chunk, model, kind, lenient, aside, outcome))
            if good:
                _take_in(desk.store, kind, good, origin, aside, outcome)
            seen += len(chunk)
            if progress:
                progress(seen)
        with desk.store.writing() as cursor:
            derive(cursor, desk)
    except duckdb.Error as error:
        raise _storage_error(error) from error
    finally:
        aside.close()
    outcome.set_aside = aside.count
    outcome.set_aside_file = aside.path if aside.count else None
    return outcome


def _storage_error(error: duckdb.Error) -> EngineError:
    text = str(error)
    if "No space left" in text or ("disk" in text.lower() and "full" in text.lower()) or "Could not write" in text:
        return RefusedInput(
            "the disk is full: what was taken in before stands, the rest was not written. Free some space and run the same command again."
        )
    return RefusedInput(f"the store could not be written ({text.splitlines()[0]}). What was taken in before stands; run the same command again.")


def validated(
    chunk: list[Raw], model, kind: str, lenient: bool, aside: SetAside, outcome: Ingested
) -> Iterator[tuple[Raw, str, datetime, str]]:
    """Each good record of a chunk as (raw, key, at, canonical body); the others go aside."""
    for raw in chunk:
        if raw.fault:
            aside.add(raw, [FieldProblem("", raw.fault, "one whole record", "Mend the file here and send it again.")])
            continue
        try:
            parsed = parse_row(model, raw.row, lenient) if raw.row is not None else parse(model, raw.text, lenient)
        except InvalidRecord as error:
            aside.add(raw, list(error.problems))
            continue
        for ignored in parsed.ignored:
            outcome.ignored_fields[ignored] = outcome.ignored_fields.get(ignored, 0) + 1
        at = parsed.model.filed_at if kind == "application" else parsed.model.at
        key = (
            f"application:{parsed.model.application_id}#{parsed.model.revision}"
            if kind == "application" else f"event:{parsed.model.event_id}"
        )
        yield raw, key, at.astimezone(UTC).replace(tzinfo=None), canonical(parsed.model)


def _take_in(
    store: Store, kind: str, good: list[tuple[Raw, str, datetime, str]], origin: Origin, aside: SetAside, outcome: Ingested
) -> None:
    """Append one chunk in one transaction; what contradicts the store goes aside."""
    frame = pl.DataFrame(
        {
            "position": range(len(good)), "key": [g[1] for g in good], "known_at": [g[2] for g in good], "body": [g[3] for g in good],
        },
        schema=STAGED_SCHEMA,
    )
    with store.writing() as cursor:
        if kind in EVENTS:
            frame = _with_known_subjects(cursor, kind, frame, good, aside)
        records.stage(cursor, frame)
        appended = records.append(cursor, kind, origin, f"ingest {kind}")
    outcome.added += appended.added
    outcome.unchanged += appended.unchanged
    for position, verdict in appended.conflicting:
        aside.add(good[position][0], [conflict_problem(kind, verdict)])


def conflict_problem(kind: str, verdict: str) -> FieldProblem:
    """Why a record whose key is already taken was not written."""
    name = "application_id" if kind == "application" else "event_id"
    if verdict == "erased":
        return FieldProblem(name, "this record was erased under an order", "a record that was not erased", "Do not send it again.")
    if kind == "application":
        return FieldProblem(name, "this application and revision is on record with other content", "the same content, or a new revision",
                            "Send the change as the next `revision`.")
    return FieldProblem(name, "this event is on record with other content", "the same content, or a new event_id",
                        "Send the change as a new event with `corrects` naming this one.")


# Which of an event's fields must name something that is already on record, and where to look it up.
SUBJECTS = (
    ("application_id", "select application_id from filing", "no such application is on record", "Ingest the application first."),
    ("shipment_id", "select shipment_id from shipment", "no such shipment is on record", "Ingest the shipment first."),
    ("licence_number", "select licence_number from licence", "no such licence is on record", "Ingest the licence first, or name the application."),
    ("corrects", "select substr(key, 7) from record where key like 'event:%'", "no such event is on record", "Ingest the event that it corrects first."),
)
NEW_WITH_KIND = {"shipment": {"shipment_id"}, "licence": {"licence_number"}}


def unknown_subjects(cursor: duckdb.DuckDBPyConnection, kind: str, bodies: str) -> list[tuple[int, FieldProblem]]:
    """(position, problem) for each event of the relation `bodies(position, body)` that speaks of something not on record."""
    found = []
    for name, known, what, todo in SUBJECTS:
        if name not in event_model(kind).model_fields or name in NEW_WITH_KIND.get(kind, ()):
            continue
        # A licence number alone must be known; beside an application it is only a label. A correction may stand in the same batch.
        beside = " and json_extract_string(body, '$.application_id') is null" if name == "licence_number" else ""
        also = f" union all select json_extract_string(body, '$.event_id') from {bodies}" if name == "corrects" else ""
        rows = cursor.execute(
            f"select position from {bodies} where json_extract_string(body, '$.{name}') is not null{beside} "
            f"and json_extract_string(body, '$.{name}') not in (select * from ({known}{also}) as k(id) where id is not null) order by position"
        ).fetchall()
        found += [(position, FieldProblem(name, what, "the id of something on record", todo)) for (position,) in rows]
    return found


def _with_known_subjects(
    cursor: duckdb.DuckDBPyConnection, kind: str, frame: pl.DataFrame, good: list[tuple[Raw, str, datetime, str]], aside: SetAside
) -> pl.DataFrame:
    cursor.register("incoming", frame.to_arrow())
    unknown: dict[int, list[FieldProblem]] = {}
    for position, problem in unknown_subjects(cursor, kind, "incoming"):
        unknown.setdefault(position, []).append(problem)
    cursor.unregister("incoming")
    for position, problems in sorted(unknown.items()):
        aside.add(good[position][0], problems)
    return frame.filter(~pl.col("position").is_in(list(unknown))) if unknown else frame
