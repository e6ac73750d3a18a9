"""Walks the forms of parties through time and says which entity each spoke of, from when until when. Reads no store.

An entity's id names one body of forms. A body only ever gains forms that were first filed after it was there; when two
bodies are joined, or one is divided, their ids end and new ones open. So whatever was filed under an id up to a moment
is what was known of that entity at that moment, and history needs no other test than an equal id.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from operator import attrgetter

from engine.linking.weights import Weights

FIRST = "first filing of this party"


@dataclass(frozen=True, slots=True)
class Form:
    """A way in which a party was written, and when first.

    Args:
        filing: the filing it was first written on; None for a notice's.
        numbers: its LEI as ("lei", value) and its register number as ("registration COUNTRY", value).
    """

    form_id: int
    first_seen: datetime
    filing: str | None = None
    numbers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Link:
    """Two forms that may be one party: since when, how strongly in bits, whether their numbers contradict each other, why."""

    one: int
    other: int
    known_from: datetime
    weight: float
    differ: bool
    reason: str


@dataclass(frozen=True, slots=True)
class Ruling:
    """A person's word on links: two forms are one party, or one form is not the party it was taken for. Holds until `ended`."""

    event_id: str
    at: datetime
    forms: tuple[int, ...]
    together: bool
    by: str
    because: str
    ended: datetime | None = None


@dataclass(frozen=True, slots=True)
class Spell:
    """One form's entity from `known_from` until `known_to` (None: still)."""

    form_id: int
    entity_id: int
    known_from: datetime
    known_to: datetime | None
    reason: str


def resolve(forms: Sequence[Form], links: Iterable[Link], rulings: Iterable[Ruling], weights: Weights) -> list[Spell]:
    """The entities of forms through time.

    The outcome depends on what is given and on no order of it; forms that no chain of links or rulings connects do not
    touch each other, so that a part of the store may be resolved alone.
    """
    return _walked(forms, links, rulings, weights).spells()


def _walked(forms: Sequence[Form], links: Iterable[Link], rulings: Iterable[Ruling], weights: Weights) -> _Walk:
    walk = _Walk(forms, weights)
    starting, ruled, ending, linked = defaultdict(list), defaultdict(list), defaultdict(list), defaultdict(list)
    for form in forms:
        starting[form.first_seen].append(form)
    for link in _growing(links):
        linked[link.known_from].append(link)
    rulings = sorted(rulings, key=lambda ruling: (ruling.at, ruling.event_id))
    for ruling in rulings:
        ruled[ruling.at].append(ruling)
        if ruling.ended is not None:
            ending[max(ruling.ended, ruling.at)].append(ruling)
    for moment in sorted(starting.keys() | linked.keys() | ruled.keys() | ending.keys()):
        walk.enter(sorted(starting[moment], key=attrgetter("form_id")), linked[moment], moment)
        for link in sorted(linked[moment], key=_strongest):
            walk.consider(link, moment)
        for ruling in ruled[moment]:
            walk.rule(ruling, moment)
        if ending[moment]:
            _unsay(walk, forms, linked, rulings, moment, weights)
    return walk


def _strongest(link: Link) -> tuple:
    return -link.weight, link.one, link.other


def _growing(links: Iterable[Link]) -> Iterable[Link]:
    """Of each pair only what is stronger than all that was known before of it."""
    best: dict[tuple[int, int], float] = {}
    for link in sorted(links, key=lambda link: (link.known_from, -link.weight, link.one, link.other)):
        if link.weight > best.get((link.one, link.other), float("-inf")):
            best[link.one, link.other] = link.weight
            yield link


