"""Watch lists: imports an edition, screens every name on a filing once against every entry ever held and every denial, answers single names."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import date, datetime, time
from hashlib import sha256
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import polars as pl

from engine.screening.countries import alpha2
from engine.screening.entries import Alias, Identifier, ListEntry, RejectedRow
from engine.screening.index import NameIndex, Query
from engine.screening.lists import watch_list
from engine.screening.names import name_key
from engine.screening.readers import FORMATS, read_list
from engine.store import audit, records
from engine.store.database import first, put_setting, setting
from engine.store.records import STAGED_SCHEMA, Origin

if TYPE_CHECKING:
    from engine.workflows.desk import Desk


@dataclass(frozen=True)
class Imported:
    """What became of a list file."""

    lists: tuple[str, ...]
    entries: int
    new_or_changed: int
    ended: int
    rejected: tuple[RejectedRow, ...]
    edition: date
    new_from: int | None = None
    """Record number of the first entry that is new or changed; None when none is."""


def import_list(desk: Desk, path: Path, format: str, edition: date, origin: Origin) -> Imported:
    """Take one edition of a watch list in and screen every party on record against what is new in it.

    An entry counts as known from its own listing day where the list gives one, since listing is public, else from
    the edition's day; one that is missing from this edition ends on that day.
    """
    entries, rejected = [], []
    for row in read_list(path, format):
        (rejected if isinstance(row, RejectedRow) else entries).append(row)
    with desk.store.writing() as cursor:
        batch = _changes(cursor, entries, FORMATS[format].lists, edition)
        records.stage(cursor, batch)
        appended = records.append(cursor, "list_entry", origin, f"import list {format}", note=f"{path.name}, edition {edition}")
        if not appended.added:  # an edition without news was looked at all the same
            audit.add_entry(cursor, audit.next_seq(cursor), origin.actor, origin.channel, origin.at, f"import list {format}", note=f"{path.name}, edition {edition}")
        ended = int(batch["body"].str.contains('"ended":true', literal=True).sum())
        new_from = None
        if appended.added:
            screen_all(cursor, desk)
            new_from = cursor.execute("select min(record_no) from record where seq = ?", [appended.seq]).fetchall()[0][0]
        _keep_edition(cursor, entries, batch, len(rejected), edition, format, path.name, origin)
    codes = tuple(sorted({entry.list for entry in entries}))
    return Imported(codes, len(entries), appended.added - ended, ended, tuple(rejected), edition, new_from)


def _keep_edition(
    cursor: duckdb.DuckDBPyConnection, entries: list[ListEntry], batch: pl.DataFrame, rejected: int, edition: date, format: str, name: str, origin: Origin
) -> None:
    """One record for each list of the file: that it was looked at, also where it says nothing new, and with how much."""
    changed = batch.select(code=pl.col("body").str.json_path_match("$.list"), ended=pl.col("body").str.contains('"ended":true', literal=True))
    held, serial = Counter(entry.list for entry in entries), first(cursor, "select count(*) from record where kind = 'list_edition'")[0]
    told = [
        {"list": code, "edition": edition.isoformat(), "entries": count, "new_or_changed": changed.filter(pl.col("code") == code, ~pl.col("ended")).height,
         "ended": changed.filter(pl.col("code") == code, pl.col("ended")).height, "rejected_in_file": rejected}
        for code, count in sorted(held.items())
    ]
    if told:
        records.stage(cursor, pl.DataFrame(
            [(n, f"list_edition:{one['list']}:{edition}@{serial + n}", origin.at, json.dumps(one, sort_keys=True)) for n, one in enumerate(told)],
            orient="row", schema=STAGED_SCHEMA))
        records.append(cursor, "list_edition", origin, f"import list {format}", note=f"{name}, edition {edition}")


def _body(entry: ListEntry, known_from: datetime, edition: date) -> str:
    told = asdict(entry)
    told["identifiers"] = [f"{i['kind']}:{i['value']}" + (f"@{i['country']}" if i["country"] else "") for i in told["identifiers"]]
    told["addresses"] = [a["text"] for a in told["addresses"]]
    told |= {
        "weight": watch_list(entry.list).effect, "known_from": known_from.isoformat(sep=" "), "edition": edition.isoformat(), "ended": False,
        "listed_on": entry.listed_on and entry.listed_on.isoformat(), "ends_on": entry.ends_on and entry.ends_on.isoformat(),
    }
    return json.dumps(told, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _content(body: str) -> str:
    told = json.loads(body)
    for name in ("known_from", "edition"):
        told.pop(name)
    return sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:16]


def _changes(cursor: duckdb.DuckDBPyConnection, entries: list[ListEntry], prefix: str, edition: date) -> pl.DataFrame:
    """Entries that are new or say something else than on record, and ends of those that are gone."""
    held = cursor.execute(
        "select list_entry.list, list_entry.entry_id, list_entry.ended, record.body, record.key from list_entry "
        "inner join record on list_entry.record_no = record.record_no where starts_with(list_entry.list, ?) "
        "qualify row_number() over (partition by list_entry.list, list_entry.entry_id order by list_entry.edition desc, list_entry.record_no desc) = 1",
        [prefix],
    ).fetchall()
    newest = {(code, entry_id): (ended, body) for code, entry_id, ended, body, _ in held}
    day = datetime.combine(edition, time())
    rows = []
    for entry in entries:
        known = newest.pop((entry.list, entry.entry_id), None)
        first = known is None
        public_from = datetime.combine(entry.listed_on, time()) if first and entry.listed_on and entry.listed_on <= edition else day
        body = _body(entry, public_from, edition)
        content = _content(body)
        if first or known[0] or _content(known[1]) != content:
            rows.append((f"list:{entry.list}:{entry.entry_id}:{edition}:{content}", public_from, body))
    in_file = {entry.list for entry in entries}
    for (code, entry_id), (ended, body) in newest.items():
        if not ended and code in in_file:
            told = json.loads(body) | {"ended": True, "edition": edition.isoformat(), "known_from": day.isoformat(sep=" ")}
            rows.append((f"list:{code}:{entry_id}:{edition}:ended", day, json.dumps(told, ensure_ascii=False, sort_keys=True, separators=(",", ":"))))
    rows.sort()
    return pl.DataFrame(
        [(n, *row) for n, row in enumerate(rows)], orient="row", schema=STAGED_SCHEMA,
    )


# Each version of an entry holds from when it was known until the next edition that says otherwise, or until its own expiry.
VERSIONS = (
    "select list_entry.record_no, list_entry.list, list_entry.entry_id, list_entry.weight, list_entry.edition, list_entry.known_from, "
    "least(coalesce(lead(list_entry.known_from) over w, strptime(json_extract_string(record.body, '$.ends_on'), '%Y-%m-%d')), "
    "coalesce(strptime(json_extract_string(record.body, '$.ends_on'), '%Y-%m-%d'), lead(list_entry.known_from) over w)) as known_to, "
    "list_entry.ended, record.body, string_split(record.key, ':')[-1] as content from list_entry inner join record on list_entry.record_no = record.record_no "
    "window w as (partition by list_entry.list, list_entry.entry_id order by list_entry.edition, list_entry.record_no)"
)


def build_index(cursor: duckdb.DuckDBPyConnection) -> NameIndex:
    """The index over every version of every entry held; an entry's id carries its version as `ID@record`."""
    versions = list(_versions(cursor))
    return NameIndex([entry for entry, _ in versions], [edition.toordinal() for _, edition in versions])


