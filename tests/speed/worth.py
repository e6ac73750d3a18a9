"""`python -m tests.speed.worth`: what visits are worth by the way they are chosen, over five simulated years. Never part of the tests.

A generated world knows what became of every shipment. From the end of its second year on, each way of choosing makes the same number
of visits every half year as the world's own officers did, learns from what it finds, and chooses again. Found is what was diverted by
the day of the visit and seen with the probability that the world's on-site visits have; what was missed is learned as clean, as in life.
What comes to light without a visit is learned by all alike. Features are those of the filing and do not see the simulated visits:
only labels and their weights feed back. So the gain of a lot through the party's later features is not in the figures.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import numpy as np
import polars as pl
from scipy import stats

from data.world import write_world
from engine.monitoring.choose_visits import choose_visits
from engine.risk import evaluate, expert
from engine.risk.train import LEAST_PROBABILITY, PARAMETERS, Labelled, estimate_propensity, grow
from engine.store.records import Origin
from engine.wire import EVENTS
from engine.workflows.desk import open_desk
from engine.workflows.ingest import ingest_file
from engine.workflows.screen import import_list
from engine.workflows.train import _everything
from features.catalogue import catalogue

END, MONTHS, BURN_IN, HALVES = date(2026, 9, 30), 84, 730, 10
ORIGIN = Origin("bench", "ingest", datetime(2026, 11, 22))
DETECTED = 0.75  # on site, as in data/world/visits.py
ARMS = {"random": 1.0, "top risk": 0.0, "lot 10 %": 0.1, "lot 15 %": 0.15, "lot 25 %": 0.25, "lot 40 %": 0.4, "historical": None}


@dataclass(frozen=True)
class Shipped:
    """The shipped filings of a world, day numbers from its first day.

    Args:
        diverted: (n,) f64 the day they went astray, infinite where never.
        visited: (n,) f64 the day the world's officers visited, infinite where never.
        reported: (n,) f64 the day a diversion came to light without a visit, infinite where never.
        sees: (n,) bool whether an inspector there would see it: the same for every way of choosing.
    """

    matrix: np.ndarray
    entity: np.ndarray
    filed: np.ndarray
    arrived: np.ndarray
    diverted: np.ndarray
    visited: np.ndarray
    reported: np.ndarray
    sees: np.ndarray


def shipped(folder: Path, applications: int, seed: int) -> Shipped:
    """Make a world, take it in without the visits after its second year, and lay its truth beside its features."""
    write_world(folder, applications=applications, months=MONTHS, new_month=False, end=END, seed=seed)
    truth = [json.loads(line) for line in (folder / "truth.jsonl").read_text().splitlines()]
    first = date(END.year - MONTHS // 12, END.month, END.day)

    def day(text: str | None) -> float:
        return float("inf") if text is None else float((date.fromisoformat(text[:10]) - first).days)

    visits = [json.loads(line) for line in (folder / "visit.jsonl").read_text().splitlines()]
    (folder / "visit.jsonl").write_text("".join(json.dumps(v) + "\n" for v in visits if day(v["at"]) < BURN_IN))
    seen = {v["application_id"]: day(v["visited_on"]) for v in visits if v.get("stage", "post_shipment") == "post_shipment" and "application_id" in v}
    events = {kind: [json.loads(line) for line in (folder / f"{kind}.jsonl").read_text().splitlines()] for kind in ("shipment", "delivery", "incident")}
    of = {s["shipment_id"]: s.get("application_id") for s in events["shipment"]}
    landed = {s["application_id"]: day(s.get("arrived_on") or s["shipped_on"]) for s in events["shipment"] if s.get("application_id")}
    landed |= {of[d["shipment_id"]]: day(d["on"]) for d in events["delivery"] if d["milestone"] == "arrived" and of.get(d["shipment_id"])}
    told = {i["application_id"]: day(i["at"]) for i in events["incident"] if i.get("application_id") and i.get("confirmed")}
    with open_desk(folder / "store.duckdb", ORIGIN, create=True) as desk:
        import_list(desk, folder / "watchlist.csv", "opensanctions-csv", END, ORIGIN)
        for kind in ("application", *EVENTS):
            if (folder / f"{kind}.jsonl").is_file():
                ingest_file(desk, folder / f"{kind}.jsonl", kind, ORIGIN)
        frame = _everything(desk.store.cursor(), ORIGIN.at, lambda stage: None).frame
    by_id = {one["application_id"]: one for one in truth}
    frame = frame.filter(pl.col("application_id").is_in([name for name in landed if by_id[name]["shipped"]]))
    ids, book = frame["application_id"].to_list(), catalogue()
    fate = [by_id[name] for name in ids]
    return Shipped(
        frame.select(book.columns).to_numpy().astype(np.float64), frame.select(pl.col("entity").fill_null(-pl.col("subject"))).to_series().to_numpy(),
        np.array([day(str(at)) for at in frame["as_of"]]), np.array([landed[name] for name in ids]), np.array([day(one["diverted_on"]) for one in fate]),
        np.array([seen.get(name, np.inf) for name in ids]),
        np.array([told[name] if name in told and one["diverted"] else np.inf for name, one in zip(ids, fate, strict=True)]),
        np.random.default_rng(seed).random(len(ids)) < DETECTED,
    )


def run(world: Shipped, share: float | None, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Five years of plan, visit, learn: visits and diversions found each half year, and average precision on the year ahead at each planning."""
    book, n = catalogue(), len(world.filed)
    known, label, probability = np.full(n, np.inf), np.zeros(n), np.ones(n)  # when a visit's result is known, what it said, how likely it was made
    before = world.visited < BURN_IN
    known[before], label[before] = world.visited[before] + 30, (world.diverted <= world.visited)[before] & world.sees[before]
    probability[before] = estimate_propensity(world.matrix, before.astype(int), seed)[before]
    made, found, quality = np.zeros(HALVES), np.zeros(HALVES), np.zeros(HALVES)
    for half in range(HALVES):
        start = BURN_IN + half * 182.5
        middle = start + 91
        score = _score(book, world, known, label, probability, start, seed)
        ahead = (world.filed >= start) & (world.filed < start + 365)
        quality[half] = evaluate.average_precision(np.isfinite(world.diverted[ahead]).astype(int), score[ahead])
        by_officers = (world.visited >= start) & (world.visited < start + 182.5)
        visits = int(by_officers.sum())
        if share is None:
            chosen, on, likely = np.flatnonzero(by_officers), world.visited[by_officers], np.ones(visits)
            likely = np.clip(estimate_propensity(world.matrix, np.isfinite(world.visited).astype(int), seed)[chosen], LEAST_PROBABILITY, 1)
        else:
            free = np.flatnonzero(~np.isfinite(known) & (world.arrived + 30 <= middle) & (world.arrived > start - 730) & (world.reported > start))
            frame = pl.DataFrame({
                "shipment_id": [f"{i:06}" for i in free], "application_id": [f"{i:06}" for i in free], "risk": 1 / (1 + np.exp(-score[free])),
                "mandatory": np.zeros(len(free), dtype=bool),
            })
            choice = choose_visits(frame, visits, seed * 100 + half, share).chosen
            chosen, likely = choice["shipment_id"].cast(pl.Int64).to_numpy(), choice["inclusion_probability"].to_numpy()
            on = np.full(len(chosen), middle)
        finds = (world.diverted[chosen] <= on) & world.sees[chosen]
        known[chosen], label[chosen], probability[chosen] = on + 30, finds, likely
        made[half], found[half] = len(chosen), finds.sum()
    return made, found, quality


