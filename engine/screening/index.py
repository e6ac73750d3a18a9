"""Matches names against watch-list entries, one or a million at once, each match with its reason. Stores nothing."""

import math
import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from rapidfuzz.distance import OSA

from engine.screening.blocking import Blocks
from engine.screening.entries import Kind, ListEntry, Strength
from engine.screening.legal_forms import LONG_FORM_WORDS, OFFICE_WORDS, SPELLINGS, TRADE_WORDS
from engine.screening.names import KeyedName, keyed, plain_words, skeleton
from engine.screening.scoring import Alikeness, Besides, alikeness
from engine.screening.sentences import why_identifier, why_name

POTENTIAL = 0.86  # from here an officer must settle the match
REVIEW = 0.70  # from here an officer should look
NO_MATCH = "no_list_match"  # what a caller prints for a query without any match; never "cleared"

# Cosines from which two names are compared word by word. On 9,000 altered UN and SDN names these lose 0.1 % of what
# 0.40 and 0.60 find, and a bulk run takes 290 microseconds a name where it took 400.
_TRIPLES_FROM = 0.42
_SKELETONS_FROM = 0.65
_TOP = math.nextafter(1.0, 0.0)

_SPELT_OUT = tuple(word for word in sorted(TRADE_WORDS | LONG_FORM_WORDS | {"corporation", "incorporated"}) if len(word) >= 5)
_TRADE_WORD_MOST = 3.0  # nats
_NAMES_AT_LEAST = 2_000  # a short list says little of how rare a word is: it counts as one of this many names
_COMMON_NAME = 0.84  # of the score of a name of trade words alone: a question, never a potential match
_OTHER_HULL = 0.85  # of the score of a ship of that name under another IMO number: painted over or another ship, a question at most
_COMMON_EVIDENCE = 10.0  # nats; less is two common words, such as two first names

Result = Literal["potential_match", "review"]


@dataclass(frozen=True, slots=True)
class Query:
    """What is known of the party or vessel to screen; only the name is needed, and it may be empty beside an IMO.

    Args:
        name: as filed.
        country: alpha-2 of establishment or residence; never nationality.
        kind: what it is, where known; a person's name then does not answer to a vessel's.
        imo, lei, registration: numbers; the registration counts with its country only.
        aircraft_registration: the mark on an aircraft.
    """

    name: str
    country: str | None = None
    kind: Kind | None = None
    imo: str | None = None
    lei: str | None = None
    registration: str | None = None
    aircraft_registration: str | None = None


@dataclass(frozen=True, slots=True)
class Match:
    """An entry that a query may speak of.

    Args:
        list, entry_id, name: the entry, as printed.
        matched_name: the name or alias that matched, as printed; the number where an identifier matched.
        score: in [0, 1]; 1 only for the same name or number.
        result: ``potential_match`` or ``review``.
        why: one sentence.
    """

    list: str
    entry_id: str
    name: str
    matched_name: str
    score: float
    result: Result
    why: str


class _Rarity:
    """What each word proves, in nats, among the names printed up to one edition."""

    def __init__(self, printed: Mapping[str, list[int]], edition: int, names: int) -> None:
        self._printed, self._edition, self._names = printed, edition, max(names, _NAMES_AT_LEAST)
        self._told: dict[str, float | None] = {}
        self._told_alike: dict[str, float] = {}
        self.unseen = _weight("", 1, self._names)

    def get(self, word: str, default: float) -> float:
        try:
            weight = self._told[word]
        except KeyError:
            count = bisect_right(self._printed.get(word, ()), self._edition)
            weight = _weight(word, count, self._names) if count else _TRADE_WORD_MOST if word in TRADE_WORDS else None
            self._told[word] = weight
        return default if weight is None else weight

    def alike(self, word: str, default: float) -> float:
        try:
            return self._told_alike[word]
        except KeyError:
            count = max(bisect_right(self._printed.get(kin, ()), self._edition) for kin in _kin(word))
            weight = self._told_alike[word] = min(self.get(word, default), _weight(word, count, self._names) if count else default)
            return weight

    def __contains__(self, word: str) -> bool:
        return self.get(word, math.inf) < math.inf


