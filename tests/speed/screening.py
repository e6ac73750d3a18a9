"""`python -m tests.speed.screening` (part of make bench): how well and how fast names are matched with the real watch lists. Never part of the tests.

Measures, on the lists in ../shared/lists: the share of exact and of altered names whose first answer is the right entry, the false alarms
among a thousand look-alikes, the F1 on labelled pairs (`--pairs`), names a second, and one name's time against 250,000 names. With
`--beside PYTHON` the same queries go through nomenklatura's logic-v2, installed in the environment of that interpreter.
Every number depends on `--seed` alone; no matcher setting was chosen on the seed whose figures are published.
"""

from __future__ import annotations

import argparse
import csv
import json
import random
import statistics
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from engine.screening.entries import Kind, ListEntry
from engine.screening.index import POTENTIAL, REVIEW, NameIndex, Query
from engine.screening.names import plain_words
from engine.screening.readers import read_list
from tests.speed.mutations import MUTATIONS, like_nobody

FOLDER = Path(__file__).parents[2] / ".." / "shared" / "lists"
LISTS = {"UN": ("UN_consolidated.xml", "un-xml"), "SDN": ("sdn.csv", "ofac-sdn-csv")}
BESIDE_AT = 0.70  # logic-v2's own threshold
KINDS: Mapping[str, Kind] = {"Person": "person", "Company": "organisation", "Organization": "organisation", "Vessel": "vessel"}


@dataclass(frozen=True)
class Asked:
    """One query: what is asked, of which kind, and the entries that would be right (none: nobody's name)."""

    name: str
    kind: str
    right: frozenset[str]
    how: str


def listed(name: str) -> list[ListEntry]:
    """The persons and organisations of a published list."""
    file, form = LISTS[name]
    return [row for row in read_list(FOLDER / file, form) if isinstance(row, ListEntry) and row.kind in ("person", "organisation")]


def spoken(entry: ListEntry) -> str:
    """The entry's main name in speaking order."""
    last, comma, first = entry.name.partition(", ")
    return f"{first} {last}" if comma and entry.kind == "person" and "," not in first else entry.name


def queries(entries: list[ListEntry], chance: random.Random, each: int) -> tuple[list[Asked], list[Asked]]:
    """Every name exactly, and `each` names under every kind of change; what several entries are called may answer with any of them."""
    owners, of_word = defaultdict(set), defaultdict(set)
    for entry in entries:
        for name in (entry.name, spoken(entry), *(alias.name for alias in entry.aliases)):
            owners[name.casefold()].add(entry.entry_id)
            for word in plain_words(name):
                of_word[word].add((entry.entry_id, name))

    def holders(name: str) -> set[str]:
        """Entries one of whose names holds every word of this one: what was left out may be what told them apart."""
        held = [of_word.get(word, set()) for word in plain_words(name)]
        return {entry_id for entry_id, _ in set.intersection(*held)} if held else set()

    exact = [Asked(entry.name, entry.kind, frozenset(owners[entry.name.casefold()]), "exact") for entry in entries]
    altered = []
    for how, change in MUTATIONS.items():
        made = 0
        for entry in chance.sample(entries, len(entries)):
            name = spoken(entry)
            new = change(name.split(), entry.kind, chance)
            if new and new != name and len(name) > 5:
                altered.append(Asked(new, entry.kind, frozenset(owners[entry.name.casefold()] | holders(new)), how))
                made += 1
                if made == each:
                    break
    return exact, altered


def nobody(entries: list[ListEntry], chance: random.Random, each: int) -> list[Asked]:
    """Look-alikes of every kind."""
    persons = [spoken(entry).split() for entry in entries if entry.kind == "person"]
    firms = [entry.name.split() for entry in entries if entry.kind == "organisation"]
    names = [name for entry in entries for name in (spoken(entry), *(alias.name for alias in entry.aliases))]
    made = like_nobody(names, persons, firms, chance, each)
    return [Asked(name, "person" if "people" in how else "organisation", frozenset(), how) for how, names in made.items() for name in names]


