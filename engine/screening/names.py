"""Turns a written name into the house's one comparable form. Knows no list and no score."""

import re
import unicodedata
from functools import lru_cache
from typing import NamedTuple

from anyascii import anyascii

from engine.screening.legal_forms import without_form

LONGEST_KEY = 500  # characters; the longest name on the UN and OFAC lists has 180

_APOSTROPHES = re.compile("['`\u00b4\u2018\u2019\u201b\u02bb\u02bc\u02be\u02bf\u02c8\uff07]")
_NOT_WORD = re.compile(r"[^a-z0-9]+")
_SYLLABLE = re.compile("([A-Z])")
_LONE_LETTERS = re.compile(r"\b[a-z](?: [a-z]\b)+")

# Letters that a reader cannot tell from Latin ones. Used only inside a name that also has true Latin
# letters: there "G\u0430zprom" is a disguise; in a wholly Cyrillic name the same letter is itself.
_LOOK_ALIKES = str.maketrans(
    "\u0430\u0432\u0435\u0456\u0458\u043a\u043c\u043d\u043e\u0440\u0441\u0442\u0443\u0445\u0455\u0501\u051b\u051d\u04bb\u0433"
    "\u03b1\u03b2\u03b5\u03b9\u03ba\u03bd\u03bf\u03c1\u03c4\u03c5\u03c7\u0131",
    "abeijkmhopctyxsdqwhrabeikvoptuxi",
)
_LOOKS_LATIN = frozenset(map(chr, _LOOK_ALIKES))

_SAME_WORD = {
    "company": "co",
    "corporation": "corp",
    "corporacion": "corp",
    "compania": "cia",
    "brothers": "bros",
    "intl": "international",
    **{word: str(n) for n, word in enumerate(["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"], start=1)},
    **{word: f"{n}th" for n, word in enumerate(["first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth"], start=1)},
    "1st": "1th", "2nd": "2th", "3rd": "3th",
}  # fmt: skip


SPELT_OUT = {"co": "company", "corp": "corporation", "bros": "brothers", "1th": "first", "2th": "second", "3th": "third"}
"""Words of a key that stand for a longer one, which is what a slip of the pen strikes."""


class KeyedName(NamedTuple):
    """A name's words in their order, and the class of its legal form apart ("" where it names none)."""

    words: tuple[str, ...]
    form: str

    @property
    def key(self) -> str:
        """The words, then the class of legal form: what `name_key` answers."""
        return " ".join((*self.words, self.form) if self.form else self.words)


def name_key(name: str) -> str:
    """The house's normalised name: equal keys mean the same name differently written.

    Compatibility forms are folded, invisible characters and look-alike letters undone, scripts
    transliterated, case and punctuation dropped; a legal form at either end becomes its class at the end
    (``OOO "Romashka"`` and ``Romashka Ltd.`` are both ``romashka llc``), because filings print the same
    firm's form in three ways. Word order stays. A name that is nothing but a legal form keeps it.

    Args:
        name: as written; any text, also empty or damaged.

    Returns:
        ASCII letters, digits and single spaces, at most 500 characters; "" when no letter or digit is
        left. The key of a key is itself. Never raises.
    """
    return keyed(name).key


def keyed(name: str) -> KeyedName:
    """The same as `name_key`, with the legal form kept apart from the words."""
    return KeyedName(*without_form(plain_words(name)))


def plain_words(name: str) -> tuple[str, ...]:
    """The words of a name that has no legal form, such as a person's, whose "Sal" or "Ag" is their own."""
    return tuple(_SAME_WORD.get(word, word) for word in _words(name).split())


def _words(name: str) -> str:
    """Lower-case ASCII words of a name, one space between."""
    if not name.isascii():
        name = _ascii(name)
    text = name.lower()
    text = text.replace("&", " and ")
    if "'" in text or "`" in text:
        text = _APOSTROPHES.sub("", text)
    text = _NOT_WORD.sub(" ", text).strip()[:LONGEST_KEY].strip()
    return _LONE_LETTERS.sub(lambda letters: letters.group().replace(" ", ""), text)


