"""Takes contract files into the store: the good records in, exactly once; the bad ones set aside with what to do."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path

import duckdb
import polars as pl

from engine.errors import FieldProblem, RefusedInput
from engine.store import records
from engine.store.database import Store, storage_error
from engine.store.records import STAGED_SCHEMA, Origin
from engine.wire import EVENTS, event_model
from engine.workflows.checking import CONTRACT, Checked, checked
from engine.workflows.derive import derive
from engine.workflows.desk import Desk
from engine.workflows.raw import Raw

CHUNK_RECORDS = 20_000  # one transaction and one audit entry each; a killed ingest loses at most this many
CHUNK_BYTES = 64 * 1024 * 1024  # of text; a chunk also ends here, so that huge records do not fill the memory
LONGEST_SHOWN = 1_000_000  # characters of a bad record that are repeated beside what is wrong with it


@dataclass
class Ingested:
    """What became of one file."""

    path: Path
    added: int = 0
    unchanged: int = 0
    set_aside: int = 0
    ignored_fields: dict[str, int] = field(default_factory=dict)
    set_aside_file: Path | None = None
    unmapped: int = 0
    unmapped_file: Path | None = None


class LeftOver:
    """The file beside the input that lists, one application a line, what another system says and the contract has no place for."""

    def __init__(self, source: Path) -> None:
        self.path = source.with_name(source.name + ".unmapped.jsonl")
        self.count = 0
        self._began = False

    def add(self, run: Checked) -> None:
        """List what was left over of a run's good records.

        Raises:
            RefusedInput: the folder of the input cannot be written.
        """
        rows = [
            {"line": run.raws[place].line, "application": key.removeprefix("application:"), "unmapped": [asdict(one) for one in run.unmapped[place]]}
            for place, key in zip(run.places, run.keys, strict=True) if run.unmapped.get(place)
        ]
        if not rows:
            return
        self.count += sum(len(row["unmapped"]) for row in rows)
        try:
            with self.path.open("a" if self._began else "w", encoding="utf-8") as file:
                file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        except OSError as error:
            raise RefusedInput(
                f"{self.path} cannot be written ({error.strerror}), where the fields that the contract has no place for are listed. Expected a folder "
                "that can be written, with free space. Copy the input to such a folder and run the same command on it again."
            ) from error
        self._began = True

    def into(self, outcome: Ingested) -> None:
        """Say in a file's outcome how much was left over, and where it is listed."""
        outcome.unmapped, outcome.unmapped_file = self.count, self.path if self.count else None


class SetAside:
    """The file beside the input that holds what could not be taken in, one JSON object a line, with what to do."""

    def __init__(self, source: Path) -> None:
        self.path = source.with_name(source.name + ".set-aside.jsonl")
        self.count = 0
        self._file = None

    def add(self, raw: Raw, problems: list[FieldProblem]) -> None:
        """Set one record aside.

        Raises:
            RefusedInput: the folder of the input cannot be written.
        """
        self.count += raw.records
        told = [{"field": p.field, "reason": p.reason, "expected": p.expected, "todo": p.todo} for p in problems]
        row = {"line": raw.line, "problems": told, "record": _shown(raw)} | ({"records": raw.records} if raw.records > 1 else {})
        try:
            if self._file is None:
                self._file = self.path.open("w", encoding="utf-8", errors="replace")
            self._file.write(json.dumps(row, ensure_ascii=False) + "\n")
        except OSError as error:
            raise self._unwritable(error) from error

    def finish(self) -> None:
        """The whole input was read: where nothing was set aside, a file left from an earlier run goes."""
        if self._file is None and self.path.is_file():
            try:
                self.path.unlink()
            except OSError as error:
                raise self._unwritable(error) from error
        self.close()

    def close(self) -> None:
        """Let the file go, as far as it was written."""
        if self._file is not None:
            try:
                self._file.close()
            except OSError as error:
                raise self._unwritable(error) from error
            finally:
                self._file = None

    def _unwritable(self, error: OSError) -> RefusedInput:
        return RefusedInput(
            f"{self.path} cannot be written ({error.strerror}), where the records that cannot be taken in are set aside. Expected a folder "
            "that can be written, with free space. Copy the input to such a folder and run the same command on it again; what was taken in stands."
        )


def _shown(raw: Raw) -> str | None:
    """A bad record as it came, or its beginning."""
    if raw.text is not None:
        return raw.text[:LONGEST_SHOWN].decode("utf-8", "replace")
    return None if raw.row is None else json.dumps(raw.row, default=str, ensure_ascii=False)[:LONGEST_SHOWN]


def ingest_file(
    desk: Desk, path: Path, kind: str, origin: Origin, *, lenient: bool = False, form: str = CONTRACT, progress: Callable[[int], None] | None = None
) -> Ingested:
    """Take one file in.

    Read in chunks, each one transaction: killed half way, the rest of the same file goes in at the next run and
    nothing is twice. The same file again changes nothing.

    Args:
        kind: `application` or an event kind.
        origin: who, by what way in, and when.
        lenient: ignore unknown fields (counted by path) instead of setting the record aside.
        form: `contract`, or `lite`.
        progress: called with the number of records seen.

    Raises:
        RefusedInput: no such file or kind, or the disk is full.
    """
    outcome, aside, over = Ingested(path), SetAside(path), LeftOver(path)
    seen = 0
    try:
        with contextlib.closing(checked(path, kind, lenient, CHUNK_RECORDS, CHUNK_BYTES, form)) as runs:
            for run in runs:
                run.count_ignored(outcome.ignored_fields)
                over.add(run)
                _take_in(desk.store, kind, run, origin, aside, outcome)
                seen += len(run.raws)
                if progress:
                    progress(seen)
        with desk.store.writing() as cursor:
            derive(cursor, desk)
        aside.finish()
    except duckdb.Error as error:
        raise storage_error(error) from error
    finally:
        aside.close()
    outcome.set_aside = aside.count
    outcome.set_aside_file = aside.path if aside.count else None
    over.into(outcome)
    return outcome


