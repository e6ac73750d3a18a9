"""One filing scored alone, on a slice of the history, is the same filing scored among all."""

from __future__ import annotations

import numpy as np
import pytest
from matrices import KEY, ORIGIN, differing, filings, matrix

from engine.compute.run import SLICE_UP_TO
from engine.workflows.assess import score_stored
from features.catalogue import catalogue

ALONE = 25


@pytest.fixture(scope="module")
def some(full) -> list:
    subjects = filings(full)
    assert len(subjects) > SLICE_UP_TO
    return [subjects[int(n)] for n in np.linspace(0, len(subjects) - 1, ALONE)]


def test_one_at_a_time_is_in_bulk(full, in_bulk, some):
    for subject in some:
        alone = matrix(full, [subject])
        assert not differing(alone, in_bulk.join(alone.select(KEY), on=KEY, how="semi"))


def test_a_score_does_not_depend_on_what_else_is_scored(full, some):
    together = score_stored(full, filings(full), ORIGIN.at)
    by_id = {(score.application_id, score.revision): score for score in together}
    for subject in some:
        (alone,) = score_stored(full, [subject], ORIGIN.at)
        among = by_id[alone.application_id, alone.revision]
        for name in ("risk", "risk_low", "risk_high", "raw_score", "base_value"):
            assert getattr(alone, name) == pytest.approx(getattr(among, name), abs=1e-12)
        assert [(r.feature, r.contribution) for r in alone.reasons] == [(r.feature, pytest.approx(r.contribution, abs=1e-12)) for r in among.reasons]
        assert (alone.band, alone.missing, alone.reasons, alone.referrals) == (among.band, among.missing, among.reasons, among.referrals)


def test_threads_and_repetition_change_no_bit(full, in_bulk):
    cursor = full.store.cursor()
    try:
        for threads in (1, 4):
            cursor.execute(f"set threads = {threads}")
            assert not differing(matrix(full, filings(full)), in_bulk)
    finally:
        cursor.execute("reset threads")


def test_the_world_moves_nearly_every_feature(in_bulk):
    """Equal constants would prove nothing."""
    of_files = {feature.name for feature in catalogue().features if feature.family == "document_files"}  # no file stands behind the world's documents
    still = {column for column in catalogue().columns if in_bulk[column].n_unique() == 1} - of_files
    assert still <= {"screening_near_listed_score"}  # its list has no entry that a name comes near to and yet not near enough
