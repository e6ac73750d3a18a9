"""Checks the records of a file against the contract, a large file in several processes. Takes nothing in; words no fault.

Checking is Python and compiled code that holds Python's lock, so threads would not help. The other processes are plain ones
(no fork of a process with threads, no second import of the caller's main module) that read lists of records from their
standard input and write what they found to their standard output; they end when either is closed, so none outlives its
caller however that one ends.
"""

from __future__ import annotations

import contextlib
import gc
import os
import pickle
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from queue import SimpleQueue

from engine.errors import FieldProblem, InvalidRecord, NotReady, RefusedInput
from engine.wire import Application, Parsed, Unmapped, canonical, event_model, parse_lite, parse_row
from engine.wire.bulk import parse_canonical
from engine.workflows.raw import Raw
from engine.workflows.reading import chunks, read_records

LARGE_FILE = 24 * 1024 * 1024  # bytes, about 8,000 filings: two processes take 0.6 s to start and save as much
LARGE_PARQUET = 3 * 1024 * 1024  # the same in Parquet's compression
MOST_PROCESSES = 6  # more than that, one process cannot keep supplied
RECORDS_AT_ONCE = 1_000  # handed to a process
BYTES_AT_ONCE = 4 * 1024 * 1024
CONTRACT, LITE = "contract", "lite"  # the forms in which applications come


@dataclass
class Checked:
    """What stands in a run of records.

    Args:
        raws: all of them, as they were read.
        places: which of them are good; then, in the same order, of each:
        keys: by what it is known, such as `application:A-1#1`.
        known_at: when it became known, UTC without offset.
        bodies: its canonical text.
        faults: place and problems of each of the others.
        ignored: unknown fields that were left out, by path, and how often.
        unmapped: of records in another system's form, by place, what the contract has no place for.
    """

    raws: list[Raw]
    places: list[int] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    known_at: list[datetime] = field(default_factory=list)
    bodies: list[str] = field(default_factory=list)
    faults: list[tuple[int, list[FieldProblem]]] = field(default_factory=list)
    ignored: dict[str, int] = field(default_factory=dict)
    unmapped: dict[int, tuple[Unmapped, ...]] = field(default_factory=dict)

    def count_ignored(self, total: dict[str, int]) -> None:
        """Add the fields ignored here to a total by path."""
        for path, times in self.ignored.items():
            total[path] = total.get(path, 0) + times


def checked(path: Path, kind: str, lenient: bool, most: int, most_bytes: int, form: str = CONTRACT) -> Iterator[Checked]:
    """The records of a file in its order, in runs of at most so many records or about so many bytes.

    While one run is worked on the next is being checked, where other processes do it; no more than that is held.

    Args:
        kind: `application` or an event kind.
        lenient: leave unknown fields out and count them, in place of finding fault with the record.
        form: `contract`, or `lite` for the documents of that licensing system.

    Raises:
        RefusedInput: no such file or kind, or events asked for in a form that has none.
        NotReady: a checking process was ended from outside.
    """
    if kind != "application":
        event_model(kind)
    if form != CONTRACT and (kind != "application" or path.suffix == ".parquet"):
        raise RefusedInput(f"{path.name}: the form {form} holds applications as JSON only. Expected --kind application and a .json or .jsonl file. Leave --format out for others.")
    records = chunks(read_records(path), most, most_bytes)
    if form != CONTRACT or path.stat().st_size < (LARGE_PARQUET if path.suffix == ".parquet" else LARGE_FILE) or (os.cpu_count() or 1) < 2:
        for chunk in records:
            yield check(chunk, kind, lenient, form)
        return
    with _Checkers(kind, lenient, min(os.cpu_count() or 1, MOST_PROCESSES)) as checkers:
        begun: Callable[[], Checked] | None = None
        for chunk in records:
            before, begun = begun, checkers.begin(chunk)
            if before:
                yield before()
        if begun:
            yield begun()