def _versions(cursor: duckdb.DuckDBPyConnection) -> Iterator[tuple[ListEntry, date]]:
    rows = cursor.execute(f"select record_no, list, entry_id, edition, body from ({VERSIONS}) as v where not ended order by record_no").fetchall()
    for record_no, code, entry_id, edition, body in rows:
        told = json.loads(body)
        yield ListEntry(
            list=code, entry_id=f"{entry_id}@{record_no}", kind=told["kind"], name=told["name"],
            aliases=tuple(Alias(**alias) for alias in told["aliases"]), countries=tuple(told["countries"]),
            identifiers=tuple(_identifier(text) for text in told["identifiers"]),
        ), edition


def _identifier(text: str) -> Identifier:
    """An identifier as `_body` wrote it: ``kind:value@country``."""
    kind, _, value = text.partition(":")
    value, at, country = value.rpartition("@") if re.search("@[A-Z]{2}$", text) else (value, "", "")
    return Identifier(kind, value, country if at else None)


def build_denial_index(cursor: duckdb.DuckDBPyConnection) -> NameIndex:
    """The index over the names that partners denied; a notice's words are weighed by those notified up to it, so that no later one moves its hits."""
    rows = cursor.execute("select record_no, event_id, party, country from denial_notice where party is not null order by record_no").fetchall()
    entries = [ListEntry(DENIALS, f"{event_id}@{record_no}", "unknown", party, countries=(country,) if country else ()) for record_no, event_id, party, country in rows]
    return NameIndex(entries, [record_no for record_no, *_ in rows])


