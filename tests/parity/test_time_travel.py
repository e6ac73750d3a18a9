"""Nothing that became known at or after a moment moves a feature as of that moment."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from facts import Chance, known
from matrices import a_store, differing, filings, matrix, take, take_list

from engine.workflows.assess import Subject

LONG_AGO, FAR_AWAY = datetime(2000, 1, 1), datetime(2100, 1, 1)
CUTS = (datetime(2025, 3, 1), datetime(2025, 11, 17, 10, 30), datetime(2026, 6, 1))


def as_of_cut(desk, cut: datetime) -> list[Subject]:
    """Every filing made before a cut as of its own filing, and once more as of the cut."""
    made = filings(desk, until=cut)
    return made + [Subject(s.record_no, cut, cut) for s in made if s.as_of < cut]


@pytest.fixture(scope="module")
def growing(world):
    """A store that is told what became known, cut after cut: (cut, features before it was told more, features in the end)."""
    with a_store() as desk:
        take_list(desk, world.watchlist, datetime(2026, 9, 1).date())
        snapshots, told = [], LONG_AGO
        for n, cut in enumerate((*CUTS, FAR_AWAY)):
            take(desk, known(world.facts, told, cut))
            if cut == FAR_AWAY:
                break
            snapshots.append((cut, as_of_cut(desk, cut), matrix(desk, as_of_cut(desk, cut))))
            # From here on, what is known at the cut or later: random facts on what is on record.
            take(desk, Chance(100 + n, known(world.facts, LONG_AGO, cut)).facts(cut, cut + timedelta(days=120), 120))
            told = cut
        yield [(cut, before, matrix(desk, subjects)) for cut, subjects, before in snapshots]


@pytest.mark.parametrize("n", range(len(CUTS)), ids=[str(cut.date()) for cut in CUTS])
def test_what_became_known_later_moves_no_feature(growing, n):
    _, before, after = growing[n]
    assert len(before) > 100
    assert not differing(before, after)
