"""Ways in which a listed name comes to be written otherwise, each seeded; for measuring the watch-list matcher. Knows no matcher.

The kinds are those that published tests of screening systems use; none is drawn from the matcher's own tables, which would make
it judge itself.
"""

from __future__ import annotations

import random
import re
import unicodedata
from collections.abc import Callable

from rapidfuzz import fuzz, process

Mutation = Callable[[list[str], str, random.Random], str | None]
"""Words of a name, its kind, and chance -> the name written otherwise, or None where this kind of change does not apply."""

FORMS = ("LLC", "Ltd", "Limited", "GmbH", "Co., Ltd.", "S.A.", "FZE", "OOO", "JSC", "Inc.", "Sdn Bhd", "Pte Ltd", "PJSC", "Corp")
_FORM_WORDS = frozenset(re.sub(r"[^\w ]", "", " ".join((*FORMS, "company", "corporation", "the", "of", "and"))).casefold().split())
TITLES = ("Mr.", "Dr.", "General", "Haji", "Sheikh", "Colonel", "Eng.", "Mullah", "Prof.", "Sayyid", "Hon.")
INVISIBLE = "\u200b\u200d\u200c\u00ad\ufeff\u2060"
LIKE_LATIN = dict(zip("AaBEeKMHOoPpCcTXxyi", "АаВЕеКМНОоРрСсТХхуі", strict=True))
ACCENTS = {"a": "áäâã", "e": "éèêë", "i": "íîï", "o": "óöôõ", "u": "úüû", "s": "šş", "c": "çč", "n": "ñ", "z": "žż", "g": "ğ"}
SPELLINGS = (
    ("mohammed", "muhamad"), ("mohammad", "mohamed"), ("muhammad", "mohammed"), ("ahmad", "ahmed"), ("ahmed", "achmed"),
    ("hussein", "husayn"), ("husayn", "hossein"), ("abdul", "abdel"), ("abd al", "abdul"), ("yusuf", "youssef"), ("omar", "umar"),
    ("osama", "usama"), ("ali", "aly"), ("sayed", "sayyid"), ("khalid", "khaled"), ("ibrahim", "ebrahim"), ("qasim", "kassem"),
    ("shch", "sch"), ("kh", "h"), ("zh", "j"), ("iy", "y"), ("ou", "u"), ("oo", "u"), ("ee", "i"), ("dj", "j"), ("q", "k"), ("ks", "x"),
    ("ch", "tch"), ("yev", "ev"), ("ya", "ia"), ("yu", "iu"), ("w", "v"), ("ph", "f"), ("ck", "k"), ("aa", "a"), ("al-", "el-"),
)  # fmt: skip


def _one_long_word(words: list[str], chance: random.Random, least: int = 5) -> int | None:
    long = [n for n, word in enumerate(words) if len(word) >= least and word.isalpha()]
    return chance.choice(long) if long else None


def _with(words: list[str], at: int, new: str) -> str:
    return " ".join((*words[:at], new, *words[at + 1 :]))


def typo(words: list[str], kind: str, chance: random.Random) -> str | None:
    at = _one_long_word(words, chance)
    if at is None:
        return None
    word, place = words[at], chance.randrange(1, len(words[at]))
    return _with(words, at, word[:place] + chance.choice("abdefgiklmnoprstuvz") + word[place + 1 :])


def swapped(words: list[str], kind: str, chance: random.Random) -> str | None:
    at = _one_long_word(words, chance)
    if at is None:
        return None
    word = words[at]
    places = [n for n in range(1, len(word) - 1) if word[n] != word[n + 1]]
    if not places:
        return None
    place = chance.choice(places)
    return _with(words, at, word[:place] + word[place + 1] + word[place] + word[place + 2 :])


def dropped_letter(words: list[str], kind: str, chance: random.Random) -> str | None:
    at = _one_long_word(words, chance)
    if at is None:
        return None
    place = chance.randrange(1, len(words[at]))
    return _with(words, at, words[at][:place] + words[at][place + 1 :])


def dropped_word(words: list[str], kind: str, chance: random.Random) -> str | None:
    if len(words) < 3:
        return None
    at = chance.randrange(len(words))
    return " ".join(words[:at] + words[at + 1 :])


def initials(words: list[str], kind: str, chance: random.Random) -> str | None:
    if kind != "person" or len(words) < 3 or len(words[0]) < 3:
        return None
    return _with(words, 0, words[0][0] + ".")


def word_order(words: list[str], kind: str, chance: random.Random) -> str | None:
    if len(words) < 2:
        return None
    mixed = words[:]
    while mixed == words:
        chance.shuffle(mixed)
        if len(set(words)) == 1:
            return None
    return " ".join(mixed)