DENIALS = "PARTNER-DENIAL"  # stands for a list in the hits; its entries are denial notices, handled as their originator says

# What is screened and where its hits go: parties by the way they are written down, other names by name, country and kind.
_PARTIES, _NAMES = ("name_hit", "form_id"), ("named_hit", "name_id")
_OF_PARTIES = "select form_id as id, name, country, null::varchar as kind, lei, registration from {} where authority is not null"
_OF_NAMES = "select name_id as id, name, country, kind, null::varchar as lei, number as registration from {}"
_CARRIAGE = ("vessel", "aircraft")  # no partner denies a licence to a ship

# A denied name must share a word with the party's or be spelt much like it, whichever of the two came first: the test that finds the
# few names on record worth comparing with a new notice.
_NEAR_DENIAL = "(list_has_any(string_split(named.name_key, ' '), string_split(denied.name_key, ' ')) or jaro_winkler_similarity(named.name_key, denied.name_key) >= 0.8)"
SCREENED_TO, DENIED_TO = "names_screened_to", "denials_screened_to"  # settings: the newest filing and notice that were taken


def screen_all(cursor: duckdb.DuckDBPyConnection, desk: Desk) -> None:
    """Screen every name on record anew against the lists; after a list came in, or when an older store is opened."""
    for (table, _), names in ((_PARTIES, _OF_PARTIES.format("party_form")), (_NAMES, _OF_NAMES.format("screened_name"))):
        cursor.execute(f"delete from store.main.{table} where list <> '{DENIALS}'")
        cursor.execute(f"create or replace temp table to_screen as {names}")
        _against_lists(cursor, desk, f"store.main.{table}")
    _keep_addresses(cursor)


# As `address_key` of a party on a filing, its words in alphabetical order: lists and forms print street and town in either.
_ADDRESS_KEY = r"nullif(array_to_string(list_sort(string_split(trim(regexp_replace(lower(strip_accents(text)), '[^\p{L}\p{N}]+', ' ', 'g')), ' ')), ' '), '')"


def _keep_addresses(cursor: duckdb.DuckDBPyConnection) -> None:
    """The addresses in every version of every entry held, as printed and without the country's name, which a form gives beside it.

    One that holds no number, or fewer than three words, is a town or a street: it says where nobody is.
    """
    rows = cursor.execute(
        f"select record_no, unnest(cast(json_extract(body, '$.addresses') as varchar[])) as text, json_extract(body, '$.countries') "
        f"from ({VERSIONS}) as v where not ended order by all"
    ).fetchall()
    told = []
    for record_no, text, countries in rows:
        street, _, last = text.rpartition(",")
        country = alpha2(last.strip())
        only = json.loads(countries)
        told += [(record_no, one, country or (only[0] if len(only) == 1 else None)) for one in ((text, street) if country and street else (text,))]
    frame = pl.DataFrame(told, orient="row", schema={"record_no": pl.Int64, "text": pl.String, "country": pl.String})
    cursor.register("addresses", frame.to_arrow())
    cursor.execute("delete from store.main.listed_address")
    cursor.execute(
        f"insert into store.main.listed_address select distinct {_ADDRESS_KEY} as address_key, addresses.country, v.list, v.entry_id, v.weight, v.known_from, v.known_to "
        f"from addresses inner join ({VERSIONS}) as v on addresses.record_no = v.record_no "
        "where regexp_matches(address_key, '[0-9]') and length(address_key) - length(replace(address_key, ' ', '')) >= 2 order by all"
    )
    cursor.unregister("addresses")


def screen_new(cursor: duckdb.DuckDBPyConnection, desk: Desk, *, filings: str | None = None, into: str = "store.main") -> None:
    """Screen what is new: the forms in `new_form` that were just resolved, the other names on new filings, and new denials.

    Args:
        filings: a relation with the `record_no` of the new filings; by default those of the store that were not taken yet.
        into: the schema that is written.
    """
    _take_names(cursor, filings, into)
    forms, names, lists, newest_denial = cursor.execute(
        "select (select count(*) from new_form), (select count(*) from new_name), exists(from list_entry), "
        "(select coalesce(max(record_no), 0) from denial_notice where party is not null)"
    ).fetchall()[0]
    for new, (table, column), told in ((forms, _PARTIES, _OF_PARTIES.format("new_form")), (names, _NAMES, _OF_NAMES.format("new_name"))):
        if not new or not (lists or newest_denial):
            continue
        cursor.execute(f"create or replace temp table to_screen as {told}")
        if lists:
            _against_lists(cursor, desk, f"{into}.{table}")
        if newest_denial:
            cursor.execute("delete from to_screen where kind in (?, ?)", _CARRIAGE)
            _against_denials(cursor, desk, f"{into}.{table}", column, "true")
    if filings is None and newest_denial:
        _take_denials(cursor, desk, newest_denial)


