"""Keeps the entities of parties up to date with what is filed: distinct writings, candidate pairs by block, weighted links, bodies.

One new filing or a million go the same way, and in any order: links follow from the writings alone, entities from the
links in order of filing, and only what a new writing is connected with is walked through anew.
"""

from __future__ import annotations

from collections.abc import Collection
from importlib import resources

import duckdb
import polars as pl

from engine.linking.bodies import Form, Link, Ruling, Spell, resolve
from engine.linking.spelling import SCHEMA, Spelling, parts_of
from engine.linking.weights import Weights, answers_sql, weighed_sql

FEW = 300  # up to so many keys are looked up through an index; more are joined
TABLES = ("name_key", "party_form", "party_writing", "party_block", "party_link", "party_entity")
PAIRS = (resources.files("engine.linking") / "pairs.sql").read_text("utf-8")

PLAIN = "nullif(trim(regexp_replace(lower(strip_accents({0})), '[^\\p{{L}}\\p{{N}}]+', ' ', 'g')), '')"
NOTICE_FORM = "(md5_number_lower(concat_ws(chr(31), '', '', '', '', coalesce({country}, ''), {name})) >> 1)::bigint"


def resolve_forms(cursor: duckdb.DuckDBPyConnection, spelling: Spelling, weights: Weights, since: int, filings: str = "filing_party",
                  documents: str = "filing_document", into: str = "store.main") -> int:
    """Bring entities up to date with the records that came after a record; inside the caller's transaction.

    Leaves the new forms in the temporary table `new_form(form_id, name, country)`.

    Args:
        cursor: where the tables of `TABLES`, the notices, the reviews and the filings are.
        since: number of the newest record whose parties are resolved.
        filings: the relation of parties on filings; records numbered below 0 are laid over the store's and always new.
        documents: the relation of documents whose names are to be read.
        into: the schema of the tables that are written.

    Returns:
        How many forms were new.
    """
    _lay_written(cursor, filings, since)
    _read_names(cursor, documents, since, spelling, into)
    touched, new = _note_writings(cursor, into)
    if touched:
        _link(cursor, weights, into)
    said = rulings(cursor)
    touched |= {form_id for record_no, ruling in said if record_no > since for form_id in ruling.forms}
    if touched:
        _resolve_around(cursor, touched, [ruling for _, ruling in said], weights, into)
    return new


def link_anew(cursor: duckdb.DuckDBPyConnection, weights: Weights) -> None:
    """Weigh every pair by other weights and resolve all; for when weights are promoted."""
    cursor.execute("delete from store.main.party_link")
    cursor.execute("create or replace temp table fresh_writing as select * from party_writing")
    _link(cursor, weights, "store.main")
    forms = {form_id for (form_id,) in cursor.execute("select form_id from party_form").fetchall()}
    _resolve_around(cursor, forms, [ruling for _, ruling in rulings(cursor)], weights, "store.main")


def forget(cursor: duckdb.DuckDBPyConnection) -> None:
    """Drop all that was derived here; `resolve_forms` since record 0 makes it anew."""
    for table in TABLES:
        cursor.execute(f"delete from store.main.{table}")


def _lay_written(cursor: duckdb.DuckDBPyConnection, filings: str, since: int) -> None:
    """`written`: every mention of a party in new records, in the columns that are compared."""
    owners = f"list_sort(list_distinct(list_filter(list_transform(owners, lambda o: {PLAIN.format('o.name')}), lambda o: o is not null)))"
    new = f"(record_no > {since} or record_no < 0)"
    cursor.execute(
        "create or replace temp table written as with mention as ("
        f"select form_id, filed_at as seen, application_id || '#' || revision as filing, authority, party_id, lei, registration, country, name, "
        f"address_key as address, website_key as website, {owners} as owners, kind, registered_on from {filings} where {new} union all "
        f"select {NOTICE_FORM.format(country='country', name='party')}, denial_notice.at, null, null, null, null, null, country, party, null, null, null, null, null "
        f"from denial_notice where party is not null and {new} union all "
        f"select {NOTICE_FORM.format(country='party.country', name='party.name')}, incident.at, null, null, null, null, null, party.country, party.name, "
        f"{PLAIN.format('party.address')}, null, null, null, null from incident where party.name is not null and {new}) "
        "select *, (md5_number_lower(concat_ws(chr(31), form_id, coalesce(address, ''), coalesce(website, ''), coalesce(array_to_string(owners, ';'), ''), "
        "coalesce(kind, ''), coalesce(cast(registered_on as varchar), ''))) >> 1)::bigint as writing_id from mention"
    )


