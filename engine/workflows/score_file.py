"""Scores the applications of a file against all the store knows, as if filed on top of it in order; stores nothing. Bounded memory."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from engine.compute.run import about_filings, features, lay_relations
from engine.errors import FieldProblem, RefusedInput
from engine.linking import TABLES as LINKED
from engine.risk.explain import assess_matrix, family_sums
from engine.risk.policy import policy_in_force
from engine.store import projections
from engine.store.database import setting, storage_error
from engine.workflows.assess import LONG_EVIDENCE, filing_groups, lay_evidence, rules_sql, source_of
from engine.workflows.checking import CONTRACT, Checked, checked
from engine.workflows.derive import DERIVED_TO, check_documents, measure_distances, take_places
from engine.workflows.ingest import CHUNK_BYTES, LeftOver, SetAside
from engine.workflows.links import link_parties
from engine.workflows.score_columns import SCHEMA, Found, ScoreColumns, Told, together
from engine.workflows.screen import screen_new
from features.catalogue import catalogue

if TYPE_CHECKING:
    from engine.workflows.desk import Desk

ROWS_AT_ONCE = 20_000
ROWS_WRITTEN_AT_ONCE = 50_000  # one row group of Parquet; about 200 MB while it is put together, and two are in hand
ROWS_WITH_LONG_EVIDENCE = 2_000  # listing every earlier filing of busy exporters took 16 s for 10,000 rows
ENDINGS = (".parquet", ".csv", ".jsonl")
TWICE = FieldProblem("application_id", "this application and revision stands earlier in the file with other content", "each application and revision once",
                     "Keep the right one, or send the change as the next `revision`.")
ROWS_EXPLAINED_AT_ONCE = 200_000  # the bulk explainer's fixed cost is a second a call
IDS = pa.schema([("subject", pa.int64()), ("application_id", pa.string()), ("revision", pa.int64()), ("as_of", pa.timestamp("us"))])
DERIVED = (*LINKED, "name_hit", "screened_name", "filing_name", "named_hit", "party_place", "place_aside", "place_distance", "document_check")


@dataclass(frozen=True)
class ScoredFile:
    """What became of a file: how many were scored, how many set aside, by which model."""

    scored: int
    set_aside: int
    set_aside_file: Path | None
    model_version: str
    bands: dict[str, int]
    unmapped: int = 0
    unmapped_file: Path | None = None


def score_file(
    desk: Desk, source: Path, out: Path, *, features_out: Path | None = None, engine: str = "duckdb", lenient: bool = False, form: str = CONTRACT,
    progress: Callable[[str, int, int], None] | None = None,
) -> ScoredFile:
    """Score a file's filings, each as of its own filing; earlier ones in the file are history for later ones.

    A filing in the file stands in place of the store's copy of the same id and revision.

    Args:
        out: Parquet, CSV or JSON Lines, by its ending.
        features_out: also write the feature matrix there.
        engine: `duckdb` or `spark`.
        form: `contract`, or `lite`.

    Raises:
        RefusedInput: an output that cannot be written, or no good record in the file.
    """
    check_outputs(source, out, features_out)
    tell = progress or (lambda stage, done, of: None)
    tell("reading", 0, 0)
    cursor = desk.store.cursor()
    aside, over = SetAside(source), LeftOver(source)
    try:
        count = _lay_incoming(cursor, checked(source, "application", lenient, ROWS_AT_ONCE, CHUNK_BYTES, form), aside, over, tell)
        aside.finish()
        if not count:
            raise RefusedInput(f"{source.name}: no application in it could be read" + (f"; see {aside.path.name}" if aside.count else "") + ".")
        tell("parties", 0, 0)
        _lay_derived(cursor, desk)
        cursor.execute(
            "create or replace temp table subject_filing as select row_number() over (order by application_id, revision) as subject, "
            "record_no, filed_at as as_of from incoming_filing"
        )
        cursor.execute("create or replace temp table referral_moment as select subject, as_of as moment from subject_filing")
        lay_relations(cursor, lambda name: tell(name, 0, 0))
        if engine == "spark":
            from engine.compute.spark import features as spark_features

            frame = spark_features(cursor)
        else:
            frame = features(cursor, lambda name: tell(f"features: {name}", 0, 0))
        if features_out:
            tell("features written", 0, 0)
            _write_features(frame, features_out)
        ids, told = frame.select("subject", "application_id", "revision", "as_of"), _assess_in_parts(desk, frame, about_filings(cursor), tell)
        del frame  # the largest thing held, and no longer needed
        bands = _write_scores(desk, cursor, ids.to_arrow().cast(IDS), told, out, tell)
    except duckdb.Error as error:
        raise storage_error(error) from error
    finally:
        aside.close()
        cursor.close()
    return ScoredFile(count, aside.count, aside.path if aside.count else None, desk.model(desk.store.cursor()).version, bands, over.count, over.path if over.count else None)


def check_outputs(source: Path, out: Path, features_out: Path | None) -> None:
    """Refuse, before long work begins, what could not be written at its end.

    Raises:
        RefusedInput.
    """
    outputs = {"--out": out} | ({"--features": features_out} if features_out else {})
    for option, path in outputs.items():
        if path.suffix not in ENDINGS:
            raise RefusedInput(f"{path.name}: cannot write the ending {path.suffix or '(none)'}. Expected {', '.join(ENDINGS)}. Rename {option}.")
        if path.is_dir():
            raise RefusedInput(f"{option} {path} is a directory. Expected a file ending in {', '.join(ENDINGS)}. Name a file in it.")
        if not path.parent.is_dir():
            raise RefusedInput(f"{option} {path}: the folder {path.parent} is not there. Expected an existing folder. Make it, or name another.")
        if not os.access(path if path.exists() else path.parent, os.W_OK):
            raise RefusedInput(f"{option} {path} cannot be written. Expected a place that can be. Check its permissions, or name another.")
        if path.resolve() == source.resolve():
            raise RefusedInput(f"{option} {path} is the file to be scored. Expected another, since it would be lost. Rename {option}.")
    if features_out and features_out.resolve() == out.resolve():
        raise RefusedInput(f"--features and --out are the same file, {out}. Expected two. Rename one.")


def _lay_incoming(cursor: duckdb.DuckDBPyConnection, read: Iterator[Checked], aside: SetAside, over: LeftOver, tell) -> int:
    """The file's filings as temporary working tables, laid over the store's; run by run, so that no more than two runs' texts are held."""
    cursor.execute("create or replace temp table incoming (record_no bigint, key varchar, content uhugeint)")
    laid, seen = False, 0
    with contextlib.closing(read) as runs:
        for run in runs:
            over.add(run)
            for place, problems in run.faults:
                aside.add(run.raws[place], problems)
            if run.places:
                _keep_first(cursor, run, -seen - 1, aside)
                projections.parse_into(cursor, "application", "fresh")
                for table, select in projections.selects("application").items():
                    cursor.execute((f"insert into incoming_{table} " if laid else f"create or replace temp table incoming_{table} as ") + select)
                laid = True
            seen += len(run.raws)
            tell("reading", seen, 0)
    if not laid:
        return 0
    for table in ("parsed", "fresh"):
        cursor.execute(f"drop table {table}")
    cursor.execute(
        "create or replace temp table replaced as select record_no from store.main.filing "
        "where (application_id, revision) in (select (application_id, revision) from incoming_filing)"
    )
    for table in projections.FILING_TABLES:
        cursor.execute(
            f"create or replace temp view {table} as select * from store.main.{table} where record_no not in (select record_no from replaced) "
            f"union all by name select * from incoming_{table}"
        )
    return cursor.execute("select count(*) from incoming_filing").fetchall()[0][0]