def forget(cursor: duckdb.DuckDBPyConnection, record_no: int, key: str) -> None:
    """Drop what was derived from a record that is being erased: names that stand nowhere else, and hits on a denial."""
    cursor.execute("delete from store.main.filing_name where record_no = ?", [record_no])
    for table in ("screened_name", "named_hit"):
        cursor.execute(f"delete from store.main.{table} where name_id not in (select name_id from store.main.filing_name)")
    for table, _ in (_PARTIES, _NAMES):
        cursor.execute(f"delete from store.main.{table} where list = '{DENIALS}' and 'event:' || entry_id = ?", [key])


def _take_names(cursor: duckdb.DuckDBPyConnection, filings: str | None, into: str) -> None:
    """Find the names on new filings that are no party's; the ones never seen before stand in `new_name` afterwards."""
    if filings is None:
        taken = int(setting(cursor, SCREENED_TO) or 0)
        cursor.execute("create or replace temp table new_filing as select record_no from filing where record_no > ?", [taken])
        newest = cursor.execute("select max(record_no) from new_filing").fetchall()[0][0]
        if newest is not None:
            put_setting(cursor, SCREENED_TO, str(newest))
    else:
        cursor.execute(f"create or replace temp table new_filing as select record_no from {filings}")
    sql = (resources.files("engine.screening") / "filing_name.sql").read_text()
    cursor.execute(f"create or replace temp table new_standing as {sql}")
    cursor.execute("create or replace temp table new_name (name_id bigint, name varchar, country varchar, kind varchar, number varchar)")
    if not cursor.execute("select count(*) from new_standing").fetchall()[0][0]:
        return
    cursor.execute(f'insert into {into}.filing_name select record_no, role, place, name_id, stands_as, party_no, "share" from new_standing order by record_no, place')
    cursor.execute(
        "insert into new_name select name_id, any_value(name) as name, any_value(country) as country, any_value(kind) as kind, any_value(number) as number "
        "from new_standing where name_id not in (select name_id from screened_name) group by name_id order by name_id"
    )
    cursor.execute(f"insert into {into}.screened_name select * from new_name")


def _take_denials(cursor: duckdb.DuckDBPyConnection, desk: Desk, newest: int) -> None:
    """Screen the names on record against the notices that were not taken yet."""
    taken = int(setting(cursor, DENIED_TO) or 0)
    if newest <= taken:
        return
    cursor.execute("create or replace temp table new_denial as select party as name from denial_notice where record_no > ? and party is not null", [taken])
    _lay_keys(cursor, "new_denial", "denied")
    for (table, column), names in ((_PARTIES, _OF_PARTIES.format("party_form")), (_NAMES, _OF_NAMES.format("screened_name"))):
        cursor.execute(f"create or replace temp table on_record as {names}")
        _lay_keys(cursor, "on_record", "named")
        cursor.execute(
            f"create or replace temp table to_screen as select * from on_record where coalesce(kind, '') not in {_CARRIAGE} and name in "
            f"(select named.name from named, denied where {_NEAR_DENIAL})"
        )
        _against_denials(cursor, desk, f"store.main.{table}", column, f"denial_notice.record_no > {taken}")
    put_setting(cursor, DENIED_TO, str(newest))


def _lay_keys(cursor: duckdb.DuckDBPyConnection, names: str, into: str) -> None:
    """`into(name, name_key)`: the distinct names of a relation and their normal forms."""
    told = [name for (name,) in cursor.execute(f"select distinct name from {names} order by 1").fetchall()]
    known = dict(cursor.execute(f"select name, any_value(name_key) from name_key where name in (select name from {names}) group by name").fetchall())
    frame = pl.DataFrame({"name": told, "name_key": [known.get(name) or name_key(name) for name in told]}, schema={"name": pl.String, "name_key": pl.String})
    cursor.register("keyed_names", frame.to_arrow())
    cursor.execute(f"create or replace temp table {into} as select * from keyed_names where name_key <> ''")
    cursor.unregister("keyed_names")