Answers = list[list[tuple[str, float]]]


def recall(asked: list[Asked], answers: Answers, threshold: float) -> float:
    """Share whose best answer (any of those at the best score) at or above the threshold is a right one."""
    right = 0
    for query, found in zip(asked, answers, strict=True):
        best = max((score for _, score in found), default=0.0)
        right += best >= threshold and any(entry in query.right for entry, score in found if score == best)
    return right / len(asked)


def alarms(answers: Answers, threshold: float) -> float:
    """Of a thousand names, how many answer with anybody at all."""
    return 1000 * sum(any(score >= threshold for _, score in found) for found in answers) / len(answers)


def by_kind(asked: Iterable[Asked]) -> dict[str, list[int]]:
    """Positions of the queries of each kind, in order."""
    places: dict[str, list[int]] = {}
    for n, query in enumerate(asked):
        places.setdefault(query.how, []).append(n)
    return places


def ours(index: NameIndex, asked: list[Asked]) -> tuple[Answers, float]:
    """The index's answers and seconds of processor time (one thread; a shared machine's clock tells of its other work); the query says name and kind and nothing else, as for the other matcher."""
    begun = time.process_time()
    found = index.match([Query(query.name, kind=query.kind) for query in asked])
    return [[(match.entry_id, match.score) for match in matches] for matches in found], time.process_time() - begun


def beside(python: Path, entries: list[ListEntry], asked: list[Asked], pairs: list[tuple]) -> dict:
    """The other matcher's answers to the same queries."""
    names = [
        (n, entry.kind, name)
        for n, entry in enumerate(entries) for name in dict.fromkeys((entry.name, spoken(entry), *(alias.name for alias in entry.aliases)))
    ]
    told = {"names": names, "queries": [(query.kind, query.name) for query in asked], "pairs": [(schema, one, other) for schema, one, other, _ in pairs]}
    done = subprocess.run([str(python), str(Path(__file__).with_name("beside.py"))], input=json.dumps(told), capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"--beside {python}: {done.stderr.strip().splitlines()[-1]}. Expected an interpreter with nomenklatura and rapidfuzz installed.")
    answered = json.loads(done.stdout)
    answered["answers"] = [[(entries[n].entry_id, score) for n, score in found] for found in answered["answers"]]
    return answered


def read_pairs(path: Path) -> list[tuple[str, str, str, bool]]:
    """Labelled pairs from CSV with the columns schema, name1, name2, is_match."""
    with path.open(encoding="utf-8", newline="") as file:
        return [(row["schema"], row["name1"], row["name2"], row["is_match"] == "true") for row in csv.DictReader(file)]


def f1(said: list[bool], truth: list[bool]) -> tuple[float, float, float]:
    """Precision, recall, F1."""
    both = sum(a and b for a, b in zip(said, truth, strict=True))
    precision, found = both / max(1, sum(said)), both / max(1, sum(truth))
    return precision, found, 2 * precision * found / max(1e-9, precision + found)


def pair_scores(pairs: list[tuple[str, str, str, bool]]) -> list[float]:
    """The score each pair's second name reaches for its first, all second names listed in one index."""
    entries = [ListEntry("PAIRS", str(n), KINDS.get(schema, "unknown"), other) for n, (schema, _, other, _) in enumerate(pairs)]
    found = NameIndex(entries).match([Query(one, kind=KINDS.get(schema)) for schema, one, _, _ in pairs], threshold=0.3)
    return [next((match.score for match in matches if match.entry_id == str(n)), 0.0) for n, matches in enumerate(found)]