def _keep_first(cursor: duckdb.DuckDBPyConnection, run: Checked, newest: int, aside: SetAside) -> None:
    """`fresh`: a run's filings, each id and revision once in the file; another content under one that was read before goes aside.

    Args:
        newest: the record number of the run's first place; they are negative and fall, so that they never meet those of the store's records.
    """
    batch = pl.DataFrame({"record_no": [newest - place for place in run.places], "key": run.keys, "body": run.bodies},
                         schema={"record_no": pl.Int64, "key": pl.String, "body": pl.String})
    cursor.register("batch", batch.to_arrow())
    cursor.execute("create or replace temp table named as select record_no, key, md5_number(body) as content from batch")
    cursor.execute(
        "create or replace temp table again as select named.record_no, named.content <> former.content as differs from named inner join "
        "(select key, content, record_no from incoming where key in (select key from named) union all select key, content, record_no from named "
        "qualify row_number() over (partition by key order by record_no desc) = 1) as former "
        "on named.key = former.key and named.record_no < former.record_no "
        "qualify row_number() over (partition by named.record_no order by former.record_no desc) = 1"
    )
    cursor.execute("insert into incoming select record_no, key, content from named where record_no not in (select record_no from again)")
    cursor.execute(
        "create or replace temp table fresh as select record_no, 0 as seq, 'file' as channel, body from batch "
        "where record_no not in (select record_no from again)"
    )
    cursor.unregister("batch")
    for (record_no,) in cursor.execute("select record_no from again where differs order by record_no desc").fetchall():
        aside.add(run.raws[newest - record_no], [TWICE])


def _lay_derived(cursor: duckdb.DuckDBPyConnection, desk: Desk) -> None:
    """Entities, list hits and distances of the file's parties and places, on top of the store's, in temporary copies."""
    for table in DERIVED:
        cursor.execute(f"create or replace temp table {table} as select * from store.main.{table}")
    link_parties(cursor, int(setting(cursor, DERIVED_TO) or 0), "incoming_filing_party", "incoming_filing_document", "temp.main")
    take_places(cursor, "incoming_filing", "temp.main")
    screen_new(cursor, desk, filings="incoming_filing", into="temp.main")
    measure_distances(cursor, "incoming_filing_leg", "temp.main")
    check_documents(cursor, "incoming_filing_document", "temp.main")


