"""Scores the applications of a file against all the store knows, as if filed on top of it in order; stores nothing. Bounded memory."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from engine.compute.run import features, lay_relations
from engine.errors import FieldProblem, RefusedInput
from engine.linking import TABLES as LINKED
from engine.risk.explain import REASONS, assess_matrix, family_sums
from engine.risk.policy import policy_in_force
from engine.store import projections
from engine.store.database import setting, storage_error
from engine.wire import Application
from engine.workflows.assess import LONG_EVIDENCE, lay_evidence, rules_sql, source_of
from engine.workflows.derive import DERIVED_TO, check_documents, measure_distances
from engine.workflows.ingest import CHUNK_BYTES, Good, Ingested, SetAside, validated
from engine.workflows.links import link_parties
from engine.workflows.reading import chunks, read_records
from engine.workflows.screen import screen_new_forms
from features.catalogue import catalogue

if TYPE_CHECKING:
    from engine.workflows.desk import Desk

ROWS_AT_ONCE = 20_000
ROWS_WITH_LONG_EVIDENCE = 2_000  # listing every earlier filing of busy exporters took 16 s for 10,000 rows
ENDINGS = (".parquet", ".csv", ".jsonl")
TWICE = FieldProblem("application_id", "this application and revision stands earlier in the file with other content", "each application and revision once",
                     "Keep the right one, or send the change as the next `revision`.")
ROWS_EXPLAINED_AT_ONCE = 200_000  # the bulk explainer's fixed cost is a second a call
SCOPE = "diversion only"
DERIVED = (*LINKED, "name_hit", "place_distance", "document_check")
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
        RefusedInput: an output that cannot be written, or no good record in the file.
    """
    check_outputs(source, out, features_out)
    tell = progress or (lambda stage, done, of: None)
    cursor = desk.store.cursor()
    aside = SetAside(source)
    try:
        count = _lay_incoming(cursor, source, lenient, aside, tell)
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
            _write_features(frame, features_out)
        bands = _write_scores(desk, cursor, frame, out, tell)
    except duckdb.Error as error:
        raise storage_error(error) from error
    finally:
        aside.close()
        cursor.close()
    return ScoredFile(count, aside.count, aside.path if aside.count else None, desk.model(desk.store.cursor()).version, bands)


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


def _lay_incoming(cursor: duckdb.DuckDBPyConnection, source: Path, lenient: bool, aside: SetAside, tell) -> int:
    """The file's filings as temporary working tables, laid over the store's."""
    cursor.execute("create or replace temp table incoming (record_no bigint, seq bigint, channel varchar, key varchar, body varchar)")
    outcome, seen = Ingested(source), 0
    for chunk in chunks(read_records(source), ROWS_AT_ONCE, CHUNK_BYTES):
        good = list(validated(chunk, Application, "application", lenient, aside.add, outcome))
        if good:
            _keep_first(cursor, good, -seen - 1, aside)
        seen += len(chunk)
        tell("reading", seen, 0)
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


def _keep_first(cursor: duckdb.DuckDBPyConnection, good: list[Good], newest: int, aside: SetAside) -> None:
    """Lay a chunk's filings down, each id and revision once; another content under one that was read before goes aside.

    Args:
        newest: the first one's record number; they are negative and fall, so that they never meet those of the store's records.
    """
    batch = pl.DataFrame({"record_no": range(newest, newest - len(good), -1), "key": [g[1] for g in good], "body": [g[3] for g in good]},
                         schema={"record_no": pl.Int64, "key": pl.String, "body": pl.String})
    cursor.register("batch", batch.to_arrow())
    cursor.execute(
        "create or replace temp table again as select batch.record_no, batch.body <> former.body as differs from batch inner join "
        "(select key, body, record_no from incoming where key in (select key from batch) union all select key, body, record_no from batch "
        "qualify row_number() over (partition by key order by record_no desc) = 1) as former "
        "on batch.key = former.key and batch.record_no < former.record_no "
        "qualify row_number() over (partition by batch.record_no order by former.record_no desc) = 1"
    )
    cursor.execute("insert into incoming select record_no, 0, 'file', key, body from batch where record_no not in (select record_no from again)")
    cursor.unregister("batch")
    for (record_no,) in cursor.execute("select record_no from again where differs order by record_no desc").fetchall():
        aside.add(good[newest - record_no][0], [TWICE])


