"""What an inspector has put down of one visit, and the event it becomes. Draws nothing and sends nothing."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

# Findings that the goods went elsewhere, apart from findings that facts differ: the two are never mixed.
ELSEWHERE = ("re_transfer", "re_export", "diversion", "theft_or_capture", "loss")


@dataclass(frozen=True)
class Seen:
    """One group of goods found in one state: pieces by their serials, or a quantity."""

    state: str
    line: int | None = None
    serials: tuple[str, ...] = ()
    quantity: float | None = None

    def records(self) -> list[dict[str, Any]]:
        """The contract's items: one a serial, or one for the quantity."""
        common = {"state": self.state} | ({} if self.line is None else {"line": self.line})
        if self.serials:
            return [{**common, "serial": serial} for serial in self.serials]
        return [common if self.quantity is None else {**common, "quantity": self.quantity}]

    def told(self) -> str:
        """The group in a few words."""
        what = f"{len(self.serials)} by serial" if self.serials else f"quantity {self.quantity:g}" if self.quantity is not None else "all"
        return what if self.line is None else f"line {self.line}: {what}"


def pasted(text: str | None) -> tuple[str, ...]:
    """Serials from a pasted column, in order: one a line or between tabs, commas or semicolons; a repeated one counts once."""
    return tuple(dict.fromkeys(part.strip() for part in re.split(r"[\n\r\t,;]+", text or "") if part.strip()))


def first_column(content: bytes) -> tuple[str, ...]:
    """Serials from a file's first column; what is no UTF-8 text gives those signs that can be read."""
    lines = content.decode("utf-8-sig", errors="replace").splitlines()
    return tuple(dict.fromkeys(told for line in lines if (told := re.split(r"[\t,;]", line)[0].strip().strip('"'))))


def _key(serial: str) -> str:
    """A serial number without case, spaces and punctuation, as the service compares it."""
    return "".join(sign for sign in serial if sign.isalnum()).upper()


def not_listed(shipped: Sequence[str], groups: Sequence[Seen]) -> tuple[str, ...]:
    """Serials shipped that stand in no group yet."""
    listed = {_key(serial) for group in groups for serial in group.serials}
    return tuple(serial for serial in shipped if _key(serial) not in listed)


def unknown(shipped: Sequence[str], groups: Sequence[Seen]) -> tuple[str, ...]:
    """Serials put down that were not shipped, as far as any are on record as shipped."""
    known = {_key(serial) for serial in shipped}
    return tuple(serial for group in groups for serial in group.serials if _key(serial) not in known) if known else ()


def repeated(groups: Sequence[Seen]) -> tuple[str, ...]:
    """Serials that stand in two groups and so would be in two states at once."""
    seen: set[tuple[int | None, str]] = set()
    twice = []
    for group in groups:
        for serial in group.serials:
            if (group.line, serial) in seen:
                twice.append(serial)
            seen.add((group.line, serial))
    return tuple(dict.fromkeys(twice))


def event(
    stamp: Mapping[str, str],
    due: Mapping[str, Any],
    typed: Mapping[str, Any],
    groups: Sequence[Seen],
    evidence: Sequence[str],
) -> dict[str, Any]:
    """The `visit` event of the contract; whatever was left empty is left out.

    Args:
        stamp: `event_id` and `at`, the same at every try.
        due: the visit asked for: `application_id`, `shipment_id`, `stage`, `visit_id` where it has one.
        typed: the form's fields by the contract's names, with `storage_secure`, `storage_text`, `elsewhere` apart.
    """
    storage = {
        name: value for name, value in (("text", typed.get("storage_text")), ("secure", typed.get("storage_secure"))) if value not in (None, "")
    }
    told: dict[str, Any] = {
        **stamp,
        "visit_id": due.get("visit_id") or stamp["event_id"].replace("dash-", "visit-", 1),
        "application_id": due.get("application_id"),
        "shipment_id": due.get("shipment_id"),
        "stage": due.get("stage"),
        **{
            name: typed.get(name)
            for name in (
                "visited_on",
                "mode",
                "place",
                "latitude",
                "longitude",
                "host",
                "access",
                "outcome",
                "limitations",
                "party_reply",
                "signed_by",
                "because",
            )
        },
        "limited_by": typed.get("limited_by") if typed.get("access") not in (None, "full") else None,
        "items": [record for group in groups for record in group.records()],
        "sample": typed.get("sample"),
        "storage": storage,
        "findings": [*(typed.get("elsewhere") or ()), *(typed.get("findings") or ())],
        "evidence": list(evidence),
    }
    return {name: value for name, value in told.items() if value not in (None, "", [], {})}
