"""Writes the feature book, the README of this folder, from the catalogue. Adds no word of its own about any feature."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources
from typing import Any

from features.catalogue import Catalogue
from features.feature import Feature

_DIRECTIONS = {"raises_risk": "raises", "lowers_risk": "lowers", "free": "free"}

_OPENING = """\
<!-- Made by `python -m features`; edit the .toml files instead. -->
# The feature book

What is computed of an application before a licence, what it means, and which published guidance it is taken from:
{features} features in {families} families. A family is one `.sql` (how), one `.toml` (what it means) and, where history
counts, one `.evidence.sql` (from which records). A feature's name begins with its family's `prefix`: what the `.toml` says, else the
family's own name.

- *Risk* says how the model may use a feature: a feature that **raises** never lowers the score when it grows, one that
  **lowers** never raises it, and **free** is left to the data. The reason stands beside it.
- *No value* says what it means that there is none. **missing**: an input was not given or not known; the interval
  widens and the score lists it. **does not apply**: the question does not arise. **never**: there always is one.
- *Computed from* is read off the SQL, through every relation down to the filed documents, events and reference tables:
  the fields that make the value, and those that decide which records count. It is an upper bound: where one relation
  gathers several kinds of event, all of them are named, also those that the feature then leaves out.
- How often a feature is missing and how it moves the score depend on the records and the model: `GET /v1/features` shows
  both for the model in force.
- *Unverified* sources: the link between feature and source, or its weight, is general knowledge or inference, to be
  replaced as official texts are read.
- Nothing here reads nationality, citizenship, birthplace, birth date, sex, religion, or the language or script of a
  name. The absence of a compliance programme, an exporter's own disclosure and a missing consent to visits never count
  against anyone.
"""

_ABSENT = {"missing": "**missing**", "not_applicable": "**does not apply**", "never": "**never**"}


@cache
def indicators() -> dict[str, dict[str, Any]]:
    """The register of indicators: id -> what it says, what it or the rest of it needs, which features of another one also tell of it, and which referral rules ask about it."""
    return tomllib.loads((resources.files("features") / "indicators.toml").read_text("utf-8"))


@cache
def lineage() -> dict[str, tuple[str, ...]]:
    """Feature -> the raw fields that it is computed from, as read off the SQL by `python -m engine.compute.lineage`."""
    told = tomllib.loads((resources.files("features") / "lineage.toml").read_text("utf-8"))
    return {feature: tuple(fields) for feature, fields in told.items()}


def book(catalogue: Catalogue) -> str:
    """The feature book as Markdown."""
    parts = [_OPENING.format(features=len(catalogue.features), families=len(catalogue.families))]
    for family in catalogue.families:
        question = family.question[:1].upper() + family.question[1:]
        parts.append(f"## {family.name}\n\n{question}\n\n{_table(family.features)}\n{_fields(family.features)}")
    parts.append(_open_indicators(catalogue))
    return "\n".join(parts)


def _table(features: tuple[Feature, ...]) -> str:
    lines = [
        "| feature | meaning | unit | risk | no value | source | indicator |",
        "|---|---|---|---|---|---|---|",
    ]
    for feature in features:
        unverified = "" if feature.source.verified else " (unverified)"
        cells = (
            f"`{feature.name}`",
            feature.meaning,
            feature.unit,
            f"**{_DIRECTIONS[feature.direction]}**: {feature.because}",
            f"{_ABSENT[feature.when_null]}. {feature.absent}",
            f"[{feature.source.title}]({feature.source.url}){unverified}",
            feature.indicator,
        )
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(lines) + "\n"


def _fields(features: tuple[Feature, ...]) -> str:
    lines = ["| feature | computed from |", "|---|---|"]
    for feature in features:
        lines.append(f"| `{feature.name}` | {', '.join(f'`{field}`' for field in lineage()[feature.name])} |")
    return "\n".join(lines) + "\n"


def _open_indicators(catalogue: Catalogue) -> str:
    """Line by line: which features compute an indicator, which rules ask about it, and what is still wanting."""
    by_indicator: dict[str, list[str]] = {}
    for feature in catalogue.features:
        by_indicator.setdefault(feature.indicator, []).append(feature.name)
    lines = [
        "## Indicators",
        "",
        f"The register has {len(indicators())} indicators; {len(by_indicator)} are computed, some in part. What the others, "
        "and the rest of these, would need:",
        "",
        "| indicator | says | features and rules | needs |",
        "|---|---|---|---|",
    ]
    for name, entry in indicators().items():
        computed = [f"`{feature}`" for feature in by_indicator.get(name, ())]
        also = [f"also `{feature}`" for feature in entry.get("also", ())]
        asked = [f"referral `{rule}`" for rule in entry.get("rules", ())]
        wanting = entry.get("needs") or (f"for the rest: {entry['rest']}" if "rest" in entry else "")
        lines.append(f"| {name} | {entry['says']} | {', '.join(computed + also + asked)} | {wanting} |")
    return "\n".join(lines) + "\n"
