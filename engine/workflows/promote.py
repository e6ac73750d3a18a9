"""Puts a trained model in force, or the one before it again, or in shadow, on a named person's word. Trains and compares none."""

from __future__ import annotations

import json

from engine.errors import Conflict, NotPermitted, RefusedInput, UnknownRecord
from engine.risk.model import expert_card
from engine.store import records
from engine.store.database import first
from engine.store.records import Origin
from engine.workflows.desk import Desk
from engine.workflows.models import Naming, Promotion, challenger_version, in_force_in_turn, load_model, name_challenger, namings, promote, promotions
from engine.workflows.record_event import same_person
from features.catalogue import catalogue


def promote_model(desk: Desk, version: str, because: str, origin: Origin) -> None:
    """Put a model in force; who trained it may not, unless it was trained by nobody we know.

    Raises:
        UnknownRecord: no such model.
        NotPermitted: the person who trained it asks.
    """
    with desk.store.writing() as cursor:
        if records.body_of(cursor, f"model:{version}") is None:
            raise UnknownRecord("there is no such model. Expected the version of a trained one. Train one with `diversion train`.")
        trained_by = first(
            cursor, "select audit_entry.actor from record inner join audit_entry on record.seq = audit_entry.seq where record.key = ?", [f"model:{version}"]
        )
        if trained_by and same_person(trained_by[0], origin.actor):
            raise NotPermitted("a model is promoted by another person than the one who trained it. Ask another approver.")
        in_force = first(cursor, "select body from record where kind = 'promotion' order by record_no desc limit 1")
        if in_force is None or json.loads(in_force[0])["version"] != version:
            promote(cursor, version, because, origin)


def roll_back(desk: Desk, because: str, origin: Origin) -> Promotion:
    """Put the model that was in force before again in force: taking back is anybody's who may promote, the model's trainer too, since it was promoted once.

    Rolled back twice it goes back two. Under the first model lies the expert card.

    Raises:
        RefusedInput: no reason, or nothing was in force before.
    """
    if not because.strip():
        raise RefusedInput("a model is taken back for a reason, and none was given. Expected what is wrong with it. Say it with --because.")
    with desk.store.writing() as cursor:
        turn = in_force_in_turn(promotions(cursor))
        if len(turn) == 1:
            raise RefusedInput("the expert card is in force, and nothing was before it. Expected a promoted model. See `diversion model list`.")
        promote(cursor, turn[-2], because, origin, instead_of=turn[-1])
        return promotions(cursor)[-1]


def challenge(desk: Desk, version: str, because: str, origin: Origin) -> Naming:
    """Keep a model in shadow, an older one or the expert card too, until another is named or trained; naming the one that is there changes nothing.

    Anybody's who may, its trainer too: what is in shadow decides nothing.

    Raises:
        RefusedInput: no reason. UnknownRecord: no such model. Conflict: it is in force, or was trained on other columns.
    """
    if not because.strip():
        raise RefusedInput("a challenger is named for a reason, and none was given. Expected what is to be learned from it. Say it with --because.")
    with desk.store.writing() as cursor:
        if version != expert_card().version and records.body_of(cursor, f"model:{version}") is None:
            raise UnknownRecord(f"there is no model {version[:100]!r}. Expected the version of one on record. See `diversion model list`.")
        if version == in_force_in_turn(promotions(cursor))[-1]:
            raise Conflict(f"model {version} is in force. Expected another, to be held against it. See `diversion model list`.")
        if load_model(cursor, version).columns != catalogue().columns:
            raise Conflict(f"model {version} was trained on other columns than are computed now, so it can score nothing. Expected one of this catalogue. Train one with `diversion train`.")
        if version == challenger_version(cursor) and (named := namings(cursor)) and named[-1].version == version:
            return named[-1]
        return name_challenger(cursor, version, because, origin)
