"""Links parties by the weights in force, shows why, and keeps what people say of links and weights. Compares no names itself."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING

import duckdb

from engine.errors import RefusedInput, UnknownRecord
from engine.linking import Spelling, Weights, link_anew, resolve_forms, shipped_weights, weights_from
from engine.screening.names import keyed, skeleton
from engine.store import records
from engine.store.database import first, put_setting, setting
from engine.store.records import Origin

if TYPE_CHECKING:
    from engine.workflows.desk import Desk

SPELLING = Spelling(keyed, skeleton)
IN_FORCE = "link_weights"


def link_parties(cursor: duckdb.DuckDBPyConnection, since: int, filings: str = "filing_party", documents: str = "filing_document", into: str = "store.main") -> int:
    """Give every form of a party in records after `since` its entity, by the weights in force; gives how many were new (see `engine.linking`)."""
    return resolve_forms(cursor, SPELLING, weights_in_force(cursor), since, filings, documents, into)


def weights_in_force(cursor: duckdb.DuckDBPyConnection) -> Weights:
    """The weights promoted last; those that come with the engine where none ever were."""
    key = setting(cursor, IN_FORCE)
    return shipped_weights() if key is None else _read(json.loads(records.body_of(cursor, key))["weights"])


@lru_cache(maxsize=4)
def _read(text: str) -> Weights:
    return weights_from(text)


def promote_weights(desk: Desk, text: str, because: str, origin: Origin) -> Weights:
    """Put other weights in force on a named person's word, and link all parties on record anew by them.

    Raises:
        RefusedInput: no weights of this version's comparisons, or no reason.
    """
    weights = weights_from(text)
    if not because.strip():
        raise RefusedInput("weights are promoted for a reason, and none was given. Expected why these are better. Say it with --because.")
    with desk.store.writing() as cursor:
        number = first(cursor, "select count(*) from record where kind = 'link_weights'")[0] + 1
        key = f"link_weights:{number}"
        body = json.dumps({"version": weights.version, "because": because, "promoted_by": origin.actor, "weights": text}, sort_keys=True, ensure_ascii=False)
        records.append_one(cursor, "link_weights", key, origin.at, body, origin, f"promote link weights {weights.version}")
        put_setting(cursor, IN_FORCE, key)
        link_anew(cursor, weights)
    return weights


@dataclass(frozen=True)
class FormShown:
    """One way in which an entity's party was written, and why it is taken for it.

    Args:
        authority: to whom it was written so; None where only a partner's notice or an incident does.
    """

    form_id: int
    authority: str | None
    name: str
    country: str | None
    party_id: str | None
    lei: str | None
    registration: str | None
    first_seen: datetime
    known_from: datetime
    reason: str


@dataclass(frozen=True)
class EntityShown:
    """An entity as it stands: its id, its forms in order of filing, and the ids under which they stood before."""

    entity_id: int
    forms: tuple[FormShown, ...]
    former: tuple[int, ...]


def entity_shown(cursor: duckdb.DuckDBPyConnection, number: int) -> EntityShown:
    """The entity of this id, or the present one of a form of this id.

    Raises:
        UnknownRecord: neither.
    """
    row = first(
        cursor,
        "select entity_id from party_entity where known_to is null and (entity_id = ? or form_id = ?) order by entity_id = ? desc limit 1",
        [number, number, number],
    ) or first(
        cursor, "select entity_id from party_entity where known_to is null and form_id in (select form_id from party_entity where entity_id = ?) limit 1", [number]
    )
    if row is None:
        raise unknown_party()
    forms = cursor.execute(
        "select party_form.form_id, party_form.authority, party_form.name, party_form.country, party_form.party_id, party_form.lei, party_form.registration, party_form.first_seen, "
        "party_entity.known_from, party_entity.reason from party_entity inner join party_form on party_entity.form_id = party_form.form_id "
        "where party_entity.entity_id = ? and party_entity.known_to is null order by party_form.first_seen, party_form.form_id", [row[0]]
    ).fetchall()
    former = cursor.execute(
        "select distinct entity_id from party_entity where known_to is not null and form_id in (select form_id from party_entity where entity_id = ? and known_to is null) "
        "order by entity_id", [row[0]]
    ).fetchall()
    return EntityShown(row[0], tuple(FormShown(*form) for form in forms), tuple(entity_id for (entity_id,) in former))


def unknown_party() -> UnknownRecord:
    """The one answer for a party that is not known and for one of which the caller may see no form."""
    return UnknownRecord("no party is known under this id. Expected the id of an entity or of a form. Find it in `GET /v1/applications/{application_id}/network`, as `party:ENTITY`.")


def merging(cursor: duckdb.DuckDBPyConnection, one: int, other: int, visible: tuple[str, ...] | None = None) -> dict:
    """The review that says that two entities are one party, without who and why; it names a form of each, for forms last.

    Args:
        visible: the authorities whose forms the officer may see; None = all.

    Raises:
        UnknownRecord: no such entity.
        RefusedInput: they are one already.
    """
    here, there = entity_shown(cursor, one), entity_shown(cursor, other)
    forms = [next((form.form_id for form in shown.forms if seen_by(form, visible)), None) for shown in (here, there)]
    if None in forms:
        raise unknown_party()
    if here.entity_id == there.entity_id:
        raise RefusedInput(f"{one} and {other} are one entity already. Expected two. Look at it with `diversion party show {one}`.")
    return {"about": "link", "subject": f"{forms[0]}:{forms[1]}", "result": "confirmed"}


def parting(cursor: duckdb.DuckDBPyConnection, form_id: int, visible: tuple[str, ...] | None = None) -> dict:
    """The review that says that a form is not the party it is taken for, without who and why.

    Args:
        visible: the authorities whose forms the officer may see; None = all.

    Raises:
        UnknownRecord: no such form.
        RefusedInput: it stands alone.
    """
    shown = entity_shown(cursor, form_id)
    if not any(seen_by(form, visible) for form in shown.forms):
        raise unknown_party()
    if form_id not in {form.form_id for form in shown.forms if seen_by(form, visible)}:
        raise UnknownRecord(f"{form_id} is an entity and no form. Expected one of its forms. List them with `diversion party show {form_id}`.")
    if len(shown.forms) == 1:
        raise RefusedInput(f"form {form_id} is linked with no other. Expected one of several forms of an entity.")
    return {"about": "link", "subject": str(form_id), "result": "dismissed"}


def seen_by(form: FormShown, visible: tuple[str, ...] | None) -> bool:
    """Whether a form stands on filings of these authorities, or in a notice that is no authority's own."""
    return visible is None or form.authority is None or form.authority in visible
