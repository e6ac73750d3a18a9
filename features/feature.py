"""One feature and everything that is said of it: meaning, unit, direction, source, words. Reads no file."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType

# Ending of a column -> its type and its unit (None: the unit says what is counted, or names the levels).
ENDINGS: Mapping[str, tuple[str, str | None]] = MappingProxyType(
    {
        "count": ("integer", None),
        "days": ("integer", "days"),
        "share": ("number", "share 0..1"),
        "ratio": ("number", "times"),
        "eur": ("number", "EUR"),
        "flag": ("integer", "yes/no"),
        "score": ("number", "score 0..1"),
        "level": ("integer", None),
    }
)
MONOTONE = MappingProxyType({"raises_risk": 1, "lowers_risk": -1, "free": 0})
EVENT_KINDS = frozenset(
    (
        "decision",
        "licence",
        "shipment",
        "delivery",
        "visit",
        "incident",
        "denial_notice",
        "destruction",
        "request",
        "review",
    )
)
LEVEL = re.compile(r"(\d+) = ([^,]+)")
DOES_NOT_ARISE = "the question does not arise here"
CHOICE = re.compile(r"\{([^{}|]*)\|([^{}|]*)\}")


@dataclass(frozen=True, slots=True)
class Source:
    """The published guidance that a feature is taken from.

    Args:
        title: as published.
        url: where it can be read.
        verified: False where the link of feature and source, or its weight, is general knowledge or inference.
    """

    title: str
    url: str
    verified: bool


@dataclass(frozen=True, slots=True)
class Feature:
    """One column of the feature matrix, and everything that is said of it anywhere.

    Args:
        name: the family's prefix, what, and the unit as ending.
        family: the family that computes it.
        meaning: one sentence for an officer.
        unit: what one of it is; for a level the names of all levels.
        type: "integer" or "number".
        absent: what NULL, or the value without any record, means.
        when_null: "missing" an input was not given or not known, "not_applicable" the question does not arise, "never".
        direction: "raises_risk", "lowers_risk" or "free".
        because: why that direction.
        reads_as: the reason sentence, with `{value}`; for a flag the pair `(yes, no)`.
        reads_as_null: the sentence where there is no value.
        source: the published guidance.
        indicator: the id of the indicator that it computes.
        fields: paths of the contract, or `reference:TABLE`, that it is computed from.
        reviewed: the day somebody last read all of this.
    """

    name: str
    family: str
    meaning: str
    unit: str
    type: str
    absent: str
    when_null: str
    direction: str
    because: str
    reads_as: tuple[str, ...]
    reads_as_null: str
    source: Source
    indicator: str
    fields: tuple[str, ...]
    reviewed: date

    @property
    def ending(self) -> str:
        """The last word of the name, which fixes the unit."""
        return self.name.rsplit("_", 1)[-1]

    @property
    def monotone(self) -> int:
        """The constraint on the model: +1 never lowers the score, -1 never raises it, 0 none."""
        return MONOTONE[self.direction]

    @property
    def levels(self) -> Mapping[int, str]:
        """The name of each level; empty but for a `_level`."""
        found = LEVEL.findall(self.unit) if self.ending == "level" else []
        return MappingProxyType({int(level): name.strip() for level, name in found})

    @property
    def why_null(self) -> str:
        """What it means that there is no value, without what a 0 means."""
        return self.absent.rpartition("null: ")[2]

    @property
    def filing_fields(self) -> tuple[str, ...]:
        """Those of its fields that stand on the filing itself: where its evidence is when no record is listed."""
        return tuple(
            field
            for field in self.fields
            if not field.startswith("reference:") and field.split(".")[0] not in EVENT_KINDS
        )

    def shown(self, value: float | None) -> str:
        """The value as an officer reads it: "3", "412 days", "5.2 years", "45 %", "EUR 1,250,000", "yes"."""
        if value is None:
            return "not known" if self.when_null == "missing" else "does not apply"
        return _shown(self.ending, value)

    def sentence(self, value: float | None) -> str:
        """The reason in plain words; true whichever way the value points."""
        if value is None:
            return self.reads_as_null
        if self.ending == "flag":
            return self.reads_as[0] if value else self.reads_as[1]
        text = CHOICE.sub(r"\1" if value == 1 else r"\2", self.reads_as[0])
        level = self.levels.get(round(value), self.shown(value))
        text = text.replace("{value}", self.shown(value)).replace("{level}", level)
        return text[:1].upper() + text[1:]


def _shown(ending: str, value: float) -> str:
    if ending == "flag":
        return "yes" if value else "no"
    if ending == "days":
        years = f"{value / 365.25:,.1f}".removesuffix(".0")
        return f"{years} years" if value > 730 else f"{value:,.0f} {'day' if value == 1 else 'days'}"
    if ending == "share":
        percent = value * 100
        return f"{percent:.0f} %" if percent >= 10 or percent == round(percent) else f"{percent:.1f} %"
    if ending == "ratio":
        return f"{value:,.0f}" if value >= 100 else f"{value:,.1f}"
    if ending == "eur":
        return f"EUR {value:,.0f}"
    if ending == "score":
        return f"{value:.2f}"
    return f"{value:,.0f}"
