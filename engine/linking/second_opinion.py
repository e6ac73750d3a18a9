"""Has Splink judge the same writings by the same comparisons, with our weights and with its own. Needed by no run of the engine.

Splink 5 scores tables and no single record, so that it fits and evaluates here and never links a filing.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass

import duckdb
import pyarrow as pa

from engine.errors import RefusedInput
from engine.linking.entities import PAIRS, lay_pairs
from engine.linking.weights import Weights, answers_sql, comparisons, weighed_sql

PAIRS_SAMPLED = 2_000_000


@dataclass(frozen=True)
class Opinion:
    """What Splink finds of single pairs, before any entity is made of them.

    Args:
        largest_difference: in bits, between its weight of a pair and ours.
        ours: (precision, recall, F1) of pairs at our threshold of a link, by our m and u.
        its_own: the same at its best threshold, by its own m (from the labels) and u (from random pairs).
    """

    largest_difference: float
    ours: tuple[float, float, float]
    its_own: tuple[float, float, float]


def second_opinion(cursor: duckdb.DuckDBPyConnection, weights: Weights, shares: Mapping[str, Mapping[str, tuple[float, float]]], party_of: str) -> Opinion:
    """Ask Splink about the forms whose true party is known, each as it was first written.

    Args:
        shares: comparison -> level -> (m, u).
        party_of: a relation `(form_id, party)`.

    Raises:
        RefusedInput: Splink is not installed.
    """
    try:
        from splink import DuckDBAPI, Linker, SettingsCreator, block_on
    except ImportError as error:
        raise RefusedInput("this needs Splink, which is not installed. Expected splink 5. Install it with `pip install diversion[links]`.") from error
    logging.getLogger("splink").setLevel(logging.ERROR)
    table = _first_writings(cursor, party_of, weights)
    rules = [block_on("block", arrays_to_explode=["block"])]

    def linker(trained: Mapping[str, Mapping[str, tuple[float, float]]] | None) -> Linker:
        settings = SettingsCreator(
            link_type="dedupe_only", unique_id_column_name="unique_id", comparisons=_comparisons(trained), blocking_rules_to_generate_predictions=rules,
            probability_two_random_records_match=2**weights.prior / (1 + 2**weights.prior), retain_intermediate_calculation_columns=False,
            additional_columns_to_retain=["party"],
        )
        return Linker(DuckDBAPI().register(table), settings, log_level=logging.ERROR)

    ours = linker(shares)
    scored = ours.inference.predict(warning_mode="never").as_duckdbpyrelation().select("unique_id_l, unique_id_r, match_weight, party_l = party_r as same").pl()
    cursor.register("splink_scored", scored.to_arrow())
    difference = cursor.execute(
        "select max(abs(s.match_weight - pair_weight.weight)) from splink_scored as s inner join pair_weight "
        "on least(s.unique_id_l, s.unique_id_r) = pair_weight.form_l and greatest(s.unique_id_l, s.unique_id_r) = pair_weight.form_r"
    ).fetchall()[0][0]
    cursor.unregister("splink_scored")
    linked = scored.filter(scored["match_weight"] >= weights.link)
    true = _true_pairs(cursor, party_of)
    own = linker(None)
    own.training.estimate_u_using_random_sampling(max_pairs=PAIRS_SAMPLED, seed=1)
    own.training.estimate_m_from_label_column("party")
    found = own.evaluation.accuracy_analysis_from_labels_column("party", output_type="table", add_metrics=["f1"]).as_record_list()
    best = max(found, key=lambda row: row["f1"] or 0)
    return Opinion(difference, _figures(int(linked["same"].sum()), len(linked), true), (best["precision"], best["recall"], best["f1"]))


def _first_writings(cursor: duckdb.DuckDBPyConnection, party_of: str, weights: Weights) -> pa.Table:
    """One row a form, as it was first written; in `pair_weight(form_l, form_r, weight)` what we weigh each pair of them."""
    cursor.execute(
        f"create or replace temp table fresh_writing as select party_writing.* from party_writing inner join {party_of} as p on party_writing.form_id = p.form_id "
        "qualify row_number() over (partition by party_writing.form_id order by first_seen, writing_id) = 1"
    )
    lay_pairs(cursor, "store.main")
    cursor.execute("create or replace temp table candidate as select * from candidate where writing_l in (select writing_id from fresh_writing) and writing_r in (select writing_id from fresh_writing)")
    cursor.execute(f"create or replace temp table pair_weight as select form_l, form_r, weight from ({weighed_sql(answers_sql(PAIRS), weights)}) as weighed")
    return cursor.sql(
        "select side.form_id as unique_id, p.party, side.* exclude (form_id, writing_id), b.block from side "
        f"inner join {party_of} as p on side.form_id = p.form_id inner join (select writing_id, list(block) as block from fresh_block group by writing_id) as b "
        "on side.writing_id = b.writing_id"
    ).to_arrow_table()


def _comparisons(shares: Mapping[str, Mapping[str, tuple[float, float]]] | None) -> list[dict]:
    told = []
    for one in comparisons():
        levels = [{"sql_condition": one.absent, "label_for_charts": "says nothing", "is_null_level": True}]
        for level in one.levels:
            m_and_u = {"m_probability": shares[one.name][level.name][0], "u_probability": shares[one.name][level.name][1]} if shares else {}
            levels.append({"sql_condition": level.when or "ELSE", "label_for_charts": level.says} | m_and_u)
        told.append({"output_column_name": one.name, "comparison_levels": levels})
    return told


def _true_pairs(cursor: duckdb.DuckDBPyConnection, party_of: str) -> int:
    return cursor.execute(f"select coalesce(sum(n * (n - 1) // 2), 0)::bigint from (select count(*) as n from {party_of} group by party)").fetchall()[0][0]


def _figures(right: int, linked: int, true: int) -> tuple[float, float, float]:
    precision, recall = right / max(1, linked), right / max(1, true)
    return precision, recall, 2 * precision * recall / max(1e-12, precision + recall)
