"""Runs the synthetic jurisdiction from its first filing to its last, and writes what it files and what happens.

It knows the data contract and nothing of any engine that reads it.
"""

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from random import Random

from . import clock, journal, truth, watchlist
from .aftermath import Aftermath
from .deals import Market
from .documents import Papers
from .filings import Filings
from .journal import Journal, working_hour
from .parties import Parties
from .writer import Ledger

AUTHORITY = "SE"
NEIGHBOUR = "NO"
_NEIGHBOURS_SHARE = 0.012  # of filings are before the neighbour's authority
_STEP = 1_000  # applications between two reports of progress


@dataclass(frozen=True, slots=True)
class WorldSummary:
    """What was written.

    Args:
        paths: the file of each kind: ``application``, ``new_application``, each event, ``watchlist``, ``truth``,
            ``truth_party``.
        counts: lines in each, without headers.
        applications: distinct applications of the past, without amended filings.
        shipped: how many of those were shipped.
        diverted: how many of those went astray, found or not.
    """

    paths: dict[str, Path]
    counts: dict[str, int]
    applications: int
    shipped: int
    diverted: int


def write_world(
    folder: Path,
    *,
    applications: int = 20_000,
    months: int = 72,
    new_month: bool = True,
    end: date = date(2026, 10, 31),
    seed: int = 7,
    progress: Callable[[int, int], None] | None = None,
) -> WorldSummary:
    """Write one jurisdiction's filings and what became of them.

    Args:
        folder: where the files go; made if missing. Files of the same names are replaced.
        applications: how many are filed in the past months; parties grow in proportion.
        months: how many months of past there are.
        new_month: also write the month after, filed and undecided, to ``new_application.jsonl``.
        end: the last day of the past. No event is known later.
        seed: same seed and arguments, same bytes.
        progress: called with applications done and to do.

    Raises:
        ValueError: fewer than one application or month.
    """
    if applications < 1 or months < 1:
        raise ValueError(f"{applications} applications in {months} months: both must be 1 or more.")
    start = clock.months_later(end, -months) + timedelta(1)
    first, past = clock.number(start) * clock.DAY, (clock.number(end) + 1) * clock.DAY
    last = (clock.number(clock.months_later(end, 1)) + 1) * clock.DAY if new_month else past
    new = max(1, round(applications / months)) if new_month else 0
    times = _filing_times(Random(f"{seed}/times"), applications, first, past)
    times += _filing_times(Random(f"{seed}/new"), new, past, last)

    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    ends = dict.fromkeys(journal.KINDS, past) | {"application": past, "new_application": last, "truth": last}
    ledger = Ledger(folder, tuple(ends), ends)
    parties = Parties(Random(f"{seed}/parties"), Random(f"{seed}/lives"), applications, first, past, AUTHORITY)
    market = Market(parties, Random(f"{seed}/deals"), applications)
    papers = Papers(Random(f"{seed}/papers"))
    filings = Filings(Random(f"{seed}/filings"), papers)
    aftermath = Aftermath(Random(f"{seed}/aftermath"), Journal(ledger, past))
    origin = Random(f"{seed}/authority")
    shipped = diverted = 0
    with _no_collector():
        for number, at in enumerate(times, 1):
            ledger.settle(at)
            authority = NEIGHBOUR if origin.random() < _NEIGHBOURS_SHARE else AUTHORITY
            deal = market.deal(at, authority == NEIGHBOUR)
            application_id = f"{authority}-{clock.year(at)}-{number:07d}"
            application, filed = filings.application(deal, application_id, authority), at
            kind, closes = ("application", past) if at < past else ("new_application", last)
            ledger.add(kind, at, application)
            amended = filings.amended(deal, application)
            if amended and amended[0] < closes:
                filed, application = amended
                ledger.add(kind, filed, application)
            fate = aftermath.of(deal, application, filed)
            ledger.add("truth", at, truth.of_deal(deal, application_id, fate))
            if at < past:
                shipped += fate.shipped
                diverted += fate.diverted is not None
            if progress and number % _STEP == 0:
                progress(number, len(times))
    ledger.close()
    if progress:
        progress(len(times), len(times))

    listed = folder / "watchlist.csv"
    bad = market.all_fronts + parties.crooked
    rows = watchlist.write(listed, bad, parties.sound_firms, Random(f"{seed}/watchlist"), first, past)
    identities = folder / "truth_party.jsonl"
    counts = {kind: count for kind, count in ledger.counts.items() if count} | {"watchlist": rows}
    paths = {kind: ledger.path(kind) for kind in counts if kind != "watchlist"} | {"watchlist": listed}
    counts["truth_party"] = truth.write(identities, [*parties.all, *papers.strangers])
    paths["truth_party"] = identities
    return WorldSummary(paths, counts, applications, shipped, diverted)


@contextmanager
def _no_collector() -> Iterator[None]:
    """Pause the collector of reference cycles: a filing makes none, and looking for them costs 8 % at 200,000."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _filing_times(chance: Random, count: int, first: int, end: int) -> list[int]:
    """When filings come in: in office hours, somewhat more each year; in order."""
    span = end - first - clock.DAY * 3  # so that Saturday's, moved to Monday, still lies within
    raw = (first + int(span * chance.random() ** 0.9) for _ in range(count))
    return sorted(working_hour(chance, at) for at in raw)
