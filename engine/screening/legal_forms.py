"""The legal forms that firms carry in their names, each under its class. Knows no list.

A class is enough for comparing: a filing that prints "GmbH" where the list prints "Ltd" speaks of a limited
company both times, and translations of one form ("OOO", "LLC") are the commonest difference between the two.
A table of our own and not rigour's: rigour 2 needs ICU's headers and a compiler where it is installed (PyICU has no
wheel), the newest one that installs from wheels alone is 0.10, and keys made by another table would change with it.
The forms stand in ``words.toml``, with what else is known of single words: trades, offices, titles, spellings.
"""

import tomllib
from importlib.resources import files

_TABLE = tomllib.loads((files("engine.screening") / "words.toml").read_text("utf-8"))

OFFICE_WORDS = frozenset(_TABLE["trade"]["offices"].split())
"""Words of offices that every state has."""

TRADE_WORDS = frozenset(_TABLE["trade"]["words"].split()) | OFFICE_WORDS
"""Words that describe a trade or an office, not who holds it; a small list would find them rare."""

TITLES = frozenset(_TABLE["titles"]["titles"].split()) | frozenset(_TABLE["titles"]["vessels"].split())
"""Words that go before a person's or a vessel's name and are no part of it."""

SPELLINGS = {word: line.split()[0] for line in _TABLE["spellings"]["names"].strip().splitlines() for word in line.split()}
"""A given name's usual spellings, each with the first of them: one name, or surely another."""

_WRITTEN = {
    tuple(form.split()): kind for kind, forms in _TABLE["legal_forms"].items() for form in (*forms.split(";"), kind)
}
LONG_FORM_WORDS = frozenset(word for form in _WRITTEN for word in form if len(word) >= 10)
"""Words of legal forms that are long enough to be told though miswritten."""

_SHORT_AT_HEAD = frozenset(_TABLE["position"]["short_at_head"].split())
_NOT_AT_TAIL = frozenset(_TABLE["position"]["not_at_tail"].split())
_LONGEST = max(map(len, _WRITTEN))
_LAST_WORDS = frozenset(words[-1] for words in _WRITTEN)
_FIRST_WORDS = frozenset(words[0] for words in _WRITTEN)


def without_form(words: tuple[str, ...]) -> tuple[tuple[str, ...], str]:
    """A name's words without the legal forms at either end, and the class of the form ("" for none).

    The form at the tail wins over one at the head. At least one word always stays, so that a firm called
    "Limited" keeps its name.
    """
    found = ""
    while True:
        shorter, tail = _without_tail(words)
        shorter, head = _without_head(shorter)
        found = found or tail or head
        if found and len(shorter) > 1 and shorter[-1] == "co":
            shorter = shorter[:-1]  # "Acme Company, S.A." and "Acme S.A." are one form with and without its noun
        if shorter == words:  # what was taken off may have hidden another form ("Co. S.A. Ltd")
            return words, found
        words = shorter


def _without_tail(words: tuple[str, ...]) -> tuple[tuple[str, ...], str]:
    if words and words[-1] in _LAST_WORDS:
        for length in range(min(_LONGEST, len(words) - 1), 0, -1):
            kind = _WRITTEN.get(words[-length:], "")
            if kind and not (length == 1 and words[-1] in _NOT_AT_TAIL):
                return words[:-length], kind
    return words, ""


def _without_head(words: tuple[str, ...]) -> tuple[tuple[str, ...], str]:
    if words and words[0] in _FIRST_WORDS:
        for length in range(min(_LONGEST, len(words) - 1), 0, -1):
            kind = _WRITTEN.get(words[:length], "")
            # Ten letters and more ("aktiengesellschaft") are a legal form wherever they stand.
            if kind and (length > 1 or words[0] in _SHORT_AT_HEAD or len(words[0]) >= 10):
                return words[length:], kind
    return words, ""
