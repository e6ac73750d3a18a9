"""A service killed with SIGKILL under load has lost and doubled nothing; `make soak` does the same a hundred times."""

from pathlib import Path

from tests.soak import soak


def test_what_was_acknowledged_before_a_kill_is_there_once_after_it(tmp_path: Path):
    done = soak(tmp_path, 3, clients=4, seed=7, longest=2.0)
    assert done.filed > 0 and done.rounds == 3
