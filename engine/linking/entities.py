"""Resolves each distinct way a party was written down to one entity, in order of filing, looking only at what came before.

First resolver of the house: exact keys (LEI, register number with country, the licensing system's own party id), then
the normalised name with country. Weighted links take its place through the same table, `party_entity`.
"""

from __future__ import annotations

from collections.abc import Callable

import duckdb
import polars as pl

EXACT = ("lei", "registration", "party_id")


def resolve_forms(cursor: duckdb.DuckDBPyConnection, name_key: Callable[[str], str], filings: str, documents: str,
                  into: str = "store.main") -> int:
    """Give every new form of a party its entity; inside the caller's transaction.

    One new filing or a million go the same way: distinct new forms in order of first filing. A form is known by its
    exact keys or, failing them, by normalised name and country; two different LEIs or register numbers are never one
    entity, however alike the names.

    Args:
        cursor: where `name_key`, `party_form`, `party_entity`, `entity_key` and the filings are.
        name_key: the house's normalisation of a name (`engine.screening.names.name_key`).
        filings: the relation of parties on filings to be resolved.
        documents: the relation of documents whose names are to be normalised.
        into: the schema of the four tables that are written.

    Returns:
        How many forms were new.
    """
    new_names = [name for (name,) in cursor.execute(
        f"select name from (select name from {filings} union select end_user from {documents} union select consignee from {documents} "
        "union select party from denial_notice union select party.name from incident) as named(name) "
        "where name is not null and not exists (select 1 from name_key where name_key.name = named.name) order by name"
    ).fetchall()]
    if new_names:
        keys = pl.DataFrame({"name": new_names, "name_key": [name_key(name) for name in new_names]})
        cursor.register("new_keys", keys.to_arrow())
        cursor.execute(f"insert into {into}.name_key select name, name_key from new_keys")
        cursor.unregister("new_keys")
    cursor.execute(
        "create or replace temp table new_form as with written as ("
        f"select form_id, authority, party_id, lei, registration, country, name, filed_at as written_at from {filings} "
        "union all select (md5_number_lower(concat_ws(chr(31), '', '', '', '', coalesce(country, ''), party)) >> 1)::bigint, "
        "null, null, null, null, country, party, denial_notice.at from denial_notice where party is not null "
        "union all select (md5_number_lower(concat_ws(chr(31), '', '', '', '', coalesce(party.country, ''), party.name)) >> 1)::bigint, "
        "null, null, null, null, party.country, party.name, incident.at from incident where party.name is not null) "
        "select form_id, any_value(authority) as authority, any_value(party_id) as party_id, any_value(lei) as lei, "
        "any_value(registration) as registration, any_value(country) as country, any_value(name) as name, min(written_at) as first_seen "
        "from written where not exists (select 1 from party_form where party_form.form_id = written.form_id) group by form_id"
    )
    forms = cursor.execute(
        "select form_id, authority, party_id, lei, registration, country, name_key, first_seen from new_form "
        "inner join name_key on new_form.name = name_key.name order by first_seen, form_id"
    ).fetchall()
    if not forms:
        return 0
    keys_of = [_keys(*form[1:7]) for form in forms]
    owner, exact_of = _known_keys(cursor, {key for keys in keys_of for key in keys})
    entities, new_keys = _assign(forms, keys_of, owner, exact_of)
    cursor.register("assigned", entities.to_arrow())
    cursor.execute(
        f"insert into {into}.party_form select new_form.form_id, authority, party_id, lei, registration, country, new_form.name, "
        "name_key.name_key, first_seen from new_form inner join name_key on new_form.name = name_key.name"
    )
    cursor.execute(f"insert into {into}.party_entity select form_id, entity_id, known_from, null, reason from assigned order by entity_id")
    cursor.unregister("assigned")
    if len(new_keys):
        cursor.register("assigned_keys", new_keys.to_arrow())
        cursor.execute(f"insert into {into}.entity_key select key, entity_id, known_from from assigned_keys order by key")
        cursor.unregister("assigned_keys")
    return len(forms)


def _keys(authority: str | None, party_id: str | None, lei: str | None, registration: str | None, country: str | None,
          name_key: str) -> list[str]:
    """The keys of a form, strongest first."""
    keys = []
    if lei:
        keys.append(f"lei:{lei}")
    if registration and country:
        keys.append(f"registration:{country}:{''.join(filter(str.isalnum, registration.upper()))}")
    if party_id and authority:
        keys.append(f"party_id:{authority}:{party_id}")
    if name_key:
        keys.append(f"name:{country or ''}:{name_key}")
    return keys


def _known_keys(cursor: duckdb.DuckDBPyConnection, wanted: set[str]) -> tuple[dict[str, int], dict[int, dict[str, str]]]:
    """Key -> entity for those of `wanted` that are known, and the exact keys that these entities already have."""
    cursor.register("wanted_keys", pl.DataFrame({"key": sorted(wanted)}, schema={"key": pl.String}).to_arrow())
    owner = dict(cursor.execute("select key, entity_id from entity_key where key in (select key from wanted_keys)").fetchall())
    exact_of: dict[int, dict[str, str]] = {}
    if owner:
        rows = cursor.execute(
            "select entity_id, key from entity_key where (key like 'lei:%' or key like 'registration:%') and entity_id in "
            "(select entity_id from entity_key where key in (select key from wanted_keys))"
        ).fetchall()
        for entity, key in rows:
            exact_of.setdefault(entity, {})[_sort(key)] = key
    cursor.unregister("wanted_keys")
    return owner, exact_of


def _sort(key: str) -> str:
    """`lei`, or `registration` with its country: an entity has one of each."""
    kind, rest = key.split(":", 1)
    return kind if kind == "lei" else f"{kind}:{rest.split(':', 1)[0]}"


def _assign(
    forms: list[tuple], keys_of: list[list[str]], owner: dict[str, int], exact_of: dict[int, dict[str, str]]
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Walk the forms in order of filing and give each an entity; the entity is named by its first form."""
    assigned, new_keys = [], []
    for (form_id, *_, first_seen), keys in zip(forms, keys_of, strict=True):
        exact = {_sort(key): key for key in keys if key.startswith(("lei:", "registration:"))}
        entity, reason = form_id, "first filing of this party"
        for key in keys:
            known = owner.get(key)
            if known is not None and all(exact_of.get(known, {}).get(sort, own) == own for sort, own in exact.items()):
                entity, reason = known, f"same {key.split(':', 1)[0].replace('_', ' ')}" + (" and country" if key.startswith("name:") else "")
                break
        exact_of.setdefault(entity, {}).update(exact)
        for key in keys:
            if key not in owner:
                owner[key] = entity
                new_keys.append((key, entity, first_seen))
        assigned.append((form_id, entity, first_seen, reason))
    frame = pl.DataFrame(
        assigned, orient="row",
        schema={"form_id": pl.Int64, "entity_id": pl.Int64, "known_from": pl.Datetime("us"), "reason": pl.String},
    )
    keys_frame = pl.DataFrame(new_keys, orient="row", schema={"key": pl.String, "entity_id": pl.Int64, "known_from": pl.Datetime("us")})
    return frame, keys_frame
