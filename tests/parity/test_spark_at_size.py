"""Spark gives what DuckDB gives on a world of 20,000 applications too, where counts are high, histories long and peers many."""

from __future__ import annotations

import pytest

from tests.speed.spark import on_both_engines


@pytest.mark.spark
def test_every_feature_of_twenty_thousand_applications_is_the_same_on_both_engines(spark, tmp_path):
    compared = on_both_engines(tmp_path, spark, applications=20_000)
    assert compared.filings > 20_000
    assert compared.apart == {}
