"""Finds, for many queries at once, the few listed names worth comparing word by word. Scores nothing."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence

import numpy as np
from scipy import sparse

from engine.screening.names import skeleton

_PRODUCT = 60_000_000  # queries at a time times names: their product stays under 200 MB
_COMMON = 0.01  # share of the listed names from which a feature is common
_RARE_MASS = 0.90  # of a query's squared length; when its rare features have so much, its common ones only cost time


class Blocks:
    """Listed names as sparse vectors, once of letter triples and once of word skeletons.

    Triples find slips of the pen and joined words, skeletons find other vowels, no vowels and dropped words; both
    weigh by rarity, so that "international" brings up nobody. No name above the cutoffs is left out: a cap would
    lose listed names silently just where a name is common.
    """

    def __init__(self, names: Sequence[tuple[str, ...]]) -> None:
        self._triples = _Vectors(names, _triples)
        self._skeletons = _Vectors(names, _skeletons)
        self._chunk = max(50, _PRODUCT // max(1, len(names)))

    def candidates(
        self, queries: Sequence[tuple[str, ...]], triples_from: float, skeletons_from: float
    ) -> Iterator[tuple[int, np.ndarray]]:
        """Positions of the listed names near each query: cosine of either kind of vector at least so much."""
        for start in range(0, len(queries), self._chunk):
            chunk = queries[start : start + self._chunk]
            by_triples, by_skeletons = self._triples.near(chunk), self._skeletons.near(chunk)
            for row in range(len(chunk)):
                found = np.union1d(_above(by_triples, row, triples_from), _above(by_skeletons, row, skeletons_from))
                yield start + row, found


def _above(near: sparse.csr_matrix, row: int, cutoff: float) -> np.ndarray:
    bounds = slice(near.indptr[row], near.indptr[row + 1])
    return near.indices[bounds][near.data[bounds] >= cutoff]


class _Vectors:
    """Names as unit vectors over one kind of feature, each feature weighted by its rarity among the listed."""

    def __init__(self, names: Sequence[tuple[str, ...]], features: Callable[[str], Iterator[str]]) -> None:
        self._features = features
        self._columns: dict[str, int] = {}
        rows = [
            Counter(self._columns.setdefault(f, len(self._columns)) for word in words for f in features(word))
            for words in names
        ]
        counts = np.zeros(len(self._columns))
        for row in rows:
            counts[list(row)] += 1
        self._rarity = np.log1p(len(names) / np.maximum(counts, 1.0)).astype(np.float32)
        self._is_common = counts > max(_COMMON * len(names), 50)
        self._listed = self._matrix(rows).T.tocsr()

    def near(self, queries: Sequence[tuple[str, ...]]) -> sparse.csr_matrix:
        """Cosine of each query (row) with each listed name that shares a feature with it."""
        return self._without_common(self._matrix([self._row(words) for words in queries])) @ self._listed

    def _without_common(self, asked: sparse.csr_matrix) -> sparse.csr_matrix:
        """The queries without the features that a product spends most time on, where the others tell enough."""
        owner = np.repeat(np.arange(asked.shape[0]), np.diff(asked.indptr))
        rare = ~self._is_common[asked.indices]
        mass = np.bincount(owner, weights=asked.data**2 * rare, minlength=asked.shape[0])
        kept = rare | (mass[owner] < _RARE_MASS)
        starts = np.concatenate([[0], np.cumsum(np.bincount(owner[kept], minlength=asked.shape[0]))])
        return sparse.csr_matrix((asked.data[kept], asked.indices[kept], starts), shape=asked.shape)

    def _row(self, words: tuple[str, ...]) -> Counter[int]:
        """The features that some listed name has, with their counts; the others cannot bring up anybody."""
        row = Counter(self._columns.get(feature, -1) for word in words for feature in self._features(word))
        row.pop(-1, None)
        return row

    def _matrix(self, rows: list[Counter[int]]) -> sparse.csr_matrix:
        sizes = np.fromiter((len(row) for row in rows), np.int64, len(rows))
        total = int(sizes.sum())
        indices = np.fromiter((column for row in rows for column in row), np.int32, total)
        data = np.fromiter((count for row in rows for count in row.values()), np.float32, total) * self._rarity[indices]
        owner = np.repeat(np.arange(len(rows)), sizes)
        squares = np.bincount(owner, weights=data * data, minlength=len(rows))
        data /= np.sqrt(np.maximum(squares, 1e-12)).astype(np.float32)[owner]
        starts = np.concatenate([[0], np.cumsum(sizes)])
        return sparse.csr_matrix((data, indices, starts), shape=(len(rows), len(self._columns)))


def _triples(word: str) -> Iterator[str]:
    padded = f"^{word}$"
    return (padded[i : i + 3] for i in range(len(padded) - 2))


def _skeletons(word: str) -> Iterator[str]:
    bones = skeleton(word)
    if len(bones) > 1:
        yield bones