def _read_names(cursor: duckdb.DuckDBPyConnection, documents: str, since: int, spelling: Spelling, into: str) -> None:
    """`name_key` rows for names not met before."""
    names = {name for (name,) in cursor.execute(
        f"select name from written union select end_user from {documents} where record_no > {since} or record_no < 0 "
        f"union select consignee from {documents} where record_no > {since} or record_no < 0"
    ).fetchall()} - {None}
    if not names:
        return
    known = {name for (name,) in cursor.execute(f"select name from name_key where {_among(cursor, 'name', names)}").fetchall()}
    if names - known:
        cursor.register("new_names", parts_of(sorted(names - known), spelling).to_arrow())
        cursor.execute(f"insert into {into}.name_key select {', '.join(SCHEMA)} from new_names")
        cursor.unregister("new_names")


def _note_writings(cursor: duckdb.DuckDBPyConnection, into: str) -> tuple[set[int], int]:
    """Keep the new writings and forms; `fresh_writing` holds what must be compared. Gives the forms concerned, and how many forms are new."""
    cursor.execute(
        "create or replace temp table seen as select writing_id, form_id, min(seen) as first_seen, "
        "arg_min(filing, struct_pack(seen := seen, filing := coalesce(filing, ''))) as first_filing, any_value(authority) as authority, "
        "any_value(party_id) as party_id, any_value(lei) as lei, any_value(registration) as registration, any_value(country) as country, any_value(name) as name, "
        "any_value(address) as address, any_value(website) as website, any_value(owners) as owners, any_value(kind) as kind, "
        "any_value(registered_on) as registered_on from written group by writing_id, form_id"
    )
    keys = cursor.execute("select writing_id, form_id from seen").fetchall()
    held = dict(cursor.execute(f"select writing_id, first_seen from party_writing where {_among(cursor, 'writing_id', {w for w, _ in keys})}").fetchall()) if keys else {}
    cursor.register("held_writing", pl.DataFrame({"writing_id": list(held), "held_from": list(held.values())},
                                                 schema={"writing_id": pl.Int64, "held_from": pl.Datetime("us")}).to_arrow())
    cursor.execute(
        "create or replace temp table fresh_seen as select seen.*, held_from from seen left join held_writing on seen.writing_id = held_writing.writing_id "
        "where held_from is null or first_seen < held_from"
    )
    cursor.unregister("held_writing")
    rows = cursor.execute("select writing_id, form_id, held_from from fresh_seen").fetchall()
    new = _note_forms(cursor, {form_id for _, form_id, _ in rows}, into)
    if not rows:
        return set(), 0
    earlier = {writing_id for writing_id, _, held_from in rows if held_from is not None}
    redated = {form_id for writing_id, form_id, _ in rows if writing_id in earlier}
    if earlier:  # what was known later is now known to have been there before: its links begin earlier
        cursor.execute(f"delete from {into}.party_writing where {_among(cursor, 'writing_id', earlier)}")
        for side in ("form_l", "form_r"):
            cursor.execute(f"delete from {into}.party_link where {_among(cursor, side, redated)}")
    cursor.execute(
        f"insert into {into}.party_writing select writing_id, form_id, first_seen, first_filing, authority, party_id, nullif(upper(trim(lei)), ''), "
        "register_number(registration, country), country, name, address, website, nullif(owners, []), kind, registered_on from fresh_seen"
    )
    wanted = _among(cursor, "writing_id", {writing_id for writing_id, _, _ in rows})
    again = f" or {_among(cursor, 'form_id', redated, 'redated_keys')}" if redated else ""
    cursor.execute(f"create or replace temp table fresh_writing as select * from party_writing where {wanted}{again}")
    return {form_id for _, form_id, _ in rows}, new


