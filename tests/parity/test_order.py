"""The same facts in another order, or in other portions, are the same store: no feature and no score differs."""

from __future__ import annotations

from datetime import date, datetime
from itertools import pairwise
from random import Random

import polars as pl
from facts import KNOWN_BY, Facts, known, moment
from matrices import IN_ORDER, ORIGIN, a_store, differing, filings, matrix, take, take_list

from engine.workflows import ingest
from engine.workflows.assess import score_stored


def shuffled(facts: Facts, seed: int) -> Facts:
    """Every file's lines in random order, but what corrects something after it."""
    random, told = Random(seed), {}
    for kind, documents in facts.items():
        told[kind] = random.sample(documents, len(documents))
        told[kind].sort(key=lambda document: 0 if "corrects" not in document else moment(document["at"]).timestamp())
    return told


def in_time(facts: Facts) -> Facts:
    return {kind: sorted(documents, key=lambda document: moment(document[KNOWN_BY[kind]])) for kind, documents in facts.items()}


def same(world, in_bulk: pl.DataFrame, facts: Facts, **how: object) -> None:
    with a_store() as desk:
        take(desk, facts, **how)
        take_list(desk, world.watchlist, date(2026, 9, 1))
        assert not differing(matrix(desk, filings(desk)), in_bulk)


def test_shuffled_files_are_the_same_store(world, in_bulk):
    same(world, in_bulk, shuffled(world.facts, 1))


def test_small_portions_are_the_same_store(world, in_bulk, monkeypatch):
    monkeypatch.setattr(ingest, "CHUNK_RECORDS", 37)
    same(world, in_bulk, in_time(world.facts))


def test_events_may_come_in_any_order_of_kinds(world, in_bulk):
    order = ("application", "review", "denial_notice", "incident", "destruction", "request", "licence", "decision", "shipment", "delivery", "visit")
    assert set(order) == set(IN_ORDER)
    same(world, in_bulk, world.facts, order=order)


def test_taken_in_half_year_by_half_year_is_taken_in_at_once(world, in_bulk):
    edges = [datetime.min, *(datetime(year, month, 1) for year in (2024, 2025, 2026) for month in (1, 7)), datetime.max]
    with a_store() as desk:
        take_list(desk, world.watchlist, date(2026, 9, 1))
        for start, end in pairwise(edges):
            take(desk, known(in_time(world.facts), start, end))
        assert not differing(matrix(desk, filings(desk)), in_bulk)


def test_scores_do_not_depend_on_the_order(world, full):
    with a_store() as desk:
        take_list(desk, world.watchlist, date(2026, 9, 1))
        take(desk, shuffled(world.facts, 2))
        ours, theirs = (score_stored(store, filings(store), ORIGIN.at) for store in (full, desk))
        for here, there in zip(ours, theirs, strict=True):
            assert here.model_dump(exclude={"scored_at"}) == there.model_dump(exclude={"scored_at"})