def check(raws: list[Raw], kind: str, lenient: bool, form: str = CONTRACT) -> Checked:
    """Check some records in this process."""
    model = Application if kind == "application" else event_model(kind)
    found = Checked(raws)
    with _collector_paused():
        for place, raw in enumerate(raws):
            if raw.fault:
                found.faults.append((place, [FieldProblem("", raw.fault, "one whole record", "Mend the file here and send it again.")]))
                continue
            try:
                if form == LITE:
                    read = parse_lite(raw.text)
                    parsed, body = Parsed(read.application), canonical(read.application)
                    found.unmapped[place] = read.unmapped
                elif raw.row is not None:
                    parsed = parse_row(model, raw.row, lenient)
                    body = canonical(parsed.model)
                else:
                    parsed, body = parse_canonical(model, raw.text, lenient)
            except InvalidRecord as error:
                found.faults.append((place, list(error.problems)))
                continue
            for ignored in parsed.ignored:
                found.ignored[ignored] = found.ignored.get(ignored, 0) + 1
            record = parsed.model
            at = record.filed_at if kind == "application" else record.at
            found.places.append(place)
            found.keys.append(f"application:{record.application_id}#{record.revision}" if kind == "application" else f"event:{record.event_id}")
            found.known_at.append(at.astimezone(UTC).replace(tzinfo=None))
            found.bodies.append(body)
    return found


@contextlib.contextmanager
def _collector_paused() -> Iterator[None]:
    """No search for cycles while records are read: they have none, and each search walks all that the process holds.

    (Measured: 20,000 filings validated in 1.6 s, with the collector in 4.7 s.)
    """
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


class _Checkers:
    """Several processes that check records, each served by a thread of this one."""

    def __init__(self, kind: str, lenient: bool, count: int) -> None:
        # The path is handed on, so that the other side imports what runs here and nothing from the working directory.
        script = f"import sys; sys.path[:] = {sys.path!r}; from engine.workflows.checking import serve; serve({kind!r}, {lenient!r})"
        # Groups of their own, so that Ctrl-C ends the command, which then closes their input, and they say nothing.
        self._processes = [
            subprocess.Popen([sys.executable, "-P", "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, process_group=0) for _ in range(count)
        ]
        self._idle: SimpleQueue[subprocess.Popen] = SimpleQueue()
        for process in self._processes:
            self._idle.put(process)
        self._threads = ThreadPoolExecutor(count, thread_name_prefix="checking")

    def __enter__(self) -> _Checkers:
        return self

    def __exit__(self, *exc: object) -> None:
        for process in self._processes:
            process.kill()
        self._threads.shutdown(cancel_futures=True)
        for process in self._processes:
            process.wait()
            for pipe in (process.stdin, process.stdout):
                with contextlib.suppress(OSError):
                    pipe.close()

    def begin(self, raws: list[Raw]) -> Callable[[], Checked]:
        """Hand a run of records out in parts; what is given back waits for all of them and puts them together."""
        parts, start = [], 0
        for part in chunks(iter(raws), RECORDS_AT_ONCE, BYTES_AT_ONCE):
            parts.append((start, self._threads.submit(self._check, part)))
            start += len(part)
        return partial(_together, raws, parts)

    def _check(self, raws: list[Raw]) -> tuple:
        process = self._idle.get()
        try:
            pickle.dump(raws, process.stdin, pickle.HIGHEST_PROTOCOL)
            process.stdin.flush()
            return pickle.load(process.stdout)
        except (OSError, EOFError, pickle.UnpicklingError) as error:
            raise NotReady(
                f"a process that checks records ended before its work was done (exit status {process.wait()}). What was on record before stands. "
                "Expected it to run to the end: see that the memory suffices, and run the same command again."
            ) from error
        finally:
            self._idle.put(process)


def _together(raws: list[Raw], parts: list[tuple[int, Future]]) -> Checked:
    whole = Checked(raws)
    for start, part in parts:
        places, keys, known_at, bodies, faults, ignored = part.result()
        whole.places += [start + place for place in places]
        whole.keys += keys
        whole.known_at += known_at
        whole.bodies += bodies
        whole.faults += [(start + place, problems) for place, problems in faults]
        Checked([], ignored=ignored).count_ignored(whole.ignored)
    return whole


def serve(kind: str, lenient: bool) -> None:
    """Check lists of records from standard input until it is closed. For the processes that `checked` starts."""
    given, told = sys.stdin.buffer, sys.stdout.buffer
    gc.freeze()  # what was imported stays
    with contextlib.suppress(EOFError, BrokenPipeError):
        while True:
            found = check(pickle.load(given), kind, lenient)
            pickle.dump((found.places, found.keys, found.known_at, found.bodies, found.faults, found.ignored), told, pickle.HIGHEST_PROTOCOL)
            told.flush()
