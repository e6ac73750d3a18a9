"""Learns from findings: labels with weights, a challenger, a fair comparison with the model in use, promotion only if better."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from importlib import resources
from typing import TYPE_CHECKING

import duckdb
import numpy as np
import polars as pl

from engine.compute.run import about_filings, features, lay_findings, lay_known, lay_relations
from engine.errors import RefusedInput
from engine.risk import evaluate, validate
from engine.risk.groups import NOT_KNOWN, groups_of
from engine.risk.model import Model, with_usual
from engine.risk.policy import policy_in_force
from engine.risk.reference import reference
from engine.risk.train import (
    DETECTION_BY_MODE,
    DETECTION_RANGE_BY_MODE,
    HIDDEN_CHOICE,
    LEAST_PROBABILITY,
    PARAMETERS,
    ROUNDS,
    Labelled,
    calibrated,
    estimate_propensity,
    grow,
    split_by_time,
)
from engine.store import audit
from engine.store.records import Origin
from engine.workflows.assess import Subject, lay_subjects
from engine.workflows.models import keep_model, promote
from features.catalogue import catalogue

if TYPE_CHECKING:
    from engine.workflows.desk import Desk

FEWEST_POSITIVES = 8  # under this no curve can be fitted that deserves its name
FEWEST_FRESH, FEWEST_FRESH_POSITIVES = 20, 3  # labels that the model in use never saw, for a comparison with it
PROMOTE_FROM = 0.8
REFERENCE_DAYS, REFERENCE_FILINGS = 365, 1_000  # what drift is later told from: the filings of a year, or so many of them
ROWS_FOR_EFFECTS = 2_000  # exact contributions cost half a millisecond a row


@dataclass(frozen=True)
class Trained:
    """The outcome of a training."""

    version: str
    promoted: bool
    because: str
    card: dict


def label_frame(cursor: duckdb.DuckDBPyConnection, as_of: datetime) -> pl.DataFrame:
    """Labels as they stood at a moment: `application_id, label, learned_from, found_by, mode, visit_id`."""
    lay_findings(cursor)
    cursor.execute("create or replace temp table label_moment as select ?::timestamp as as_of", [as_of])
    lay_known(cursor, "label_moment")
    return cursor.sql((resources.files("engine.monitoring") / "labels.sql").read_text()).pl()


def train(
    desk: Desk, origin: Origin, *, as_of: datetime | None = None, dry_run: bool = False, promote_because: str | None = None,
    seed: int = 7, progress: Callable[[str], None] | None = None,
) -> Trained:
    """Train a challenger on every label known by `as_of` and promote it if it is better than the model in use.

    The first model is promoted unless it is worse than the expert card beyond its 90 % interval on the later period; a
    later one when the paired bootstrap says with at least 0.8 that it is better, on findings the model in use never saw.

    Args:
        as_of: labels and filings known by then; default: everything on record.
        dry_run: say what would happen and write nothing.
        promote_because: promote whatever the comparison says, for this reason.

    Raises:
        RefusedInput: too few findings to learn from.
    """
    tell = progress or (lambda stage: None)
    moment = as_of or origin.at
    cursor = desk.store.cursor()
    book = catalogue()
    tell("features of every shipped application")
    known = _everything(cursor, moment, tell, recent_filings(cursor, moment, REFERENCE_DAYS, REFERENCE_FILINGS))
    frame, labels, shipped = known.frame, known.labels, known.shipped
    rows = _labelled(frame, labels, shipped, cursor, seed)
    positives = int(rows.label.sum())
    if positives < FEWEST_POSITIVES or positives == len(rows):
        raise RefusedInput(
            f"{len(rows)} labelled applications with {positives} diversions are too few to learn from (at least {FEWEST_POSITIVES} diversions and "
            "some clean visits are needed). The model in use stays; ingest visits and incidents, or go on with the expert card."
        )
    champion = desk.model(cursor)
    tell("challenger on the earlier period")
    masks, fair = _learned_order(rows, champion)
    earlier, later = rows.where(masks[0]), rows.where(masks[1])
    challenger = grow(book, earlier, seed)
    score_later = challenger.raw(book, later.matrix)
    champion_later = champion.raw(later.matrix)
    tell("comparison on the later period")
    better, difference = evaluate.probability_better(later.label, score_later, champion_later, later.entity, seed)
    share = capacity(cursor, moment)
    figures = _figures(book, earlier, later, {"this model": score_later} | (
        {f"model in use ({champion.version})": champion_later} if fair and champion.trees is not None else {}), share, seed)
    tell("comparison on parties never seen")
    unseen = validate.by_party(book, rows, seed)
    tell("calibration and refit on all data")
    calibration, groups = calibrated(book, rows, seed)
    grown = grow(book, rows, seed)
    trees = grown.booster.model_to_string()
    digest = hashlib.sha256(rows.matrix.tobytes() + rows.label.tobytes() + rows.weight.tobytes()).hexdigest()[:12]
    version = f"{moment:%Y-%m-%d}.{digest}"
    seq, head = audit.head(cursor)
    card = {
        "version": version, "kind": "expert card corrected by LightGBM with monotone constraints", "trained_as_of": moment.isoformat(), "store_sequence": seq, "audit_head": head,
        "data_digest": digest, "features_version": book.version, "labelled": len(rows), "diversions": positives,
        "effective_sample": round(float(rows.weight.sum() ** 2 / (rows.weight**2).sum()), 1),
        "least_inclusion_probability": LEAST_PROBABILITY, "assumed_detection": DETECTION_BY_MODE,
        "assumed_detection_range": DETECTION_RANGE_BY_MODE, "assumed_hidden_choice": HIDDEN_CHOICE,
        "assumed_detection_source": "assumption of the makers [K]; no published rate was found",
        "parameters": {k: v for k, v in PARAMETERS.items()} | {"rounds": ROUNDS, "seed": seed},
        "calibration": {"slope": calibration.slope, "intercept": calibration.intercept, "fitted_on": "scores of each filing by trees that saw no filing of its end user",
                        "doubt_low": round(calibration.doubt_low, 4), "doubt_high": round(calibration.doubt_high, 4)},
        "later_period": figures, "unseen_parties": unseen, "thresholds": asdict(policy_in_force()), "compared_with": champion.version,
        "probability_better": round(better, 3), "average_precision_difference": str(difference),
        "limits": "Labels come from visits people chose and from reports; inclusion probabilities of visits before there were plans are estimated. "
        "Diversion only. Trained on the records of this store; check it on your own visits by lot before relying on it.",
    }
    model = Model(version, book.columns, calibration, trees, (grown.slope, grown.intercept), card, groups=groups)
    model = with_usual(model, frame.select(book.columns).to_numpy().astype(np.float64), seed)
    if len(known.recent):
        recent = known.recent.select(book.columns).to_numpy().astype(np.float64)
        days = f"{moment - timedelta(days=REFERENCE_DAYS):%Y-%m-%d}", f"{moment:%Y-%m-%d}"
        moved = model.contributions(recent, exact=False)[:, :-1]
        model = replace(model, reference=reference(recent, model.calibration.risk(model.raw(recent)), moved, *days))
    card["features"] = _effects(book, model, rows.matrix, seed)
    promoted, because = _verdict(champion, better, difference, promote_because) if fair or promote_because else (False, _too_few(rows, champion))
    if champion.version == version:
        promoted, because = False, "nothing new was learned: the same findings give the model in use"
    if not dry_run:
        with desk.store.writing() as writer:
            held = writer.execute("select count(*) from record where key = ?", [f"model:{version}"]).fetchall()[0][0]
            if not held:
                keep_model(writer, replace(model, card=card | {"promoted": promoted, "because": because}), origin)
            if promoted:
                promote(writer, version, because, origin)
    return Trained(version, promoted and not dry_run, because, card)


def _effects(book, model: Model, matrix: np.ndarray, seed: int) -> dict[str, dict]:
    """Feature -> how often it is missing among the labelled filings, how far it moves their score on average, and how often upwards."""
    sample = matrix if len(matrix) <= ROWS_FOR_EFFECTS else matrix[np.random.default_rng(seed).choice(len(matrix), ROWS_FOR_EFFECTS, replace=False)]
    moved = model.contributions(sample)[:, :-1]
    missing, far, up = np.isnan(matrix).mean(axis=0), np.abs(moved).mean(axis=0), (moved > 0).mean(axis=0)
    return {
        name: {"missing_share": round(float(missing[n]), 4), "mean_effect": round(float(far[n]), 5), "raising_share": round(float(up[n]), 4)}
        for n, name in enumerate(book.columns)
    }


def _verdict(champion: Model, better: float, difference: evaluate.Figure, promote_because: str | None) -> tuple[bool, str]:
    if promote_because:
        return True, f"promoted by order: {promote_because}"
    if champion.trees is None:
        if difference.high < 0:
            return False, f"not promoted: worse than the expert card on the later period, average precision difference {difference}"
        return True, f"first model; against the expert card on the later period, average precision difference {difference}"
    if better >= PROMOTE_FROM:
        return True, f"better than {champion.version} with probability {better:.2f} on the later period, average precision difference {difference}"
    return False, (
        f"not promoted: better than {champion.version} only with probability {better:.2f} (at least {PROMOTE_FROM} is asked), "
        f"average precision difference {difference}. Override with --promote REASON."
    )


@dataclass(frozen=True)
class Known:
    """What there is to learn from.

    Args:
        frame: features of the newest filing of each application with a shipment or a finding. labels: see `label_frame`.
        shipped: application ids. recent: features of the filings asked for beside them.
    """

    frame: pl.DataFrame
    labels: pl.DataFrame
    shipped: set[str]
    recent: pl.DataFrame


def recent_filings(cursor: duckdb.DuckDBPyConnection, moment: datetime, days: int, most: int) -> list[tuple[int, datetime]]:
    """(record, filed_at) of the newest filing of each application filed in the days before a moment; of more than `most` always the same ones."""
    return cursor.execute(
        "with newest as (select record_no, application_id, filed_at from filing where filed_at < ? "
        "qualify row_number() over (partition by application_id order by revision desc) = 1) "
        "select record_no, filed_at from newest where filed_at >= ?::timestamp - to_days(?) order by md5(application_id), record_no limit ?",
        [moment, moment, days, most],
    ).fetchall()


def _everything(
    cursor: duckdb.DuckDBPyConnection, moment: datetime, tell: Callable[[str], None], recent: Sequence[tuple[int, datetime]] = ()
) -> Known:
    """Everything that a training at a moment may see; `recent` are further filings to be featured in the same pass."""
    newest = cursor.execute(
        "select record_no, filed_at from filing where filed_at < ? and application_id in "
        "(select application_id from shipment union select licence.application_id from licence inner join shipment using (licence_number) "
        "union select application_id from visit union select application_id from incident) "
        "qualify row_number() over (partition by application_id order by revision desc) = 1 order by filed_at, record_no",
        [moment],
    ).fetchall()
    numbers = {record_no: n for n, (record_no, _) in enumerate(newest, start=1)}
    more = [one for one in recent if one[0] not in numbers]
    lay_subjects(cursor, [Subject(record_no, filed_at, filed_at) for record_no, filed_at in (*newest, *more)])
    lay_relations(cursor, tell, whole=True)
    every = features(cursor, tell)
    frame = every.filter(pl.col("subject") <= len(newest))
    wanted = [numbers[record_no] for record_no, _ in recent if record_no in numbers]
    beside = every.filter((pl.col("subject") > len(newest)) | pl.col("subject").is_in(wanted))
    labels = label_frame(cursor, moment)
    shipped = {row[0] for row in cursor.execute("select distinct application_id from shipment_of_application").fetchall()}
    about = about_filings(cursor)
    for which, name in (("role_group = 'end_user'", "entity"), ("role_group = 'intermediary' and role in ('broker', 'agent')", "broker")):
        parties = cursor.sql(f"select subject, min(entity_id) as {name} from spine_party where {which} group by subject").pl()
        about = about.join(parties, on="subject", how="left")
    return Known(frame.join(about, on="subject", how="left"), labels, shipped, beside)


def _groups(rows: pl.DataFrame) -> dict[str, np.ndarray]:
    """The divisions by which figures are told and intervals widened."""
    book = catalogue()
    kind, region, authority = (rows[name].fill_null(NOT_KNOWN).to_numpy() for name in ("kind", "region", "authority"))
    return groups_of(book, rows.select(book.columns).to_numpy().astype(np.float64), kind, region) | {"authority": authority}


def _labelled(frame: pl.DataFrame, labels: pl.DataFrame, shipped: set[str], cursor: duckdb.DuckDBPyConnection, seed: int) -> Labelled:
    """Labelled rows weighted by one over the probability of having been looked at: the plan's where there is one, else estimated."""
    book = catalogue()
    planned = cursor.sql(
        "select application_id, max_by(inclusion_probability, record_no) as planned, max_by(lot_probability, record_no) as lot, "
        "max_by(chosen_by, record_no) = 'lot' as by_lot from known_planned_visit group by application_id"
    ).pl()
    joined = frame.join(labels, on="application_id", how="left").join(planned, on="application_id", how="left")
    matrix = joined.select(book.columns).to_numpy().astype(np.float64)
    visited = joined["application_id"].is_in([row[0] for row in cursor.execute(
        "select distinct application_id from visit_in_force where stage = 'post_shipment' and application_id is not null").fetchall()]).to_numpy()
    by_visit = (joined["found_by"] == "visit").fill_null(False).to_numpy()
    clean = by_visit & (joined["label"] == 0).fill_null(False).to_numpy()
    estimated = estimate_propensity(matrix, visited.astype(int), seed) if visited.any() and not visited.all() else np.ones(len(joined))
    planned = joined["planned"].cast(pl.Float64).fill_null(float("nan")).to_numpy()
    probability = np.where(np.isnan(planned), estimated, planned)
    # A finding of diversion always labels; a visit without one only if it was on site, favourable and saw the goods. Those that
    # did stand for those that did not, or the clean would be undercounted.
    gives_label = clean.sum() / max(1, (visited & ~(by_visit & ~clean)).sum())
    probability = np.where(clean, probability * gives_label, np.where(by_visit, probability, 1.0))
    probability = np.clip(probability, LEAST_PROBABILITY, 1.0)
    known = joined["label"].is_not_null().to_numpy()
    entity = joined.select(pl.col("entity").fill_null(-pl.col("subject"))).to_series().to_numpy()
    return Labelled(
        matrix[known], joined["label"].to_numpy()[known].astype(int), 1.0 / probability[known],
        joined["learned_from"].to_numpy()[known], entity[known], joined["by_lot"].fill_null(False).to_numpy()[known],
        joined["broker"].fill_null(0).to_numpy()[known], _groups(joined.filter(pl.Series(known))),
    )


