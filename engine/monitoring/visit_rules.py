"""Holds a visit's rating against what the same visit recorded; refuses what does not follow. Reads no store.

Only for visits made through the system: imported history stands as it was made.

Source:
    GAO-12-89 (checks closed without anyone seeing the goods or confirming receipt), GAO-04-357 (conditions not checked), Swiss
    practice on checks by video (inadequate where only part was seen), Commerce OIG-26-019-A (changes of a final rating).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from engine.errors import FieldProblem
from engine.wire.events import Visit

PHYSICAL = ("on_site", "delegated")
ACCOUNTED = ("seen", "destroyed", "consumed", "in_repair", "incorporated", "transferred")
GONE = ("not_presented", "lost", "stolen")
# Findings that no favourable rating can stand beside; the others may be minor and are the reviewer's to weigh.
AGAINST = frozenset({
    "not_confirmed", "party_not_on_licence", "party_unknown", "unresponsive", "refused_cooperation", "terms_violation",
    "re_transfer", "re_export", "diversion", "theft_or_capture", "loss",
})


@dataclass(frozen=True)
class VisitFacts:
    """What is on record of the thing visited, before the visit counts.

    Args:
        serials: key of each serial number still to be accounted for (shipped, not destroyed, consumed or returned since) -> as written.
        received: a delivery to the end user is on record with a proof from someone else than the exporter.
        consented: a transfer with consent is on record.
        needs_physical: why someone must go there in person; empty where nothing demands it.
        corrected_outcome: the rating of the record that this one corrects; None where it corrects none.
    """

    serials: Mapping[str, str] = field(default_factory=dict)
    received: bool = False
    consented: bool = False
    needs_physical: tuple[str, ...] = ()
    corrected_outcome: str | None = None


def serial_key(serial: str) -> str:
    """A serial number without case, spaces and punctuation, as it is compared."""
    return "".join(sign for sign in serial if sign.isalnum()).upper()


def visit_problems(visit: Visit, facts: VisitFacts) -> list[FieldProblem]:
    """Everything in which the rating does not follow from the record, each with what to do about it."""
    return list(_problems(visit, facts))


def _problems(visit: Visit, facts: VisitFacts) -> Iterator[FieldProblem]:
    items = visit.items or ()
    states = {item.state for item in items}
    if visit.outcome == "favourable":
        yield from _favourable(visit, facts, states)
    if visit.outcome == "unfavourable" and not visit.findings and not states & set(GONE):
        yield FieldProblem("findings", "an unfavourable rating names no finding", "at least one finding of the contract", "Name what was found.")
    if visit.outcome == "not_possible" and not (visit.limited_by or visit.limitations):
        yield FieldProblem("limited_by", "the visit was not possible, and the record does not say why", "`limited_by` or `limitations`",
                           "Say who or what stood in the way: a delay by the host state is not one by the party.")
    if visit.access == "none" and visit.outcome == "inconclusive" and not items and not visit.limitations:
        yield FieldProblem("outcome", "nobody was let in and nothing was looked at", "`not_possible`", "Rate it not possible, or say what was established.")
    if facts.corrected_outcome is not None and facts.corrected_outcome != visit.outcome and not (visit.because or "").strip():
        yield FieldProblem("because", f"the rating changes from {facts.corrected_outcome} to {visit.outcome} without a reason", "why it changes",
                           "Write the reason: every change of a rating keeps its author and its why.")


def _favourable(visit: Visit, facts: VisitFacts, states: set[str]) -> Iterator[FieldProblem]:
    def refused(name: str, reason: str, expected: str, todo: str) -> FieldProblem:
        return FieldProblem(name, f"a favourable rating, but {reason}", expected, todo)

    if against := sorted(set(visit.findings or ()) & AGAINST):
        yield refused("findings", f"{', '.join(against)} was found", "`unfavourable`, or `inconclusive`", "Rate the visit by what it found.")
    if gone := sorted(states & set(GONE)):
        yield refused("items", f"goods are {', '.join(gone)}", "`unfavourable`, or `inconclusive`", "Rate the visit by what it found.")
    if "transferred" in states and not facts.consented:
        yield refused("items", "goods were transferred and no consent is on record", "`unfavourable` with `re_transfer`, or the consent as a delivery `transferred_with_consent`",
                      "Record the consent first, or rate the visit by what it found.")
    if broken := [told.condition for told in visit.conditions or () if told.met == "no"]:
        yield refused("conditions", f"{len(broken)} condition(s) of the licence are not met", "`unfavourable` with `terms_violation`", "Rate the visit by what it found.")
    if visit.access == "none":
        yield refused("access", "nobody was let in", "`not_possible`", "Rate it not possible, and say in `limited_by` who or what stood in the way.")
    if visit.stage != "post_shipment":
        return
    counted = bool(states & set(ACCOUNTED)) or bool(visit.sample and visit.sample.seen)
    if not counted and not facts.received:
        yield refused("items", "nothing shows that the goods were received", "goods seen or accounted for in `items` or `sample`, or a delivery `received_by_end_user` with proof",
                      "Record what was seen, or the proof of receipt; otherwise the visit is inconclusive.")
    if visit.mode not in PHYSICAL:
        yield from _from_afar(visit, facts)
    elif left := _not_accounted(visit, facts):
        looked = visit.sample and visit.sample.seen and visit.sample.lot_size and visit.sample.method
        pieces = sum(item.quantity or 0 for item in visit.items or () if item.state in ACCOUNTED and item.serial is None)
        if not looked and pieces < len(left):
            yield refused("items", f"{len(left)} of {len(facts.serials)} serial numbers shipped are not accounted for, and no sample is told",
                          "every serial number with its state, or `sample` with `lot_size`, `seen` and how it was drawn (`method`)",
                          "Add the numbers, or the sample; otherwise the visit is inconclusive.")


def _from_afar(visit: Visit, facts: VisitFacts) -> Iterator[FieldProblem]:
    mode = visit.mode
    if mode is None:
        yield FieldProblem("mode", "a favourable rating, and the record does not say how the visit was made", "`on_site`, `delegated`, `remote` or `documentary`", "Say whether someone went there.")
        return
    if facts.needs_physical:
        yield FieldProblem("mode", f"a favourable rating by {mode} visit, where someone must go there: {'; '.join(facts.needs_physical)}", "`inconclusive`",
                           "Rate it inconclusive; the visit in person stays due.")
    if mode == "documentary":
        yield FieldProblem("mode", "a favourable rating from papers alone", "`inconclusive`, or a visit on which goods are seen", "Rate it inconclusive: papers show what was written, not where the goods are.")
    if left := _not_accounted(visit, facts):
        yield FieldProblem("items", f"a favourable rating by {mode} visit with {len(left)} of {len(facts.serials)} serial numbers not shown", "`inconclusive`, or every number shown",
                           "Rate it inconclusive: a camera shows what it is pointed at.")


def _not_accounted(visit: Visit, facts: VisitFacts) -> list[str]:
    told = {serial_key(item.serial) for item in visit.items or () if item.serial and item.state in ACCOUNTED}
    return [serial for key, serial in facts.serials.items() if key not in told]
