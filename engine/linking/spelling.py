"""Takes a written name apart into what is compared. Knows no party; how names are normalised is handed in."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import combinations
from typing import NamedTuple

import polars as pl

# Articles and particles: they come and go with the order of words, and tell no two names apart.
_SMALL = frozenset(["al", "el", "ul", "as", "the", "of", "and", "for", "de", "la", "du", "des", "del", "di", "da", "do", "co"])
_BLOCKED_WORDS = 3  # words of a name of which any two make a block
SCHEMA = {
    "name": pl.String, "name_key": pl.String, "words": pl.String, "legal_form": pl.String, "sorted_words": pl.String,
    "squashed": pl.String, "sounds": pl.List(pl.String), "figures": pl.String, "blocks": pl.List(pl.String),
}


class Spelling(NamedTuple):
    """How the house reads names.

    Args:
        keyed: a name -> its words without legal form, and the form's class ("" for none).
        skeleton: a word -> its consonants, spellings of one sound made equal.
    """

    keyed: Callable[[str], tuple[tuple[str, ...], str]]
    skeleton: Callable[[str], str]


def parts_of(names: Iterable[str], spelling: Spelling) -> pl.DataFrame:
    """One row a name, in the columns of the table `name_key`."""
    return pl.DataFrame([_parts(name, spelling) for name in names], schema=SCHEMA, orient="row")


def _parts(name: str, spelling: Spelling) -> tuple:
    words, form = spelling.keyed(name)
    telling = tuple(word for word in words if word not in _SMALL) or words
    sounds = [sound for word in telling if (sound := spelling.skeleton(word))]
    figures = " ".join(word for word in words if word.isdigit())
    return (
        name, " ".join((*words, form) if form else words), " ".join(words), form or None, " ".join(sorted(telling)), "".join(telling),
        sorted(sounds), figures, _blocks(telling, figures, spelling),
    )


def _blocks(words: tuple[str, ...], figures: str, spelling: Spelling) -> list[str]:
    """Any two of the first words that tell something, by sound: one word misspelt, left out or moved leaves a block in common.

    Numbers belong to every block, for offices of one name differ by nothing else.
    """
    sounds = [sound for word in words if not word.isdigit() and (sound := spelling.skeleton(word))]
    sounds = sorted(dict.fromkeys(sounds[:_BLOCKED_WORDS]))
    pairs = [" ".join(pair) for pair in combinations(sounds, 2)] or sounds or ["".join(words)]
    return [f"{pair} {figures}".strip() for pair in pairs if pair]