def _note_forms(cursor: duckdb.DuckDBPyConnection, form_ids: set[int], into: str) -> int:
    """`new_form`, and when each form was first seen. Gives how many are new."""
    held = {form_id for (form_id,) in cursor.execute(f"select form_id from party_form where {_among(cursor, 'form_id', form_ids)}").fetchall()} if form_ids else set()
    cursor.register("held_form", pl.DataFrame({"form_id": list(held)}, schema={"form_id": pl.Int64}).to_arrow())
    cursor.execute(
        "create or replace temp table new_form as select form_id, any_value(authority) as authority, any_value(party_id) as party_id, any_value(lei) as lei, "
        "any_value(registration) as registration, any_value(country) as country, any_value(name) as name, min(first_seen) as first_seen "
        "from fresh_seen where form_id not in (select form_id from held_form) group by form_id"
    )
    names = {name for (name,) in cursor.execute("select name from new_form").fetchall()}
    if names:
        cursor.execute(
            f"insert into {into}.party_form select form_id, authority, party_id, lei, registration, country, new_form.name, name_key.name_key, first_seen "
            f"from new_form inner join (select name, name_key from name_key where {_among(cursor, 'name', names)}) as name_key on new_form.name = name_key.name"
        )
    if held:
        cursor.execute(
            f"update {into}.party_form set first_seen = e.first_seen from (select form_id, min(first_seen) as first_seen from fresh_seen "
            "where form_id in (select form_id from held_form) group by form_id) as e "
            f"where party_form.form_id = e.form_id and e.first_seen < party_form.first_seen and {_among(cursor, 'party_form.form_id', held)}"
        )
    cursor.unregister("held_form")
    return len(form_ids - held)


def _link(cursor: duckdb.DuckDBPyConnection, weights: Weights, into: str) -> None:
    """Compare `fresh_writing` with all that share a block, and keep the links."""
    lay_pairs(cursor, into)
    cursor.execute(f"create or replace temp table answer as {answers_sql(PAIRS)}")  # once, for weight and reason both read every answer
    cursor.execute(
        f"insert into {into}.party_link with weighed as ({weighed_sql('select * from answer', weights)}) "
        "select form_l, form_r, known_from, max(weight), arg_max(differ, struct_pack(weight := weight, reason := reason)), "
        "arg_max(reason, struct_pack(weight := weight, reason := reason)) from weighed "
        f"where weight >= {weights.link} group by form_l, form_r, known_from"
    )


