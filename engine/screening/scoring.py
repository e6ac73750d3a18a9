"""How alike two names are, word by word, in [0, 1]. Knows no list, no country and no threshold."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Protocol

from rapidfuzz.distance import OSA, Indel

from engine.screening.legal_forms import SPELLINGS, TITLES
from engine.screening.names import SPELT_OUT, romanised, skeleton

# Of the weight of evidence that stands behind a match, in nats (a word of one name in 20,000 carries 9.9, "trading"
# about 3): below, the words that agree are too common to identify anybody; above, one missing word matters little.
ENOUGH_EVIDENCE = 13.0
FULL_EVIDENCE = 19.0

SAME_NAME = 0.96  # another usual spelling of one given name
TITLE_WEIGHT = 0.5  # nats; a title that only the query prints tells nobody apart
CUT_OFF = 0.72  # the last word of a name, cut off after two letters or three

DOUBLED = 0.93  # the same letters, some of them doubled
ROMANISED = 0.92  # the same word in another romanisation
# Off the likeness of a word that the lists know for itself, for the rarest such word and for the commonest:
# "Rahman" for "Rahmani" is hardly a slip of the pen.
OTHER_WORD = (0.06, 0.20)
INITIALS = 0.75  # an initial, or several in one word, for whole words
PATRONYMIC_SHARE = 0.5  # of its weight that a patronymic counts when only the list prints it: filings leave it out

_NO_SLIP = frozenset({1.0, SAME_NAME, ROMANISED, INITIALS, CUT_OFF})  # likenesses that do not say "miswritten"

_SHORTEST_ALIKE = 0.60  # of two words' likeness; below, they are different words
_VOWELS = frozenset("aeiou")
_DIGITS_FOR_LETTERS = str.maketrans("0134579", "oieastg")
_TWICE = re.compile(r"(.)\1")
_PATRONYMIC = re.compile(r".{3,}(?:ovich|evich|ovych|evych|ovitch|evitch|ovic|evic|ovna|evna|ivna|yivna)$")


@dataclass(frozen=True, slots=True)
class Alikeness:
    """Two names compared.

    Args:
        score: in [0, 1]; 1 only for the same words in the same order.
        evidence: nats; weight of the listed words that found a partner.
        matched: how many listed words found a partner.
        missing: listed words without a partner in the query.
        extra: query words without a partner in the list.
        altered: pairs (query word, listed word) that are alike, not equal.
    """

    score: float
    evidence: float
    matched: int
    missing: tuple[str, ...]
    extra: tuple[str, ...]
    altered: tuple[tuple[str, str], ...]


@lru_cache(maxsize=1 << 18)  # names share their words: without it a bulk run takes twice as long
def word_alikeness(query: str, listed: str) -> float:
    """How alike two words are: 1 equal, 0 different words.

    Long words forgive a slip of the pen, short ones hardly; words with the same consonants (transliterations),
    initials and cut-off words count in part.
    """
    if query == listed:
        return 1.0
    known, other = SPELLINGS.get(query), SPELLINGS.get(listed)
    if known and other:
        return SAME_NAME if known == other else 0.0
    query, listed = SPELT_OUT.get(query, query), SPELT_OUT.get(listed, listed)  # "comrany" is near "company", not near "co"
    shorter, longer = sorted((len(query), len(listed)))
    if shorter == 1:
        return INITIALS if len(query) == 1 and query == listed[0] else 0.0
    if query.isdigit() or listed.isdigit():
        return 0.0  # "Plant 54" is not "Plant 55"
    if not query.isalpha() and len(query) >= 4 and listed.isalpha():
        query = query.translate(_DIGITS_FOR_LETTERS)  # "sech1n"
        if query == listed:
            return DOUBLED
    if longer - shorter <= 2 and _TWICE.sub(r"\1", query) == _TWICE.sub(r"\1", listed):
        return DOUBLED
    if shorter >= 3 and romanised(query) == romanised(listed):
        return ROMANISED
    likeness = OSA.normalized_similarity(query, listed, score_cutoff=0.6)
    # One slip in n letters costs about 1.3/n: 0.84 at eight letters, 0.68 at four.
    alike = 1.0 - 1.3 * (1.0 - likeness) if longer >= 4 else 0.0
    if _VOWELS.isdisjoint(query):  # "mhmmd", "sn": written without vowels
        bones = skeleton(query)
        if len(bones) >= 2 and bones == skeleton(listed):
            return 0.86
    if query[0] != listed[0]:
        alike -= 0.06  # slips are rarer in the first letter, and "Sudan" is not "Tudan"
    if shorter >= 3:
        bones = skeleton(query)
        if len(bones) >= 2 and bones == skeleton(listed):
            # Short words share their consonants by chance ("Juan", "Jian"), long ones hardly.
            bare = 0.55 if longer > 5 else 0.45
            alike = max(alike, bare + 0.45 * Indel.normalized_similarity(query, listed))
        if shorter >= 4 and (listed.startswith(query) or query.startswith(listed)):
            alike = max(alike, 0.60 + 0.35 * shorter / longer)
    return alike if alike >= _SHORTEST_ALIKE else 0.0


class Weights(Protocol):
    """Words and what each proves, as far as it is known."""

    def get(self, word: str, default: float, /) -> float:
        """Nats of the word itself."""

    def alike(self, word: str, default: float, /) -> float:
        """Nats of a word that is only like this one: as rare as all that sound like it are together."""

    def __contains__(self, word: str, /) -> bool: ...


def alikeness(
    query: tuple[str, ...], listed: tuple[str, ...], weights: Weights, unseen: float
) -> Alikeness:
    """Compare two names given as words.

    Words are paired from the most alike down, each once. The score is the weight of the pairs, each by its
    likeness, over the weight of all words: common words weigh little, so "Gulf Trading Corp" and "Rahim Trading
    Corp" share almost nothing. Listed words missing in the query count in part once the rest identifies enough
    by itself. A space lost, added or moved ("Mohammad Reza", "Mohammadreza") costs next to nothing.

    Args:
        query, listed: words of the names without legal form.
        weights: nats of each word of the lists, its rarity.
        unseen: nats of a word that no list holds.
    """
    if query == listed:
        return Alikeness(1.0, sum(weights.get(word, unseen) for word in listed), len(listed), (), (), ())
    if len(query) > 1 or len(listed) > 1:
        near_query, near_listed = _joined_up(query, listed), _joined_up(listed, query)
        if near_query is not query or near_listed is not listed:
            if near_query == near_listed:  # spaces apart, the same name
                evidence = sum(weights.get(word, unseen) for word in listed)
                return Alikeness(0.97, evidence, len(listed), (), (), ((" ".join(query), " ".join(listed)),))
            found = _worded(near_query, near_listed, _summed(weights, unseen, listed, near_listed), unseen)
            return replace(found, score=0.99 * found.score)
    return _worded(query, listed, weights, unseen)


def _joined_up(words: tuple[str, ...], other: tuple[str, ...]) -> tuple[str, ...]:
    """The words, two neighbours joined wherever only together they are (nearly) a word of the other name."""
    lengths = {len(word) for word in other}
    for i in range(len(words) - 1):
        length = len(words[i]) + len(words[i + 1])
        if length < 4 or lengths.isdisjoint((length - 1, length, length + 1)):
            continue
        both = words[i] + words[i + 1]
        for word in other:
            near = abs(len(word) - len(both)) <= 1 and (
                word == both or (len(both) >= 6 and OSA.distance(word, both, score_cutoff=1) <= 1)
            )
            if near and words.count(word) < other.count(word):
                return (*words[:i], both, *_joined_up(words[i + 2 :], other))
    if len(words) == len(other) > 1 and words != other and "".join(words) == "".join(other):
        return ("".join(words),)
    return words


@dataclass(frozen=True, slots=True)
class Besides:
    """Weights, and those of some words that no list prints as such."""

    weights: Weights
    others: Mapping[str, float]

    def get(self, word: str, default: float) -> float:
        other = self.others.get(word)
        return self.weights.get(word, default) if other is None else other

    def alike(self, word: str, default: float) -> float:
        other = self.others.get(word)
        return self.weights.alike(word, default) if other is None else other

    def __contains__(self, word: str) -> bool:
        return word in self.weights


def _summed(weights: Weights, unseen: float, listed: tuple[str, ...], joined: tuple[str, ...]) -> Weights:
    """Weights in which a joined word proves what its parts did."""
    new = {}
    for word in joined:
        if word not in listed:
            parts = [part for part in listed if part in word]
            new[word] = sum(weights.get(part, unseen) for part in parts) or unseen
    return Besides(weights, new) if new else weights


def _worded(query: tuple[str, ...], listed: tuple[str, ...], weights: Weights, unseen: float) -> Alikeness:
    """Compare word by word, without regard to spaces."""
    pairs = _pairs(query, listed)
    free_query = sorted({*range(len(query))} - {i for _, i, _ in pairs})
    free_listed = sorted({*range(len(listed))} - {j for _, _, j in pairs})
    last = len(query) - 1
    if pairs and last in free_query and 2 <= len(query[last]) <= 3:  # a field that was too short for the name
        cut = next((j for j in free_listed if len(listed[j]) > len(query[last]) and listed[j].startswith(query[last])), None)
        if cut is not None:
            pairs.append((CUT_OFF, last, cut))
            free_query.remove(last)
            free_listed.remove(cut)
    gained = paired_weight = evidence = 0.0
    altered = []
    for alike, i, j in pairs:
        # "Muhammad" spelt as printed proves a little; any of its spellings proves next to nothing.
        weight = weights.get(listed[j], unseen) if alike == 1.0 else weights.alike(listed[j], unseen)
        if alike not in _NO_SLIP and query[i] in weights:
            rarest, commonest = OTHER_WORD
            alike -= rarest + (commonest - rarest) * max(0.0, 1.0 - weights.get(query[i], unseen) / unseen)
        gained += 2 * alike * weight
        paired_weight += 2 * weight
        # A slip also weakens what the word proves: at 0.7 likeness half of it stands.
        evidence += alike * alike * weight
        if alike < 1.0:
            altered.append((query[i], listed[j]))
    for i in list(free_query):
        run = _spelt_by(query[i], listed, free_listed)
        if run:  # "JC" for "Jean Claude"
            weight = sum(weights.get(listed[j], unseen) for j in run)
            gained, paired_weight, evidence = gained + 2 * INITIALS * weight, paired_weight + 2 * weight, evidence + INITIALS**2 * weight
            altered.append((query[i], " ".join(listed[j] for j in run)))
            free_query.remove(i)
            free_listed = [j for j in free_listed if j not in run]
    matched = len(listed) - len(free_listed)
    if free_query and free_listed:
        joined_query, joined_listed = "".join(query[i] for i in free_query), "".join(listed[j] for j in free_listed)
        alike = _joined(joined_query, joined_listed)
        if alike:
            weight = sum(weights.get(listed[j], unseen) for j in free_listed)
            gained, paired_weight = gained + 2 * alike * weight, paired_weight + 2 * weight
            evidence += alike * alike * weight
            matched += len(free_listed)
            altered.append((" ".join(query[i] for i in free_query), " ".join(listed[j] for j in free_listed)))
            free_query, free_listed = [], []
    missing_weight = sum(weights.get(listed[j], unseen) * (PATRONYMIC_SHARE if _PATRONYMIC.match(listed[j]) else 1.0) for j in free_listed)
    extra_weight = sum(TITLE_WEIGHT if query[i] in TITLES else weights.get(query[i], unseen) for i in free_query)
    # The more the pairs prove, the less a word that only one side prints takes away; a word too many in the
    # query takes more, since it may well be what tells another firm apart.
    proof = min(1.0, max(0.0, (evidence - ENOUGH_EVIDENCE) / (FULL_EVIDENCE - ENOUGH_EVIDENCE))) if matched > 1 else 0.0
    if missing_weight and extra_weight:  # a word in the place of another says more against than a word left out
        missing_share, extra_share = 0.90 - 0.30 * proof, 1.05 - 0.30 * proof
    else:
        missing_share, extra_share = 0.60 - 0.30 * proof, 1.0 - 0.40 * proof
    total = paired_weight + missing_weight * missing_share + extra_weight * extra_share
    score = gained / total if total else 0.0
    in_order = not altered and not free_query and not free_listed
    return Alikeness(
        min(score, 0.985 if in_order else 0.975),  # 1 is kept for the same words in the same order
        evidence,
        matched,
        tuple(listed[j] for j in free_listed),
        tuple(query[i] for i in free_query),
        tuple(altered),
    )


def _pairs(query: tuple[str, ...], listed: tuple[str, ...]) -> list[tuple[float, int, int]]:
    """Likeness and positions of the words that belong together, each word once, most alike first."""
    found, left, right = [], [], list(range(len(listed)))
    for i, word in enumerate(query):
        for j in right:
            if listed[j] == word:
                found.append((1.0, i, j))
                right.remove(j)
                break
        else:
            left.append(i)
    if left and right:
        alike = [(word_alikeness(query[i], listed[j]), -i, -j) for i in left for j in right]
        for likeness, i, j in sorted(alike, reverse=True):
            if likeness and -i in left and -j in right:
                found.append((likeness, -i, -j))
                left.remove(-i)
                right.remove(-j)
    return found


def _spelt_by(initials: str, listed: tuple[str, ...], free: list[int]) -> list[int]:
    """Neighbouring free words of the listed name whose first letters this word is; none where it is not."""
    if 2 <= len(initials) <= 3 and len(free) >= len(initials):
        for start in range(len(free) - len(initials) + 1):
            run = free[start : start + len(initials)]
            if run[-1] - run[0] == len(initials) - 1 and all(len(listed[j]) > 1 and listed[j][0] == letter for j, letter in zip(run, initials, strict=True)):
                return run
    return []


def _joined(query: str, listed: str) -> float:
    """Likeness of what is left on both sides, joined up; 0 when they are other words."""
    if query == listed:
        return 0.99
    if min(len(query), len(listed)) < 4:
        return 0.0
    likeness = OSA.normalized_similarity(query, listed)
    if skeleton(query) == skeleton(listed):
        likeness = max(likeness, 0.55 + 0.45 * Indel.normalized_similarity(query, listed))
    alike = 1.0 - 1.3 * (1.0 - likeness)
    return alike if alike >= 0.7 else 0.0