def _lay_derived(cursor: duckdb.DuckDBPyConnection, desk: Desk) -> None:
    """Entities, list hits and distances of the file's parties and places, on top of the store's, in temporary copies."""
    for table in DERIVED:
        cursor.execute(f"create or replace temp table {table} as select * from store.main.{table}")
    if link_parties(cursor, int(setting(cursor, DERIVED_TO) or 0), "incoming_filing_party", "incoming_filing_document", "temp.main"):
        screen_new_forms(cursor, desk, "new_form", "temp.main")
    measure_distances(cursor, "incoming_filing_leg", "temp.main")
    check_documents(cursor, "incoming_filing_document", "temp.main")


def _write_features(frame: pl.DataFrame, out: Path) -> None:
    told = frame.drop("subject").sort("application_id", "revision")
    if out.suffix == ".parquet":
        told.with_columns(pl.col("as_of").dt.replace_time_zone("UTC")).write_parquet(out)
        return
    told = told.with_columns(pl.col("as_of").dt.strftime("%Y-%m-%dT%H:%M:%SZ"))
    {".csv": told.write_csv, ".jsonl": told.write_ndjson}[out.suffix](out)


@dataclass(frozen=True)
class _Told:
    """What is said of each row, and no more: (n,) figures, (n, 10) reasons, (n, families) sums, (n, columns) what is missing."""

    risk: np.ndarray
    low: np.ndarray
    high: np.ndarray
    bands: np.ndarray
    top: np.ndarray
    contribution: np.ndarray
    value: np.ndarray
    sums: np.ndarray
    missing: np.ndarray


def _assess_in_parts(desk: Desk, frame: pl.DataFrame, tell) -> _Told:
    book, policy, model = catalogue(), policy_in_force(), desk.model(desk.store.cursor())
    parts: list[_Told] = []
    for start in range(0, len(frame), ROWS_EXPLAINED_AT_ONCE):
        matrix = frame[start : start + ROWS_EXPLAINED_AT_ONCE].select(book.columns).to_numpy().astype(np.float64)
        done = assess_matrix(book, model, policy, matrix, exact=False)
        parts.append(_Told(
            done.risk, done.low, done.high, done.bands, done.top.astype(np.int16), np.take_along_axis(done.contributions, done.top, axis=1),
            np.take_along_axis(matrix, done.top, axis=1), np.column_stack(list(family_sums(book, done.contributions).values())), done.missing,
        ))
        tell("scores", start + len(matrix), len(frame))
    return _Told(*(np.concatenate([getattr(part, field.name) for part in parts]) for field in fields(_Told)))


def _write_scores(desk: Desk, cursor: duckdb.DuckDBPyConnection, frame: pl.DataFrame, out: Path, tell) -> dict[str, int]:
    """Assess, explain and write in parts; the result is sorted by application and revision."""
    model_version = desk.model(desk.store.cursor()).version
    told = _assess_in_parts(desk, frame, tell)
    ids = frame.select("subject", "application_id", "revision", "as_of")
    tell("evidence", 0, len(frame))
    lay_evidence(cursor, ids["subject"].to_numpy(), told.top, skip=LONG_EVIDENCE if len(frame) > ROWS_WITH_LONG_EVIDENCE else ())
    _lay_book(cursor)
    _lay_referrals(cursor)
    with _writer(out) as write:
        for start in range(0, len(ids), ROWS_AT_ONCE):
            part = slice(start, min(start + ROWS_AT_ONCE, len(ids)))
            write(_score_table(cursor, ids[part], told, part, model_version))
            tell("explained", part.stop, len(ids))
    names, counts = np.unique(told.bands, return_counts=True)
    return {str(name): int(count) for name, count in zip(names, counts, strict=True)}


def _lay_book(cursor: duckdb.DuckDBPyConnection) -> None:
    """`book(place, feature, family, source, why, fields)`: what the catalogue says of each column, for the joins below."""
    features_ = catalogue().features
    frame = pl.DataFrame({
        "place": range(len(features_)), "feature": [f.name for f in features_], "family": [f.family for f in features_],
        "source": [source_of(f) for f in features_], "why": [f.why_null for f in features_], "fields": [list(f.filing_fields) for f in features_],
    })
    cursor.register("given_book", frame.to_arrow())
    cursor.execute("create or replace temp table book as select * from given_book")
    cursor.unregister("given_book")