def lay_pairs(cursor: duckdb.DuckDBPyConnection, into: str) -> None:
    """`candidate(writing_l, writing_r)` and `side`: what `pairs.sql` compares, of all pairs that `fresh_writing` has part in."""
    names = {name for (name,) in cursor.execute("select distinct name from fresh_writing").fetchall()}
    cursor.execute(f"create or replace temp table fresh_name as select name, blocks from name_key where {_among(cursor, 'name', names)}")
    cursor.execute(f"create or replace temp table fresh_block as select distinct block, writing_id from ({_blocks_sql()}) as keyed")
    blocks = {block for (block,) in cursor.execute("select distinct block from fresh_block").fetchall()}
    cursor.execute(f"create or replace temp table near_block as select block, writing_id from party_block where {_among(cursor, 'block', blocks)}")
    cursor.execute(f"insert into {into}.party_block select block, writing_id from fresh_block except select block, writing_id from near_block")
    sharing = {w for (w,) in cursor.execute("select writing_id from near_block union select writing_id from fresh_block").fetchall()}
    cursor.execute(
        "create or replace temp table block_place as select block, b.writing_id, row_number() over (partition by block order by first_seen, first_filing, b.writing_id) as place "
        "from (select block, writing_id from near_block union select block, writing_id from fresh_block) as b "
        f"inner join (select writing_id, first_seen, first_filing from party_writing where {_among(cursor, 'writing_id', sharing)}) as w on b.writing_id = w.writing_id"
    )
    cursor.execute(
        "create or replace temp table meeting as select distinct f.writing_id as fresh, o.writing_id as other "
        "from (select * from block_place where writing_id in (select writing_id from fresh_writing)) as f "
        f"inner join block_place as o on f.block = o.block and f.writing_id <> o.writing_id and o.place between f.place - {NEIGHBOURS} and f.place + {NEIGHBOURS}"
    )
    concerned = {w for (w,) in cursor.execute("select other from meeting union select writing_id from fresh_writing").fetchall()}
    cursor.execute(f"create or replace temp table side_writing as select * from party_writing where {_among(cursor, 'writing_id', concerned)}")
    names = {name for (name,) in cursor.execute("select distinct name from side_writing").fetchall()}
    cursor.execute(
        "create or replace temp table side as select side_writing.*, words, legal_form, sorted_words, squashed, sounds, figures from side_writing "
        f"inner join (select * from name_key where {_among(cursor, 'name', names)}) as name_key on side_writing.name = name_key.name"
    )
    cursor.execute(
        "create or replace temp table candidate as select distinct case when a.form_id < b.form_id then fresh else other end as writing_l, "
        "case when a.form_id < b.form_id then other else fresh end as writing_r from meeting "
        "inner join side as a on meeting.fresh = a.writing_id inner join side as b on meeting.other = b.writing_id where a.form_id <> b.form_id"
    )


# In one block a writing is compared with this many that were filed last before it, and next after it. Without a bound the pairs grow
# with the square of a store (10^6 filings filled a disk of 60 GB); parties that write themselves alike in between stay linked through these.
NEIGHBOURS = 64
# What two writings must share one of to be compared at all: kind of block -> what it is made of, and when it is there.
BLOCKS = {
    "name": ("coalesce(country, ''), unnest(blocks)", "true"),
    "party_id": ("authority, party_id", "party_id is not null and authority is not null"),
    "lei": ("lei", "lei is not null"),
    "registration": ("country, registration", "registration is not null and country is not null"),
    "address": ("coalesce(country, ''), address", "address is not null"),
    "website": ("website", "website is not null"),
    "owner": ("unnest(owners)", "owners is not null"),
}


def _blocks_sql() -> str:
    return " union all ".join(
        f"select writing_id, (md5_number_lower(concat_ws(chr(31), '{kind}', {made_of})) >> 1)::bigint as block "
        f"from fresh_writing inner join fresh_name on fresh_writing.name = fresh_name.name where {there}"
        for kind, (made_of, there) in BLOCKS.items()
    )


RULINGS = (
    "select ruling.event_id, ruling.record_no, ruling.at, ruling.subject, ruling.result, ruling.recorded_by, ruling.because, min(later.at) as ended, "
    "max(later.record_no) as ended_by from review as ruling left join review as later on later.corrects = ruling.event_id "
    "where ruling.about = 'link' and not coalesce(ruling.withdrawn, false) "
    "group by ruling.event_id, ruling.record_no, ruling.at, ruling.subject, ruling.result, ruling.recorded_by, ruling.because"
)


def rulings(cursor: duckdb.DuckDBPyConnection) -> list[tuple[int, Ruling]]:
    """What people said of links, each with the record that said it or, later, took it back."""
    found = []
    for event_id, record_no, at, subject, result, by, because, ended, ended_by in cursor.execute(f"{RULINGS} order by ruling.record_no").fetchall():
        forms = subject_forms(subject)
        together = result == "confirmed" and len(forms) == 2
        if together or (result == "dismissed" and len(forms) == 1):
            found.append((max(record_no, ended_by or 0), Ruling(event_id, at, forms, together, by or "", because or "", ended)))
    return found


