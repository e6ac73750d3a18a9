"""Scores the applications of a file against all the store knows, as if filed on top of it in order; stores nothing. Bounded memory."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from engine.compute.run import features, lay_relations
from engine.errors import RefusedInput
from engine.linking import resolve_forms
from engine.risk.explain import REASONS, Assessment, assess_matrix, family_sums
from engine.risk.policy import policy_in_force
from engine.screening.names import name_key
from engine.store import projections
from engine.wire import Application
from engine.workflows.assess import LONG_EVIDENCE, evidence_of, lay_evidence, own_evidence, referrals_of
from engine.workflows.derive import measure_distances
from engine.workflows.ingest import Ingested, SetAside, validated
from engine.workflows.reading import read_records
from engine.workflows.screen import screen_new_forms
from features.catalogue import catalogue

if TYPE_CHECKING:
    from engine.workflows.desk import Desk

ROWS_AT_ONCE = 20_000
DERIVED = ("name_key", "party_form", "party_entity", "entity_key", "name_hit", "place_distance")
REASON = pa.struct([
    ("feature", pa.string()), ("family", pa.string()), ("value", pa.float64()), ("contribution", pa.float64()), ("text", pa.string()),
    ("source", pa.string()), ("evidence", pa.list_(pa.string())), ("handling", pa.string()),
])
REFERRAL = pa.struct([
    ("rule_id", pa.string()), ("subject", pa.string()), ("text", pa.string()), ("evidence", pa.list_(pa.string())), ("source", pa.string()),
    ("settled_by", pa.string()), ("settled", pa.bool_()), ("handling", pa.string()),
])
MISSING = pa.struct([("feature", pa.string()), ("family", pa.string()), ("why", pa.string())])
SCHEMA = pa.schema([
    ("application_id", pa.string()), ("revision", pa.int64()), ("as_of", pa.timestamp("us", "UTC")), ("risk", pa.float64()),
    ("risk_low", pa.float64()), ("risk_high", pa.float64()), ("band", pa.string()), ("scope", pa.string()), ("referrals", pa.list_(REFERRAL)),
    ("reasons", pa.list_(REASON)), ("family_risk", pa.map_(pa.string(), pa.float64())), ("missing", pa.list_(MISSING)),
    ("model_version", pa.string()), ("policy_version", pa.string()),
])


@dataclass(frozen=True)
class ScoredFile:
    """What became of a file: how many were scored, how many set aside, by which model."""

    scored: int
    set_aside: int
    set_aside_file: Path | None
    model_version: str
    bands: dict[str, int]


def score_file(
    desk: Desk, source: Path, out: Path, *, features_out: Path | None = None, engine: str = "duckdb", lenient: bool = False,
    progress: Callable[[str, int, int], None] | None = None,
) -> ScoredFile:
    """Score a file's filings, each as of its own filing; earlier ones in the file are history for later ones.

    A filing in the file stands in place of the store's copy of the same id and revision.

    Args:
        out: Parquet, CSV or JSON Lines, by its ending.
        features_out: also write the feature matrix there.
        engine: `duckdb` or `spark`.

    Raises:
        RefusedInput: an ending that is not known, or no good record in the file.
    """
    for path in filter(None, (out, features_out)):
        if path.suffix not in (".parquet", ".csv", ".jsonl"):
            raise RefusedInput(f"{path.name}: cannot write the ending {path.suffix or '(none)'}. Expected .parquet, .csv or .jsonl. Rename --out.")
    tell = progress or (lambda stage, done, of: None)
    cursor = desk.store.cursor()
    aside = SetAside(source)
    try:
        count = _lay_incoming(cursor, source, lenient, aside, tell)
        aside.close()
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
            _write_features(frame, features_out)
        bands = _write_scores(desk, cursor, frame, out, tell)
    finally:
        aside.close()
        cursor.close()
    return ScoredFile(count, aside.count, aside.path if aside.count else None, desk.model(desk.store.cursor()).version, bands)


def _lay_incoming(cursor: duckdb.DuckDBPyConnection, source: Path, lenient: bool, aside: SetAside, tell) -> int:
    """The file's filings as temporary working tables, laid over the store's."""
    cursor.execute("create or replace temp table incoming (record_no bigint, seq bigint, channel varchar, key varchar, body varchar)")
    outcome, seen = Ingested(source), 0
    stream = read_records(source)
    while chunk := list(islice(stream, ROWS_AT_ONCE)):
        good = list(validated(chunk, Application, "application", lenient, aside, outcome))
        seen += len(chunk)
        if good:
            # Negative numbers never meet those of the store's records.
            numbers = range(-(seen - len(chunk)) - 1, -(seen - len(chunk)) - 1 - len(good), -1)
            batch = pl.DataFrame({"record_no": numbers, "key": [g[1] for g in good], "body": [g[3] for g in good]},
                                 schema={"record_no": pl.Int64, "key": pl.String, "body": pl.String})
            cursor.register("batch", batch.to_arrow())
            cursor.execute("insert into incoming select record_no, 0, 'file', key, body from batch")
            cursor.unregister("batch")
        tell("reading", seen, 0)
    cursor.execute("delete from incoming where record_no not in (select max(record_no) from incoming group by key)")
    projections.parse_into(cursor, "application", "incoming")
    for table, select in projections.selects("application").items():
        cursor.execute(f"create or replace temp table incoming_{table} as {select}")
    cursor.execute("drop table parsed")
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


def _lay_derived(cursor: duckdb.DuckDBPyConnection, desk: Desk) -> None:
    """Entities, list hits and distances of the file's parties and places, on top of the store's, in temporary copies."""
    for table in DERIVED:
        cursor.execute(f"create or replace temp table {table} as select * from store.main.{table}")
    if resolve_forms(cursor, name_key, "incoming_filing_party", "incoming_filing_document", "temp.main"):
        screen_new_forms(cursor, desk, "new_form", "temp.main")
    measure_distances(cursor, "incoming_filing_leg", "temp.main")


def _write_features(frame: pl.DataFrame, out: Path) -> None:
    told = frame.drop("subject").with_columns(pl.col("as_of").dt.replace_time_zone("UTC")).sort("application_id", "revision")
    {".parquet": told.write_parquet, ".csv": told.write_csv, ".jsonl": told.write_ndjson}[out.suffix](out)


def _write_scores(desk: Desk, cursor: duckdb.DuckDBPyConnection, frame: pl.DataFrame, out: Path, tell) -> dict[str, int]:
    """Assess, explain and write in parts; the result is sorted by application and revision."""
    book, policy, model = catalogue(), policy_in_force(), desk.model(desk.store.cursor())
    matrix = frame.select(book.columns).to_numpy().astype(np.float64)
    tell("scores", 0, len(frame))
    assessment = assess_matrix(book, model, policy, matrix, exact=False)
    tell("evidence", 0, len(frame))
    lay_evidence(cursor, frame["subject"].to_numpy(), assessment.top, skip=LONG_EVIDENCE if len(frame) > ROWS_AT_ONCE else ())
    referrals = referrals_of(cursor)
    bands: dict[str, int] = {}
    with _writer(out) as write:
        for start in range(0, len(frame), ROWS_AT_ONCE):
            part = slice(start, min(start + ROWS_AT_ONCE, len(frame)))
            table = _score_table(frame[part], assessment, part, evidence_of(cursor, start + 1, part.stop), referrals, model.version, policy.version)
            write(table)
            for band in assessment.bands[part]:
                bands[str(band)] = bands.get(str(band), 0) + 1
            tell("explained", part.stop, len(frame))
    return bands


def _score_table(
    frame: pl.DataFrame, assessment: Assessment, part: slice, evidence: dict, referrals: dict, model_version: str, policy_version: str
) -> pa.Table:
    """One part of the result in the contract's columns."""
    book, n = catalogue(), len(frame)
    ids, revisions, subjects = frame["application_id"].to_list(), frame["revision"].to_list(), frame["subject"].to_list()
    sums = family_sums(book, assessment.contributions[part])
    names = list(sums)
    told_missing = [
        [{"feature": f.name, "family": f.family, "why": f.why_null} for f, gone in zip(book.features, row, strict=True) if gone] if row.any() else []
        for row in assessment.missing[part]
    ]
    family_risk = pa.MapArray.from_arrays(
        pa.array(np.arange(n + 1) * len(names), pa.int32()), pa.array(names * n), pa.array(np.column_stack([sums[f] for f in names]).ravel())
    )
    as_told = [[r.model_dump() for r in referrals.get(subject, ())] for subject in subjects]
    columns = [
        frame["application_id"].to_arrow().cast(pa.string()), pa.array(revisions, pa.int64()),
        frame["as_of"].dt.replace_time_zone("UTC").to_arrow(), assessment.risk[part], assessment.low[part], assessment.high[part],
        pa.array(assessment.bands[part].tolist()), pa.array(["diversion only"] * n), pa.array(as_told, pa.list_(REFERRAL)),
        _reasons(assessment, part, ids, revisions, subjects, evidence), family_risk, pa.array(told_missing, pa.list_(MISSING)),
        pa.array([model_version] * n), pa.array([policy_version] * n),
    ]
    return pa.Table.from_arrays([pa.array(c) if isinstance(c, np.ndarray) else c for c in columns], schema=SCHEMA)


