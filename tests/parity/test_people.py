"""Where somebody was born and what passport they hold moves nothing, wherever it is planted."""

from __future__ import annotations

from copy import deepcopy
from datetime import date

from facts import a_list
from matrices import a_store, differing, filings, matrix, take, take_list

PLANTED = {"nationality": "XX", "birth_date": "1970-01-01", "birthplace": "Somewhere", "sex": "f", "religion": "none"}
TABLES = ("filing", "filing_party", "party_form", "party_entity", "list_entry", "name_hit")


def test_what_is_planted_in_filings_moves_no_feature(world, in_bulk):
    facts = deepcopy(world.facts)
    for filed in facts["application"]:
        parties = [filed[role] for role in ("exporter", "consignee", "end_user", "applicant") if role in filed]
        for party in parties + filed.get("intermediaries", []) + filed.get("end_users", []):
            party |= PLANTED
            party["owners"] = [owner | PLANTED for owner in party.get("owners", [])] or None
            if party["owners"] is None:
                del party["owners"]
        for document in filed.get("documents", []):
            document |= {"signatory_nationality": "XX"}
    with a_store() as desk:
        take(desk, facts, lenient=True)
        take_list(desk, world.watchlist, date(2026, 9, 1))
        assert not differing(matrix(desk, filings(desk)), in_bulk)


def test_what_is_planted_in_the_store_and_in_lists_moves_no_feature(world, in_bulk, tmp_path):
    with a_store() as desk:
        take(desk, world.facts)
        take_list(desk, a_list(tmp_path, world.watchlist, **PLANTED), date(2026, 9, 1))
        cursor = desk.store.cursor()
        for n, table in enumerate(TABLES):
            for name in PLANTED:
                cursor.execute(f"alter table store.main.{table} add column {name} varchar")
                cursor.execute(f"update store.main.{table} set {name} = case when rowid % {n + 2} = 0 then 'IR' else 'SE' end")
        assert not differing(matrix(desk, filings(desk)), in_bulk)