def many_names(chance: random.Random, count: int) -> list[ListEntry]:
    """A list of so many distinct names made from the words of the real lists' entries."""
    entries = [entry for name in LISTS for entry in listed(name)]
    pools = {kind: [spoken(entry).split() for entry in entries if entry.kind == kind] for kind in ("person", "organisation")}
    made: dict[str, ListEntry] = {entry.name: replace(entry, entry_id=f"real-{n}") for n, entry in enumerate(entries)}
    while len(made) < count:
        kind: Kind = "person" if chance.random() < 0.55 else "organisation"
        one, other = chance.sample(pools[kind], 2)
        name = " ".join((*one[: chance.randint(1, max(1, len(one) - 1))], *other[len(other) // 2 :]))
        made.setdefault(name, ListEntry("MADE", f"made-{len(made)}", kind, name))
    return list(made.values())


def told_quality(name: str, asked: argparse.Namespace) -> None:
    """Recall and false alarms on one list, with or without the other matcher beside."""
    chance = random.Random(asked.seed)
    entries = listed(name)
    exact, altered = queries(entries, chance, asked.each)
    strangers = nobody(entries, chance, asked.look_alikes)
    every = [*exact, *altered, *strangers]
    begun = time.perf_counter()
    index = NameIndex(entries)
    built = time.perf_counter() - begun
    answers, seconds = ours(index, every)
    print(f"\n{name}: {len(entries):,} entries, index built in {built:.1f} s; {len(every):,} names in {seconds:.1f} s of processor time, {len(every) / seconds:,.0f} names/s")
    shown = [("review", answers, REVIEW), ("potential", answers, POTENTIAL)]
    if asked.beside:
        some = sorted(chance.sample(range(len(every)), min(asked.beside_queries, len(every))))
        other = beside(asked.beside, entries, [every[n] for n in some], [])
        speed = len(some) / other["seconds"]
        print(f"  logic-v2 on {len(some):,} of them: {speed:,.0f} names/s with blocking, {len(some) / other['compare_seconds']:,.0f} comparing alone; "
              f"ours is {len(every) / seconds / speed:,.1f} times as fast (comparing alone: {len(every) / seconds * other['compare_seconds'] / len(some):,.1f})")
        of = dict(zip(some, other["answers"], strict=True))
        shown.append((f"logic-v2 >= {BESIDE_AT}", [of.get(n, []) for n in range(len(every))], BESIDE_AT))
        picked = set(some)
    else:
        picked = set(range(len(every)))
    groups = by_kind(every)
    groups = {"exact": groups.pop("exact"), "altered, all kinds": [n for how in MUTATIONS for n in groups.get(how, [])], **groups}
    groups["look-alikes"] = [n for n, query in enumerate(every) if not query.right and not query.how.startswith("half")]
    print(f"  {'':26}{'names':>7}" + "".join(f"{title:>18}" for title, _, _ in shown) + "   recall@1, or alarms per 1,000")
    for how, places in groups.items():
        cells = []
        for title, given, threshold in shown:
            at = [n for n in places if n in picked] if title.startswith("logic") else places
            chosen, said = [every[n] for n in at], [given[n] for n in at]
            cells.append("-" if not at else f"{recall(chosen, said, threshold):.4f}" if chosen[0].right else f"{alarms(said, threshold):.2f}")
        print(f"  {how:26}{len(places):>7,}" + "".join(f"{cell:>18}" for cell in cells))
    strangers_at, altered_at = groups["look-alikes"], groups["altered, all kinds"]
    for title, given, _ in shown:
        at = [n for n in strangers_at if not title.startswith("logic") or n in picked]
        best = sorted((max((score for _, score in given[n]), default=0.0) for n in at), reverse=True)
        level = best[len(at) // 1000] + 1e-6  # so many may stand above it
        some = [n for n in altered_at if not title.startswith("logic") or n in picked]
        if title != "potential":
            print(f"  at one alarm in 1,000 look-alikes ({'logic-v2' if title.startswith('logic') else 'ours'}, from {level:.3f}): "
                  f"altered {recall([every[n] for n in some], [given[n] for n in some], level):.4f}")
    if asked.misses:
        for n, query in enumerate(every):
            best = sorted(answers[n], key=lambda hit: -hit[1])[:2]
            if query.right and query.how == asked.misses and not recall([query], [answers[n]], REVIEW):
                print("   missed:", query.how, "|", query.name, "|", sorted(query.right)[:1], best)
            if not query.right and answers[n] and query.how == asked.misses:
                print("   alarm:", query.how, "|", query.name, "|", best)


def told_pairs(asked: argparse.Namespace) -> None:
    """F1 on labelled pairs."""
    pairs = read_pairs(asked.pairs)
    truth = [label for *_, label in pairs]
    scores = pair_scores(pairs)
    print(f"\n{len(pairs)} labelled pairs ({asked.pairs.name})")
    rows = [("review", scores, REVIEW), ("potential", scores, POTENTIAL)]
    if asked.beside:
        rows.append(("logic-v2", beside(asked.beside, [], [], pairs)["pairs"], BESIDE_AT))
    for title, given, threshold in rows:
        precision, found, both = f1([score >= threshold for score in given], truth)
        print(f"  {title:10} >= {threshold:.2f}  precision {precision:.3f}  recall {found:.3f}  F1 {both:.3f}")
    if asked.misses == "pairs":
        for (schema, one, other, label), score in zip(pairs, scores, strict=True):
            if (score >= REVIEW) != label:
                print(f"   {'missed' if label else 'alarm '} {score:.2f} {schema}: {one} | {other}")


def told_speed(asked: argparse.Namespace) -> None:
    """One name, and many, against a long list."""
    chance = random.Random(asked.seed + 1)
    entries = many_names(chance, asked.names)
    begun = time.perf_counter()
    index = NameIndex(entries)
    print(f"\n{len(entries):,} names listed, index built in {time.perf_counter() - begun:.1f} s")
    known = [entry for entry in entries if not entry.entry_id.startswith("made")]
    _, altered = queries(known, chance, 30)
    every = altered + nobody(known, chance, 60)
    chance.shuffle(every)
    times = []
    for query in every[:400]:
        times.append(ours(index, [query])[1] * 1000)
    times.sort()
    print(f"  one name at a time, processor time: median {statistics.median(times):.1f} ms, 95th percentile {times[int(len(times) * 0.95)]:.1f} ms, worst {times[-1]:.1f} ms")
    for title, target in (("that list", index), ("the real lists", NameIndex([entry for name in LISTS for entry in listed(name)]))):
        names = [Asked(entry.name, entry.kind, frozenset(), "") for entry in chance.sample(many_names(random.Random(asked.seed + 2), asked.bulk * 2), asked.bulk)]
        _, seconds = ours(target, names)
        print(f"  {len(names):,} names on {title}: {seconds:.1f} s, {len(names) / seconds:,.0f} names/s")


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(prog="python -m tests.speed.screening", description=__doc__)
    parser.add_argument("--seed", type=int, default=2026)
    parser.add_argument("--each", type=int, default=150, help="names under each kind of change")
    parser.add_argument("--look-alikes", type=int, default=1500, help="of each kind")
    parser.add_argument("--names", type=int, default=250_000, help="length of the long list")
    parser.add_argument("--bulk", type=int, default=100_000, help="names asked in bulk")
    parser.add_argument("--pairs", type=Path, help="labelled pairs: CSV with schema, name1, name2, is_match")
    parser.add_argument("--beside", type=Path, metavar="PYTHON", help="interpreter with nomenklatura and rapidfuzz, to answer the same queries")
    parser.add_argument("--beside-queries", type=int, default=1_500)
    parser.add_argument("--only", choices=("quality", "pairs", "speed"))
    parser.add_argument("--misses", help="print what goes wrong under this kind of change, or 'pairs'")
    parser.add_argument("--lists", nargs="*", default=list(LISTS))
    asked = parser.parse_args()
    missing = [file for file, _ in LISTS.values() if not (FOLDER / file).is_file()]
    if missing:
        sys.exit(f"{', '.join(missing)}: not in ../shared/lists beside the repository, so nothing can be measured.")
    if asked.only in (None, "quality"):
        for name in asked.lists:
            told_quality(name, asked)
    if asked.pairs and asked.only in (None, "pairs"):
        told_pairs(asked)
    if asked.only in (None, "speed"):
        told_speed(asked)


if __name__ == "__main__":
    main()
