"""A trained store over a small demonstration world, made once; tests that write work on a copy."""

import shutil
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pytest
from desks import NOW, origin

from engine.workflows.demo import Shown, show
from engine.workflows.desk import Desk, open_desk


@dataclass(frozen=True)
class Shelf:
    """The store of the demonstration, closed, and what was shown of it."""

    path: Path
    shown: Shown

    def copy(self, folder: Path, at: datetime = NOW) -> Desk:
        """A copy of the store, open."""
        shutil.copy(self.path, folder / "store.duckdb")
        return open_desk(folder / "store.duckdb", origin(at=at))


@pytest.fixture(scope="session")
def trained(tmp_path_factory) -> Shelf:
    """The demonstration over 6,000 applications: ingested, trained, scored, planned."""
    desk, shown = show(tmp_path_factory.mktemp("demonstration"), origin(), applications=6_000)
    desk.close()
    return Shelf(shown.store, shown)
