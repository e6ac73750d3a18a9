"""Models as records: which is in force, and putting one there. Trains none."""

from __future__ import annotations

import json

import duckdb

from engine.risk.model import Model, expert_card, from_text, to_text
from engine.store import records
from engine.store.database import first
from engine.store.records import Origin


def load_model_in_force(cursor: duckdb.DuckDBPyConnection) -> Model:
    """The model promoted last; the expert card where none ever was."""
    row = first(cursor, "select body from record where kind = 'promotion' order by record_no desc limit 1")
    return load_model(cursor, json.loads(row[0])["version"]) if row else expert_card()


def load_model(cursor: duckdb.DuckDBPyConnection, version: str) -> Model:
    """A model by its version."""
    if version == expert_card().version:
        return expert_card()
    return from_text(records.body_of(cursor, f"model:{version}"))


def keep_model(cursor: duckdb.DuckDBPyConnection, model: Model, origin: Origin) -> None:
    """Put a trained model on record, in force or not."""
    records.append_one(cursor, "model", f"model:{model.version}", origin.at, to_text(model), origin, f"train model {model.version}")


def promote(cursor: duckdb.DuckDBPyConnection, version: str, because: str, origin: Origin) -> None:
    """Put a model in force, with who and why."""
    number = first(cursor, "select count(*) from record where kind = 'promotion'")[0] + 1
    body = json.dumps({"version": version, "because": because, "promoted_by": origin.actor}, sort_keys=True)
    records.append_one(cursor, "promotion", f"promotion:{number}", origin.at, body, origin, f"promote model {version}")