def _lay_referrals(cursor: duckdb.DuckDBPyConnection) -> None:
    """`raised(subject, referrals)`: the questions of each row as one list."""
    cursor.execute(
        "create or replace temp table raised as select r.subject, list({'rule_id': rule_id, 'subject': about, 'text': text, 'evidence': evidence, "
        "'source': source, 'settled_by': settled_by, 'settled': settled, 'handling': handling} order by rule_id, about) as referrals "
        f"from ({rules_sql()}) as r group by r.subject"
    )


def _score_table(cursor: duckdb.DuckDBPyConnection, ids: pl.DataFrame, told: _Told, part: slice, model_version: str) -> pa.Table:
    """One part of the result in the contract's columns, put together by DuckDB from flat columns."""
    subjects, top = ids["subject"].to_numpy(), told.top[part]
    reasons = pl.DataFrame({
        "subject": np.repeat(subjects, REASONS), "rank": np.tile(np.arange(REASONS), len(subjects)), "place": top.ravel(),
        "value": pl.Series(told.value[part].ravel(), nan_to_null=True), "contribution": told.contribution[part].ravel(),
        "text": _sentences(top.ravel(), told.value[part].ravel()),
    })
    row, column = np.nonzero(told.missing[part])
    flat = {
        "given_rows": ids.with_columns(
            risk=told.risk[part], risk_low=told.low[part], risk_high=told.high[part], band=pl.Series(told.bands[part].tolist()),
            sums=pl.Series(told.sums[part].tolist(), dtype=pl.List(pl.Float64)),
        ),
        "given_reasons": reasons, "given_missing": pl.DataFrame({"subject": subjects[row], "place": column}),
    }
    for name, frame in flat.items():
        cursor.register(name, frame.to_arrow())
    families = ", ".join(f"'{family.name}'" for family in catalogue().families)
    table = cursor.sql(f"""
        with reasoned as (
            select given_reasons.subject, list({{
                'feature': book.feature, 'family': book.family, 'value': given_reasons.value, 'contribution': given_reasons.contribution,
                'text': given_reasons.text, 'source': book.source,
                'evidence': coalesce(evidence_found.records, list_transform(book.fields, lambda field: given_rows_named.name || field)),
                'handling': coalesce(evidence_found.handling, 'internal')
            }} order by given_reasons.rank) as reasons
            from given_reasons
            inner join book on given_reasons.place = book.place
            inner join (
                select subject, 'application:' || application_id || '#' || cast(revision as varchar) || '/' as name from given_rows
            ) as given_rows_named on given_reasons.subject = given_rows_named.subject
            left join evidence_found on given_reasons.subject = evidence_found.subject and book.feature = evidence_found.feature
            group by given_reasons.subject
        ),
        unknown as (
            select given_missing.subject,
                list({{'feature': book.feature, 'family': book.family, 'why': book.why}} order by book.place) as missing
            from given_missing inner join book on given_missing.place = book.place group by given_missing.subject
        )
        select given_rows.application_id, given_rows.revision, given_rows.as_of, risk, risk_low, risk_high, band, '{SCOPE}' as scope,
            coalesce(raised.referrals, []) as referrals, reasoned.reasons, map([{families}], sums) as family_risk,
            coalesce(unknown.missing, []) as missing, $model as model_version, $policy as policy_version
        from given_rows
        inner join reasoned on given_rows.subject = reasoned.subject
        left join raised on given_rows.subject = raised.subject
        left join unknown on given_rows.subject = unknown.subject
        order by given_rows.subject
    """, params={"model": model_version, "policy": policy_in_force().version}).to_arrow_table()
    for name in flat:
        cursor.unregister(name)
    as_of = table["as_of"].cast(pa.timestamp("us")).cast(pa.timestamp("us", "UTC"))
    return table.set_column(2, "as_of", as_of).cast(SCHEMA)


def _sentences(columns: np.ndarray, values: np.ndarray) -> list[str]:
    """The sentence of each reason; worded once for each distinct value of a feature."""
    texts = np.empty(len(columns), dtype=object)
    for column in np.unique(columns):
        here = columns == column
        distinct, which = np.unique(values[here], return_inverse=True)
        feature = catalogue().features[column]
        texts[here] = np.array([feature.sentence(None if np.isnan(v) else float(v)) for v in distinct], dtype=object)[which]
    return texts.tolist()


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