def _fresh(rows: Labelled, champion: Model) -> np.ndarray:
    """Mask of what was learned since the model in use was trained."""
    return rows.learned_at >= np.datetime64(champion.card["trained_as_of"])


def _learned_order(rows: Labelled, champion: Model) -> tuple[list[np.ndarray], bool]:
    """Masks of an earlier and a later period by when each label was learned, and whether the comparison on the later one is fair.

    Fair means that the model in use never saw it. The challenger learns from the first third of what is fresh, too.
    """
    if champion.trees is None:
        return split_by_time(rows.learned_at, (0.7, 0.3)), True
    fresh = _fresh(rows, champion)
    if fresh.sum() < FEWEST_FRESH or rows.label[fresh].sum() < FEWEST_FRESH_POSITIVES:
        return split_by_time(rows.learned_at, (0.7, 0.3)), False
    middle = np.sort(rows.learned_at[fresh])[fresh.sum() // 3]
    return [rows.learned_at < middle, rows.learned_at >= middle], True


def _too_few(rows: Labelled, champion: Model) -> str:
    fresh = _fresh(rows, champion)
    return (
        f"not promoted: since {champion.version} was trained, {int(fresh.sum())} labels with {int(rows.label[fresh].sum())} diversions were learned, too few "
        f"to compare a new model with it fairly ({FEWEST_FRESH} with {FEWEST_FRESH_POSITIVES} are needed). Come back after more visits, or use --promote REASON."
    )


def capacity(cursor: duckdb.DuckDBPyConnection, moment: datetime) -> float:
    """Post-shipment visits a shipment in the two years before a moment: how far down the list the authority gets."""
    visits, shipments = cursor.execute(
        "select (select count(*) from visit_in_force where stage = 'post_shipment' and visited_on between ?::date - 730 and ?::date), "
        "(select count(*) from shipment where shipped_on between ?::date - 730 and ?::date)", [moment] * 4,
    ).fetchall()[0]
    return min(1.0, max(0.01, visits / shipments)) if shipments else 0.05


def _figures(book, earlier: Labelled, later: Labelled, scores: dict[str, np.ndarray], share: float, seed: int) -> dict:
    """The later period's figures: this model beside the plain baselines, unweighted, weighted to all shipments, and on visits by lot."""
    scores = scores | {name: score(earlier, later) for name, score in validate.baselines(book, seed).items()}
    told: dict = {
        "from": str(later.learned_at.min())[:10], "to": str(later.learned_at.max())[:10], "rows": len(later), "diversions": int(later.label.sum()),
        "base_rate": round(float(later.label.mean()), 4),
        "base_rate_of_all_shipments": round(float(np.average(later.label, weights=later.weight)), 4), "by": {},
    }
    if few := validate.too_few(later):
        told["too_few"] = few
    lot = later.where(later.by_lot)
    told["on_visits_by_lot"] = validate.too_few(lot) or {"rows": len(lot), "diversions": int(lot.label.sum())} | {
        "by": {name: validate.ranking(lot, score[later.by_lot], seed) for name, score in scores.items()}}
    if few:
        return told
    told["by"] = {name: validate.ranking(later, score, seed) for name, score in scores.items()}
    told["at_capacity"] = validate.at_capacity(later, scores, share, seed)
    told["by_group"] = validate.by_group(later, scores["this model"], seed)
    told["calibration"] = validate.calibration(later, scores["this model"], calibrated(book, earlier, seed)[0], seed)
    return told