_Near = tuple[tuple[str, ...], Alikeness]


@dataclass(frozen=True, slots=True)
class _Written:
    """One printing of an entry's name."""

    entry: int
    name: str
    strength: Strength
    form: str
    is_main: bool


class NameIndex:
    """The names and numbers of list entries, ready to be matched.

    Built once for a set of entries and never changed after; a new edition means a new index (30,000 names take
    about a second). Equal names are compared once, however many entries carry them.
    """

    def __init__(self, entries: Iterable[ListEntry], editions: Sequence[int] | None = None) -> None:
        """Build it.

        Args:
            entries: in any order.
            editions: for each, the number of the edition that brought it, rising with time; by default one for all. A
                name is weighed by how rare its words were up to its own edition, so that no later edition moves its matches.
        """
        self._entries = tuple(entries)
        brought = editions or [0] * len(self._entries)
        first: dict[tuple[str, ...], int] = {}
        self._written: dict[tuple[str, ...], list[_Written]] = defaultdict(list)
        self._numbers: dict[tuple[str, str, str], list[int]] = defaultdict(list)
        for position, entry in enumerate(self._entries):
            for words, written in _printings(position, entry):
                self._written[words].append(written)
                first[words] = min(first.get(words, brought[position]), brought[position])
            for kind, value, country in _numbers(entry):
                self._numbers[kind, value, country].append(position)
        self._names = list(self._written)
        printed: dict[str, list[int]] = defaultdict(list)
        for words, edition in sorted(first.items(), key=lambda name: name[1]):
            for counted in {*words, *(kin for word in words for kin in _kin(word))}:
                printed[counted].append(edition)
        ranked = sorted(first.values())
        by_edition = {edition: _Rarity(printed, edition, bisect_right(ranked, edition)) for edition in set(ranked)}
        self._rarity = {words: by_edition[edition] for words, edition in first.items()}
        self._blocks = Blocks(self._names)

    def __len__(self) -> int:
        return len(self._entries)

    def match(self, queries: Sequence[Query | tuple[str, str | None]], threshold: float = REVIEW) -> list[list[Match]]:
        """The entries that each query may speak of, best first, without any cap.

        Args:
            queries: `Query`, or pairs of name and country. The same name asked twice is compared once.
            threshold: lowest score reported; `potential_match` starts at `POTENTIAL` whatever it is.

        Returns:
            One list a query, in their order; empty where nothing reaches the threshold.
        """
        asked = [query if isinstance(query, Query) else Query(query[0], query[1]) for query in queries]
        readings = [_readings(query) for query in asked]
        every = {name.words: None for names in readings for name in names if name.words}
        # A name of trade words alone ("Corp", "International Trading") names nobody: it answers to the same name only.
        telling = [words for words in every if not TRADE_WORDS.issuperset(words)]
        near = {words: self._near(words, found, threshold) for words, found in self._candidates(telling)}
        for words in every:
            if words not in near and words in self._written:
                rarity = self._rarity[words]
                near[words] = [(words, alikeness(words, words, rarity, rarity.unseen))]
        return [self._answers(query, names, near, threshold) for query, names in zip(asked, readings, strict=True)]

    def _candidates(self, distinct: list[tuple[str, ...]]) -> Iterator[tuple[tuple[str, ...], Sequence[int]]]:
        if self._names:
            for position, found in self._blocks.candidates(distinct, _TRIPLES_FROM, _SKELETONS_FROM):
                yield distinct[position], found

    def _near(self, words: tuple[str, ...], found: Iterable[int], threshold: float) -> list[_Near]:
        slips = {word: weight for word in words if (weight := _slip_of_trade_word(word))}
        compared = []
        for name in (self._names[n] for n in found):
            rarity = self._rarity[name]
            unlisted = {word: weight for word, weight in slips.items() if word not in rarity}
            weights = Besides(rarity, unlisted) if unlisted else rarity
            compared.append((name, alikeness(words, name, weights, rarity.unseen)))
        return [(listed, alike) for listed, alike in compared if alike.score >= threshold]

    def _answers(
        self, query: Query, names: list[KeyedName], near: Mapping[tuple[str, ...], list[_Near]], threshold: float
    ) -> list[Match]:
        best = dict(self._by_number(query))
        for name in names:
            for listed, alike in near.get(name.words, ()):
                for written in self._written[listed]:
                    if query.kind == "vessel" and self._entries[written.entry].kind not in ("vessel", "unknown"):
                        continue  # ships bear the names of persons and firms: that says nothing
                    match = self._judged(query, name, written, listed, alike)
                    known = best.get(written.entry)
                    if match.score >= threshold and (known is None or match.score > known.score):
                        best[written.entry] = match
        return sorted(best.values(), key=lambda match: (-match.score, match.list, match.entry_id))

    def _judged(
        self, query: Query, name: KeyedName, written: _Written, listed: tuple[str, ...], alike: Alikeness
    ) -> Match:
        """The match with this printing of the entry's name, its score lowered for what speaks against it."""
        entry = self._entries[written.entry]
        score, doubts = alike.score, []
        organised = query.kind == "organisation" or (query.kind is None and name.form != "")
        if alike.score == 1.0 and name.form != written.form:
            score = 0.97  # the same words under another legal form
        if _differs(query.kind or ("organisation" if organised else None), entry.kind):
            score *= 0.88
            doubts.append(f"the list names a {entry.kind}")
        if len(listed) == 1 and alike.score < 1.0:
            score *= _one_word(listed[0])
            doubts.append("a single word")
        elif alike.score < 1.0 and alike.evidence < _COMMON_EVIDENCE:
            # Two common words miswritten are two other persons' names as often as not; the same words with one left out hardly are.
            short = min(1.0, (_COMMON_EVIDENCE - alike.evidence) / 6.0)
            score *= 1.0 - (0.20 * short**2 if alike.altered or alike.extra else 0.10 * short)
            doubts.append("common words only")
        agrees = None if not (query.country and entry.countries) else query.country.upper() in entry.countries
        if TRADE_WORDS.issuperset(listed):
            # "Ministry of Defence" is the name of a hundred offices: only the country says which.
            office = not OFFICE_WORDS.isdisjoint(listed)
            if agrees is False:
                score *= 0.60 if office else 0.80
            elif agrees is None or not office:  # "Holding" in the same country is still anybody's holding
                score *= _COMMON_NAME
            doubts.append("a name of common words")
        elif agrees is False and entry.kind != "person":
            # Another country makes a firm less likely the same, but front firms move: never out of sight for it alone.
            score = max(0.95 * score, min(score, REVIEW))
        if query.imo and not self._same_hull(query.imo, entry):
            score *= _OTHER_HULL
            doubts.append("the IMO number is another")
        if written.strength == "weak":
            score *= POTENTIAL - 0.005
        score = round(min(score, _TOP) if alike.score < 1.0 else score, 4)
        result: Result = "potential_match" if score >= POTENTIAL else "review"
        why = why_name(written.is_main, written.strength == "weak", alike, agrees, doubts)
        return Match(entry.list, entry.entry_id, entry.name, written.name, score, result, why)

    @staticmethod
    def _same_hull(imo: str, entry: ListEntry) -> bool:
        """Whether the entry's IMO number, which a ship keeps for life, is this one, or it gives none."""
        listed = {_digits(number.value) for number in entry.identifiers if number.kind == "imo"}
        return not listed or _digits(imo) in listed

    def _by_number(self, query: Query) -> Iterator[tuple[int, Match]]:
        asked = (
            ("imo", _digits(query.imo), "", "IMO number"),
            ("aircraft_registration", _bare(query.aircraft_registration), "", "aircraft registration"),
            ("lei", _bare(query.lei), "", "LEI"),
            ("registration", _bare(query.registration), (query.country or "").upper(), "registration number"),
        )
        for kind, value, country, called in asked:
            if not value or (kind == "registration" and not country):
                continue
            for position in self._numbers.get((kind, value, country), []):
                entry = self._entries[position]
                yield (
                    position,
                    Match(
                        entry.list,
                        entry.entry_id,
                        entry.name,
                        value,
                        1.0,
                        "potential_match",
                        why_identifier(called, country),
                    ),
                )


