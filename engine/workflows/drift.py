"""Looks whether filings, scores, calibration and what they rest on have moved since the model in force was trained. Writes nothing."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

import duckdb
import numpy as np
import polars as pl

from engine.compute.run import features, lay_known, lay_relations
from engine.errors import FieldProblem, InvalidRecord
from engine.monitoring import drift as judged
from engine.monitoring.drift import Check, Expected
from engine.risk.model import Model
from engine.risk.reference import by_chance, stability_index
from engine.risk.train import DETECTION_BY_MODE
from engine.screening.readers import FORMATS
from engine.store import audit
from engine.store.reference import cards
from engine.workflows.assess import Subject, lay_subjects
from engine.workflows.train import recent_filings
from features.catalogue import catalogue

if TYPE_CHECKING:
    from engine.workflows.desk import Desk

DAYS, LEAST_DAYS, MOST_DAYS = 180, 30, 1095
FILINGS = 1_000  # of the window; the same ones each time
VISITS = 1_000  # reviewed since the training, the newest
TRAIN_AGAIN = "Train again with `diversion train`; it is promoted only if it is better."
# Reviewed visits to where the goods should be, that came to a rating, with how each was chosen; nothing of what others found there.
REVIEWED = """
select visit_in_force.application_id, coalesce(visit_in_force.mode, 'on_site') as mode,
    max(coalesce(list_has_any(visit_in_force.findings, ['re_transfer', 're_export', 'diversion', 'theft_or_capture']), false)) as diverted,
    coalesce(bool_or(planned.chosen_by = 'lot'), false) as by_lot, max(visit_in_force.known_from) as known_from
from visit_in_force
cross join drift_moment
left join known_planned_visit as planned on visit_in_force.visit_id = planned.visit_id
where visit_in_force.stage = 'post_shipment' and visit_in_force.outcome in ('favourable', 'unfavourable') and visit_in_force.application_id is not null
    and coalesce(visit_in_force.access, 'full') <> 'none' and visit_in_force.known_from >= ? and visit_in_force.known_from < drift_moment.as_of
    and (visit_in_force.known_to is null or visit_in_force.known_to >= drift_moment.as_of)
