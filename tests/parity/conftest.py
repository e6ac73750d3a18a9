"""One generated world for the laws, made dense with random facts, and one store that holds all of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import polars as pl
import pytest
from facts import Chance, Facts, read_facts, together
from matrices import a_store, filings, matrix, take, take_list

from data.world import write_world
from engine.workflows.desk import Desk

START, END = datetime(2024, 3, 1), datetime(2026, 9, 1)


@dataclass(frozen=True)
class World:
    """What the laws are tried on."""

    folder: Path
    facts: Facts

    @property
    def watchlist(self) -> Path:
        return self.folder / "watchlist.csv"


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    folder = tmp_path_factory.mktemp("parity")
    write_world(folder, applications=400, months=30, seed=11, end=date(2026, 8, 31))
    told = read_facts(folder)
    # One filing of long before, so that windows of three years have begun.
    told["application"].append(told["application"][0] | {"application_id": "SE-LONG-AGO", "revision": 1, "filed_at": "2021-03-01T10:00:00Z"})
    # A small world has few visits: random ones, with incidents, denials and corrections, make every feature move.
    return World(folder, together(told, Chance(1, told).facts(START, END, 400)))


@pytest.fixture(scope="session")
def full(world: World) -> Iterator[Desk]:
    """A store that knows everything."""
    with a_store() as desk:
        take(desk, world.facts)
        take_list(desk, world.watchlist, date(2026, 9, 1))
        yield desk


@pytest.fixture(scope="session")
def in_bulk(full: Desk) -> pl.DataFrame:
    """The features of every filing, computed together."""
    return matrix(full, filings(full))
