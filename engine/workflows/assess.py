"""Scores filings: lays out what is known by then, runs the families, the model and the rules, and tells the reasons with their records."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

import duckdb
import numpy as np
import polars as pl

from engine.compute.run import about_filings, features, lay_relations
from engine.risk.explain import Assessment, assess_matrix, family_sums, why_so_wide
from engine.risk.groups import NOT_KNOWN, groups_of
from engine.risk.model import Model
from engine.risk.policy import policy_in_force
from engine.store import audit, records
from engine.store.database import first
from engine.store.records import Origin
from engine.store.reference import reference_as_of
from engine.wire import MissingInput, Reason, Referral, Score, canonical
from engine.workflows.history import unknown_application
from engine.workflows.shadow import keep_shadows
from features.catalogue import Feature, catalogue

if TYPE_CHECKING:
    from engine.workflows.desk import Desk

RULES_VERSION = "2026-11-28.2"
EVIDENCE_SHOWN = 20  # records named a reason; more of them are counted, not listed
STRICTEST = ("releasable", "internal", "originator_controlled")


@dataclass(frozen=True)
class Subject:
    """A filing to be scored: its record, up to when facts count, and up to when referrals do."""

    record_no: int
    as_of: datetime
    referrals_at: datetime


def lay_subjects(cursor: duckdb.DuckDBPyConnection, subjects: Sequence[Subject]) -> None:
    """`subject_filing` and `referral_moment`, numbered in the order given."""
    frame = pl.DataFrame(
        {
            "subject": range(1, len(subjects) + 1), "record_no": [s.record_no for s in subjects],
            "as_of": [s.as_of for s in subjects], "moment": [s.referrals_at for s in subjects],
        },
        schema={"subject": pl.Int64, "record_no": pl.Int64, "as_of": pl.Datetime("us"), "moment": pl.Datetime("us")},
    )
    cursor.register("given_subjects", frame.to_arrow())
    cursor.execute("create or replace temp table subject_filing as select subject, record_no, as_of from given_subjects")
    cursor.execute("create or replace temp table referral_moment as select subject, moment from given_subjects")
    cursor.unregister("given_subjects")


def filing_in_force(cursor: duckdb.DuckDBPyConnection, application_id: str, as_of: datetime | None) -> tuple[int, int, datetime]:
    """(record, revision, filed_at) of the newest revision filed by then; without `as_of`, of the newest of all.

    Raises:
        UnknownApplication: no such application, or none filed by then.
    """
    row = first(
        cursor,
        "select record_no, revision, filed_at from filing where application_id = ? and (?::timestamp is null or filed_at <= ?) "
        "order by revision desc limit 1",
        [application_id, as_of, as_of],
    )
    if row is None:
        raise unknown_application(application_id, as_of)
    return row


def score_stored(desk: Desk, subjects: Sequence[Subject], at: datetime, *, model=None, cursor: duckdb.DuckDBPyConnection | None = None) -> list[Score]:
    """Scores of filings on record, exact, with everything that goes with them; in the order given. Writes nothing.

    Args:
        at: the moment of scoring, for `scored_at`.
        model: another model than the one in force.
    """
    return _scored(desk, subjects, at, model, cursor or desk.store.cursor())[0]


def score_and_keep(desk: Desk, subjects: Sequence[Subject], origin: Origin, cursor: duckdb.DuckDBPyConnection) -> list[Score]:
    """Score filings on record and put the scores there, and the challenger's beside them, inside the caller's transaction."""
    scores, matrix = _scored(desk, subjects, origin.at, None, cursor)
    keep_scores(cursor, scores, origin)
    keep_shadows(desk, cursor, scores, matrix, origin)
    return scores


def _scored(desk: Desk, subjects: Sequence[Subject], at: datetime, model, cursor: duckdb.DuckDBPyConnection) -> tuple[list[Score], np.ndarray]:
    """Scores, and the feature matrix that they were computed from."""
    sequence = audit.head(cursor)[0]
    lay_subjects(cursor, subjects)
    lay_relations(cursor)
    frame = features(cursor)
    model = model or desk.model(cursor)
    book, policy = catalogue(), policy_in_force()
    matrix = frame.select(book.columns).to_numpy().astype(np.float64)
    groups = filing_groups(about_filings(cursor), matrix)
    assessment = assess_matrix(book, model, policy, matrix, groups)
    lay_evidence(cursor, frame["subject"].to_numpy(), assessment.top)
    evidence = evidence_of(cursor, 1, len(frame))
    referrals = referrals_of(cursor)
    edition = reference_as_of(cursor)
    sums = family_sums(book, assessment.contributions)
    scores = []
    for n, (subject, application_id, revision, as_of) in enumerate(frame.select("subject", "application_id", "revision", "as_of").iter_rows()):
        scores.append(Score(
            application_id=application_id, revision=revision, scored_at=at.replace(tzinfo=UTC), as_of=as_of.replace(tzinfo=UTC),
            risk=float(assessment.risk[n]), risk_low=float(assessment.low[n]), risk_high=float(assessment.high[n]),
            band=str(assessment.bands[n]), referrals=tuple(referrals.get(subject, ())),
            reasons=tuple(_reason(model, n, c, assessment, application_id, revision, evidence.get((subject, book.columns[c]))) for c in assessment.top[n]),
            family_risk={family: round(float(total[n]), 9) for family, total in sums.items()},
            base_value=float(assessment.contributions[n, -1]), raw_score=float(assessment.raw[n]),
            interval_because=why_so_wide(model, assessment, n, groups),
            missing=tuple(
                MissingInput(feature=f.name, family=f.family, why=f.why_null) for c, f in enumerate(book.features) if assessment.missing[n, c]
            ),
            model_version=model.version, features_version=book.version, rules_version=RULES_VERSION, policy_version=policy.version,
            reference_as_of=edition, store_sequence=sequence,
        ))
    return scores, matrix


def filing_groups(about: pl.DataFrame, matrix: np.ndarray) -> dict[str, np.ndarray]:
    """The groups of filings, for the width of their intervals.

    Args:
        about: rows of `about_filings`. matrix: the same filings' features, in the same order.
    """
    return groups_of(catalogue(), matrix, *(about[name].fill_null(NOT_KNOWN).to_numpy() for name in ("kind", "region")))


def _reason(model: Model, row: int, column: int, assessment: Assessment, application_id: str, revision: int, found: tuple | None) -> Reason:
    feature, value = catalogue().features[column], assessment.matrix[row, column]
    known = None if np.isnan(value) else float(value)
    listed, handling = found or ((), "internal")
    own = () if listed else own_evidence(feature, application_id, revision)
    return Reason(
        feature=feature.name, family=feature.family, value=known, contribution=float(assessment.contributions[row, column]),
        text=model.sentence(column, known), source=source_of(feature),
        evidence=(*listed, *own)[:EVIDENCE_SHOWN], handling=handling,
    )


# Features whose records are every earlier filing of a busy party: listed for single scores, only counted in bulk.
LONG_EVIDENCE = ("exporter_prior_filings_count", "broker_customers_count")


def source_of(feature: Feature) -> str:
    """A feature's published source, with its address where it has one."""
    return f"{feature.source.title} ({feature.source.url})" if feature.source.url else feature.source.title