def vowels_lost(words: list[str], kind: str, chance: random.Random) -> str | None:
    at = _one_long_word(words, chance, 4)
    if at is None or len(words) < 2:
        return None
    bare = words[at][0] + re.sub("[aeiouAEIOU]", "", words[at][1:])
    return _with(words, at, bare) if 3 <= len(bare) < len(words[at]) else None


def truncated(words: list[str], kind: str, chance: random.Random) -> str | None:
    name = " ".join(words)
    return name[: int(len(name) * 0.75)].strip() if len(name) >= 16 and len(words) >= 2 else None


def transliterated(words: list[str], kind: str, chance: random.Random) -> str | None:
    name = " ".join(words).casefold()
    fitting = [pair for pair in SPELLINGS if pair[0] in name]
    if not fitting:
        return None
    for before, after in chance.sample(fitting, min(2, len(fitting))):
        name = name.replace(before, after)
    return name.upper() if " ".join(words).isupper() else name.title()


_FORM = re.compile(
    r"[,\s]+(?:LLC|L\.L\.C\.|LTD\.?|LIMITED|GMBH|CO\.?,? LTD\.?|S\.A\.(?: DE C\.V\.)?|INC\.?|CORP\.?|CORPORATION|PJSC|OJSC|JSC|FZE|AG|PLC|SARL)$", re.I
)


def form_changed(words: list[str], kind: str, chance: random.Random) -> str | None:
    name, found = _FORM.subn("", " ".join(words))
    return f"{name} {chance.choice(FORMS)}" if kind == "organisation" and found and len(name.split()) >= 2 else None


def form_dropped(words: list[str], kind: str, chance: random.Random) -> str | None:
    name, found = _FORM.subn("", " ".join(words))
    return name if kind == "organisation" and found and len(name.split()) >= 2 else None


def honorific(words: list[str], kind: str, chance: random.Random) -> str | None:
    return f"{chance.choice(TITLES)} {' '.join(words)}" if kind == "person" and len(words) >= 2 else None


def invisible(words: list[str], kind: str, chance: random.Random) -> str | None:
    name = " ".join(words)
    for _ in range(3):
        at = chance.randrange(1, len(name))
        name = name[:at] + chance.choice(INVISIBLE) + name[at:]
    return name


def homoglyphs(words: list[str], kind: str, chance: random.Random) -> str | None:
    name = list(" ".join(words))
    places = [n for n, letter in enumerate(name) if letter in LIKE_LATIN]
    if len(places) < 2:
        return None
    for n in chance.sample(places, min(4, len(places) - 1)):
        name[n] = LIKE_LATIN[name[n]]
    return "".join(name)


def joined(words: list[str], kind: str, chance: random.Random) -> str | None:
    if len(words) < 2:
        return None
    at = chance.randrange(len(words) - 1)
    return " ".join((*words[:at], words[at] + words[at + 1], *words[at + 2 :]))


def split(words: list[str], kind: str, chance: random.Random) -> str | None:
    at = _one_long_word(words, chance, 6)
    if at is None:
        return None
    place = chance.randrange(2, len(words[at]) - 2)
    return _with(words, at, f"{words[at][:place]} {words[at][place:]}")


def diacritics(words: list[str], kind: str, chance: random.Random) -> str | None:
    name = " ".join(words)
    bare = "".join(letter for letter in unicodedata.normalize("NFD", name) if not unicodedata.combining(letter))
    if bare != name:
        return bare
    return "".join(chance.choice(ACCENTS[letter.lower()]) if letter.lower() in ACCENTS and chance.random() < 0.3 else letter for letter in name.lower())


MUTATIONS: dict[str, Mutation] = {
    "typo": typo, "swapped letters": swapped, "dropped letter": dropped_letter, "dropped word": dropped_word, "initial": initials,
    "word order": word_order, "vowels lost": vowels_lost, "truncated": truncated, "transliteration": transliterated,
    "legal form changed": form_changed, "legal form dropped": form_dropped, "honorific": honorific, "invisible": invisible,
    "homoglyphs": homoglyphs, "joined words": joined, "split word": split, "diacritics": diacritics,
}  # fmt: skip

