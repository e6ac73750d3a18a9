"""A later edition of a watch list moves no feature as of a moment before it."""

from __future__ import annotations

from datetime import datetime

from facts import a_list, known
from matrices import a_store, differing, filings, matrix, take, take_list

CUT = datetime(2026, 3, 1)
LATER = datetime(2026, 3, 1), datetime(2026, 5, 1)


def test_a_later_edition_moves_no_earlier_feature(world, tmp_path):
    """It lists parties on record, and many names that share words with those listed before: no word's rarity may reach back."""
    with a_store() as desk:
        told = known(world.facts, datetime.min, CUT)
        take(desk, told)
        take_list(desk, a_list(tmp_path, world.watchlist, until=CUT), CUT.date())
        subjects = filings(desk)
        before = matrix(desk, subjects)
        assert before["end_user_warning_list_score"].max() > 0.7
        names = [(party["name"], party.get("country", "AE")) for filed in told["application"][::3] if (party := filed.get("end_user"))]
        names += [(f"{name.split()[0]} {other.split()[-1]} Works", country) for (name, country), (other, _) in zip(names, names[7:], strict=False)]
        for at in LATER:
            take_list(desk, a_list(tmp_path, world.watchlist, until=at, more=[(name, country, at) for name, country in names[: len(names) // 2]]), at.date())
            names = names[len(names) // 2 :] + names[: len(names) // 2]
        assert not differing(before, matrix(desk, subjects))
        # And it was seen at all: by then, more warnings stand.
        now = matrix(desk, [type(s)(s.record_no, datetime(2026, 9, 1), datetime(2026, 9, 1)) for s in subjects])
        assert (now["end_user_warning_list_score"] > 0).sum() > (before["end_user_warning_list_score"] > 0).sum() + 20
