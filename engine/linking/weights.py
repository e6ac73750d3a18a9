"""Reads how writings are compared and what each answer weighs, and puts both into one SQL expression. Fits nothing.

Weights are match weights of Fellegi and Sunter (1969): log2 of how much likelier an answer is between two writings of
one party than between two parties' that share a block. They add up, with the prior, to the log2 odds of a link.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from math import isfinite

from engine.errors import RefusedInput

TOLD_FROM = 0.5  # an answer that weighs less than this, in bits, is left out of a reason


@dataclass(frozen=True)
class Level:
    """One answer of a comparison.

    Args:
        says: how a reason words it.
        when: its condition; None is everything else.
        contradicts: it parts two parties unless the rest outweighs it by far.
        at_most: no fit may weigh it higher.
    """

    name: str
    says: str
    when: str | None = None
    contradicts: bool = False
    at_most: float | None = None


@dataclass(frozen=True)
class Comparison:
    """One question asked of a pair of writings."""

    name: str
    absent: str
    levels: tuple[Level, ...]


@dataclass(frozen=True)
class Weights:
    """What every answer weighs, and from how many bits on a link is made.

    Args:
        prior: log2 odds that a pair that shares a block is one party, before anything is compared.
        level: comparison -> level -> match weight in bits.
        link: from here on a form goes to its best candidate's entity.
        join: from here on a later link joins two entities that both have several forms.
        registered_anew: from here on even a contradicting LEI or register number does not part two forms.
    """

    version: str
    prior: float
    link: float
    join: float
    registered_anew: float
    level: Mapping[str, Mapping[str, float]]


@cache
def comparisons() -> tuple[Comparison, ...]:
    """The questions, in their order."""
    told = tomllib.loads((resources.files("engine.linking") / "comparisons.toml").read_text("utf-8"))
    return tuple(Comparison(one["name"], one["absent"], tuple(Level(**level) for level in one["levels"])) for one in told["comparison"])


@cache
def shipped_weights() -> Weights:
    """The weights that come with the engine: in force until others are promoted."""
    return weights_from((resources.files("engine.linking") / "weights-1.toml").read_text("utf-8"))


def weights_from(text: str) -> Weights:
    """Weights from the text of a weights file.

    Raises:
        RefusedInput: it is not TOML, or its levels are not those that this version compares.
    """
    try:
        told = tomllib.loads(text)
        level = {one: {name: float(answer["weight"]) for name, answer in answers.items()} for one, answers in told["level"].items()}
        weights = Weights(str(told["version"]), float(told["prior"]), **{name: float(told["threshold"][name]) for name in ("link", "join", "registered_anew")},
                          level=level)
        if not all(map(isfinite, (weights.prior, weights.link, weights.join, weights.registered_anew, *(w for one in level.values() for w in one.values())))):
            raise ValueError("a weight is not finite")
    except (tomllib.TOMLDecodeError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise RefusedInput(f"these are no link weights ({error!r}). Expected a file written by `diversion links fit`. Fit one, or name another.") from error
    ours = {one.name: {level.name for level in one.levels} for one in comparisons()}
    theirs = {one: set(answers) for one, answers in level.items()}
    if ours != theirs:
        differ = sorted(one for one in ours.keys() | theirs.keys() if ours.get(one) != theirs.get(one))
        raise RefusedInput(
            f"link weights {weights.version} were fitted to other comparisons than this version makes (they differ in {', '.join(differ)}). "
            "Expected a weight for each level of comparisons.toml. Fit them anew with `diversion links fit`."
        )
    return weights


def level_sql(comparison: Comparison) -> str:
    """The answer to a comparison as a number: 0 for the first level, -1 where it says nothing."""
    cases = " ".join(f"when {level.when} then {n}" for n, level in enumerate(comparison.levels) if level.when)
    return f"case when {comparison.absent} then -1 {cases} else {len(comparison.levels) - 1} end"


def answers_sql(pairs: str) -> str:
    """Pairs with the answer to every comparison beside them, as `name_level`, `country_level` and so on."""
    answers = ", ".join(f"cast({level_sql(one)} as tinyint) as {one.name}_level" for one in comparisons())
    return f"select form_l, form_r, known_from, {answers} from ({pairs}) as pair"


def weighed_sql(answered: str, weights: Weights) -> str:
    """Answered pairs with their weight in bits, whether their numbers contradict each other, and the reason in words."""
    total = " + ".join([f"{weights.prior:.3f}", *(_case(one, weights) for one in comparisons())])
    differ = " or ".join(
        f"{one.name}_level in ({', '.join(str(n) for n, level in enumerate(one.levels) if level.contradicts)})"
        for one in comparisons() if any(level.contradicts for level in one.levels)
    )
    told = ", ".join(_says(one, weights) for one in comparisons())
    return (
        f"select form_l, form_r, known_from, round({total}, 2) as weight, {differ} as differ, concat_ws(', ', {told}) as reason from ({answered}) as answered"
    )


def _case(comparison: Comparison, weights: Weights) -> str:
    cases = " ".join(f"when {n} then {weights.level[comparison.name][level.name]:.3f}" for n, level in enumerate(comparison.levels))
    return f"case {comparison.name}_level {cases} else 0 end"


def _says(comparison: Comparison, weights: Weights) -> str:
    cases = " ".join(
        f"when {n} then '{level.says} ({weight:+.1f})'" for n, level in enumerate(comparison.levels)
        if abs(weight := weights.level[comparison.name][level.name]) >= TOLD_FROM
    )
    return f"case {comparison.name}_level {cases or 'when null then null'} end"