def _ascii(name: str) -> str:
    """ASCII letters of a name in any script.

    anyascii and not ICU: keys are stored for years, and ICU's tables change with the machine's library.
    """
    text = "".join(letter for letter in name if letter.isascii() or _is_shown(letter))
    text = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    text = _APOSTROPHES.sub("", text)
    if any("a" <= letter <= "z" for letter in text):
        text = " ".join(_unmasked(word) for word in text.split())
    # After case folding the only capitals are those that anyascii sets before each syllable of an ideograph.
    return _SYLLABLE.sub(r" \1", anyascii(text))


def _is_shown(letter: str) -> bool:
    """False for controls, format characters, symbols (a trade mark is no part of a name) and selectors."""
    if letter.isspace():
        return True
    kind = unicodedata.category(letter)
    return kind[0] not in "CS" and not "\ufe00" <= letter <= "\ufe0f" and letter != "\u034f"


def _unmasked(word: str) -> str:
    """The word with look-alike letters made Latin, when nothing else in it is of another script."""
    if word.isascii():
        return word
    foreign = [letter for letter in word if letter.isalpha() and not unicodedata.name(letter, "").startswith("LATIN")]
    return word.translate(_LOOK_ALIKES) if all(letter in _LOOKS_LATIN for letter in foreign) else word


_DIGRAPHS = re.compile("tsch|tch|sch|ch|sh|kh|gh|ph|th|dh|dj|dzh|zh|ck|ts|tz|x")
_SOUNDS = {
    "sch": "s", "tsch": "s", "tch": "s", "ch": "s", "sh": "s", "kh": "k", "gh": "g", "ph": "f", "th": "t", "dh": "d", "dj": "j",
    "dzh": "j", "zh": "j", "ck": "k", "ts": "z", "tz": "z", "x": "ks",
}  # fmt: skip
_LETTERS = str.maketrans("qcwv", "kkvv", "aeiouy")
_DOUBLED = re.compile(r"(.)\1+")


@lru_cache(maxsize=1 << 16)  # names share their words; without it skeletons take a third of a bulk run
def skeleton(word: str) -> str:
    """The consonants of an ASCII word, spellings of one sound made equal: ``muhammad`` and ``mohamed`` are ``mhmd``.

    Transliterations differ in vowels and doubled letters far more than in consonants, and lists are mostly
    transliterations. An opening vowel is kept as ``a``, an opening ``y`` as ``y``.
    """
    if word.isdigit():
        return word
    opening = word[:1]
    if opening == "y" or (opening == "i" and word[1:2] in ("a", "o", "u")):
        head = "y"  # "iusuf" is "yusuf"
    else:
        head = "a" if opening in ("a", "e", "i", "o", "u") else ""
    sounds = _DIGRAPHS.sub(lambda letters: _SOUNDS[letters.group()], word)
    return _DOUBLED.sub(r"\1", head + sounds.translate(_LETTERS))


_ROMANISED = re.compile("tsch|tch|ch|sch|sh|kh|gh|ph|th|dzh|dh|dj|zh|ck|tz|ts|x|ou|oo|ee")
_ROMANS = {
    "tsch": "C", "tch": "C", "ch": "C", "sch": "S", "sh": "S", "kh": "h", "gh": "g", "ph": "f", "th": "t", "dzh": "j", "dh": "d", "dj": "j",
    "zh": "j", "ck": "k", "tz": "z", "ts": "z", "x": "ks", "ou": "u", "oo": "u", "ee": "i",
}  # fmt: skip
_EXCHANGED = str.maketrans("qcwy", "kkvi")


@lru_cache(maxsize=1 << 16)
def romanised(word: str) -> str:
    """An ASCII word in one romanisation: ``khalimov`` and ``halymov``, ``ryu`` and ``riu`` are one word.

    Unlike `skeleton` it keeps the vowels, so that equal forms are the same word however short. Compiled from where the
    romanisations of Arabic, Persian, Russian and Korean names by BGN/PCGN, ISO and ICAO 9303 differ.
    """
    sounds = _ROMANISED.sub(lambda letters: _ROMANS[letters.group()], word)
    return _DOUBLED.sub(r"\1", sounds.translate(_EXCHANGED))