def subject_forms(subject: str | None) -> tuple[int, ...]:
    """The forms that a review about a link names: `FORM`, or `FORM:FORM`; none where it names something else."""
    parts = (subject or "").split(":")
    return tuple(map(int, parts)) if all(part.isascii() and part.isdigit() and int(part) < 2**63 for part in parts) else ()


def _resolve_around(cursor: duckdb.DuckDBPyConnection, touched: set[int], said: list[Ruling], weights: Weights, into: str) -> None:
    """Walk through time, anew, all that is connected with the forms that something new was said of."""
    beside: dict[int, set[int]] = {}
    for ruling in said:
        for form_id in ruling.forms:
            beside.setdefault(form_id, set()).update(ruling.forms)
    links: dict[tuple, Link] = {}
    reached, frontier = set(touched), touched
    while frontier:
        found = set()
        ends = (f"select form_l, form_r, known_from, weight, differ, reason from party_link where {_among(cursor, side, frontier)}" for side in ("form_l", "form_r"))
        for row in cursor.execute(" union all ".join(ends)).fetchall():
            links[row] = Link(*row)
            found.update(row[:2])
        for form_id in frontier:
            found |= beside.get(form_id, set())
        frontier = found - reached
        reached |= frontier
    forms = [
        Form(form_id, first_seen, filing, (*((("lei", lei),) if lei else ()), *(((f"registration {country}", registration),) if registration and country else ())))
        for form_id, first_seen, filing, lei, registration, country in cursor.execute(
            "select form_id, min(first_seen), arg_min(first_filing, struct_pack(seen := first_seen, filing := coalesce(first_filing, ''))), any_value(lei), "
            f"any_value(registration), any_value(country) from party_writing where {_among(cursor, 'form_id', reached)} group by form_id"
        ).fetchall()
    ]
    known = {form.form_id for form in forms}
    spells = resolve(forms, links.values(), [ruling for ruling in said if reached.issuperset(ruling.forms)], weights)
    cursor.execute(f"delete from {into}.party_entity where {_among(cursor, 'form_id', known)}")
    _keep(cursor, spells, into)


def _keep(cursor: duckdb.DuckDBPyConnection, spells: list[Spell], into: str) -> None:
    frame = pl.DataFrame(
        [(s.form_id, s.entity_id, s.known_from, s.known_to, s.reason) for s in spells], orient="row",
        schema={"form_id": pl.Int64, "entity_id": pl.Int64, "known_from": pl.Datetime("us"), "known_to": pl.Datetime("us"), "reason": pl.String},
    )
    cursor.register("spells", frame.to_arrow())
    cursor.execute(f"insert into {into}.party_entity select * from spells order by entity_id, form_id, known_from")
    cursor.unregister("spells")


def _among(cursor: duckdb.DuckDBPyConnection, column: str, keys: Collection[int] | Collection[str], name: str = "keys_wanted") -> str:
    """A condition that a column is one of `keys`: through the column's index where they are few, by a join where many.

    An index answers `in (1, 2, 3)` but no join; with many keys the join reads the table once.
    """
    if not keys:
        return "false"
    if len(keys) <= FEW:
        return f"{column} in ({', '.join(_literal(key) for key in sorted(keys))})"
    cursor.execute(f"drop table if exists temp.main.{name}")
    cursor.register("given_keys", pl.DataFrame({"key": sorted(keys)}).to_arrow())
    cursor.execute(f"create temp table {name} as select key from given_keys")
    cursor.unregister("given_keys")
    return f"{column} in (select key from {name})"


def _literal(key: int | str) -> str:
    return str(key) if isinstance(key, int) else "'" + key.replace("'", "''") + "'"
