"""Watch lists: imports an edition, screens every party form once against every entry ever held, answers single names."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import date, datetime, time
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import polars as pl

from engine.screening.entries import Alias, ListEntry, RejectedRow
from engine.screening.index import NameIndex
from engine.screening.lists import watch_list
from engine.screening.readers import FORMATS, read_list
from engine.store import records
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
        ended = int(batch["body"].str.contains('"ended":true', literal=True).sum())
        if appended.added:
            screen_all_forms(cursor, desk)
    codes = tuple(sorted({entry.list for entry in entries}))
    return Imported(codes, len(entries), appended.added - ended, ended, tuple(rejected), edition)


def _body(entry: ListEntry, known_from: datetime, edition: date) -> str:
    told = asdict(entry)
    told["identifiers"] = [f"{i['kind']}:{i['value']}" for i in told["identifiers"]]
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
    "list_entry.ended, record.body from list_entry inner join record on list_entry.record_no = record.record_no "
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
        ), edition


def screen_all_forms(cursor: duckdb.DuckDBPyConnection, desk: Desk) -> None:
    """Screen every party form on record anew; after a list came in."""
    cursor.execute("delete from store.main.name_hit")
    cursor.execute("create or replace temp table to_screen as select form_id, name, country from party_form")
    _screen(cursor, desk, "store.main")


def screen_new_forms(cursor: duckdb.DuckDBPyConnection, desk: Desk, forms: str, into: str = "store.main") -> None:
    """Screen the forms of a relation `forms(form_id, name, country)` that were just resolved."""
    if not cursor.execute("select count(*) from list_entry").fetchall()[0][0]:
        return
    cursor.execute(f"create or replace temp table to_screen as select form_id, name, country from {forms}")
    _screen(cursor, desk, into)


def _screen(cursor: duckdb.DuckDBPyConnection, desk: Desk, into: str) -> None:
    queries = cursor.execute("select distinct name, country from to_screen order by 1, 2").fetchall()
    if not queries:
        return
    hits = [
        (name, country, match.list, *match.entry_id.rsplit("@", 1), match.matched_name, match.score, match.result, match.why)
        for (name, country), found in zip(queries, desk.name_index(cursor).match(queries), strict=True) for match in found
    ]
    if not hits:
        return
    frame = pl.DataFrame(
        hits, orient="row",
        schema=["name", "country", "list", "entry_id", "version", "matched_name", "score", "result", "why"],
        schema_overrides={"country": pl.String},
    )
    cursor.register("hits", frame.to_arrow())
    cursor.execute(
        f"insert into {into}.name_hit select to_screen.form_id, hits.list, hits.entry_id, hits.matched_name, hits.score, hits.result, "
        f"v.weight, hits.why, v.known_from, v.known_to from hits inner join to_screen on hits.name = to_screen.name "
        f"and hits.country is not distinct from to_screen.country inner join ({VERSIONS}) as v on cast(hits.version as bigint) = v.record_no"
    )
    cursor.unregister("hits")


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