def _write_features(frame: pl.DataFrame, out: Path) -> None:
    told = frame.drop("subject").sort("application_id", "revision")
    if out.suffix == ".parquet":
        told.with_columns(pl.col("as_of").dt.replace_time_zone("UTC")).write_parquet(out)
        return
    told = told.with_columns(pl.col("as_of").dt.strftime("%Y-%m-%dT%H:%M:%SZ"))
    {".csv": told.write_csv, ".jsonl": told.write_ndjson}[out.suffix](out)


def _assess_in_parts(desk: Desk, frame: pl.DataFrame, about: pl.DataFrame, tell) -> Told:
    book, policy, model = catalogue(), policy_in_force(), desk.model(desk.store.cursor())
    parts: list[Told] = []
    tell("scores", 0, len(frame))
    for start in range(0, len(frame), ROWS_EXPLAINED_AT_ONCE):
        matrix = frame[start : start + ROWS_EXPLAINED_AT_ONCE].select(book.columns).to_numpy().astype(np.float64)
        groups = filing_groups(about[start : start + ROWS_EXPLAINED_AT_ONCE], matrix)
        done = assess_matrix(book, model, policy, matrix, groups, exact=False)
        parts.append(Told(
            done.risk, done.low, done.high, done.bands, done.top.astype(np.int16), np.take_along_axis(done.contributions, done.top, axis=1),
            np.take_along_axis(matrix, done.top, axis=1), np.column_stack(list(family_sums(book, done.contributions).values())), done.missing,
        ))
        tell("scores", start + len(matrix), len(frame))
    return together(parts)


def _write_scores(desk: Desk, cursor: duckdb.DuckDBPyConnection, ids: pa.Table, told: Told, out: Path, tell) -> dict[str, int]:
    """Explain and write in parts, each while the next is put together; the result is sorted by application and revision."""
    tell("evidence", 0, len(ids))
    subjects = ids["subject"].to_numpy()
    lay_evidence(cursor, subjects, told.top, skip=LONG_EVIDENCE if len(ids) > ROWS_WITH_LONG_EVIDENCE else ())
    tell("referrals", 0, len(ids))
    _lay_referrals(cursor)
    tell("explained", 0, len(ids))
    book = catalogue()
    columns = ScoreColumns(book, [source_of(feature) for feature in book.features], desk.model(desk.store.cursor()), policy_in_force().version)
    with _writer(out) as write, ThreadPoolExecutor(1) as beside:
        written: Future | None = None
        for start in range(0, len(ids), ROWS_WRITTEN_AT_ONCE):
            part = slice(start, min(start + ROWS_WRITTEN_AT_ONCE, len(ids)))
            table = columns.table(ids[part], told[part], _found(cursor, int(subjects[part][0]), int(subjects[part][-1])))
            if written:
                written.result()
            written = beside.submit(write, table)
            tell("explained", part.stop, len(ids))
        if written:
            written.result()
    names, counts = np.unique(told.bands, return_counts=True)
    return {str(name): int(count) for name, count in zip(names, counts, strict=True)}


def _lay_referrals(cursor: duckdb.DuckDBPyConnection) -> None:
    """`raised(subject, referrals)`: the questions of each row as one list."""
    cursor.execute(
        "create or replace temp table raised as select r.subject, list({'rule_id': rule_id, 'subject': about, 'text': text, 'evidence': evidence, "
        "'source': source, 'settled_by': settled_by, 'settled': settled, 'handling': handling} order by rule_id, about) as referrals "
        f"from ({rules_sql()}) as r group by r.subject"
    )


def _found(cursor: duckdb.DuckDBPyConnection, first: int, last: int) -> Found:
    """Evidence and referrals of a run of subjects."""
    evidence, referrals = (
        cursor.sql(f"select {columns} from {table} where subject between $first and $last", params={"first": first, "last": last}).to_arrow_table()
        for columns, table in (("subject, place, records, handling", "evidence_found"), ("subject, referrals", "raised"))
    )
    return Found(evidence, referrals)


class _writer:
    """Writes Arrow tables one after the other as Parquet, CSV (nested columns as JSON text) or JSON Lines, by the path's ending."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __enter__(self) -> Callable[[pa.Table], None]:
        if self.path.suffix == ".parquet":
            self._file = pq.ParquetWriter(self.path, SCHEMA, compression="zstd")
            return self._file.write_table
        self._file = self.path.open("w", encoding="utf-8", newline="")
        self._header = self.path.suffix == ".csv"
        return self._write_text

    def __exit__(self, *exc: object) -> None:
        self._file.close()

    def _write_text(self, table: pa.Table) -> None:
        if self.path.suffix == ".jsonl":
            for row in _plain(table):
                self._file.write(json.dumps(row, ensure_ascii=False) + "\n")
            return
        rows = [{k: json.dumps(v, ensure_ascii=False) if isinstance(v, list | dict) else v for k, v in row.items()} for row in _plain(table)]
        self._file.write(pl.DataFrame(rows, infer_schema_length=None).write_csv(include_header=self._header))
        self._header = False


def _plain(table: pa.Table) -> Iterator[dict]:
    for row in table.to_pylist():
        row["as_of"] = row["as_of"].astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if isinstance(row["as_of"], datetime) else row["as_of"]
        row["family_risk"] = dict(row["family_risk"])
        yield row
