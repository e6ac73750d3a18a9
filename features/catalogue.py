"""Reads the feature families beside it: meaning, unit, direction, source and words of every column. Computes none.

A family is one `.sql` (how), one `.toml` (what it means) and, where history counts, one `.evidence.sql` (from which
records). Column order, monotone constraints, reason sentences and the feature book are all read from here.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from types import MappingProxyType
from typing import Any

from features.errors import CatalogueError

FAMILIES = ("end_user", "broker", "route", "documents", "old_stock", "goods", "exporter", "destination", "links")

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
WHEN_NULL = ("missing", "not_applicable", "never")

# What no feature may read of a person: refused wherever one of these stands in a name, in the SQL or in `fields`.
FORBIDDEN = frozenset(
    (
        "nationality",
        "nationalities",
        "citizenship",
        "citizen",
        "citizens",
        "birthplace",
        "birth",
        "birthdate",
        "birthday",
        "dob",
        "born",
        "sex",
        "gender",
        "religion",
        "script",
        "ethnicity",
        "ethnic",
        "language",
        "languages",
    )
)

_REQUIRED = (
    "meaning",
    "unit",
    "type",
    "absent",
    "when_null",
    "direction",
    "because",
    "indicator",
    "source",
    "fields",
    "reviewed",
)
_SENTENCES = ("reads_as", "reads_as_yes", "reads_as_no", "reads_as_null")
_KNOWN = (*_REQUIRED, *_SENTENCES)
_SOURCE = ("title", "url", "status")
_FIELD = re.compile(r"reference:[a-z][a-z_]*|[a-z][a-z_]*(\.[a-z][a-z_]*)*")
_INDICATOR = re.compile(r"(EU|RT|BR|DC|OS|GQ|EX|CR)-\d\d")
_LEVEL = re.compile(r"(\d+) = ([^,]+)")
_CHOICE = re.compile(r"\{([^{}|]*)\|([^{}|]*)\}")


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
        name: family, what, and the unit as ending.
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
        found = _LEVEL.findall(self.unit) if self.ending == "level" else []
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
        text = _CHOICE.sub(r"\1" if value == 1 else r"\2", self.reads_as[0])
        level = self.levels.get(round(value), self.shown(value))
        text = text.replace("{value}", self.shown(value)).replace("{level}", level)
        return text[:1].upper() + text[1:]


@dataclass(frozen=True, slots=True)
class Family:
    """One question about a filing, the columns that answer it and the SQL that computes them.

    Args:
        name: the file's name.
        question: from the header of the SQL.
        sql: the portable select: `subject`, then the columns.
        evidence_sql: the select of (subject, feature, record); None where the filing itself is all the evidence.
        features: in the order of the select.
    """

    name: str
    question: str
    sql: str
    evidence_sql: str | None
    features: tuple[Feature, ...]


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All families in their order.

    Args:
        families: in the order of `FAMILIES`.
        version: a short name for the present text of all feature files.
    """

    families: tuple[Family, ...]
    version: str

    @property
    def features(self) -> tuple[Feature, ...]:
        """Every feature, in column order."""
        return tuple(feature for family in self.families for feature in family.features)

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of all features, in column order."""
        return tuple(feature.name for feature in self.features)

    def feature(self, name: str) -> Feature:
        """The feature of that name.

        Raises:
            CatalogueError: there is none.
        """
        for feature in self.features:
            if feature.name == name:
                return feature
        raise CatalogueError(
            f"there is no feature {name!r} in the catalogue.{_did_you_mean(name, self.columns)} "
            "All are listed in features/README.md."
        )


@cache
def catalogue() -> Catalogue:
    """The catalogue of the feature files that ship.

    Raises:
        CatalogueError: a file is wrong; names file, entry and cure.
    """
    return read(resources.files("features"))


def read(folder: Traversable, names: tuple[str, ...] = FAMILIES) -> Catalogue:
    """The catalogue of a folder's feature files, all of them checked.

    Args:
        folder: where the `.sql` and `.toml` files are.
        names: the families, in order.

    Raises:
        CatalogueError: a file is absent or wrong.
    """
    digest = hashlib.sha256()
    families = []
    for name in names:
        paths = [folder / f"{name}{ending}" for ending in (".sql", ".toml", ".evidence.sql")]
        texts = {path.name: path.read_text("utf-8") for path in paths if path.is_file()}
        for file in (f"{name}.sql", f"{name}.toml"):
            if file not in texts:
                raise CatalogueError(
                    f"features/{file} is absent: a family is one .sql and one .toml. "
                    f"Write it, or take {name!r} out of FAMILIES."
                )
        for file, text in texts.items():
            digest.update(file.encode() + b"\0" + text.encode() + b"\0")
        families.append(_family(name, texts))
    return Catalogue(tuple(families), digest.hexdigest()[:12])


def _family(name: str, texts: Mapping[str, str]) -> Family:
    sql = texts[f"{name}.sql"]
    evidence = texts.get(f"{name}.evidence.sql")
    for file in (f"{name}.sql", f"{name}.evidence.sql"):
        _refuse_forbidden(f"features/{file}", _without_comments(texts.get(file, "")))
    try:
        entries = tomllib.loads(texts[f"{name}.toml"])
    except tomllib.TOMLDecodeError as error:
        raise CatalogueError(f"features/{name}.toml cannot be read: {error}. Expected one table a feature.") from error
    columns = columns_of(sql, f"features/{name}.sql")
    for column in columns:
        if column not in entries:
            raise CatalogueError(
                f"features/{name}.sql gives {column!r}, and features/{name}.toml says nothing of it."
                f"{_did_you_mean(column, entries)} Write a table [{column}] there."
            )
    for entry in entries:
        if entry not in columns:
            raise CatalogueError(
                f"features/{name}.toml: [{entry}] is no column of features/{name}.sql."
                f"{_did_you_mean(entry, columns)} Take it out, or compute it."
            )
    if tuple(entries) != columns:
        first = next(column for column, entry in zip(columns, entries, strict=True) if column != entry)
        raise CatalogueError(
            f"features/{name}.toml is not in the order of features/{name}.sql: expected [{first}] earlier. Move it."
        )
    question = re.search(r"^-- Question:\s*(.+)$", sql, flags=re.M)
    if not question:
        raise CatalogueError(f"features/{name}.sql: the header has no `-- Question:`. Say what the family answers.")
    features = tuple(_feature(name, column, entries[column]) for column in columns)
    return Family(name, question[1].strip(), sql, evidence, features)


def columns_of(sql: str, where: str = "the SQL") -> tuple[str, ...]:
    """The columns of a family's last select, without `subject`.

    Relies on the house spelling: that `select` and its `from` stand at the beginning of a line.

    Raises:
        CatalogueError: no such select, or `subject` is not its first column.
    """
    text = _without_comments(sql)
    starts = list(re.finditer(r"^select$", text, flags=re.M))
    end = re.search(r"^from\b", text[starts[-1].end() :], flags=re.M) if starts else None
    if not end:
        raise CatalogueError(f"{where}: no last select. Expected `select` and `from` each at the start of a line.")
    body = text[starts[-1].end() : starts[-1].end() + end.start()]
    targets, depth, begun = [], 0, 0
    for place, letter in enumerate(body):
        depth += (letter == "(") - (letter == ")")
        if letter == "," and not depth:
            targets.append(body[begun:place])
            begun = place + 1
    targets.append(body[begun:])
    names = [re.split(r"[\s.]+", target.strip())[-1] for target in targets]
    if names[0] != "subject":
        raise CatalogueError(
            f"{where}: the last select begins with {names[0]!r}. Expected `spine.subject`, then the features."
        )
    return tuple(names[1:])


def _feature(family: str, name: str, entry: Any) -> Feature:
    where = f"features/{family}.toml: [{name}]"
    if not isinstance(entry, dict):
        raise CatalogueError(f"{where} is not a table. Expected `[{name}]` on a line of its own.")
    ending = name.rsplit("_", 1)[-1]
    if ending not in ENDINGS:
        endings = ", ".join(f"_{one}" for one in ENDINGS)
        raise CatalogueError(f"{where}: the name ends in {ending!r}. Expected one of {endings}.")
    if not name.startswith(f"{family}_"):
        raise CatalogueError(f"{where}: the name does not begin with its family. Expected `{family}_...`.")
    _check_keys(where, entry, _KNOWN)
    for key in _REQUIRED:
        if entry.get(key) in (None, "", []):
            hint = " A direction needs its reason, 'free' too." if key == "because" else ""
            raise CatalogueError(f"{where}: '{key}' is missing.{hint} Known: {', '.join(_KNOWN)}.")
    for key in (*_REQUIRED[:8], *(key for key in _SENTENCES if key in entry)):
        if not isinstance(entry[key], str) or not entry[key].strip():
            raise CatalogueError(f"{where}: '{key}' is {entry[key]!r}. Expected text.")
    _check_choice(where, "direction", entry["direction"], tuple(MONOTONE))
    _check_choice(where, "when_null", entry["when_null"], WHEN_NULL)
    _check_unit(where, ending, entry["type"], entry["unit"])
    if not _INDICATOR.fullmatch(entry["indicator"]):
        raise CatalogueError(f"{where}: 'indicator' is {entry['indicator']!r}. Expected an id like EU-15.")
    if not isinstance(entry["reviewed"], date):
        raise CatalogueError(f"{where}: 'reviewed' is {entry['reviewed']!r}. Expected a day like 2026-11-22, unquoted.")
    return Feature(
        name=name,
        family=family,
        meaning=entry["meaning"],
        unit=entry["unit"],
        type=entry["type"],
        absent=entry["absent"],
        when_null=entry["when_null"],
        direction=entry["direction"],
        because=entry["because"],
        reads_as=_sentences(where, ending, entry),
        reads_as_null=entry.get("reads_as_null") or _null_sentence(entry),
        source=_source(where, entry["source"]),
        indicator=entry["indicator"],
        fields=_fields(where, entry["fields"]),
        reviewed=entry["reviewed"],
    )


def _check_unit(where: str, ending: str, kind: str, unit: str) -> None:
    expected_type, expected_unit = ENDINGS[ending]
    so_named = f"for a name ending in _{ending}"
    if kind != expected_type:
        raise CatalogueError(f"{where}: 'type' is {kind!r}. Expected {expected_type!r} {so_named}.")
    if expected_unit and unit != expected_unit:
        raise CatalogueError(f"{where}: 'unit' is {unit!r}. Expected {expected_unit!r} {so_named}.")
    if ending == "count" and unit in {one for _, one in ENDINGS.values() if one}:
        raise CatalogueError(f"{where}: 'unit' is {unit!r}. Expected what is counted, such as 'visits', {so_named}.")
    if ending == "level" and len(_LEVEL.findall(unit)) < 2:
        raise CatalogueError(f"{where}: 'unit' is {unit!r}. Expected every level, '0 = none, 1 = some', {so_named}.")


def _sentences(where: str, ending: str, entry: Mapping[str, Any]) -> tuple[str, ...]:
    """What the reason says: one text with the value in it, or for a flag one for yes and one for no."""
    one, two = ("reads_as",), ("reads_as_yes", "reads_as_no")
    wanted, unwanted = (two, one) if ending == "flag" else (one, two)
    expected = f"Expected {' and '.join(wanted)} for a name ending in _{ending}."
    for key in wanted:
        if key not in entry:
            raise CatalogueError(f"{where}: '{key}' is missing. {expected}")
    for key in unwanted:
        if key in entry:
            raise CatalogueError(f"{where}: '{key}' does not belong there. {expected}")
    texts = tuple(entry[key] for key in wanted)
    if ending != "flag":
        rest = _CHOICE.sub("", texts[0])
        if "{value}" not in rest and not (ending == "level" and "{level}" in rest):
            raise CatalogueError(f"{where}: 'reads_as' does not show the value. Put {{value}} where it belongs.")
    for text in texts:
        stray = re.sub(r"\{value\}|\{level\}", "", _CHOICE.sub("", text))
        if "{" in stray or "}" in stray:
            raise CatalogueError(
                f"{where}: braces that mean nothing in {text!r}. Known: {{value}}, {{level}}, {{one|many}}."
            )
    return texts


def _null_sentence(entry: Mapping[str, Any]) -> str:
    meaning = entry["meaning"].rstrip(". ")
    if entry["when_null"] == "missing":
        return f"{meaning}: could not be told from the filing"
    return f"{meaning}: the question does not arise here"


def _source(where: str, source: Any) -> Source:
    if not isinstance(source, dict):
        raise CatalogueError(f"{where}: 'source' is {source!r}. Expected {{ title = ..., url = ... }}.")
    _check_keys(f"{where} source", source, _SOURCE)
    for key in ("title", "url"):
        if not isinstance(source.get(key), str) or not source[key].strip():
            raise CatalogueError(f"{where}: the source has no '{key}'. Name published guidance that can be looked up.")
    if not source["url"].startswith(("http://", "https://")):
        raise CatalogueError(f"{where}: the source's url is {source['url']!r}. Expected http:// or https://.")
    if source.get("status", "unverified") != "unverified":
        raise CatalogueError(f"{where}: the source's status is {source['status']!r}. Expected 'unverified', or none.")
    return Source(source["title"], source["url"], "status" not in source)


def _fields(where: str, fields: Any) -> tuple[str, ...]:
    if not isinstance(fields, list) or not all(isinstance(field, str) and _FIELD.fullmatch(field) for field in fields):
        raise CatalogueError(
            f"{where}: 'fields' is {fields!r}. Expected paths like 'end_user.registered_on' or 'reference:membership'."
        )
    for field in fields:
        _refuse_forbidden(f"{where} fields", field)
    return tuple(fields)


def _check_keys(where: str, table: Mapping[str, Any], known: tuple[str, ...]) -> None:
    for key in table:
        if key not in known:
            near = _did_you_mean(key, known)
            raise CatalogueError(f"{where}: key {key!r} is not known.{near} Known: {', '.join(known)}.")


def _check_choice(where: str, key: str, value: str, known: tuple[str, ...]) -> None:
    if value not in known:
        raise CatalogueError(f"{where}: '{key}' is {value!r}.{_did_you_mean(value, known)} Known: {', '.join(known)}.")


def _did_you_mean(word: str, known: Any) -> str:
    near = get_close_matches(word, list(known), n=1, cutoff=0.5)
    return f" Did you mean {near[0]!r}?" if near else ""


def _without_comments(sql: str) -> str:
    """The SQL without comments; a `--` inside quotes is no comment."""
    quoted_or_comment = r"('(?:[^']|'')*'|\"(?:[^\"]|\"\")*\")|--[^\n]*|/\*.*?\*/"
    return re.sub(quoted_or_comment, lambda found: found[1] or " ", sql, flags=re.S)


def _refuse_forbidden(where: str, text: str) -> None:
    """No feature reads what a person is: a name holding such a word is refused, whatever stands around it."""
    for name in re.findall(r"[A-Za-z][A-Za-z0-9_]*", text):
        words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower().split("_")
        run_together = [word for word in FORBIDDEN if len(word) > 8 and word in name.lower()]
        for word in words + run_together:
            if word in FORBIDDEN:
                raise CatalogueError(
                    f"{where} reads {name!r}. No feature may read {word} or anything of its kind. "
                    "Take it out; what a party does is evidence, what a person is never is."
                )


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
