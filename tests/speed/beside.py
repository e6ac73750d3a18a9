"""Answers the same queries through nomenklatura's logic-v2, in that matcher's own environment; never a dependency of this project.

Run by `tests.speed.screening --beside PYTHON`: reads `{names: [[entry, kind, name]...], queries: [[kind, name]...], pairs: [...]}` from
standard input and prints `{answers, pairs, seconds, compare_seconds}`. As the matcher has no index of its own, 25 names are blocked by
rapidfuzz's token_sort_ratio and the ten nearest entities compared.
"""

import json
import sys
import time
from itertools import count

from followthemoney import model
from nomenklatura.matching import get_algorithm
from nomenklatura.matching.types import ScoringConfig
from rapidfuzz import fuzz, process

SCHEMA = {"person": "Person", "organisation": "Organization", "vessel": "Vessel", "aircraft": "Airplane", "unknown": "LegalEntity"}
SERIAL = count()


def entity(kind: str, names: list[str]):
    """A proxy with an id of its own: the matcher caches by id."""
    return model.get_proxy({"id": f"e{next(SERIAL)}", "schema": SCHEMA.get(kind, kind), "properties": {"name": names}})


def main() -> None:
    """Answer what stands on standard input."""
    asked = json.load(sys.stdin)
    algorithm = get_algorithm("logic-v2")
    config = ScoringConfig.defaults()
    names: dict[int, tuple[str, list[str]]] = {}
    for listed, kind, name in asked["names"]:
        names.setdefault(listed, (kind, []))[1].append(name)
    entities = {listed: entity(kind, printed) for listed, (kind, printed) in names.items()}
    printed = [name.casefold() for _, _, name in asked["names"]]
    owner = [listed for listed, _, _ in asked["names"]]
    answers, compared = [], 0.0
    begun = time.process_time()
    for kind, name in asked["queries"]:
        near = process.extract(name.casefold(), printed, scorer=fuzz.token_sort_ratio, limit=25)
        query = entity(kind, [name])
        start = time.process_time()
        scored = [(listed, algorithm.compare(query, entities[listed], config).score) for listed in list(dict.fromkeys(owner[n] for _, _, n in near))[:10]]
        compared += time.process_time() - start
        answers.append(sorted(scored, key=lambda hit: -hit[1]))
    seconds = time.process_time() - begun
    pairs = [algorithm.compare(entity(kind, [one]), entity(kind, [other]), config).score for kind, one, other in asked["pairs"]]
    json.dump({"answers": answers, "pairs": pairs, "seconds": seconds, "compare_seconds": compared}, sys.stdout)


if __name__ == "__main__":
    main()
