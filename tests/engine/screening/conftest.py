"""The real list files, for tests only: read where they lie, never copied; absent, their tests say so and skip."""

from collections.abc import Callable
from pathlib import Path

import pytest

from engine.screening.entries import ListEntry, RejectedRow
from engine.screening.readers import read_list

FOLDER = Path(__file__).parents[3] / ".." / "shared" / "lists"
FORMATS = {"sdn.csv": "ofac-sdn-csv", "csl.csv": "csl-csv", "UN_consolidated.xml": "un-xml"}

Published = Callable[[str], tuple[list[ListEntry], list[RejectedRow]]]


@pytest.fixture(scope="session")
def published() -> Published:
    """Entries and rejected rows of a published list, by its file's name."""

    def read(name: str) -> tuple[list[ListEntry], list[RejectedRow]]:
        path = FOLDER / name
        if not path.is_file():
            pytest.skip(f"the published list {name} is not in ../shared/lists beside the repository")
        rows = list(read_list(path, FORMATS[name]))
        return [r for r in rows if isinstance(r, ListEntry)], [r for r in rows if isinstance(r, RejectedRow)]

    return read
