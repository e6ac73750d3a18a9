"""`python -m tests.speed.ablation`: what each family of features adds on the demonstration's world. Never part of the tests; nothing is tuned to it.

Trees are grown on the earlier findings with one family taken away, or with one family alone, and compared on the later ones. A family whose
absence costs nothing may still be what an officer needs to see: the world draws only some of the ways in which goods are diverted.
"""

from __future__ import annotations

import argparse
import tempfile
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

import numpy as np

from data.world import write_world
from engine.risk import evaluate, expert
from engine.risk.train import Labelled, grow, split_by_time
from engine.store.records import Origin
from engine.wire import EVENTS
from engine.workflows.desk import open_desk
from engine.workflows.ingest import ingest_file
from engine.workflows.screen import import_list
from engine.workflows.train import _everything, _labelled
from features.catalogue import Catalogue, catalogue

END = date(2026, 9, 30)
ORIGIN = Origin("bench", "ingest", datetime(2026, 11, 22))


def findings(folder: Path, applications: int, seed: int) -> Labelled:
    """The labelled filings of a generated world, with its watch list."""
    write_world(folder, applications=applications, end=END, seed=seed)
    with open_desk(folder / "store.duckdb", ORIGIN, create=True) as desk:
        import_list(desk, folder / "watchlist.csv", "opensanctions-csv", END, ORIGIN)
        for kind in ("application", *EVENTS):
            if (folder / f"{kind}.jsonl").is_file():
                ingest_file(desk, folder / f"{kind}.jsonl", kind, ORIGIN)
        cursor = desk.store.cursor()
        known = _everything(cursor, ORIGIN.at, lambda stage: None)
        frame, labels, shipped = known.frame, known.labels, known.shipped
        return _labelled(frame, labels, shipped, cursor, seed)


def kept(rows: Labelled, columns: np.ndarray) -> Labelled:
    """The same rows with every other column unknown."""
    return replace(rows, matrix=np.where(columns, rows.matrix, np.nan))


def scored(book: Catalogue, rows: Labelled, columns: np.ndarray, seed: int) -> tuple[Labelled, np.ndarray]:
    """The later rows, and their scores by trees grown on the earlier ones."""
    earlier, later = (kept(rows.where(mask), columns) for mask in split_by_time(rows.learned_at, (0.7, 0.3)))
    return later, grow(book, earlier, seed).raw(book, later.matrix)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="python -m tests.speed.ablation", description=__doc__)
    parser.add_argument("--applications", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=7)
    asked = parser.parse_args()
    book = catalogue()
    family = np.array([feature.family for feature in book.features])
    with tempfile.TemporaryDirectory() as scratch:
        rows = findings(Path(scratch), asked.applications, asked.seed)
    later, whole = scored(book, rows, np.ones(len(family), dtype=bool), asked.seed)
    print(f"{len(rows)} findings, {int(rows.label.sum())} diversions; later period {len(later)} with {int(later.label.sum())}; 90 % intervals over parties")
    print(f"{'':34}{'average precision':>26}{'AUC':>26}{'AP lost, 90 %':>28}")

    def line(name: str, score: np.ndarray) -> None:
        ap = evaluate.with_interval(evaluate.average_precision, later.label, score, later.entity, asked.seed)
        auc = evaluate.with_interval(evaluate.auc, later.label, score, later.entity, asked.seed)
        lost = [
            evaluate.average_precision(later.label[i], whole[i]) - evaluate.average_precision(later.label[i], score[i])
            for i in evaluate.resamples(later.entity, asked.seed)
        ]
        low, high = np.nanquantile(lost, [0.05, 0.95])
        print(f"{name:34}{ap!s:>26}{auc!s:>26}{f'{np.nanmean(lost):+.3f} ({low:+.3f} to {high:+.3f})':>28}", flush=True)

    line(f"all {len(family)} features", whole)
    line("expert card", expert.contributions(book, later.matrix).sum(axis=1))
    for one in book.families:
        line(f"without {one.name} ({len(one.features)})", scored(book, rows, family != one.name, asked.seed)[1])
    for one in book.families:
        line(f"{one.name} alone", scored(book, rows, family == one.name, asked.seed)[1])


if __name__ == "__main__":
    main()
