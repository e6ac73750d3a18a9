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
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable

from features.entry import did_you_mean, feature_of, prefix_of, refuse_forbidden
from features.errors import CatalogueError
from features.feature import Feature, Source

__all__ = ["FAMILIES", "Catalogue", "Family", "Feature", "Source", "catalogue", "columns_of", "read"]

FAMILIES = (
    "end_user",
    "consignee",
    "exporter",
    "broker",
    "route",
    "lanes",
    "carriers",
    "documents",
    "agreement",
    "certificates",
    "document_files",
    "old_stock",
    "goods",
    "destination",
    "links",
    "screening",
    "timing",
)


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
            f"there is no feature {name!r} in the catalogue.{did_you_mean(name, self.columns)} "
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
        refuse_forbidden(f"features/{file}", _without_comments(texts.get(file, "")))
    try:
        entries = tomllib.loads(texts[f"{name}.toml"])
    except tomllib.TOMLDecodeError as error:
        raise CatalogueError(f"features/{name}.toml cannot be read: {error}. Expected one table a feature.") from error
    prefix = prefix_of(name, entries.pop("prefix", None))
    columns = columns_of(sql, f"features/{name}.sql")
    for column in columns:
        if column not in entries:
            raise CatalogueError(
                f"features/{name}.sql gives {column!r}, and features/{name}.toml says nothing of it."
                f"{did_you_mean(column, entries)} Write a table [{column}] there."
            )
    for entry in entries:
        if entry not in columns:
            raise CatalogueError(
                f"features/{name}.toml: [{entry}] is no column of features/{name}.sql."
                f"{did_you_mean(entry, columns)} Take it out, or compute it."
            )
    if tuple(entries) != columns:
        first = next(column for column, entry in zip(columns, entries, strict=True) if column != entry)
        raise CatalogueError(
            f"features/{name}.toml is not in the order of features/{name}.sql: expected [{first}] earlier. Move it."
        )
    question = re.search(r"^-- Question:\s*(.+)$", sql, flags=re.M)
    if not question:
        raise CatalogueError(f"features/{name}.sql: the header has no `-- Question:`. Say what the family answers.")
    features = tuple(feature_of(name, column, entries[column], prefix) for column in columns)
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


def _without_comments(sql: str) -> str:
    """The SQL without comments; a `--` inside quotes is no comment."""
    quoted_or_comment = r"('(?:[^']|'')*'|\"(?:[^\"]|\"\")*\")|--[^\n]*|/\*.*?\*/"
    return re.sub(quoted_or_comment, lambda found: found[1] or " ", sql, flags=re.S)
