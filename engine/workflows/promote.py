"""Puts a trained model in force on a named person's word. Trains and compares none."""

from __future__ import annotations

import json

from engine.errors import NotPermitted, UnknownRecord
from engine.store import records
from engine.store.database import first
from engine.store.records import Origin
from engine.workflows.desk import Desk
from engine.workflows.models import promote
from engine.workflows.record_event import same_person


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
