"""Loads the reference tables of `data/reference` into the store and says which edition it holds. Judges none of them."""

from __future__ import annotations

import hashlib
import tomllib
from datetime import datetime
from functools import cache
from importlib import resources

import duckdb

from engine.store import audit
from engine.store.database import put_setting, setting
from engine.store.records import Origin

# Columns every reference table ends with (contract, section 3), and those that are not text.
CLOCK = {"valid_from": "date", "valid_to": "date", "known_from": "date", "as_of": "date"}
NUMBERS = {
    "latitude": "double", "longitude": "double", "level": "integer", "tier": "integer", "tier_rank": "integer",
    "min_tier": "integer", "intensity": "integer", "weight": "integer", "year": "integer", "value": "double",
    "personnel": "bigint", "units_per_eur": "double", "month": "date", "day": "date", "assessed_on": "date",
    "rate": "double", "days": "integer", "small_arms": "boolean", "firearms": "boolean", "mandatory": "boolean", "fits": "boolean",
}
TEXT_HERE = {("priority_item", "tier")}


@cache
def tables() -> dict[str, str]:
    """Table -> CSV text, for every table that ships."""
    folder = resources.files("data") / "reference"
    return {f.name.removesuffix(".csv"): f.read_text("utf-8") for f in sorted(folder.iterdir(), key=lambda f: f.name) if f.name.endswith(".csv")}


@cache
def cards() -> dict[str, dict]:
    """Table -> its card: what it is, where it comes from, how old it is."""
    folder = resources.files("data") / "reference"
    return {f.name.removesuffix(".toml"): tomllib.loads(f.read_text("utf-8")) for f in folder.iterdir() if f.name.endswith(".toml")}


@cache
def digest() -> str:
    """A short name of the shipped edition of all reference tables."""
    return hashlib.sha256("".join(name + text for name, text in tables().items()).encode()).hexdigest()[:16]


def load_reference(cursor: duckdb.DuckDBPyConnection, origin: Origin) -> bool:
    """Put the shipped reference tables in place of the store's, inside the caller's transaction; False if they are the same."""
    if setting(cursor, "reference_digest") == digest():
        return False
    folder = resources.files("data") / "reference"
    for name in tables():
        columns = tables()[name].split("\n", 1)[0].strip().split(",")
        types = {c: "varchar" if (name, c) in TEXT_HERE else (CLOCK | NUMBERS).get(c, "varchar") for c in columns}
        shape = "{" + ", ".join(f"'{c}': '{t}'" for c, t in types.items()) + "}"
        with resources.as_file(folder / f"{name}.csv") as path:
            cursor.execute(
                f"create or replace table store.main.{name} as "
                f"select * from read_csv('{str(path).replace(chr(39), chr(39) * 2)}', header = true, nullstr = '', columns = {shape})"
            )
    put_setting(cursor, "reference_digest", digest())
    audit.add_entry(
        cursor, audit.next_seq(cursor), origin.actor, origin.channel, origin.at, "load reference data", note=f"edition {digest()}"
    )
    return True


def reference_as_of(cursor: duckdb.DuckDBPyConnection) -> str:
    """The newest edition day among the loaded tables, for display beside a score."""
    days = [str(card["as_of"]) for card in cards().values() if "as_of" in card]
    return max(days) if days else datetime.min.date().isoformat()