def _score(book, world: Shipped, known: np.ndarray, label: np.ndarray, probability: np.ndarray, now: float, seed: int) -> np.ndarray:
    """Raw scores by what is known at a moment; by the expert card while too little is."""
    by_visit, reported = known <= now, world.reported <= now
    rows = np.flatnonzero(by_visit | reported)
    said = np.where(reported, 1, label)[rows].astype(int)
    if said.sum() < 8 or said.sum() == len(rows):
        return expert.contributions(book, world.matrix).sum(axis=1)
    weight = np.where(by_visit & ~reported, 1 / np.clip(probability, LEAST_PROBABILITY, 1), 1.0)[rows]
    learned = Labelled(world.matrix[rows], said, weight, np.minimum(known, world.reported)[rows], world.entity[rows], np.zeros(len(rows), dtype=bool))
    return grow(book, learned, seed).raw(book, world.matrix)


def with_interval(values: list[float]) -> str:
    """The mean over worlds with its 90 % t interval."""
    half = stats.t.ppf(0.95, len(values) - 1) * np.std(values, ddof=1) / np.sqrt(len(values)) if len(values) > 1 else float("nan")
    return f"{np.mean(values):.3g} ± {half:.2g}"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="python -m tests.speed.worth", description=__doc__)
    parser.add_argument("--applications", type=int, default=6_000)
    parser.add_argument("--seeds", type=int, default=5)
    asked = parser.parse_args()
    PARAMETERS["num_threads"] = 1  # the same trees; two threads on a busy machine wait for each other (8.7 s of processor for 0.6)
    told: dict[str, dict[str, list[float]]] = {arm: {"found": [], "last": [], "early": [], "late": []} for arm in ARMS}
    for seed in range(1, asked.seeds + 1):
        begun = time.process_time()
        with tempfile.TemporaryDirectory() as folder:
            world = shipped(Path(folder), asked.applications, seed)
        print(f"world {seed}: {len(world.filed)} shipped, {int(np.isfinite(world.diverted).sum())} diverted, {time.process_time() - begun:.0f} s", flush=True)
        for arm, share in ARMS.items():
            made, found, quality = run(world, share, seed)
            told[arm]["found"].append(100 * found.sum() / made.sum())
            told[arm]["last"].append(100 * found[6:].sum() / made[6:].sum())
            told[arm]["early"].append(quality[1:3].mean())
            told[arm]["late"].append(quality[-3:-1].mean())
            print(f"  {arm}: {int(made.sum())} visits, {int(found.sum())} found, quality {np.round(quality, 3).tolist()}", flush=True)
        print(f"  {time.process_time() - begun:.0f} s", flush=True)
    print("\n| chosen by | found a 100 visits, 5 years | last 2 years | AP on the year ahead, first year | fifth year |\n|---|--:|--:|--:|--:|")
    for arm, figures in told.items():
        print(f"| {arm} | " + " | ".join(with_interval(figures[name]) for name in ("found", "last", "early", "late")) + " |")
    base = told["top risk"]
    for arm in ARMS:
        print(f"{arm} less top risk, paired: found {with_interval([a - b for a, b in zip(told[arm]['found'], base['found'], strict=True)])}, "
              f"AP in the fifth year {with_interval([a - b for a, b in zip(told[arm]['late'], base['late'], strict=True)])}")


if __name__ == "__main__":
    main()
