"""Two models over the same filings: which ranks better what was found since, how far they agree, which bands change and why. Promotes none."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

import duckdb
import numpy as np
import polars as pl
from scipy.stats import spearmanr

from engine.compute.run import features, lay_relations
from engine.errors import Conflict, UnknownRecord
from engine.risk import evaluate
from engine.risk.explain import Assessment, assess_matrix
from engine.risk.model import Model, expert_card
from engine.risk.policy import BANDS, policy_in_force
from engine.store import records
from engine.workflows.assess import Subject, lay_subjects
from engine.workflows.models import challenger_version, in_force_in_turn, load_model, promotions
from engine.workflows.train import FEWEST_FRESH, FEWEST_FRESH_POSITIVES, label_frame, recent_filings
from features.catalogue import catalogue

if TYPE_CHECKING:
    from engine.workflows.desk import Desk

DAYS, FILINGS = 365, 1_000  # the filings compared: of a year, or so many of them
MOVED_SHOWN, REASONS_SHOWN, FEATURES_SHOWN = 50, 5, 10
TOP, FIRST = 0.05, 0.10
SEED = 7


@dataclass(frozen=True)
class Paired:
    """One figure of both models on the same findings; the interval is of the difference, challenger less champion."""

    figure: str
    champion: float
    challenger: float
    difference: float
    low: float
    high: float
    probability_better: float


@dataclass(frozen=True)
class OnLabels:
    """What became known since both were trained; `too_few` says why there are no figures."""

    since: datetime
    rows: int
    diversions: int
    too_few: str | None
    figures: tuple[Paired, ...]


@dataclass(frozen=True)
class MovedPart:
    """A feature's part in both scores, log-odds."""

    feature: str
    family: str
    text: str
    champion: float
    challenger: float


@dataclass(frozen=True)
class MovedFiling:
    """A filing whose band differs, and the features whose parts differ most."""

    application_id: str
    revision: int
    filed_at: datetime
    champion_risk: float
    challenger_risk: float
    champion_band: str
    challenger_band: str
    because: tuple[MovedPart, ...]


@dataclass(frozen=True)
class OnFilings:
    """The same filings under both.

    Args:
        rank_agreement: Spearman's; None where all scores are equal. top_5_percent_shared: share of the champion's riskiest twentieth that is also the challenger's.
        bands: (champion's, challenger's, filings). moved: the largest moves first. features: (feature, family, mean move of its part).
    """

    compared: int
    from_day: date
    to_day: date
    rank_agreement: float | None
    top_5_percent_shared: float | None
    champion_mean_risk: float | None
    challenger_mean_risk: float | None
    bands: tuple[tuple[str, str, int], ...]
    moved: tuple[MovedFiling, ...]
    features: tuple[tuple[str, str, float], ...]


@dataclass(frozen=True)
class Comparison:
    """Two models side by side; `shadow`: how many filings the challenger scored in shadow, first and last."""

    as_of: datetime
    champion: str
    challenger: str
    labels: OnLabels
    filings: OnFilings
    shadow: tuple[int, datetime | None, datetime | None]


def compare(
    desk: Desk, at: datetime, champion: str | None = None, challenger: str | None = None, *, visible: tuple[str, ...] | None = None,
) -> Comparison:
    """Compare two models, by default the one in force and the one kept in shadow.

    Args:
        visible: the authorities whose filings may be named among the moved; None = all. Figures count all.

    Raises:
        Conflict: no challenger was named and none is kept. UnknownRecord: no such model. ModelMismatch: it was trained on other columns.
    """
    cursor = desk.store.cursor()
    try:
        cursor.execute("begin")
        first, second = _models(cursor, champion, challenger)
        return _compare(cursor, at, first, second, visible)
    finally:
        cursor.execute("rollback")
        cursor.close()


def _models(cursor: duckdb.DuckDBPyConnection, champion: str | None, challenger: str | None) -> tuple[Model, Model]:
    second = challenger or challenger_version(cursor)
    if second is None:
        raise Conflict("no model is kept in shadow: the newest one trained is or was in force. Expected two models to compare. Name both, or train another with `diversion train`.")
    found = []
    for version in (champion or in_force_in_turn(promotions(cursor))[-1], second):
        if version != expert_card().version and records.body_of(cursor, f"model:{version}") is None:
            raise UnknownRecord(f"there is no model {version[:100]!r}. Expected the version of one on record. See `diversion model list`.")
        found.append(load_model(cursor, version))
        found[-1].check(catalogue())
    return found[0], found[1]


