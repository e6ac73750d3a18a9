"""The columns of a bulk score: the contract's nested rows put together from flat arrays. Computes no score and reads no table.

Nothing here goes row by row: every list of a row is a run of one long array, and its texts are taken from short ones by number.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from engine.risk.explain import REASONS
from engine.risk.model import Model
from features.catalogue import Catalogue

SCOPE = "diversion only"
REASON = pa.struct([
    ("feature", pa.string()), ("family", pa.string()), ("value", pa.float64()), ("contribution", pa.float64()), ("text", pa.string()),
    ("source", pa.string()), ("evidence", pa.list_(pa.string())), ("handling", pa.string()),
])
REFERRAL = pa.struct([
    ("rule_id", pa.string()), ("subject", pa.string()), ("text", pa.string()), ("evidence", pa.list_(pa.string())), ("source", pa.string()),
    ("settled_by", pa.string()), ("settled", pa.bool_()), ("handling", pa.string()),
])
MISSING = pa.struct([("feature", pa.string()), ("family", pa.string()), ("why", pa.string())])
SCHEMA = pa.schema([
    ("application_id", pa.string()), ("revision", pa.int64()), ("as_of", pa.timestamp("us", "UTC")), ("risk", pa.float64()),
    ("risk_low", pa.float64()), ("risk_high", pa.float64()), ("band", pa.string()), ("scope", pa.string()), ("referrals", pa.list_(REFERRAL)),
    ("reasons", pa.list_(REASON)), ("family_risk", pa.map_(pa.string(), pa.float64())), ("missing", pa.list_(MISSING)),
    ("model_version", pa.string()), ("policy_version", pa.string()),
])


@dataclass(frozen=True)
class Told:
    """What is said of each row, and no more.

    Args:
        risk, low, high: (n,) f64.
        bands: (n,) names.
        top: (n, 10) places in the catalogue of the reasons, largest first.
        contribution, value: (n, 10) f64 of those reasons.
        sums: (n, families) f64.
        missing: (n, columns) bool.
    """

    risk: np.ndarray
    low: np.ndarray
    high: np.ndarray
    bands: np.ndarray
    top: np.ndarray
    contribution: np.ndarray
    value: np.ndarray
    sums: np.ndarray
    missing: np.ndarray

    def __getitem__(self, part: slice) -> Told:
        return Told(*(getattr(self, field.name)[part] for field in fields(Told)))


def together(parts: list[Told]) -> Told:
    """Several parts as one."""
    return Told(*(np.concatenate([getattr(part, field.name) for part in parts]) for field in fields(Told)))


@dataclass(frozen=True)
class Found:
    """What was found for a run of rows, in any order.

    Args:
        evidence: `subject, place, records, handling`: the records behind a reason, at most one row for each of them.
        referrals: `subject, referrals`: at most one row a subject.
    """

    evidence: pa.Table
    referrals: pa.Table


class ScoreColumns:
    """Puts parts of the result together; knows the catalogue's texts as arrays."""

    def __init__(self, book: Catalogue, sources: list[str], model: Model, policy_version: str) -> None:
        self._book, self._model = book, model
        self._versions = (model.version, policy_version)
        self._features = pa.array(book.columns, pa.string())
        self._families = pa.array([feature.family for feature in book.features], pa.string())
        self._sources = pa.array(sources, pa.string())
        self._why = pa.array([feature.why_null for feature in book.features], pa.string())
        paths = [feature.filing_fields for feature in book.features]
        self._paths = pa.array([path for listed in paths for path in listed], pa.string())
        self._path_counts = np.array([len(listed) for listed in paths])
        self._path_starts = np.cumsum(self._path_counts) - self._path_counts

    def table(self, ids: pa.Table, told: Told, found: Found) -> pa.Table:
        """Rows in the contract's columns.

        Args:
            ids: `subject, application_id, revision, as_of`, sorted by subject; as_of in UTC without zone.
            told: what is said of these rows, in this order.
        """
        rows, subjects = len(ids), ids["subject"].to_numpy()
        ids = ids.combine_chunks()
        columns = {
            "application_id": ids["application_id"], "revision": ids["revision"], "as_of": ids["as_of"].cast(pa.timestamp("us")).cast(pa.timestamp("us", "UTC")),
            "risk": told.risk, "risk_low": told.low, "risk_high": told.high, "band": told.bands.astype(object), "scope": _repeated(SCOPE, rows),
            "referrals": _referrals(subjects, found.referrals), "reasons": self._reasons(ids, subjects, told, found.evidence),
            "family_risk": self._family_risk(told.sums), "missing": self._missing(told.missing),
            "model_version": _repeated(self._versions[0], rows), "policy_version": _repeated(self._versions[1], rows),
        }
        return pa.table([_as(columns[field.name], field.type) for field in SCHEMA], schema=SCHEMA)

    def _reasons(self, ids: pa.Table, subjects: np.ndarray, told: Told, evidence: pa.Table) -> pa.ListArray:
        place = told.top.ravel().astype(np.int64)
        listed, handling = self._evidence(ids, subjects, place, evidence)
        value = told.value.ravel()
        reasons = pa.StructArray.from_arrays([
            self._features.take(place), self._families.take(place), pa.array(value, mask=np.isnan(value)), pa.array(told.contribution.ravel()),
            self._sentences(place, value), self._sources.take(place), listed, handling,
        ], fields=list(REASON))
        return pa.ListArray.from_arrays(_offsets(np.full(len(ids), REASONS)), reasons)

    def _evidence(self, ids: pa.Table, subjects: np.ndarray, place: np.ndarray, evidence: pa.Table) -> tuple[pa.ListArray, pa.Array]:
        """For each reason the records it rests on, or else the filing's own fields; and the strictest handling among them."""
        row = np.repeat(np.arange(len(subjects)), REASONS)
        columns = len(self._book.columns)
        which = _place_of(evidence["subject"].to_numpy() * columns + evidence["place"].to_numpy(), subjects[row] * columns + place)
        found = which >= 0
        records = evidence["records"].combine_chunks()
        starts, counts = _runs(records)
        # The pool: the records that were found, then the own fields of the filing, one text a reason and field.
        own = ~found
        own_counts = self._path_counts[place[own]]
        names = pc.binary_join_element_wise("application:", ids["application_id"], "#", ids["revision"].cast(pa.string()), "/", "")
        names = names.combine_chunks() if isinstance(names, pa.ChunkedArray) else names
        texts = pc.binary_join_element_wise(
            names.take(np.repeat(row[own], own_counts)), self._paths.take(_ranges(self._path_starts[place[own]], own_counts)), ""
        )
        begin, length = np.empty(len(place), np.int64), np.empty(len(place), np.int64)
        begin[found], length[found] = starts[which[found]], counts[which[found]]
        begin[own], length[own] = len(records.values) + np.cumsum(own_counts) - own_counts, own_counts
        pool = pa.concat_arrays([records.values, texts])
        listed = pa.ListArray.from_arrays(_offsets(length), pool.take(_ranges(begin, length)))
        handling = evidence["handling"].combine_chunks().take(pa.array(which, mask=own))
        return listed, handling.fill_null("internal")

    def _sentences(self, place: np.ndarray, values: np.ndarray) -> pa.Array:
        """The sentence of each reason; worded once for each distinct value of a feature."""
        pool: list[str] = []
        number = np.empty(len(place), np.int64)
        order = np.argsort(place, kind="stable")
        edges = np.flatnonzero(np.diff(place[order])) + 1
        for here in np.split(order, edges):
            distinct, which = np.unique(values[here], return_inverse=True)
            number[here] = len(pool) + which
            pool += [self._model.sentence(int(place[here[0]]), None if np.isnan(value) else value) for value in distinct.tolist()]
        return pa.array(pool, pa.string()).take(number)

    def _family_risk(self, sums: np.ndarray) -> pa.MapArray:
        names = pa.array([family.name for family in self._book.families], pa.string())
        keys = names.take(np.tile(np.arange(len(names)), len(sums)))
        return pa.MapArray.from_arrays(_offsets(np.full(len(sums), len(names))), keys, pa.array(sums.ravel()))

    def _missing(self, missing: np.ndarray) -> pa.ListArray:
        place = np.nonzero(missing)[1]
        told = pa.StructArray.from_arrays([self._features.take(place), self._families.take(place), self._why.take(place)], fields=list(MISSING))
        return pa.ListArray.from_arrays(_offsets(missing.sum(axis=1)), told)