def own_evidence(feature: Feature, application_id: str, revision: int) -> tuple[str, ...]:
    """The filing's own fields that a value was read from, where no other record stands behind it."""
    return tuple(f"application:{application_id}#{revision}/{path}" for path in feature.filing_fields)


def lay_evidence(cursor: duckdb.DuckDBPyConnection, subjects: np.ndarray, top: np.ndarray, *, skip: tuple[str, ...] = ()) -> None:
    """`evidence_found(subject, place, records, handling)`: what each explained value rests on, and the strictest handling among it.

    A family's select runs once for each of its features that is explained anywhere, over the subjects with that feature alone: run over
    all subjects and cut down afterwards it listed the histories of everybody (measured: 30 s for 107,000 filings, 2 s so).
    """
    book = catalogue()
    pairs = pl.DataFrame({"place": top.ravel().astype(np.int16), "subject": np.repeat(subjects, top.shape[1]).astype(np.int64)}).sort("place", "subject")
    cursor.register("explained_pairs", pairs.to_arrow())
    cursor.execute("create or replace temp table explained as select place, subject from explained_pairs")
    cursor.unregister("explained_pairs")
    cursor.execute("create or replace temp table evidence_found (subject bigint, place smallint, records varchar[], handling varchar)")
    sql = {family.name: family.evidence_sql or "" for family in book.families}
    for place in np.unique(top).tolist():
        feature = book.features[place]
        if feature.name in skip or f"'{feature.name}'" not in sql[feature.family]:
            continue
        asked = f"(select subject from explained where place = {place})"
        cursor.execute(
            f"insert into evidence_found with spine as (select * from temp.main.spine where subject in {asked}), "
            f"evidence as (select subject, record from ({sql[feature.family]}) as found where feature = '{feature.name}' and subject in {asked}) "
            f"select evidence.subject, {place}, list(evidence.record order by evidence.record)[1:{EVIDENCE_SHOWN}] as records, "
            "max(case when denial_notice.event_id is not null then coalesce(denial_notice.handling, 'originator_controlled') end) as handling "
            "from evidence left join denial_notice on evidence.record = 'event:' || denial_notice.event_id "
            "group by evidence.subject"
        )


