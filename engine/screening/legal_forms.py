"""The legal forms that firms carry in their names, each under its class. Knows no list.

A class is enough for comparing: a filing that prints "GmbH" where the list prints "Ltd" speaks of a limited
company both times, and translations of one form ("OOO", "LLC") are the commonest difference between the two.
The forms stand in ``words.toml``.
"""

import tomllib
from importlib.resources import files

_TABLE = tomllib.loads((files("engine.screening") / "words.toml").read_text("utf-8"))

TRADE_WORDS = frozenset(_TABLE["trade"]["words"].split())
"""Words that describe a trade and not a firm; a small list of names would otherwise find them rare."""

_WRITTEN = {
    tuple(form.split()): kind for kind, forms in _TABLE["legal_forms"].items() for form in (*forms.split(";"), kind)
}
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
    while len(words) > 1 and words[-1] in _LAST_WORDS:
        for length in range(min(_LONGEST, len(words) - 1), 0, -1):
            tail = words[-length:]
            kind = _WRITTEN.get(tail)
            if kind and not (length == 1 and tail[0] in _NOT_AT_TAIL):
                words, found = words[:-length], found or kind
                break
        else:
            break
    while len(words) > 1 and words[0] in _FIRST_WORDS:
        for length in range(min(_LONGEST, len(words) - 1), 0, -1):
            head = words[:length]
            kind = _WRITTEN.get(head)
            if kind and (length > 1 or head[0] in _SHORT_AT_HEAD or len(head[0]) >= 10):
                words, found = words[length:], found or kind
                break
        else:
            break
    if found and len(words) > 1 and words[-1] == "co":
        words = words[:-1]  # "Acme Company, S.A." and "Acme S.A." are one form with and without its noun
    return words, found