def _unsay(walk: _Walk, forms: Sequence[Form], linked: dict, rulings: list[Ruling], moment: datetime, weights: Weights) -> None:
    """From a moment on, all stands as if the rulings that ended by then had never been.

    Those that end later stand: that they will end is not known yet, and so there is nothing to take back in turn.
    """
    again = _walked(
        [form for form in forms if form.first_seen <= moment], [link for at, some in linked.items() if at <= moment for link in some],
        [replace(ruling, ended=None) for ruling in rulings if ruling.at <= moment and (ruling.ended is None or max(ruling.ended, ruling.at) > moment)], weights,
    )
    groups = defaultdict(list)
    for spell in again.spells():
        if spell.known_to is None:
            groups[spell.entity_id].append(spell.form_id)
    walk.regroup(groups.values(), moment, "a ruling on this link was taken back")
    walk.apart = again.apart


def _new_id(*told: object) -> int:
    """An id of 63 bits that follows from what it is made of."""
    return int.from_bytes(hashlib.md5("\x1f".join(map(str, told)).encode()).digest()[:8], "big") >> 1


@dataclass(slots=True)
class _Body:
    entity_id: int
    members: list[int]
    numbers: dict[str, set[str]] = field(default_factory=dict)


class _Walk:
    """The bodies as they stand, and the spells so far."""

    def __init__(self, forms: Sequence[Form], weights: Weights) -> None:
        self.weights = weights
        self.form = {form.form_id: form for form in forms}
        self.body: dict[int, _Body] = {}
        self.apart: dict[int, set[int]] = defaultdict(set)
        self._spells: dict[int, list[Spell]] = defaultdict(list)

    def spells(self) -> list[Spell]:
        return [spell for form_id in sorted(self._spells) for spell in self._spells[form_id]]

    def enter(self, newborn: list[Form], links: list[Link], moment: datetime) -> None:
        """Give each new form the entity of its best earlier candidate, or one of its own.

        Earlier means filed before, or on the same filing: what another filing of the same moment says is not known yet.
        """
        candidates: dict[int, list[tuple[Link, int]]] = defaultdict(list)
        for link in links:
            for here, there in ((link.one, link.other), (link.other, link.one)):
                if self.form[here].first_seen == moment:
                    candidates[here].append((link, there))
        for form in newborn:
            chosen = None
            ranked = sorted(candidates[form.form_id], key=lambda c: (-c[0].weight, self.form[c[1]].first_seen, c[1]))
            for link, there in ranked:
                other = self.form[there]
                earlier = other.first_seen < moment or (other.filing is not None and other.filing == form.filing)
                if link.weight >= self.weights.link and there in self.body and earlier and self._fits([form.form_id], self.body[there].members, link):
                    chosen = link, self.body[there]
                    break
            if chosen is None:
                body = _Body(form.form_id, [])
                self._take(body, form.form_id, moment, FIRST)
            else:
                self._take(chosen[1], form.form_id, moment, self._reason(chosen[0]))

    def consider(self, link: Link, moment: datetime) -> None:
        """Join the bodies of two forms where a link is strong enough and nothing stands against it."""
        one, other = self.body[link.one], self.body[link.other]
        if one is other:
            return
        needed = self.weights.link if self._is_new(one, moment) or self._is_new(other, moment) else self.weights.join
        if link.weight >= needed and self._fits(one.members, other.members, link):
            self._join(one, other, moment, self._reason(link))

    def rule(self, ruling: Ruling, moment: datetime) -> None:
        """A person's word goes before every weight, and stands against all later links."""
        if any(form_id not in self.body for form_id in ruling.forms):
            return
        reason = f"{ruling.by}: {ruling.because}" if ruling.because else ruling.by
        if ruling.together:
            one, other = (self.body[form_id] for form_id in ruling.forms)
            for here in one.members:
                self.apart[here] -= set(other.members)
            for there in other.members:
                self.apart[there] -= set(one.members)
            if one is not other:
                self._join(one, other, moment, f"joined by {reason}")
            return
        (form_id,) = ruling.forms
        body = self.body[form_id]
        rest = [other for other in body.members if other != form_id]
        self.apart[form_id] |= set(rest)
        for other in rest:
            self.apart[other].add(form_id)
        if rest:
            self._regroup(body, [[form_id], rest], moment, f"parted by {reason}")

    def regroup(self, groups: Iterable[list[int]], moment: datetime, reason: str) -> None:
        """Make the bodies those groups, whatever they were."""
        standing = {frozenset(body.members) for body in self.body.values()}
        for group in sorted(map(sorted, groups)):
            if frozenset(group) in standing:
                continue
            fresh = _Body(_new_id("group", moment, *group), [])
            for form_id in group:
                self.body[form_id].members.remove(form_id)
                self._take(fresh, form_id, moment, reason)
        for body in {id(body): body for body in self.body.values()}.values():
            body.numbers = self._numbers(body.members)

    def _reason(self, link: Link) -> str:
        told = f"{link.reason}: {link.weight:+.1f} bits, {self.weights.link:.1f} needed"
        return f"taken for the same party registered anew, {told} ({self.weights.registered_anew:.1f} against its numbers)" if link.differ else told

    def _fits(self, here: list[int], there: list[int], link: Link) -> bool:
        """Whether nobody parted them, and their numbers agree or the link itself outweighs that they do not."""
        if self.apart and any(self.apart[form_id] & set(there) for form_id in here if form_id in self.apart):
            return False
        if link.differ:
            return link.weight >= self.weights.registered_anew
        ours, theirs = (self.body[some[0]].numbers if some[0] in self.body else self._numbers(some) for some in (here, there))
        return not any(_contradict(ours[sort], theirs[sort]) for sort in ours.keys() & theirs.keys())

    def _numbers(self, members: Iterable[int]) -> dict[str, set[str]]:
        found: dict[str, set[str]] = {}
        for form_id in members:
            for sort, number in self.form[form_id].numbers:
                found.setdefault(sort, set()).add(number)
        return found

    def _is_new(self, body: _Body, moment: datetime) -> bool:
        return all(self.form[form_id].first_seen == moment for form_id in body.members)

    def _join(self, one: _Body, other: _Body, moment: datetime, reason: str) -> None:
        """A body all of whose forms are new at this moment is taken in by the other; else both ids end and a third opens."""
        new = [body for body in (one, other) if self._is_new(body, moment)]
        if new:
            guest = max(new, key=lambda body: body.entity_id)
            host = other if guest is one else one
            for form_id in list(guest.members):
                self._take(host, form_id, moment, reason)
            return
        joined = _Body(_new_id("join", *sorted((one.entity_id, other.entity_id))), [])
        for form_id in (*one.members, *other.members):
            self._take(joined, form_id, moment, reason)

    def _regroup(self, body: _Body, groups: list[list[int]], moment: datetime, reason: str) -> None:
        for group in groups:
            fresh = _Body(_new_id("part", body.entity_id, moment, *sorted(group)), [])
            for form_id in group:
                self._take(fresh, form_id, moment, reason)

    def _take(self, body: _Body, form_id: int, moment: datetime, reason: str) -> None:
        """From a moment on a form belongs to a body."""
        told = self._spells[form_id]
        if told:
            last = told.pop()
            # The first spell stays even where it ends as it begins: it is what the form's own first filing knew.
            if last.known_from < moment or not told:
                told.append(Spell(form_id, last.entity_id, last.known_from, moment, last.reason))
        told.append(Spell(form_id, body.entity_id, moment, None, reason))
        body.members.append(form_id)
        for sort, number in self.form[form_id].numbers:
            body.numbers.setdefault(sort, set()).add(number)
        self.body[form_id] = body


def _contradict(ours: set[str], theirs: set[str]) -> bool:
    """Whether two bodies' numbers of one register have none in common, not even but for one figure."""
    return not any(_near(one, other) for one in ours for other in theirs)


def _near(one: str, other: str) -> bool:
    """Equal, or one figure replaced or left out: a slip, and no other registration."""
    if one == other:
        return True
    if abs(len(one) - len(other)) > 1:
        return False
    short, long = sorted((one, other), key=len)
    start = next((n for n, letter in enumerate(short) if letter != long[n]), len(short))
    return short[start + (len(short) == len(long)):] == long[start + 1 :]