def _compare(cursor: duckdb.DuckDBPyConnection, at: datetime, champion: Model, challenger: Model, visible: tuple[str, ...] | None) -> Comparison:
    book, policy = catalogue(), policy_in_force()
    recent = recent_filings(cursor, at, DAYS, FILINGS)
    trained = [datetime.fromisoformat(one.card["trained_as_of"]) for one in (champion, challenger) if "trained_as_of" in one.card]
    since = max(trained, default=datetime(1900, 1, 1))
    numbers = {record_no for record_no, _ in recent}
    more = [one for one in _looked_into(cursor, at, since) if one[0] not in numbers]
    lay_subjects(cursor, [Subject(record_no, filed_at, filed_at) for record_no, filed_at in (*recent, *more)])
    lay_relations(cursor, whole=True)
    frame = features(cursor)
    matrix = frame.select(book.columns).to_numpy().astype(np.float64)
    told = tuple(assess_matrix(book, model, policy, matrix) for model in (champion, challenger)) if len(matrix) else None
    about = frame.select("subject", "application_id", "revision", "as_of").join(
        cursor.sql("select subject, min(entity_id) as entity from spine_party where role_group = 'end_user' group by subject").pl(), on="subject", how="left"
    ).join(cursor.sql("select subject, authority from spine_application").pl(), on="subject", how="left").sort("subject")
    labels = label_frame(cursor, at).filter(pl.col("learned_from") >= since)
    shadow = cursor.execute("select count(*), min(scored_at), max(scored_at) from shadow_score where model_version = ?", [challenger.version]).fetchall()[0]
    return Comparison(at, champion.version, challenger.version, _on_labels(about, labels, told, since), _on_filings(about, told, len(recent), at, visible), shadow)


def _looked_into(cursor: duckdb.DuckDBPyConnection, at: datetime, since: datetime) -> list[tuple[int, datetime]]:
    """(record, filed_at) of filings of which something was reported since: more than those that have a label by it."""
    return cursor.execute(
        "with told as (select application_id, shipment_id from visit where visit.at < $at and visit.at >= $since::timestamp - interval 2 year "
        "union all select application_id, null from incident where incident.at < $at and incident.at >= $since::timestamp - interval 2 year), "
        "looked_at as (select distinct coalesce(told.application_id, shipment.application_id, licence.application_id) as application_id from told "
        "left join shipment on told.shipment_id = shipment.shipment_id left join licence on shipment.licence_number = licence.licence_number) "
        "select record_no, filed_at from filing where filed_at < $at and application_id in (select application_id from looked_at) "
        "qualify row_number() over (partition by application_id order by revision desc) = 1 order by record_no", {"at": at, "since": since},
    ).fetchall()


def _on_labels(about: pl.DataFrame, labels: pl.DataFrame, told: tuple[Assessment, Assessment] | None, since: datetime) -> OnLabels:
    joined = about.with_row_index("row").join(labels.select("application_id", "label"), on="application_id").sort("row")
    rows, label = joined["row"].to_numpy(), joined["label"].to_numpy().astype(int)
    few = None
    if len(rows) < FEWEST_FRESH or label.sum() < FEWEST_FRESH_POSITIVES or label.sum() == len(rows):
        few = (f"since both were trained {len(rows)} findings with {int(label.sum())} diversions became known, too few for figures "
               f"(at least {FEWEST_FRESH} with {FEWEST_FRESH_POSITIVES} are needed).")
    if few or told is None:
        return OnLabels(since, len(rows), int(label.sum()), few, ())
    entity = joined.select(pl.col("entity").fill_null(-pl.col("subject"))).to_series().to_numpy()
    raw = [one.raw[rows] for one in told]
    figures: dict[str, Callable[[np.ndarray, np.ndarray], float]] = {
        "average precision": evaluate.average_precision, "AUC": evaluate.auc, "diversions among the riskiest tenth": _found_first}
    return OnLabels(since, len(rows), int(label.sum()), None, tuple(_paired(name, figure, label, *raw, entity) for name, figure in figures.items()))


def _found_first(label: np.ndarray, score: np.ndarray) -> float:
    """Share of all diversions among the highest-scored tenth."""
    return evaluate.at_capacity(label, score, np.ones(len(label)), FIRST)[1]