def _readings(query: Query) -> list[KeyedName]:
    """The query's name without legal form; a person's with the word that only looks like one ("Zarkani Sal")."""
    plain = KeyedName(plain_words(query.name), "")
    if query.kind == "person":
        return [plain]
    name = keyed(query.name)
    return [name, plain] if name.form and len(name.words) == 1 and query.kind is None else [name]


def _printings(position: int, entry: ListEntry) -> Iterator[tuple[tuple[str, ...], _Written]]:
    """Every printing of the entry's names; a person's ``LAST, First`` also in speaking order."""
    seen = set()
    for name, strength, is_main in [
        (entry.name, "strong", True),
        *((a.name, a.strength, False) for a in entry.aliases),
    ]:
        last, comma, first = name.partition(", ")
        turned = [f"{first} {last}"] if comma and entry.kind in ("person", "unknown") and "," not in first else []
        parts = [part for part in name.split("/") if len(part) >= 5 and not TRADE_WORDS.issuperset(plain_words(part))] if "/" in name else []
        for printed in [name, *turned, *parts]:  # "Al-Qa'ida/Islamic Army" is two names
            as_key = keyed(printed)
            # A person has no legal form; the form-like word stays theirs, but a query may have lost it.
            spellings = [(as_key.words, "" if entry.kind == "person" else as_key.form)]
            if entry.kind == "person" and as_key.form:
                spellings = [(plain_words(printed), ""), *(spellings if len(as_key.words) > 1 else [])]
            for words, form in spellings:
                nobodys = strength == "weak" and TRADE_WORDS.issuperset(words)  # "HOLDING", called weak by the list itself
                if words and words not in seen and not nobodys:
                    seen.add(words)
                    yield words, _Written(position, name, strength, form, is_main)