def _reasons(assessment: Assessment, part: slice, ids: list, revisions: list, subjects: list, evidence: dict) -> pa.ListArray:
    """The ten reasons of each row as one Arrow list; a sentence is worded once for each distinct value of a feature."""
    book = catalogue()
    top = assessment.top[part]
    n = len(top)
    rows = np.repeat(np.arange(n), top.shape[1])
    columns = top.ravel()
    values = assessment.matrix[part][rows, columns]
    texts = np.empty(len(columns), dtype=object)
    for column in np.unique(columns):
        here = columns == column
        distinct, which = np.unique(values[here], return_inverse=True)
        feature = book.features[column]
        texts[here] = np.array([feature.sentence(None if np.isnan(v) else float(v)) for v in distinct], dtype=object)[which]
    sources = np.array([f"{f.source.title} ({f.source.url})" if f.source.url else f.source.title for f in book.features], dtype=object)
    listed, handling = [], []
    for row, column in zip(rows.tolist(), columns.tolist(), strict=True):
        found = evidence.get((subjects[row], book.columns[column]))
        listed.append(list(found[0]) if found else list(own_evidence(book.features[column], ids[row], revisions[row])))
        handling.append(found[1] if found else "internal")
    flat = pa.StructArray.from_arrays(
        [
            pa.array(np.array(book.columns, dtype=object)[columns], pa.string()),
            pa.array(np.array([f.family for f in book.features], dtype=object)[columns], pa.string()),
            pa.array(values, mask=np.isnan(values)), pa.array(assessment.contributions[part][rows, columns]), pa.array(texts, pa.string()),
            pa.array(sources[columns], pa.string()), pa.array(listed, pa.list_(pa.string())), pa.array(handling, pa.string()),
        ],
        fields=list(REASON),
    )
    return pa.ListArray.from_arrays(pa.array(np.arange(n + 1) * REASONS, pa.int32()), flat)


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
