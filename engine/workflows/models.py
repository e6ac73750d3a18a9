"""Models as records: which is in force, and putting one there. Trains none."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime

import duckdb

from engine.risk.model import Model, expert_card, from_text, to_text
from engine.store import records
from engine.store.database import first
from engine.store.records import Origin
from features.catalogue import catalogue


def load_model_in_force(cursor: duckdb.DuckDBPyConnection) -> Model:
    """The model promoted last; the expert card where none ever was."""
    row = first(cursor, "select body from record where kind = 'promotion' order by record_no desc limit 1")
    return load_model(cursor, json.loads(row[0])["version"]) if row else expert_card()


def load_model(cursor: duckdb.DuckDBPyConnection, version: str) -> Model:
    """A model by its version."""
    if version == expert_card().version:
        return expert_card()
    return from_text(records.body_of(cursor, f"model:{version}"))


def challenger_version(cursor: duckdb.DuckDBPyConnection) -> str | None:
    """The model kept in shadow: the one named by hand, until another is trained; else the newest one trained since the model in force was, if nobody ever put it in force."""
    made = promotions(cursor)
    row = first(cursor, "select substr(key, 7), record_no from record where kind = 'model' order by record_no desc limit 1")
    if named := namings(cursor, since=0 if row is None else row[1]):
        return None if named[-1].version == in_force_in_turn(made)[-1] else named[-1].version
    if row is None or row[0] in {one.version for one in made}:
        return None
    in_force = first(cursor, "select record_no from record where key = ?", [f"model:{in_force_in_turn(made)[-1]}"])
    return row[0] if in_force is None or row[1] > in_force[0] else None


def load_challenger(cursor: duckdb.DuckDBPyConnection) -> Model | None:
    """The model kept in shadow, where it can score what is computed now."""
    version = challenger_version(cursor)
    model = load_model(cursor, version) if version else None
    return model if model is not None and model.columns == catalogue().columns else None


def namings(cursor: duckdb.DuckDBPyConnection, since: int = 0) -> tuple[Naming, ...]:
    """Every naming of a challenger by hand, oldest first; those on record after this one."""
    rows = cursor.execute("select body, known_at from record where kind = 'challenge' and record_no > ? order by record_no", [since]).fetchall()
    return tuple(Naming(told["version"], at, told["named_by"], told["because"]) for told, at in ((json.loads(body), at) for body, at in rows))


def name_challenger(cursor: duckdb.DuckDBPyConnection, version: str, because: str, origin: Origin) -> Naming:
    """Keep a model in shadow from now on, with who and why."""
    number = first(cursor, "select count(*) from record where kind = 'challenge'")[0] + 1
    body = json.dumps({"version": version, "because": because, "named_by": origin.actor}, sort_keys=True)
    records.append_one(cursor, "challenge", f"challenge:{number}", origin.at, body, origin, f"name model {version} challenger")
    return Naming(version, origin.at, origin.actor, because)


def keep_model(cursor: duckdb.DuckDBPyConnection, model: Model, origin: Origin) -> None:
    """Put a trained model on record, in force or not."""
    records.append_one(cursor, "model", f"model:{model.version}", origin.at, to_text(model), origin, f"train model {model.version}")


def promote(cursor: duckdb.DuckDBPyConnection, version: str, because: str, origin: Origin, *, instead_of: str | None = None) -> None:
    """Put a model in force, with who and why.

    Args:
        instead_of: the model that is taken back by this.
    """
    number = first(cursor, "select count(*) from record where kind = 'promotion'")[0] + 1
    told = {"version": version, "because": because, "promoted_by": origin.actor} | ({"instead_of": instead_of} if instead_of else {})
    action = f"roll back to model {version}" if instead_of else f"promote model {version}"
    records.append_one(cursor, "promotion", f"promotion:{number}", origin.at, json.dumps(told, sort_keys=True), origin, action)


@dataclass(frozen=True)
class Naming:
    """A model was named challenger by hand: when, by whom and why."""

    version: str
    at: datetime
    by: str
    because: str


@dataclass(frozen=True)
class Promotion:
    """A model was put in force: when, by whom, why, and in a rollback which model it took back."""

    version: str
    at: datetime
    by: str
    because: str
    instead_of: str | None


@dataclass(frozen=True)
class Held:
    """A model on record; the expert card has no training.

    Args:
        challenger: scores each new filing in shadow.
        promotions: each time it was put in force, oldest first.
        named: each time it was named challenger by hand, oldest first.
    """

    version: str
    in_force: bool
    challenger: bool
    trained_at: datetime | None
    trained_by: str | None
    labelled: int | None
    diversions: int | None
    promotions: tuple[Promotion, ...]
    named: tuple[Naming, ...] = ()


def promotions(cursor: duckdb.DuckDBPyConnection) -> tuple[Promotion, ...]:
    """Every promotion and rollback, oldest first."""
    rows = cursor.execute("select body, known_at from record where kind = 'promotion' order by record_no").fetchall()
    return tuple(
        Promotion(told["version"], at, told["promoted_by"], told["because"], told.get("instead_of")) for told, at in ((json.loads(body), at) for body, at in rows)
    )


def in_force_in_turn(made: tuple[Promotion, ...]) -> tuple[str, ...]:
    """The expert card and the models on top of it, the one in force last; a rollback takes the last away, so that two go back two."""
    turn = [expert_card().version]
    for one in made:
        if one.instead_of is not None:
            turn.pop()
        elif one.version != turn[-1]:
            turn.append(one.version)
    return tuple(turn)


def models_held(cursor: duckdb.DuckDBPyConnection) -> tuple[Held, ...]:
    """The expert card and every model on record, in order of training."""
    made = promotions(cursor)
    in_force, card, challenger = in_force_in_turn(made)[-1], expert_card().version, challenger_version(cursor)
    named = namings(cursor)
    rows = cursor.execute(
        "select substr(record.key, 7), audit_entry.made_at, audit_entry.actor, cast(json_extract(record.body, '$.card.labelled') as bigint), "
        "cast(json_extract(record.body, '$.card.diversions') as bigint) from record inner join audit_entry on record.seq = audit_entry.seq "
        "where record.kind = 'model' order by record.record_no"
    ).fetchall()
    return tuple(
        Held(version, version == in_force, version == challenger, *told, tuple(one for one in made if one.version == version), tuple(one for one in named if one.version == version))
        for version, *told in [(card, None, None, None, None), *rows]
    )
