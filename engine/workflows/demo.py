"""The demonstration: a small invented jurisdiction taken through the whole loop, from filings to lessons. For showing, not for use."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from data.world import write_world
from engine.store.records import Origin
from engine.wire import EVENTS, Score
from engine.workflows.assess import score_unscored
from engine.workflows.desk import Desk, open_desk
from engine.workflows.ingest import ingest_file
from engine.workflows.plan_visits import Plan, plan_visits
from engine.workflows.screen import import_list
from engine.workflows.train import Trained, train


@dataclass(frozen=True)
class Shown:
    """What the demonstration made."""

    store: Path
    applications: int
    events: int
    set_aside: int
    scores: tuple[Score, ...]
    trained: Trained
    plan: Plan
    seconds: float


def world_end(today: date) -> date:
    """The last day of the world's history: its new month is then the last month that is over."""
    return (today.replace(day=1) - timedelta(days=1)).replace(day=1) - timedelta(days=1)


def show(
    folder: Path, origin: Origin, *, applications: int = 20_000, visits: int = 20, seed: int = 7,
    progress: Callable[[str, int, int], None] | None = None,
) -> tuple[Desk, Shown]:
    """Make the world, take it in, train, score the new month, plan the next month's visits; leaves the store open.

    Args:
        folder: where the world's files and the store go; an earlier demonstration's store there is replaced.
        origin: who runs it and when.
    """
    tell = progress or (lambda stage, done, of: None)
    begun = time.monotonic()
    folder.mkdir(parents=True, exist_ok=True)
    end = world_end(origin.at.date())
    world = folder / "world"
    tell("making a world", 0, applications)
    write_world(world, applications=applications, end=end, seed=seed, progress=lambda done, of: tell("making a world", done, of))
    store = folder / "demo.duckdb"
    for left in (store, store.with_name(store.name + ".wal")):
        left.unlink(missing_ok=True)
    desk = open_desk(store, origin, create=True)
    imported = Origin(origin.actor, "ingest", origin.at)
    import_list(desk, world / "watchlist.csv", "opensanctions-csv", end, imported)
    taken = {"application": 0, "event": 0, "aside": 0}
    for kind, file in (("application", "application"), *((kind, kind) for kind in EVENTS), ("application", "new_application")):
        path = world / f"{file}.jsonl"
        if not path.is_file():
            continue
        done = ingest_file(desk, path, kind, imported, progress=lambda n, kind=kind: tell(f"ingesting {kind.replace('_', ' ')}s", n, 0))
        taken["application" if kind == "application" else "event"] += done.added
        taken["aside"] += done.set_aside
    trained = train(desk, origin, progress=lambda stage: tell(f"training: {stage}", 0, 0))
    scores = score_unscored(desk, origin, undecided_only=True, progress=lambda n, of: tell("scoring the new month", n, of))
    start = (origin.at.date().replace(day=1) + timedelta(days=32)).replace(day=1)
    last = (start + timedelta(days=32)).replace(day=1) - timedelta(days=1)
    tell("planning visits", 0, 0)
    plan = plan_visits(desk, start, last, visits, origin)
    newest = tuple(score for score in scores if score.as_of.date() > end)
    shown = Shown(store, taken["application"], taken["event"], taken["aside"], newest, trained, plan, time.monotonic() - begun)
    return desk, shown


def summary(shown: Shown) -> str:
    """The demonstration's result in a page that an officer reads."""
    from engine.workflows.memo import BAND_WORDS, frequency

    bands = {band: sum(score.band == band for score in shown.scores) for band in ("critical", "high", "elevated", "low")}
    card = shown.trained.card
    later = card["later_period"]
    top = sorted(shown.scores, key=lambda score: -score.risk)[:5]
    lines = [
        "", "DIVERSION: WHAT THE DEMONSTRATION DID",
        f"  {shown.applications:,} filings and {shown.events:,} events of an invented jurisdiction taken in; {shown.set_aside} records set aside.",
        f"  {len(shown.scores):,} filings of the new month scored: " + ", ".join(f"{n} {BAND_WORDS[band]}" for band, n in bands.items()) + ".",
        f"  {sum(bool(score.referrals) for score in shown.scores)} of them carry a referral that an officer must settle before a grant.",
        "", "THE FIVE HIGHEST, each with the weightiest reason",
    ]
    for score in top:
        reason = next((r for r in score.reasons if r.contribution > 0), score.reasons[0])
        lines.append(
            f"  {score.application_id}  {BAND_WORDS[score.band]:8}  {frequency(score.risk):>12} ({frequency(score.risk_low)} to {frequency(score.risk_high)})"
        )
        lines.append(f"      {reason.text}")
    by = {kind: int((shown.plan.visits["chosen_by"] == kind).sum()) for kind in ("risk", "lot", "mandatory")}
    lines += [
        "", f"VISITS PLANNED ({shown.plan.plan_id}): {len(shown.plan.visits)} of {shown.plan.eligible:,} eligible shipments",
        f"  {by['risk']} by risk, {by['lot']} by lot, {by['mandatory']} mandatory. "
        f"{shown.plan.without_consent:,} eligible shipments have no undertaking to tolerate checks.",
        "", f"MODEL {shown.trained.version}: {'promoted' if shown.trained.promoted else 'not promoted'}",
        f"  {shown.trained.because}",
        f"  Learned from {card['labelled']:,} labelled applications, {card['diversions']} of them diverted. "
        f"On {later['rows']} findings of a later period ({later['from']} to {later['to']}, {later['diversions']} diverted), 90 % intervals:",
        f"  {'':36}{'average precision':>24}{'AUC':>26}",
    ]
    lines += [f"  {name:36}{told['average_precision']:>24}{told['auc']:>26}" for name, told in later["by"].items()]
    lines += ["", f"Took {shown.seconds:.0f} s. The store is {shown.store}."]
    return "\n".join(lines)


def next_steps(store: Path, application_id: str) -> str:
    """What to try next."""
    return "\n".join([
        "", "TRY NEXT", f"  diversion explain {application_id} --store {store}", f"  diversion screen 'Acme Trading' --store {store}",
        f"  diversion export planned_visit --out visits.csv --store {store}", f"  diversion audit verify --store {store}",
        f"  diversion dashboard --store {store}",
    ])