def _numbers(entry: ListEntry) -> Iterator[tuple[str, str, str]]:
    for number in entry.identifiers:
        if number.kind == "imo":
            yield "imo", _digits(number.value), ""
        elif number.kind in ("lei", "aircraft_registration"):
            yield number.kind, _bare(number.value), ""
        elif number.kind == "registration":
            for country in {number.country} if number.country else set(entry.countries):
                if len(_bare(number.value)) >= 5:  # shorter register numbers repeat from town to town
                    yield "registration", _bare(number.value), country or ""


@lru_cache(maxsize=1 << 16)
def _kin(word: str) -> tuple[str, ...]:
    """What a word is counted with where it is met in another spelling; no words themselves."""
    return (f"={skeleton(word)}", f"={SPELLINGS[word]}") if word in SPELLINGS else (f"={skeleton(word)}",)


def _weight(word: str, count: int, names: int) -> float:
    """Nats that the word proves: its rarity among list names, less what any shared word proves by chance."""
    weight = max(0.5, math.log(names / count) - 1.5) if names else 1.0
    return min(weight, _TRADE_WORD_MOST) if word in TRADE_WORDS else weight


@lru_cache(maxsize=1 << 16)
def _slip_of_trade_word(word: str) -> float:
    """Nats of a word that is a trade word or legal form miswritten ("compani", "limted"); 0 for any other."""
    if len(word) < 5:
        return 0.0
    near = any(
        abs(len(word) - len(other)) <= 1 and OSA.distance(word, other, score_cutoff=1) <= 1 for other in _SPELT_OUT
    )
    return 1.0 if near else 0.0


def _one_word(word: str) -> float:
    """What a match on a single word is worth: short ones are names of many."""
    return 0.86 if len(word) <= 4 else 0.92 if len(word) <= 6 else 0.96


def _differs(query: Kind | None, listed: Kind) -> bool:
    return query is not None and "unknown" not in (query, listed) and query != listed


def _digits(text: str | None) -> str:
    return re.sub(r"\D", "", text or "")


def _bare(text: str | None) -> str:
    return re.sub(r"[^A-Z0-9]", "", (text or "").upper())