group by visit_in_force.application_id, coalesce(visit_in_force.mode, 'on_site')
"""


@dataclass(frozen=True)
class Window:
    """The filings looked at."""

    from_day: date
    to_day: date
    filings: int
    looked_at: int


@dataclass(frozen=True)
class ScoresThenAndNow:
    """Shares of filings by tenths of the risk at the training."""

    edges: tuple[float, ...]
    reference_share: tuple[float, ...]
    share: tuple[float, ...]
    reference_mean: float
    mean: float


@dataclass(frozen=True)
class Drift:
    """What moved since the training.

    Args:
        state: the worst of what was measured.
        reference: first day, last day and number of the filings of the training's year; None where the model kept none.
        scores: None where there is no reference or too few filings.
        calibration: the visits drawn by lot first.
    """

    as_of: datetime
    model_version: str
    state: str
    window: Window
    reference: tuple[str, str, int] | None
    checks: tuple[Check, ...]
    scores: ScoresThenAndNow | None
    calibration: tuple[Expected, ...]


def drift(desk: Desk, at: datetime, days: int = DAYS) -> Drift:
    """Compare the filings of the last days, and the visits reviewed since the training, with what the model in force learned from.

    Args:
        at: now, UTC. days: how far back "now" reaches.

    Raises:
        InvalidRecord: fewer or more days than are looked at.
    """
    if not LEAST_DAYS <= days <= MOST_DAYS:
        raise InvalidRecord("The query", [FieldProblem("days", f"{days} is out of range", f"{LEAST_DAYS} to {MOST_DAYS}", "Name a number of days between.")])
    cursor = desk.store.cursor()
    try:
        cursor.execute("begin")  # one store sequence for all of it
        return desk.drift((audit.head(cursor)[0], days, at.date()), lambda: _drift(cursor, desk.model(cursor), at, days))
    finally:
        cursor.execute("rollback")
        cursor.close()


def _drift(cursor: duckdb.DuckDBPyConnection, model: Model, at: datetime, days: int) -> Drift:
    book = catalogue()
    recent = recent_filings(cursor, at, days, FILINGS)
    every = cursor.execute("select count(distinct application_id) from filing where filed_at < ? and filed_at >= ?::timestamp - to_days(?)", [at, at, days]).fetchall()[0][0]
    trained = datetime.fromisoformat(model.card["trained_as_of"]) if "trained_as_of" in model.card else None
    visited = _visited(cursor, at, trained)
    numbers = {record_no: n for n, (record_no, _) in enumerate(recent, start=1)}
    more = [one for one in visited if one[0] not in numbers]
    numbers |= {record_no: n for n, (record_no, _) in enumerate(more, start=len(recent) + 1)}
    lay_subjects(cursor, [Subject(record_no, filed_at, filed_at) for record_no, filed_at in (*recent, *more)])
    lay_relations(cursor, whole=True)
    frame = features(cursor)
    matrix = frame.select(book.columns).to_numpy().astype(np.float64)
    model.check(book)
    risk = model.calibration.risk(model.raw(matrix)) if len(matrix) else np.empty(0)
    now = (frame["subject"] <= len(recent)).to_numpy()
    checks, scores = _moved(model, matrix[now], risk[now])
    calibration = _calibration(cursor, at, trained, dict(zip(frame["application_id"].to_list(), risk.tolist(), strict=True)))
    checks += [judged.calibration_moved(one) for one in calibration]
    checks += _freshness(cursor, at, trained)
    kept = model.reference
    return Drift(
        at, model.version, judged.worst(checks), Window((at - timedelta(days=days)).date(), at.date(), every, len(recent)),
        kept and (kept.first_day, kept.last_day, kept.filings), judged.in_order(checks), scores, calibration,
    )


def _visited(cursor: duckdb.DuckDBPyConnection, at: datetime, trained: datetime | None) -> list[tuple[int, datetime]]:
    """(record, filed_at) of the filings visited lately; whether a visit was reviewed is settled once the relations are laid."""
    return cursor.execute(
        "with looked_at as (select coalesce(visit.application_id, shipment_of.application_id) as application_id, max(visit.at) as visited_at from visit "
        "left join (select shipment.shipment_id, coalesce(shipment.application_id, licence.application_id) as application_id from shipment "
        "left join licence using (licence_number)) as shipment_of on visit.shipment_id = shipment_of.shipment_id "
        # A visit counts once reviewed, which may be long after it came in.
        "where visit.at < ? and visit.at >= coalesce(?::timestamp, timestamp '1900-01-01') - interval 2 year group by 1) "
        "select filing.record_no, filing.filed_at from filing inner join looked_at using (application_id) where filing.filed_at < ? "
        "qualify row_number() over (partition by filing.application_id order by filing.revision desc) = 1 order by looked_at.visited_at desc, filing.record_no limit ?",
        [at, trained, at, VISITS],
    ).fetchall()


def _moved(model: Model, matrix: np.ndarray, risk: np.ndarray) -> tuple[list[Check], ScoresThenAndNow | None]:
    """Features and scores against the training's year."""
    kept, book = model.reference, catalogue()
    why = None
    if kept is None:
        why = ("The expert card learned from no filings." if model.trees is None else "The model in force was trained before the year's filings were kept with it.", TRAIN_AGAIN)
    elif len(matrix) < judged.FEWEST_FILINGS:
        why = (f"{len(matrix)} filings in the window are too few to compare (at least {judged.FEWEST_FILINGS}).", "Ask for more days.")
    if why:
        return [judged.not_measured(about, subject, "population stability index", *why) for about, subject in (("features", "all"), ("scores", "risk"))], None
    effects, checks = model.card.get("features", {}), []
    for n, name in enumerate(book.columns):
        then = kept.features[n]
        now = then.of(matrix[:, n])
        used = effects.get(name, {}).get("mean_effect", 1.0) > 0
        checks.append(judged.spread_moved("features", name, stability_index(then, now), by_chance(then, now, judged.CHANCE), used=used))
        checks.append(judged.missing_moved(name, then.missing, now.missing, used=used))
    now = kept.risk.of(risk)
    checks.append(judged.spread_moved("scores", "risk", stability_index(kept.risk, now), by_chance(kept.risk, now, judged.CHANCE)))
    checks.append(judged.mean_moved(kept.mean_risk, float(risk.mean())))

    def shares(counts: tuple[int, ...]) -> tuple[float, ...]:
        return tuple(round(count / max(1, sum(counts)), 6) for count in counts[:-1])  # a risk is never missing

    return checks, ScoresThenAndNow(kept.risk.edges, shares(kept.risk.counts), shares(now.counts), kept.mean_risk, float(risk.mean()))


