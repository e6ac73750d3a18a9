"""Spark gives what DuckDB gives, to the last bit: every feature of every filing of a file, and the file of scores."""

from __future__ import annotations

import json
import sys
from datetime import datetime

import polars as pl
import pytest
from facts import Facts, known
from matrices import a_store, differing, take, take_list

from engine.compute import run as engine_run
from engine.compute import spark as engine_spark
from engine.errors import RefusedInput
from engine.workflows.score_file import score_file
from features.catalogue import catalogue

CUT = datetime(2025, 6, 1)


@pytest.fixture(scope="module")
def scored(world, spark, tmp_path_factory):
    """A file of filings scored on both engines, over a store that knows what came before: engine -> (scores, features)."""
    folder = tmp_path_factory.mktemp("scored")
    later: Facts = {"application": known(world.facts, CUT, datetime.max)["application"]}
    source = folder / "filings.jsonl"
    source.write_text("".join(json.dumps(document) + "\n" for document in later["application"]))
    told = {}
    with a_store() as desk:
        take(desk, known(world.facts, datetime.min, CUT))
        take_list(desk, world.watchlist, CUT.date())
        for engine in ("duckdb", "spark"):
            scores, features = folder / f"{engine}.parquet", folder / f"{engine}-features.parquet"
            done = score_file(desk, source, scores, features_out=features, engine=engine)
            assert done.scored == len(later["application"]) > 200
            told[engine] = pl.read_parquet(scores), pl.read_parquet(features)
    return told


@pytest.mark.spark
def test_every_feature_of_every_filing_is_the_same_on_both_engines(scored):
    ours, theirs = (features.with_columns(pl.col("as_of").dt.replace_time_zone(None)) for _, features in scored.values())
    assert ours.schema == theirs.schema
    assert not differing(ours, theirs)


@pytest.mark.spark
def test_the_scored_file_is_the_same_on_both_engines(scored):
    assert scored["duckdb"][0].equals(scored["spark"][0])


def test_what_goes_to_spark_is_what_the_families_read():
    laid = {*engine_run.SUBJECT, *engine_run.HISTORY, *engine_run.REFERENCE}
    assert set(engine_spark.relations_read(catalogue())) <= laid


def test_without_pyspark_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "pyspark.sql", None)
    monkeypatch.setitem(sys.modules, "pyspark.testing.utils", None)
    with pytest.raises(RefusedInput, match=r"pip install diversion\[spark\]"), engine_spark.local_session():
        pass


def test_without_java_it_says_what_to_install(monkeypatch):
    sql = pytest.importorskip("pyspark.sql")
    monkeypatch.setattr(sql.SparkSession, "getActiveSession", lambda: None)
    monkeypatch.setattr(engine_spark, "_java", lambda: None)
    with pytest.raises(RefusedInput, match="Java 17"), engine_spark.local_session():
        pass