def _take_in(store: Store, kind: str, run: Checked, origin: Origin, aside: SetAside, outcome: Ingested) -> None:
    """Append one run in one transaction; what contradicts the store goes aside with what was found faulty before, in the file's order."""
    faults = dict(run.faults)
    if run.places:
        frame = pl.DataFrame(
            {"position": run.places, "key": run.keys, "known_at": run.known_at, "body": run.bodies}, schema=STAGED_SCHEMA,
        )
        with store.writing() as cursor:
            unknown = _unknown(cursor, kind, frame) if kind in EVENTS else {}
            records.stage(cursor, frame.filter(~pl.col("position").is_in(list(unknown))) if unknown else frame)
            appended = records.append(cursor, kind, origin, f"ingest {kind}")
        outcome.added += appended.added
        outcome.unchanged += appended.unchanged
        faults |= unknown
        faults |= {position: [conflict_problem(kind, verdict)] for position, verdict in appended.conflicting}
    for place in sorted(faults):
        aside.add(run.raws[place], faults[place])


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
)
NEW_WITH_KIND = {"shipment": {"shipment_id"}, "licence": {"licence_number"}}


def unknown_subjects(cursor: duckdb.DuckDBPyConnection, kind: str, bodies: str) -> list[tuple[int, FieldProblem]]:
    """(position, problem) for each event of the relation `bodies(position, body)` that speaks of something not on record."""
    found = []
    for name, known, what, todo in SUBJECTS:
        if name not in event_model(kind).model_fields or name in NEW_WITH_KIND.get(kind, ()):
            continue
        # A licence number alone must be known; beside an application it is only a label.
        beside = " and json_extract_string(body, '$.application_id') is null" if name == "licence_number" else ""
        rows = cursor.execute(
            f"select position from {bodies} where json_extract_string(body, '$.{name}') is not null{beside} "
            f"and json_extract_string(body, '$.{name}') not in (select * from ({known}) as k(id) where id is not null) order by position"
        ).fetchall()
        found += [(position, FieldProblem(name, what, "the id of something on record", todo)) for (position,) in rows]
    return found + _unknown_corrected(cursor, kind, bodies, {position for position, _ in found})


def _unknown_corrected(cursor: duckdb.DuckDBPyConnection, kind: str, bodies: str, refused: set[int]) -> list[tuple[int, FieldProblem]]:
    """The corrections of something that is not on record, and does not come on record with the same batch."""
    events = cursor.execute(
        f"select position, json_extract_string(body, '$.event_id'), json_extract_string(body, '$.corrects') from {bodies} order by position"
    ).fetchall()
    corrections = [event for event in events if event[2] is not None]
    if not corrections:
        return []
    kinds = dict(cursor.execute(
        "select substr(key, 7), kind from record where key in (select 'event:' || unnest(?::varchar[]))", [sorted({c for _, _, c in corrections})]
    ).fetchall())
    wrong = [event for event in corrections if kinds.get(event[2], kind) != kind]
    # A corrected event may stand in the same batch, before or after; one that is itself refused, or a ring of corrections, may not.
    waiting: dict[str, list[tuple]] = {}
    for event in corrections:
        if event[2] not in kinds:
            waiting.setdefault(event[2], []).append(event)
    refused = refused | {position for position, _, _ in wrong}
    sound = [event_id for position, event_id, corrected in events if position not in refused and (corrected is None or corrected in kinds)]
    while sound:
        sound += [event_id for position, event_id, _ in waiting.pop(sound.pop(), ()) if position not in refused]
    wrong += [event for events in waiting.values() for event in events]
    return [(position, _not_correctable(kind, kinds.get(corrected), corrected == event_id)) for position, event_id, corrected in sorted(wrong)]


def _not_correctable(kind: str, found: str | None, itself: bool) -> FieldProblem:
    expected = f"the event_id of a `{kind}` on record"
    if itself:
        return FieldProblem("corrects", "the event names itself", expected, "Name the earlier event that this one replaces, or leave the field out.")
    if found is not None:
        return FieldProblem("corrects", f"the event it names is a `{found}`", expected, "Name the event of the same kind that this one replaces.")
    return FieldProblem("corrects", "no such event is on record", expected, "Ingest the event that it corrects first.")


def _unknown(cursor: duckdb.DuckDBPyConnection, kind: str, frame: pl.DataFrame) -> dict[int, list[FieldProblem]]:
    """Position -> problems of the events of a chunk that speak of something not on record."""
    cursor.register("incoming", frame.to_arrow())
    unknown: dict[int, list[FieldProblem]] = {}
    for position, problem in unknown_subjects(cursor, kind, "incoming"):
        unknown.setdefault(position, []).append(problem)
    cursor.unregister("incoming")
    return unknown
