"""What would go with a lower score: a filing as filed, as changed, with each remedy and with the fewest that reach a band. Files nothing."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from engine.compute.run import SLICE_UP_TO, about_filings, features, lay_relations
from engine.errors import FieldProblem, InvalidRecord, RefusedInput
from engine.risk.explain import Assessment, assess_matrix
from engine.risk.policy import BANDS, policy_in_force
from engine.risk.remedies import MOST_TOGETHER, Remedy, applicable, remedies, sets_of, with_all
from engine.store import audit, records
from engine.store.records import Origin, body_of
from engine.wire import canonical, parse_application
from engine.workflows.assess import Subject, filing_groups, filing_in_force, lay_subjects
from engine.workflows.derive import derive
from features.catalogue import catalogue

if TYPE_CHECKING:
    from engine.workflows.desk import Desk

FIXED = ("application_id", "revision", "authority", "filed_at")
CAVEAT = (
    "Associations only: past applications that were so differed by this much in the model's odds; there is no evidence that a condition "
    "prevents diversion. Referrals stand as they are. Queue, second signature and record use the score as filed, never this one."
)


@dataclass(frozen=True)
class Supposed:
    """A score of a filing that was never made.

    Args:
        risk, low, high: with the 90 % interval.
        odds: by what the odds are multiplied against the filing as filed; 0.5 halves them.
    """

    risk: float
    low: float
    high: float
    band: str
    odds: float


@dataclass(frozen=True)
class Moved:
    """A feature whose part in the score changes: log-odds as filed and as supposed."""

    feature: str
    family: str
    text: str
    filed: float
    supposed: float


@dataclass(frozen=True)
class WhatIf:
    """The answer to one question.

    Args:
        filed: the score as filed, by what was known at `as_of`.
        asked: with the changes and remedies asked for; None where none were.
        moved: what moves the score between the two, largest first.
        alone: each remedy that applies to this filing, with the score it goes with, lowest first.
        band: the band to be reached.
        fewest: the smallest set of remedies that goes with that band or a lower one, and of those the one with the lowest risk;
            empty where none does.
        with_fewest: the score with that set.
        tried: how many sets were scored; `left_out` those remedies that no set was tried with.
    """

    application_id: str
    revision: int
    as_of: datetime
    model_version: str
    filed: Supposed
    asked: Supposed | None
    moved: tuple[Moved, ...]
    alone: tuple[tuple[Remedy, Supposed], ...]
    band: str
    fewest: tuple[Remedy, ...]
    with_fewest: Supposed | None
    tried: int
    left_out: tuple[Remedy, ...]
    caveat: str = CAVEAT


def what_if(
    desk: Desk, application_id: str, origin: Origin, *, changes: Mapping[str, Any] | None = None, codes: Sequence[str] = (),
    band: str | None = None, as_of: datetime | None = None,
) -> WhatIf:
    """Score a filing as it could have been, and find the fewest verifiable remedies that go with a band.

    Every supposed filing is laid on record inside a transaction that is undone, so it meets the same history by the same code as a
    real one; only the audit entry stays.

    Args:
        changes: a JSON Merge Patch (RFC 7396) of the filing.
        codes: remedies to be tried together, by code.
        band: the band to reach; by default the one below the filing's own.
        as_of: by default the moment of filing.

    Raises:
        UnknownApplication: no such application.
        InvalidRecord: the filing with these changes breaks the contract.
        RefusedInput: a remedy or band that does not exist, or a change of what names the filing.
    """
    cursor = desk.store.cursor()
    _, revision, filed_at = filing_in_force(cursor, application_id, as_of)
    filed = json.loads(body_of(cursor, f"application:{application_id}#{revision}"))
    chosen = _remedies_named(codes)
    asked = with_all(_patched(filed, changes or {}), chosen)
    open_to = applicable(filed)
    first = [filed, asked, *(remedy.apply(filed) for remedy in open_to)]
    model = desk.model(cursor)
    scored = _Scored(_assess(desk, first, as_of or filed_at, origin, model))
    alone = sorted(zip(open_to, map(scored.at, range(2, len(first))), strict=True), key=lambda pair: pair[1].risk)
    own = scored.at(0)
    target = _band_aimed_at(band, own.band)
    tried = [remedy for remedy, supposed in alone if supposed.odds < 1][:MOST_TOGETHER]
    in_order = tuple(remedy for remedy in open_to if remedy in tried)
    fewest, with_fewest, sets = (), None, 0
    reached = [(remedy, supposed) for remedy, supposed in alone if _reaches(supposed, target)]
    if _reaches(own, target):
        with_fewest = own
    elif reached:
        fewest, with_fewest = (reached[0][0],), reached[0][1]
    elif len(in_order) > 1:
        together = sets_of(in_order)
        more = _Scored(_assess(desk, [filed, *(with_all(filed, chosen) for chosen in together)], as_of or filed_at, origin, model))
        sets = len(together)
        found = [(len(chosen), more.at(n + 1).risk, n) for n, chosen in enumerate(together) if _reaches(more.at(n + 1), target)]
        if found:
            n = min(found)[2]
            fewest, with_fewest = together[n], more.at(n + 1)
    answer = WhatIf(
        application_id, revision, as_of or filed_at, model.version, own, scored.at(1) if asked != filed else None,
        scored.moved(1) if asked != filed else (), tuple(alone), target, fewest, with_fewest, sets + len(alone),
        tuple(remedy for remedy, _ in alone if len(tried) == MOST_TOGETHER and remedy not in tried),
    )
    with desk.store.writing() as writer:
        audit.add_entry(writer, audit.next_seq(writer), origin.actor, origin.channel, origin.at, "what if", note=json.dumps({
            "application_id": application_id, "revision": revision, "changes": sorted(changes or {}), "remedies": sorted(codes), "band": target,
            "fewest": [remedy.code for remedy in fewest], "model": model.version,
        }))
    return answer


def _remedies_named(codes: Sequence[str]) -> tuple[Remedy, ...]:
    known = {remedy.code: remedy for remedy in remedies()}
    if unknown := sorted(set(codes) - known.keys()):
        raise RefusedInput(f"no remedy is called {', '.join(unknown)}. Expected some of {', '.join(known)}. Choose among these.")
    return tuple(remedy for code, remedy in known.items() if code in codes)


def _band_aimed_at(band: str | None, own: str) -> str:
    if band is not None and band not in BANDS:
        raise RefusedInput(f"no band is called {band}. Expected one of {', '.join(BANDS)}.")
    return band or BANDS[max(BANDS.index(own) - 1, 0)]


def _reaches(supposed: Supposed, band: str) -> bool:
    return BANDS.index(supposed.band) <= BANDS.index(band)


def _patched(filed: dict, changes: Mapping[str, Any]) -> dict:
    """The filing with a merge patch, held to the contract."""
    if fixed := sorted(set(changes) & set(FIXED)):
        raise InvalidRecord("The changes", [
            FieldProblem(name, "it names the filing", "changes of what is filed, not of which filing it is", "Leave it out.") for name in fixed
        ])
    if not changes:
        return filed
    return json.loads(canonical(parse_application(json.dumps(_merged(filed, changes))).model))


def _merged(target: Any, patch: Any) -> Any:
    """JSON Merge Patch (RFC 7396): null removes, objects merge, anything else replaces."""
    if not isinstance(patch, Mapping):
        return patch
    merged = dict(target) if isinstance(target, Mapping) else {}
    for name, value in patch.items():
        if value is None:
            merged.pop(name, None)
        else:
            merged[name] = _merged(merged.get(name), value)
    return merged


class _Scored:
    """Assessed rows, the first of them the filing as filed."""

    def __init__(self, assessment: Assessment) -> None:
        self.assessment = assessment

    def at(self, row: int) -> Supposed:
        a = self.assessment
        # In the model's own odds, before anything is cut off at its ends.
        odds = _odds(float(a.risk[row])) / _odds(float(a.risk[0]))
        return Supposed(float(a.risk[row]), float(a.low[row]), float(a.high[row]), str(a.bands[row]), odds)

    def moved(self, row: int) -> tuple[Moved, ...]:
        a, book = self.assessment, catalogue()
        difference = a.contributions[row, :-1] - a.contributions[0, :-1]
        largest = [n for n in np.argsort(-np.abs(difference), kind="stable")[:10] if abs(difference[n]) > 1e-9]
        return tuple(
            Moved(
                book.features[n].name, book.features[n].family, book.features[n].sentence(_known(a.matrix[row, n])),
                float(a.contributions[0, n]), float(a.contributions[row, n]),
            )
            for n in largest
        )


def _known(value: float) -> float | None:
    return None if np.isnan(value) else float(value)


def _odds(risk: float) -> float:
    return max(risk, 1e-9) / max(1 - risk, 1e-9)


def _assess(desk: Desk, filings: Sequence[dict], as_of: datetime, origin: Origin, model) -> Assessment:
    """Assess filings that are on record only as long as it takes."""
    if len(filings) > SLICE_UP_TO:
        raise AssertionError(f"{len(filings)} filings do not go into one pass of {SLICE_UP_TO}")
    told: list[Assessment] = []
    try:
        with desk.store.writing() as cursor:
            frame = pl.DataFrame(
                {
                    "position": range(len(filings)), "key": [f"application:{filing['application_id']}#what-if-{n}" for n, filing in enumerate(filings)],
                    "known_at": [as_of] * len(filings), "body": [canonical(parse_application(json.dumps(filing)).model) for filing in filings],
                },
                schema=records.STAGED_SCHEMA,
            )
            records.stage(cursor, frame)
            appended = records.append(cursor, "application", origin, "what if")
            derive(cursor, desk)
            numbers = dict(cursor.execute("select key, record_no from record where seq = ?", [appended.seq]).fetchall())
            lay_subjects(cursor, [Subject(numbers[key], as_of, as_of) for key in frame["key"]])
            lay_relations(cursor)
            book = catalogue()
            matrix = features(cursor).select(book.columns).to_numpy().astype(np.float64)
            told.append(assess_matrix(book, model, policy_in_force(), matrix, filing_groups(about_filings(cursor), matrix)))
            raise _Undo
    except _Undo:
        pass
    return told[0]


class _Undo(Exception):
    """Ends a transaction that must leave nothing."""
