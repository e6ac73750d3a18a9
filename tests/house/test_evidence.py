"""The records listed as evidence are the records that were counted, and every one of them is on record."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import polars as pl
import pytest

from data.world import write_world
from engine.compute.run import features, lay_relations
from engine.store.records import Origin
from engine.store.reference import tables as reference_tables
from engine.wire import EVENTS
from engine.workflows.desk import open_desk
from engine.workflows.ingest import ingest_file
from features.catalogue import FAMILIES, catalogue

# Counts of records, one a record: what is listed must be as many as what was counted.
COUNTED = (
    "end_user_prior_filings_count", "end_user_prior_diversions_count", "end_user_favourable_visits_count",
    "end_user_unfavourable_visits_count", "end_user_denials_count", "route_transit_hubs_count",
    "documents_number_reuse_count", "documents_number_other_content_count", "documents_undertakings_missing_count",
    "old_stock_destruction_overdue_count", "exporter_prior_filings_count", "exporter_breaches_count",
    "destination_treaties_count", "destination_regimes_count", "links_earlier_deals_count",
    "links_deals_in_quarter_count", "end_user_diversions_in_three_years_count", "end_user_favourable_in_three_years_count",
    "end_user_refused_checks_count", "end_user_failed_before_licence_count", "end_user_acted_between_count",
    "consignee_prior_filings_count", "consignee_acted_between_count", "consignee_unfavourable_checks_count", "consignee_denials_count",
    "exporter_disclosures_count", "route_conflict_transits_count", "documents_file_reuse_count", "documents_content_reuse_count",
    "old_stock_passed_on_count", "old_stock_insecure_storage_count", "screening_similar_notices_count",
    "screening_similar_denials_count", "timing_split_orders_count", "timing_like_orders_count",
)  # fmt: skip
WITH_EVIDENCE = tuple(name for name in FAMILIES if any(f.evidence_sql for f in catalogue().families if f.name == name))


@pytest.fixture(scope="module")
def laid(tmp_path_factory):
    """A cursor over the relations of a small world, every filing a subject as of its own filing."""
    world = write_world(tmp_path_factory.mktemp("world"), applications=600, months=48, seed=11)
    origin = Origin("house", "ingest", datetime(2026, 11, 22))
    with open_desk(Path(":memory:"), origin) as desk:
        for kind in ("application", *EVENTS):
            if kind in world.paths:
                ingest_file(desk, world.paths[kind], kind, origin)
        cursor = desk.store.cursor()
        cursor.execute(
            "create or replace temp table subject_filing as "
            "select row_number() over (order by record_no) as subject, record_no, filed_at as as_of from filing"
        )
        lay_relations(cursor)
        yield cursor


@pytest.fixture(scope="module")
def matrix(laid) -> pl.DataFrame:
    return features(laid)


@pytest.fixture(scope="module")
def evidence(laid) -> pl.DataFrame:
    told = [
        laid.sql(f"with evidence as ({family.evidence_sql}) select '{family.name}' as family, * from evidence").pl()
        for family in catalogue().families
        if family.evidence_sql
    ]
    return pl.concat(told)


def test_a_family_gives_each_subject_one_row(matrix):
    assert matrix["subject"].n_unique() == len(matrix)


@pytest.mark.parametrize("family", WITH_EVIDENCE)
def test_evidence_speaks_of_the_familys_own_features(evidence, family):
    mine = {feature.name for feature in catalogue().features if feature.family == family}
    assert set(evidence.filter(pl.col("family") == family)["feature"].unique()) <= mine


def test_no_record_is_listed_twice(evidence):
    assert evidence.is_duplicated().sum() == 0


@pytest.mark.parametrize("name", COUNTED)
def test_as_many_records_are_listed_as_were_counted(matrix, evidence, name):
    listed = evidence.filter(pl.col("feature") == name).group_by("subject").agg(pl.len().alias("listed"))
    both = matrix.select("subject", name).join(listed, on="subject", how="left")
    told = both.filter(pl.col(name).is_not_null())  # a count that cannot be told yet may still rest on a few records
    assert told.filter(pl.col(name) != pl.col("listed").fill_null(0)).is_empty()


def test_every_listed_record_is_on_record(laid, evidence):
    known = {f"event:{key}" for kind in EVENTS for (key,) in laid.execute(f"select event_id from {kind}").fetchall()}
    known |= {f"application:{key}" for (key,) in laid.execute("select application_id from filing").fetchall()}
    known |= {f"list:{name}:{key}" for name, key in laid.execute("select list, entry_id from list_entry").fetchall()}
    for record in evidence["record"].unique():
        if record.startswith("reference:"):
            assert record.split(":")[1] in reference_tables()
        else:
            assert record in known


@pytest.mark.parametrize("feature", catalogue().features, ids=lambda feature: feature.name)
def test_values_keep_to_what_the_catalogue_says(matrix, feature):
    values = matrix[feature.name]
    if feature.when_null == "never":
        assert values.null_count() == 0
    told = values.drop_nulls()
    assert (told >= 0).all()
    if feature.ending in ("share", "score", "flag"):
        assert (told <= 1).all()
    if feature.type == "integer":
        assert (told == told.round()).all()
    if feature.ending == "level":
        assert set(told.unique()) <= set(feature.levels)
