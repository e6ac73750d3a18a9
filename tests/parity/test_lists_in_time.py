"""A later edition of a watch list moves no feature as of a moment before it, and moves those after it."""

from __future__ import annotations

from datetime import date, datetime

import polars as pl
from builders import a_party, an_application, an_item
from facts import a_list, known
from matrices import KEY, a_store, differing, filings, matrix, take, take_list

CUT = datetime(2026, 3, 1)
LATER = datetime(2026, 3, 1), datetime(2026, 5, 1)
CUSTOMER_LISTED = datetime(2024, 3, 1)


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


def test_a_new_customer_for_what_a_listed_one_ordered_is_told_once_it_is_listed(world, tmp_path):
    def ordered(day: str, end_user: str, **told: object) -> dict:
        return an_application(filed_at=f"2024-{day}T09:00:00Z", end_user=a_party(end_user, "FI"), **told)

    told = [
        ordered("01-10", "Tansy Turbine Works"),
        ordered("02-10", "Sorrel Foundry"),  # new, but nobody was listed yet
        ordered("04-10", "Hazel Instruments"),
        ordered("04-11", "Anker Optronics", items=[an_item(control_code="2B350.g")]),  # other goods
        ordered("04-12", "Tansy Turbine Works"),  # itself: a referral, no new customer
        ordered("04-13", "Birch Electronics", exporter=a_party("Quince Optics AB", "SE")),  # from another exporter
        ordered("04-14", "Sorrel Foundry"),  # no new one either
    ]
    with a_store() as desk:
        take(desk, {"application": told})
        take_list(desk, a_list(tmp_path, world.watchlist, more=[("Tansy Turbine Works", "FI", CUSTOMER_LISTED)]), date(2026, 9, 1))
        subjects = filings(desk)
        together = matrix(desk, subjects)
        alone = pl.concat([matrix(desk, [subject]) for subject in subjects])
        flags = dict(zip(together["application_id"], together["screening_listed_former_customer_flag"], strict=True))
        assert [flags[document["application_id"]] for document in told] == [0, 0, 1, 0, None, 0, None]
        assert not differing(together, alone.sort(KEY))
