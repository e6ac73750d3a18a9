"""Compares the editions of a watch list and finds what a new one says of parties that already have a licence or await a decision."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING

import duckdb

from engine.compute.run import relation_sql
from engine.errors import RefusedInput
from engine.screening.lists import watch_list
from engine.workflows.assess import Subject, lay_subjects
from engine.workflows.licences import licences
from engine.workflows.screen import VERSIONS, Imported

if TYPE_CHECKING:
    from engine.workflows.desk import Desk

# What an edition may change; a day of publication is no change of what the entry says.
FIELDS = ("name", "kind", "aliases", "countries", "addresses", "identifiers", "programmes", "remarks", "listed_on", "ends_on", "distinguishing")


@dataclass(frozen=True)
class Edition:
    """An edition of a list that was taken in: its day, when and by whom, how many entries it held, and what it changed.

    `entries` is None of one taken in before editions were kept on record; of these only those are known that changed something.
    """

    edition: date
    imported_at: datetime
    imported_by: str
    entries: int | None
    new_or_changed: int
    ended: int


@dataclass(frozen=True)
class ListHeld:
    """A list as it stands: what it is, how many entries it has today, the day of its newest edition and its editions, the newest first."""

    list: str
    title: str
    issuer: str
    effect: str
    entries: int
    edition: date
    age_days: int
    editions: tuple[Edition, ...]


def lists_held(cursor: duckdb.DuckDBPyConnection, at: datetime) -> tuple[ListHeld, ...]:
    """Every list of which an edition was taken in, with how old what is held of it is at a moment (UTC)."""
    rows = cursor.execute(
        "with told as (select record.body, audit_entry.made_at, audit_entry.actor from record inner join audit_entry on record.seq = audit_entry.seq "
        "where record.kind = 'list_edition' and record.body is not null), "
        "kept as (select json_extract_string(body, '$.list') as list, json_extract_string(body, '$.edition')::date as edition, made_at, actor, "
        "json_extract(body, '$.entries')::bigint as entries, json_extract(body, '$.new_or_changed')::bigint as fresh, json_extract(body, '$.ended')::bigint as ended from told) "
        "select * from kept union all select list_entry.list, list_entry.edition, min(audit_entry.made_at), any_value(audit_entry.actor), null, "
        "count(*) filter (where not list_entry.ended), count(*) filter (where list_entry.ended) from list_entry "
        "inner join audit_entry on list_entry.seq = audit_entry.seq where (list_entry.list, list_entry.edition) not in (select (list, edition) from kept) "
        "group by list_entry.list, list_entry.edition order by list, edition desc, made_at desc"
    ).fetchall()
    standing = dict(cursor.execute(
        f"select list, count(distinct entry_id) from ({VERSIONS}) as v where not ended and known_from <= ? and (known_to is null or known_to > ?) group by list", [at, at]
    ).fetchall())
    found: dict[str, list[Edition]] = {}
    for code, *told in rows:
        found.setdefault(code, []).append(Edition(*told))
    return tuple(
        ListHeld(
            code, (known := watch_list(code)).title, known.issuer, known.effect, standing.get(code, 0), editions[0].edition,
            (at.date() - editions[0].edition).days, tuple(editions),
        )
        for code, editions in found.items()
    )


@dataclass(frozen=True)
class Change:
    """An entry that came, went or says something else; `fields` are the names of what changed."""

    entry_id: str
    name: str
    fields: tuple[str, ...] = ()


@dataclass(frozen=True)
class Difference:
    """What a list says on one day and not on another."""

    list: str
    from_day: date
    to_day: date
    added: tuple[Change, ...]
    ended: tuple[Change, ...]
    changed: tuple[Change, ...]


def difference(desk: Desk, code: str, from_day: date, to_day: date) -> Difference:
    """How a list as it stood at the end of one day differs from it at the end of another.

    Days count as in screening: an entry stands from its own listing day, or from the edition that first held it.

    Raises:
        RefusedInput: no entry of that list was ever held.
    """
    cursor = desk.store.cursor()
    codes = [held for (held,) in cursor.execute("select distinct list from list_entry order by 1").fetchall()]
    if code not in codes:
        raise RefusedInput(
            f"no list '{code}' is held. Expected one of: {', '.join(codes) or 'none yet'}. Import it with `diversion lists import`."
        )
    before, after = _standing(cursor, code, from_day), _standing(cursor, code, to_day)
    changed = tuple(
        Change(entry_id, body["name"], fields)
        for entry_id, body in after.items() if entry_id in before
        for fields in [tuple(field for field in FIELDS if body.get(field) != before[entry_id].get(field))] if fields
    )
    return Difference(
        code, from_day, to_day,
        tuple(Change(entry_id, body["name"]) for entry_id, body in after.items() if entry_id not in before),
        tuple(Change(entry_id, body["name"]) for entry_id, body in before.items() if entry_id not in after),
        changed,
    )


def _standing(cursor: duckdb.DuckDBPyConnection, code: str, day: date) -> dict[str, dict]:
    """Entry -> what it said at the end of a day, in order of entry."""
    end = datetime.combine(day + timedelta(days=1), time())
    rows = cursor.execute(
        f"select entry_id, body from ({VERSIONS}) as v where list = ? and not ended and known_from < ? and (known_to is null or known_to >= ?) "
        "order by entry_id, record_no",
        [code, end, end],
    ).fetchall()
    return {entry_id: json.loads(body) for entry_id, body in rows}


@dataclass(frozen=True)
class NewHit:
    """An entry that is new or changed and comes near a name on a filing that matters now.

    Args:
        why: `open licence` or `undecided`.
        role: where the name stands.
        subject: what a review of it names; None where the list or the score asks for no settlement.
    """

    application_id: str
    why: str
    role: str
    list: str
    entry_id: str
    matched_name: str
    score: float
    result: str
    subject: str | None


def new_hits(desk: Desk, done: Imported, at: datetime) -> tuple[NewHit, ...]:
    """The hits that an import brought on the parties of open licences and undecided applications, best first.

    Each with a `subject` stands as a referral on its application from now on: referrals are always as of now.
    """
    if done.new_from is None:
        return ()
    cursor = desk.store.cursor()
    concerned = _concerned(cursor, at)
    if not concerned:
        return ()
    lay_subjects(cursor, [Subject(record_no, at, at) for _, record_no, _ in concerned])
    for name in ("coverage", "spine", "spine_party", "list_match"):
        cursor.execute(f"create or replace temp table {name} as {relation_sql(name)}")
    rows = cursor.execute(
        "select subject, string_agg(distinct role, ' and ' order by role), list_match.list, list_match.entry_id, any_value(matched_name), "
        "max(score) as best, any_value(result), case when any_value(list_match.weight) = 'prohibiting' and any_value(result) = 'potential_match' then "
        "'listed_party:' || listed_party_key(list_match.list, list_match.entry_id, list_match.content, name_no) end "
        "from list_match inner join list_entry on list_match.list = list_entry.list and list_match.entry_id = list_entry.entry_id "
        "and list_match.known_from = list_entry.known_from "
        "where list_entry.record_no >= ? and not list_entry.ended and list_match.known_from <= ? and (list_match.known_to is null or list_match.known_to > ?) "
        "group by subject, list_match.list, list_match.entry_id, list_match.content, name_no order by best desc, subject, list_match.list, list_match.entry_id",
        [done.new_from, at, at],
    ).fetchall()
    return tuple(
        NewHit(concerned[subject - 1][0], concerned[subject - 1][2], role, code, entry_id, name, score, result, about)
        for subject, role, code, entry_id, name, score, result, about in rows
    )


def _concerned(cursor: duckdb.DuckDBPyConnection, at: datetime) -> list[tuple[str, int, str]]:
    """(application, record of its newest filing, why) of open licences and of what is not decided yet."""
    open_licences = {state.application_id for state in licences(cursor, at).licences if state.state == "open"}
    rows = cursor.execute(
        "select application_id, max_by(record_no, revision), application_id in (select application_id from decision left join "
        "(select corrects from decision where corrects is not null) as later on decision.event_id = later.corrects "
        "where not coalesce(withdrawn, false) and later.corrects is null and decision.at <= ?) from filing where filed_at <= ? "
        "group by application_id order by application_id",
        [at, at],
    ).fetchall()
    return [
        (application_id, record_no, "open licence" if application_id in open_licences else "undecided")
        for application_id, record_no, decided in rows if application_id in open_licences or not decided
    ]
