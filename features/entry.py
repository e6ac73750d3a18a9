"""Turns one entry of a family's `.toml` into a feature, or refuses it by file, entry and cure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date
from difflib import get_close_matches
from typing import Any

from features.errors import CatalogueError
from features.feature import CHOICE, DOES_NOT_ARISE, ENDINGS, LEVEL, MONOTONE, Feature, Source

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
_PREFIX = re.compile(r"[a-z]+(_[a-z]+)*")
_FIELD = re.compile(r"reference:[a-z][a-z_]*|[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)*")
_INDICATOR = re.compile(r"(EU|RT|BR|DC|OS|GQ|EX|CR)-\d\d")


def prefix_of(family: str, named: Any) -> str:
    """What the names of a family's features begin with: what its `.toml` says as `prefix`, else its own name.

    A family may be split, or its file renamed, while its columns keep the names under which scores and models on record know them.

    Raises:
        CatalogueError: it is no word.
    """
    if named is None:
        return family
    if not isinstance(named, str) or not _PREFIX.fullmatch(named):
        raise CatalogueError(
            f"features/{family}.toml: 'prefix' is {named!r}. Expected small letters and underscores, such as 'documents'. Name it so, or leave it out."
        )
    return named


def feature_of(family: str, name: str, entry: Any, prefix: str) -> Feature:
    """The feature that an entry describes; its name begins with its family's prefix.

    Raises:
        CatalogueError: a key is unknown, missing or says what cannot be.
    """
    where = f"features/{family}.toml: [{name}]"
    if not isinstance(entry, dict):
        raise CatalogueError(f"{where} is not a table. Expected `[{name}]` on a line of its own.")
    ending = name.rsplit("_", 1)[-1]
    if ending not in ENDINGS:
        endings = ", ".join(f"_{one}" for one in ENDINGS)
        raise CatalogueError(f"{where}: the name ends in {ending!r}. Expected one of {endings}.")
    if not name.startswith(f"{prefix}_"):
        raise CatalogueError(
            f"{where}: the name does not begin with its family's prefix. Expected `{prefix}_...`. Rename it, or name another `prefix` at the top of the file."
        )
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
    if ending == "level" and len(LEVEL.findall(unit)) < 2:
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
        rest = CHOICE.sub("", texts[0])
        if "{value}" not in rest and not (ending == "level" and "{level}" in rest):
            raise CatalogueError(f"{where}: 'reads_as' does not show the value. Put {{value}} where it belongs.")
    for text in texts:
        stray = re.sub(r"\{value\}|\{level\}", "", CHOICE.sub("", text))
        if "{" in stray or "}" in stray:
            raise CatalogueError(
                f"{where}: braces that mean nothing in {text!r}. Known: {{value}}, {{level}}, {{one|many}}."
            )
    return texts


def _null_sentence(entry: Mapping[str, Any]) -> str:
    meaning = entry["meaning"].rstrip(". ")
    if entry["when_null"] == "missing":
        return f"{meaning}: could not be told from the filing"
    return f"{meaning}: {DOES_NOT_ARISE}"


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
        refuse_forbidden(f"{where} fields", field)
    return tuple(fields)


def _check_keys(where: str, table: Mapping[str, Any], known: tuple[str, ...]) -> None:
    for key in table:
        if key not in known:
            near = did_you_mean(key, known)
            raise CatalogueError(f"{where}: key {key!r} is not known.{near} Known: {', '.join(known)}.")


def _check_choice(where: str, key: str, value: str, known: tuple[str, ...]) -> None:
    if value not in known:
        raise CatalogueError(f"{where}: '{key}' is {value!r}.{did_you_mean(value, known)} Known: {', '.join(known)}.")


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """A question with the nearest known word, or nothing."""
    near = get_close_matches(word, list(known), n=1, cutoff=0.5)
    return f" Did you mean {near[0]!r}?" if near else ""


def refuse_forbidden(where: str, text: str) -> None:
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