def _calibration(cursor: duckdb.DuckDBPyConnection, at: datetime, trained: datetime | None, risk: dict[str, float]) -> tuple[Expected, ...]:
    """What visits reviewed since the training found, against what the model in force expects of the same filings."""
    cursor.execute("create or replace temp table drift_moment as select ?::timestamp as as_of", [at])
    lay_known(cursor, "drift_moment")
    rows = [row for row in cursor.execute(REVIEWED, [trained or datetime(1900, 1, 1)]).fetchall() if row[0] in risk]
    told = pl.DataFrame(rows, schema={"application_id": pl.String, "mode": pl.String, "diverted": pl.Boolean, "by_lot": pl.Boolean, "known_from": pl.Datetime("us")}, orient="row")
    chance = np.array([min(0.999, risk[name] * DETECTION_BY_MODE.get(mode, DETECTION_BY_MODE["on_site"])) for name, mode, *_ in rows])
    found, lot = told["diverted"].to_numpy().astype(int), told["by_lot"].to_numpy().astype(bool)
    return tuple(judged.expected_of(source, found[which], chance[which]) for source, which in (("lot", lot), ("other", ~lot)))


def _freshness(cursor: duckdb.DuckDBPyConnection, at: datetime, trained: datetime | None) -> list[Check]:
    """How old the lists, the reference tables and the model are."""
    checks, lists = [], _list_editions(cursor)
    again = "Fetch the list's newest edition and take it in with `diversion lists import`; the same edition again counts as looked at, too."
    if not lists:
        checks.append(judged.grown_old("lists", None, judged.LIST_DAYS, "watch list", "Parties are screened against nothing. " + again))
    checks += [judged.grown_old(f"list {code}", (at.date() - edition).days, judged.LIST_DAYS, "newest edition", again) for code, edition in sorted(lists.items())]
    for name, card in sorted(cards().items()):
        if isinstance(card.get("as_of"), date):
            limits = judged.RATE_DAYS if name == "exchange_rate" else judged.TABLE_DAYS
            checks.append(judged.grown_old(f"reference {name}", max(0, (at.date() - card["as_of"]).days), limits, "edition held",
                                           "Install the version that ships a newer edition, or have its owner renew the table, or write into its card (data/reference) that this is still the newest."))
    if trained is not None:
        old = judged.grown_old("model", max(0, (at - trained).days), judged.MODEL_DAYS, "model in force", TRAIN_AGAIN)
        checks.append(judged.renamed(old, "days since the training"))
    return checks


def _list_editions(cursor: duckdb.DuckDBPyConnection) -> dict[str, date]:
    """List -> the newest edition looked at, whether or not anything in it was new."""
    editions = dict(cursor.execute("select list, max(edition) from list_entry group by list").fetchall())
    for action, note in cursor.execute("select action, note from audit_entry where starts_with(action, 'import list ')").fetchall():
        told, form = re.search(r"edition (\d{4}-\d\d-\d\d)", note or ""), action.removeprefix("import list ")
        if told and form in FORMATS:
            for code in editions:
                if any(code.startswith(prefix) for prefix in FORMATS[form].lists):
                    editions[code] = max(editions[code], date.fromisoformat(told.group(1)))
    return editions


def as_json(told: Drift) -> dict:
    """As the service answers it."""
    def day(text: str, last: str, filings: int) -> dict:
        return {"from": text, "to": last, "filings": filings}

    return {
        "as_of": f"{told.as_of:%Y-%m-%dT%H:%M:%SZ}", "model_version": told.model_version, "scope": "diversion only", "state": told.state,
        "window": day(str(told.window.from_day), str(told.window.to_day), told.window.filings) | {"looked_at": told.window.looked_at},
        "reference": told.reference and day(*told.reference), "checks": [asdict(one) for one in told.checks],
        "scores": told.scores and asdict(told.scores), "calibration": [asdict(one) for one in told.calibration],
    }
