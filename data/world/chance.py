"""Draws from tables by weight. Holds no generator of its own: chance is handed in."""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from itertools import accumulate
from random import Random
from typing import Generic, TypeVar

T = TypeVar("T")


class Weighted(Generic[T]):
    """Items drawn with probability in proportion to their weights."""

    __slots__ = ("_bounds", "_items", "_total")

    def __init__(self, items: Sequence[T], weights: Iterable[float]) -> None:
        self._items = items
        self._bounds = list(accumulate(weights))
        if not items or len(items) != len(self._bounds):
            raise ValueError(
                f"{len(items)} items and {len(self._bounds)} weights: give one weight for each, at least one."
            )
        self._total = self._bounds[-1]
        self._bounds.pop()  # so that rounding at the top end never falls outside

    def draw(self, chance: Random) -> T:
        return self._items[bisect_right(self._bounds, chance.random() * self._total)]


def zipf(items: Sequence[T], exponent: float) -> Weighted[T]:
    """Items drawn by rank, the first most often: a few customers give most of the business."""
    return Weighted(items, ((rank + 1) ** -exponent for rank in range(len(items))))


def one_of(chance: Random, items: Sequence[T]) -> T:
    """Any one of the items (``random.choice`` costs three times as much)."""
    return items[int(chance.random() * len(items))]


def between(chance: Random, low: float, high: float) -> int:
    """A whole number from low up to and with high."""
    return int(low + chance.random() * (high - low + 1))


def digest(chance: Random) -> str:
    """The sha256 of a file that does not exist."""
    return f"{chance.getrandbits(256):064x}"