def evidence_of(cursor: duckdb.DuckDBPyConnection, first_subject: int, last_subject: int) -> dict[tuple[int, str], tuple[tuple[str, ...], str]]:
    """(subject, feature) -> records and handling, for a run of subjects, from what `lay_evidence` laid out."""
    rows = cursor.execute(
        "select subject, place, records, handling from evidence_found where subject between ? and ?", [first_subject, last_subject]
    ).fetchall()
    columns = catalogue().columns
    return {(subject, columns[place]): (tuple(listed), handling or "internal") for subject, place, listed, handling in rows}


@cache
def rules_sql() -> str:
    """The rules that raise referrals, as one select over the relations."""
    return (resources.files("engine.risk") / "referrals.sql").read_text()


def referrals_of(cursor: duckdb.DuckDBPyConnection) -> dict[int, list[Referral]]:
    """Subject -> the questions that stand before a grant, settled ones marked."""
    found: dict[int, list[Referral]] = {}
    for subject, rule, about, text, evidence, source, settled_by, handling, settled in cursor.execute(rules_sql()).fetchall():
        found.setdefault(subject, []).append(Referral(
            rule_id=rule, subject=about, text=text, evidence=tuple(evidence[:EVIDENCE_SHOWN]), source=source, settled_by=settled_by,
            settled=settled, handling=handling,
        ))
    return found


def referrals_at(cursor: duckdb.DuckDBPyConnection, application_id: str, at: datetime) -> list[Referral]:
    """The questions that an application's newest filing raises as of a moment, settled or not; without its score.

    Raises:
        UnknownApplication.
    """
    record_no, _, filed_at = filing_in_force(cursor, application_id, None)
    lay_subjects(cursor, [Subject(record_no, filed_at, at)])
    lay_relations(cursor)
    return referrals_of(cursor).get(1, [])


def keep_scores(cursor: duckdb.DuckDBPyConnection, scores: Sequence[Score], origin: Origin) -> None:
    """Put scores on record: what was said, by which model, on what."""
    serial = first(cursor, "select count(*) from record where kind = 'score'")[0]
    frame = pl.DataFrame(
        {
            "position": range(len(scores)),
            "key": [f"score:{s.application_id}#{s.revision}@{serial + n}" for n, s in enumerate(scores)],
            "known_at": [s.scored_at.replace(tzinfo=None) for s in scores],
            "body": [canonical(s) for s in scores],
        },
        schema=records.STAGED_SCHEMA,
    )
    records.stage(cursor, frame)
    records.append(cursor, "score", origin, f"score {len(scores)} filing(s)")


def score_application(desk: Desk, application_id: str, at: datetime, *, as_of: datetime | None = None) -> Score:
    """One application's score as of its filing, or as of another moment; referrals as of now (`at`)."""
    cursor = desk.store.cursor()
    record_no, _, filed_at = filing_in_force(cursor, application_id, as_of)
    return score_stored(desk, [Subject(record_no, as_of or filed_at, at)], at, cursor=cursor)[0]


def score_unscored(
    desk: Desk, origin: Origin, *, undecided_only: bool = False, progress: Callable[[int, int], None] | None = None
) -> list[Score]:
    """Score and put on record the newest filing of every application that has no score yet."""
    cursor = desk.store.cursor()
    rows = cursor.execute(
        "with newest as (select application_id, max(revision) as revision from filing group by application_id), "
        "decided as (select distinct application_id from decision where not coalesce(withdrawn, false)) "
        "select filing.record_no, filing.filed_at from filing inner join newest on filing.application_id = newest.application_id "
        "and filing.revision = newest.revision "
        "left join score on filing.application_id = score.application_id and filing.revision = score.revision "
        "where score.application_id is null and not (? and filing.application_id in (select application_id from decided)) "
        "order by filing.filed_at, filing.application_id",
        [undecided_only],
    ).fetchall()
    scores: list[Score] = []
    for start in range(0, len(rows), 5_000):
        part = [Subject(record_no, filed_at, origin.at) for record_no, filed_at in rows[start : start + 5_000]]
        cursor.execute("begin")  # what another puts on record meanwhile is in none of these scores, so that each belongs to one store sequence
        given, matrix = _scored(desk, part, origin.at, None, cursor)
        cursor.execute("commit")
        with desk.store.writing() as writer:
            keep_scores(writer, given, origin)
            keep_shadows(desk, writer, given, matrix, origin)
        scores += given
        if progress:
            progress(len(scores), len(rows))
    return scores
