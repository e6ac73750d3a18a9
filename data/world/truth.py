"""Writes down what nobody in that world knows, for tests only: what became of the goods, and who is behind a written name."""

import json
from pathlib import Path

from . import clock
from .aftermath import Fate
from .deals import Deal
from .parties import FORM, Entity


def write(path: Path, parties: list[Entity]) -> int:
    """One line for each way in which a party was written on a filing or notice; gives the number of lines.

    `entity` is the true one (two draws of one body of state are one); `altered` says what was done to the usual form:
    ``usual`` ``misspelt`` ``romanised`` ``native_script`` ``second_id`` ``address_spelt`` ``number_spelt``, or the latest
    lasting change, ``reregistered`` ``moved`` ``renumbered``. A form that two parties share has a line for each.
    """
    rows = []
    for party in parties:
        for form, (at, altered) in party.written.items():
            told = {key: value for key, value in zip(FORM, form, strict=True) if value is not None}
            rows.append({"entity": party.same_as or party.number, **told, "first_written": clock.stamp(at), "altered": altered})
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.writelines(json.dumps(row, ensure_ascii=False, separators=(",", ":")) + "\n" for row in rows)
    return len(rows)


def of_deal(deal: Deal, application_id: str, fate: Fate) -> dict:
    """What became of one deal."""
    return {
        "application_id": application_id,
        "diverted": fate.diverted is not None,
        "diverted_on": clock.day(fate.diverted) if fate.diverted is not None else None,
        "mechanism": fate.mechanism if fate.diverted is not None else "none",
        "found_by": fate.found_by,
        "shipped": fate.shipped,
        "would_divert": fate.would_divert,
        "risk": round(deal.risk, 6),
        "causes": sorted(deal.causes),
        "visit_chosen_by": fate.visit_chosen_by,
        "parties": {
            role: {"party_id": party.card.get("party_id"), "entity": party.number}
            for role, party in deal.parties.items()
        },
    }