def _matched(cursor: duckdb.DuckDBPyConnection, index_of: Callable[[duckdb.DuckDBPyConnection], NameIndex]) -> bool:
    """Match the distinct names of `to_screen` and lay what comes near as `hits`; False where nothing does."""
    asked = cursor.execute("select distinct name, country, kind, lei, registration from to_screen order by all").fetchall()
    if not asked:
        return False
    queries = [_query(*told) for told in asked]
    rows = [
        (*key, match.list, *match.entry_id.rsplit("@", 1), match.matched_name, match.score, match.result, match.why)
        for key, found in zip(asked, index_of(cursor).match(queries), strict=True) for match in found
    ]
    frame = pl.DataFrame(rows, orient="row", schema={
        **dict.fromkeys(("name", "country", "kind", "lei", "registration", "list", "entry_id", "version", "matched_name"), pl.String),
        "score": pl.Float64, "result": pl.String, "why": pl.String,
    })
    cursor.register("matched", frame.to_arrow())
    cursor.execute(
        "create or replace temp table hits as select to_screen.id, matched.list, matched.entry_id, cast(matched.version as bigint) as version, "
        "matched.matched_name, matched.score, matched.result, matched.why, matched.name from matched inner join to_screen on matched.name = to_screen.name "
        + " ".join(f"and matched.{column} is not distinct from to_screen.{column}" for column in ("country", "kind", "lei", "registration"))
    )
    cursor.unregister("matched")
    return bool(rows)


def _query(name: str, country: str | None, kind: str | None, lei: str | None, number: str | None) -> Query:
    """What is asked of a party or name; the number is a party's in its register, a vessel's IMO number or an aircraft's mark."""
    if kind == "vessel":
        return Query("" if name == number else name, kind=kind, imo=number)
    if kind == "aircraft":
        return Query("", kind=kind, aircraft_registration=number)
    return Query(name, country, None if kind == "unknown" else kind, lei=lei, registration=number)


def _against_lists(cursor: duckdb.DuckDBPyConnection, desk: Desk, table: str) -> None:
    if _matched(cursor, desk.name_index):
        cursor.execute(
            f"insert into {table} select hits.id, hits.list, hits.entry_id, hits.matched_name, hits.score, hits.result, v.weight, hits.why, "
            f"v.known_from, v.known_to, v.content from hits inner join ({VERSIONS}) as v on hits.version = v.record_no"
        )


def _against_denials(cursor: duckdb.DuckDBPyConnection, desk: Desk, table: str, column: str, notices: str) -> None:
    """Dated hits on partners' denials; whether a notice was corrected or taken back is asked when the hit is read."""
    if _matched(cursor, desk.denial_index):
        _lay_keys(cursor, "hits", "named")
        cursor.execute("create or replace temp table hit_denial as select party as name from denial_notice where record_no in (select version from hits)")
        _lay_keys(cursor, "hit_denial", "denied")
        cursor.execute(
            f"insert into {table} select hits.id, hits.list, hits.entry_id, hits.matched_name, hits.score, hits.result, 'denial', hits.why, "
            "denial_notice.at, cast(denial_notice.expires_on as timestamp), denial_notice.event_id "
            "from hits inner join denial_notice on hits.version = denial_notice.record_no "
            "inner join named on hits.name = named.name inner join denied on denial_notice.party = denied.name "
            f"where {_NEAR_DENIAL} and {notices} and (hits.id, hits.entry_id) not in (select ({column}, entry_id) from {table} where list = '{DENIALS}')"
        )


def screen_names(desk: Desk, names: list[tuple[str, str | None]], at: datetime) -> list[dict]:
    """Names against the lists as they stand at a moment, every entry at or above the threshold, best first, as the contract's rows."""
    cursor = desk.store.cursor()
    standing = {
        record_no for (record_no,) in cursor.execute(
            f"select record_no from ({VERSIONS}) as v where not ended and known_from <= ? and (known_to is null or known_to > ?)", [at, at]
        ).fetchall()
    }
    rows = []
    found = desk.name_index(cursor).match(names) if standing else [[] for _ in names]
    for (name, _), matches in zip(names, found, strict=True):
        told = [
            {"query": name, "list": m.list, "entry_id": entry_id, "name": m.name, "matched_name": m.matched_name, "score": m.score,
             "result": m.result, "why": m.why}
            for m in matches for entry_id, version in [m.entry_id.rsplit("@", 1)] if int(version) in standing
        ]
        rows += told or [{"query": name, "list": None, "entry_id": None, "name": None, "matched_name": None, "score": None,
                          "result": "no_list_match", "why": "no name on the lists held comes near it" if standing else "no list is held"}]
    return rows