GIVEN = """
James Maria Wei Anna Jean Pierre Ivan Olga Fatima Peter Lars Ingrid Kofi Hiroshi Carlos Luisa Marco Elena David Sarah Omar Ana Sergei
Hans Greta Yuki Ahmed Mohammed Ali Hassan Hussein Abdullah Yusuf Ibrahim Khalid Mustafa Aleksandr Dmitri Vladimir Natalia Min-jun Li Jing
Chen Jose Juan Luis Antonio Francisco Pedro Thomas Robert Michael Paul Ravi Amit Priya Kwame Chinedu Aisha Zainab Leila Reza Hamid Mehdi
""".split()
FAMILY = """
Smith Garcia Muller Dubois Rossi Kowalski Nguyen Johnson Okafor Larsson Tanaka Ivanova Silva Novak Brown Petersen Singh Dupont Lopez
Yilmaz Schmidt Weber Jansen Cohen Andersson Khan Hussain Rahman Haddad Mansour Nasser Ahmadi Hosseini Karimi Petrov Ivanov Kuznetsov
Smirnov Volkov Kim Park Zhang Wang Liu Huang Rodriguez Martinez Hernandez Gonzalez Perez Sanchez Ramirez Torres Diaz Patel Sharma Mensah
Diallo Traore Abubakar Musa Said Salim Farah
""".split()
HEADS = """
Gulf Northern Alpine Blue Pacific Star Orient Delta Baltic Prime Nova Atlas Desert Royal Global Silk Harbour Meridian Summit Cedar Golden
Ocean Phoenix Orion Caspian Nordic Lotus Pearl Eagle Falcon Crescent Horizon Sunrise Victory United Eastern Western Central Continental
""".split()
TRADES = """
Trading Marine Logistics Industries Electronics Shipping Technologies Engineering Defence Systems Aviation Metals Chemicals Optics Machinery
Freight Security Energy Petroleum Construction Holding Investment Bank Group International Services Supply Import Export Company
""".split()


def _folded(words: list[str]) -> list[str]:
    """Words without case, points and hyphens, and without the legal forms."""
    bare = re.sub(r"[^\w\s-]", "", " ".join(words).casefold()).replace("-", " ").split()
    return [word for word in bare if word not in _FORM_WORDS]


def like_nobody(names: list[str], words_of_persons: list[list[str]], words_of_firms: list[list[str]], chance: random.Random, each: int) -> dict[str, list[str]]:
    """Names that look like listed ones and are nobody's, by how they are made.

    Args:
        names: every listed name and alias; none of the names made is one of them written otherwise.
        words_of_persons, words_of_firms: the words of the listed names, which recombined give look-alikes.
        each: how many of every kind.
    """
    listed = [words for words in {frozenset(_folded(name.split())) for name in names} if words]
    of_word: dict[str, set[int]] = {}
    for n, words in enumerate(listed):
        for word in words:
            of_word.setdefault(word, set()).add(n)

    sorted_names = [" ".join(sorted(words)) for words in listed]

    def free(name: str) -> bool:
        """Not a listed name with words left out, added or moved, nor one with a letter or two changed."""
        words = frozenset(_folded(name.split()))
        if not words:
            return True
        inside = set.intersection(*(of_word.get(word, set()) for word in words))
        if inside or any(listed[n] <= words for word in words for n in of_word.get(word, ())):
            return False
        return process.extractOne(" ".join(sorted(words)), sorted_names, scorer=fuzz.ratio, score_cutoff=92) is None

    def drawn(make: Callable[[], str]) -> list[str]:
        found: dict[str, None] = {}
        for _ in range(each * 20):
            name = make()
            if name not in found and free(name):
                found[name] = None
            if len(found) == each:
                break
        return list(found)

    def mixed(pool: list[list[str]]) -> str:
        """As many words as one name has, each from the same place of another name."""
        length = len(chance.choice(pool))
        return " ".join(chance.choice([words for words in chance.sample(pool, 20) if len(words) > n] or [["Star"] * 9])[n] for n in range(length))

    def halved(pool: list[list[str]]) -> str:
        """One half of a name and the other half of another."""
        one, other = chance.sample(pool, 2)
        return " ".join(one[: max(1, len(one) // 2)] + other[max(1, len(other) // 2) :])

    people = [words for words in words_of_persons if 2 <= len(words) <= 5]
    firms = [words for words in words_of_firms if 2 <= len(words) <= 6]
    return {
        "people recombined": drawn(lambda: mixed(people)),
        "firms recombined": drawn(lambda: mixed(firms)),
        "half of people": drawn(lambda: halved(people)),
        "half of firms": drawn(lambda: halved(firms)),
        "common people": drawn(lambda: f"{chance.choice(GIVEN)} {chance.choice(FAMILY)}"),
        "made-up firms": drawn(lambda: f"{' '.join(chance.sample(HEADS, chance.choice((1, 2))))} {chance.choice(TRADES)} {chance.choice(FORMS)}"),
        "form or trade alone": sorted({
            *FORMS, *TRADES, *(f"{trade} {form}" for trade in TRADES for form in FORMS[:6]), *(f"{a} {b}" for a in TRADES for b in TRADES[:8] if a != b)
        }),
    }