def _paired(name: str, figure: Callable, label: np.ndarray, champion: np.ndarray, challenger: np.ndarray, entity: np.ndarray) -> Paired:
    drawn = [i for i in evaluate.resamples(entity, SEED) if 0 < label[i].sum() < len(i)]
    differences = np.array([figure(label[i], challenger[i]) - figure(label[i], champion[i]) for i in drawn])
    first, second = float(figure(label, champion)), float(figure(label, challenger))
    low, high = np.quantile(differences, [0.05, 0.95]) if len(differences) else (-1.0, 1.0)
    better = float((differences > 0).mean() + 0.5 * (differences == 0).mean()) if len(differences) else 0.5
    return Paired(name, first, second, second - first, float(low), float(high), better)


def _on_filings(about: pl.DataFrame, told: tuple[Assessment, Assessment] | None, many: int, at: datetime, visible: tuple[str, ...] | None) -> OnFilings:
    days = (at - timedelta(days=DAYS)).date(), at.date()
    if not many or told is None:
        return OnFilings(0, *days, None, None, None, None, (), (), ())
    one, other = told
    risk = one.risk[:many], other.risk[:many]
    ranked = all(np.ptp(each.raw[:many]) > 0 for each in told)  # among equal scores there is no order to agree on
    agreement = float(spearmanr(one.raw[:many], other.raw[:many]).statistic) if ranked else None
    top = [set(np.argsort(-each.raw[:many], kind="stable")[: max(1, round(TOP * many))].tolist()) for each in told]
    bands = [(a, b, int(((one.bands[:many] == a) & (other.bands[:many] == b)).sum())) for a in BANDS for b in BANDS]
    odds = np.abs(one.raw[:many] - other.raw[:many])
    seen = np.array([visible is None or authority in visible for authority in about["authority"].to_list()[:many]])
    changed = np.flatnonzero((one.bands[:many] != other.bands[:many]) & seen)
    changed = changed[np.argsort(-odds[changed], kind="stable")][:MOVED_SHOWN]
    book = catalogue()
    far = np.abs(other.contributions[:many, :-1] - one.contributions[:many, :-1]).mean(axis=0)
    order = np.argsort(-far, kind="stable")[:FEATURES_SHOWN]
    rows = about.select("application_id", "revision", "as_of").rows()
    return OnFilings(
        many, *days, agreement, len(top[0] & top[1]) / len(top[0]), float(risk[0].mean()), float(risk[1].mean()),
        tuple(cell for cell in bands if cell[2]),
        tuple(MovedFiling(*rows[n], float(risk[0][n]), float(risk[1][n]), str(one.bands[n]), str(other.bands[n]), _because(one, other, n)) for n in changed.tolist()),
        tuple((book.columns[n], book.features[n].family, float(far[n])) for n in order.tolist() if far[n] > 0),
    )


def _because(one: Assessment, other: Assessment, row: int) -> tuple[MovedPart, ...]:
    """The features whose parts in the two scores differ most."""
    apart = np.abs(other.contributions[row, :-1] - one.contributions[row, :-1])
    told = []
    for n in np.argsort(-apart, kind="stable")[:REASONS_SHOWN].tolist():
        feature, value = catalogue().features[n], one.matrix[row, n]
        told.append(MovedPart(feature.name, feature.family, feature.sentence(None if np.isnan(value) else float(value)),
                              float(one.contributions[row, n]), float(other.contributions[row, n])))
    return tuple(told)


def as_json(told: Comparison) -> dict:
    """As the service answers it."""
    def moment(at: datetime | None) -> str | None:
        return at and f"{at:%Y-%m-%dT%H:%M:%SZ}"

    filings = asdict(told.filings)
    filings |= {
        "from": str(filings.pop("from_day")), "to": str(filings.pop("to_day")),
        "bands": [{"champion": a, "challenger": b, "filings": n} for a, b, n in told.filings.bands],
        "moved": [one | {"filed_at": moment(one["filed_at"])} for one in filings["moved"]],
        "features": [{"feature": name, "family": family, "mean_move": far} for name, family, far in told.filings.features],
    }
    return {
        "as_of": moment(told.as_of), "champion": told.champion, "challenger": told.challenger, "scope": "diversion only",
        "labels": asdict(told.labels) | {"since": moment(told.labels.since)}, "filings": filings,
        "shadow": {"scored": told.shadow[0], "from": moment(told.shadow[1]), "to": moment(told.shadow[2])},
    }
