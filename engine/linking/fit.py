"""Fits the weights of links to a world whose true parties are known, and says how good the links are. Puts nothing in force.

m and u are counted from the labelled pairs and not estimated by expectation maximisation: the truth is at hand, and
counted among pairs that share a block, which is where the weights are used. Smoothed by half a pair a level.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import inf, log2

import duckdb

from engine.errors import RefusedInput
from engine.linking.entities import PAIRS, lay_pairs
from engine.linking.weights import Weights, answers_sql, comparisons

SMOOTHING = 0.5
LEAST_M = 0.01  # a world of our making changes less than life does: no answer is taken to be rarer than this within one party


@dataclass(frozen=True)
class Counted:
    """How often each answer was given: comparison -> level -> (pairs of one party, pairs of two), and how many pairs there were."""

    level: Mapping[str, Mapping[str, tuple[int, int]]]
    same: int
    different: int


def count_answers(cursor: duckdb.DuckDBPyConnection, party_of: str) -> Counted:
    """Ask every comparison of every pair of forms that share a block.

    A pair of forms counts once, at the first moment at which both were filed.

    Args:
        party_of: a relation `(form_id, party)` of the forms whose true party is known.
    """
    cursor.execute("create or replace temp table fresh_writing as select * from party_writing")
    lay_pairs(cursor, "store.main")
    cursor.execute(
        f"create or replace temp table labelled as with answered as ({answers_sql(PAIRS)}), "
        "first_answer as (select * from answered qualify row_number() over (partition by form_l, form_r order by known_from) = 1) "
        f"select first_answer.*, l.party = r.party as same from first_answer inner join {party_of} as l on form_l = l.form_id inner join {party_of} as r on form_r = r.form_id"
    )
    found = {}
    for one in comparisons():
        rows = cursor.execute(f"select {one.name}_level, count(*) filter (where same), count(*) filter (where not same) from labelled group by 1").fetchall()
        by_level = {level: (same, different) for level, same, different in rows}
        found[one.name] = {level.name: by_level.get(n, (0, 0)) for n, level in enumerate(one.levels)}
    same, different = cursor.execute("select count(*) filter (where same), count(*) filter (where not same) from labelled").fetchall()[0]
    return Counted(found, same, different)


def weights_of(counted: Counted, version: str, link: float, join: float, registered_anew: float) -> tuple[Weights, dict[str, dict[str, tuple[float, float]]]]:
    """Match weights from the counts, and the m and u that they come from."""
    if not counted.same or not counted.different:
        raise RefusedInput(
            f"the world has {counted.same} pairs of one party and {counted.different} of two that share a block. Expected both. Fit on a larger one."
        )
    weight, shares = {}, {}
    ceiling = {(one.name, level.name): inf if level.at_most is None else level.at_most for one in comparisons() for level in one.levels}
    for name, levels in counted.level.items():
        same, different = (sum(count[n] for count in levels.values()) + SMOOTHING * len(levels) for n in (0, 1))
        shares[name], weight[name] = {}, {}
        for level, count in levels.items():
            m, u = max(LEAST_M, (count[0] + SMOOTHING) / same), (count[1] + SMOOTHING) / different
            weight[name][level] = min(ceiling[name, level], round(log2(m / u), 3))
            shares[name][level] = (m, max(u, m / 2 ** weight[name][level]))
    prior = round(log2(counted.same / counted.different), 3)
    return Weights(version, prior, link, join, registered_anew, weight), shares


@dataclass(frozen=True)
class Evaluation:
    """How well entities stand for true parties: over all pairs of forms, as all of it was known in the end.

    Args:
        altered: how the one form was altered -> (true pairs, of them linked, linked pairs, of them true).
    """

    forms: int
    parties: int
    true_pairs: int
    linked_pairs: int
    right_pairs: int
    altered: Mapping[str, tuple[int, int, int, int]]

    @property
    def precision(self) -> float:
        return self.right_pairs / max(1, self.linked_pairs)

    @property
    def recall(self) -> float:
        return self.right_pairs / max(1, self.true_pairs)


def evaluate(cursor: duckdb.DuckDBPyConnection, party_of: str) -> Evaluation:
    """Compare the entities on record with the true parties.

    Args:
        party_of: a relation `(form_id, party, altered)`.
    """
    cursor.execute(
        f"create or replace temp table found as select p.form_id, p.party, p.altered, entity_id from {party_of} as p "
        "inner join party_entity on p.form_id = party_entity.form_id and party_entity.known_to is null"
    )
    pairs = (
        "select a.altered, count(*) filter (where a.party = b.party), count(*) filter (where a.party = b.party and a.entity_id = b.entity_id), "
        "count(*) filter (where a.entity_id = b.entity_id) from found as a inner join found as b on a.form_id <> b.form_id "
        "and (a.party = b.party or a.entity_id = b.entity_id) group by a.altered order by a.altered"
    )
    altered = {name: (true, right, linked, right) for name, true, right, linked in cursor.execute(pairs).fetchall()}
    forms, parties = cursor.execute("select count(*), count(distinct party) from found").fetchall()[0]
    true, right, linked = (sum(row[n] for row in altered.values()) // 2 for n in (0, 1, 2))
    return Evaluation(forms, parties, true, linked, right, altered)


def weights_text(weights: Weights, shares: Mapping[str, Mapping[str, tuple[float, float]]], counted: Counted, told: Mapping[str, str]) -> str:
    """A weights file: what `weights_from` reads, with what every figure was counted from."""
    lines = [f"# {line}" for line in told.values()]
    lines += ["", f'version = "{weights.version}"', f"prior = {weights.prior}  # log2 odds: {counted.same} pairs of one party, {counted.different} of two", "", "[threshold]"]
    lines += [f"{name} = {getattr(weights, name)}" for name in ("link", "join", "registered_anew")]
    for name, levels in weights.level.items():
        lines += ["", f"[level.{name}]"]
        for level, weight in levels.items():
            m, u = shares[name][level]
            same, different = counted.level[name][level]
            lines.append(f"{level} = {{ weight = {weight}, m = {m:.6f}, u = {u:.6f}, pairs = [{same}, {different}] }}")
    return "\n".join(lines) + "\n"