def _referrals(subjects: np.ndarray, raised: pa.Table) -> pa.ListArray:
    """Each subject's questions, or an empty list."""
    which = _place_of(raised["subject"].to_numpy(), subjects)
    lists = raised["referrals"].combine_chunks()
    starts, counts = _runs(lists)
    counts = np.where(which >= 0, counts[which], 0) if len(lists) else np.zeros(len(subjects), np.int64)
    starts = starts[which] if len(lists) else counts
    return pa.ListArray.from_arrays(_offsets(counts), lists.values.take(_ranges(starts, counts)))


def _place_of(known: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Where each wanted number stands among distinct known ones; -1 where it does not."""
    if not len(known):
        return np.full(len(wanted), -1)
    order = np.argsort(known)
    near = np.minimum(np.searchsorted(known, wanted, sorter=order), len(known) - 1)
    place = order[near]
    return np.where(known[place] == wanted, place, -1)


def _runs(lists: pa.ListArray) -> tuple[np.ndarray, np.ndarray]:
    """Where each list begins among the values, and how long it is."""
    offsets = lists.offsets.to_numpy().astype(np.int64)
    return offsets[:-1], np.diff(offsets)


def _ranges(starts: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """The numbers from each start, as many as counted, one run after the other."""
    before = np.cumsum(counts) - counts
    return np.repeat(starts - before, counts) + np.arange(counts.sum())


def _offsets(counts: np.ndarray) -> pa.Array:
    return pa.array(np.concatenate([[0], np.cumsum(counts)]).astype(np.int32))


def _repeated(text: str, times: int) -> pa.Array:
    return pa.repeat(pa.scalar(text, pa.string()), times)


def _as(column: pa.Array | pa.ChunkedArray | np.ndarray, kind: pa.DataType) -> pa.Array | pa.ChunkedArray:
    return pa.array(column, kind) if isinstance(column, np.ndarray) else column.cast(kind)
