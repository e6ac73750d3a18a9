"""What the parties of an application share with others on record within two hops, as a graph for an officer to look at. Scores and judges nothing.

Parties are joined to the things they share and not to each other: an address of nine parties is nine edges so, and thirty-six otherwise.
A link is no finding: `listed`, `denied` and `diversion` say of a party what is on record of itself.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

import duckdb

from engine.compute.run import lay_bases, lay_corrections, relation_sql
from engine.documents.page import day
from engine.linking.entities import PLAIN
from engine.workflows.assess import filing_in_force

FEWEST, USUAL, MOST = 10, 60, 300  # parties shown
CROWD = 40  # parties at one address, website, owner or payer; more of them (a business centre, a bank) lead nowhere and are not followed
NAMES_SHOWN = 10
CAVEAT = "A link alone is never a referral, and no sign of guilt."


@dataclass(frozen=True)
class Listed:
    """The list entry that a party's name comes nearest to, as the lists stand: `open`, `confirmed` or `dismissed` by an officer; `more` others."""

    state: str
    list: str
    entry_id: str
    matched_name: str | None
    score: float
    since: datetime
    more: int


@dataclass(frozen=True)
class Times:
    """How often something was on record of a party, and when last."""

    times: int
    last: datetime | None


@dataclass(frozen=True)
class Node:
    """A party (`party:ENTITY`) or a thing that parties share.

    Args:
        kind: `party`, or `address`, `website`, `registration`, `lei`, `owner`, `payer`.
        hops: 0 on the application; a thing is as far as its nearest party.
        label, country: None where they are another authority's text; then `withheld`.
        roles: of a party on this application.
        names: other ways in which a party is written.
        applications: how many ever named a party.
        parties: how many on record share a thing, shown or not.
    """

    id: str
    kind: str
    hops: int
    label: str | None
    withheld: bool
    country: str | None
    roles: tuple[str, ...] | None = None
    names: tuple[str, ...] | None = None
    applications: int | None = None
    first_seen: datetime | None = None
    listed: Listed | None = None
    denied: Times | None = None
    diversion: Times | None = None
    parties: int | None = None


@dataclass(frozen=True)
class Edge:
    """That a party has a thing, since when, and how that is known; or that two parties are written alike (`alike`)."""

    id: str
    start: str
    end: str
    kind: str
    since: datetime
    reason: str


@dataclass(frozen=True)
class Network:
    """The graph, and what was left out of it: so many parties, and the things shared by too many to be followed, with how many."""

    application_id: str
    revision: int
    as_of: datetime
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    parties_left_out: int
    crowded: tuple[tuple[str, int], ...]
    caveat: str = CAVEAT


SAYS = {
    "address": "gives this address", "website": "gives this website", "registration": "gives this register number", "lei": "gives this LEI",
    "owner": "names this owner", "payer": "was paid for by this payer", "named": "bears this name itself",
}
# Who has each of the places of some parties (`hop_form`), how, and since when; names as owner, as payer and as a party's own are one place.
HAVING = """
create or replace temp table hop_having as
with place as not materialized (select * from party_place where how <> 'paid_with' union all select * from place_aside)
select place.place_id, place.kind, place.how, party_entity.entity_id, min(place.filed_at) as since
from place inner join party_entity on place.form_id = party_entity.form_id and party_entity.known_to is null
where place.filed_at <= ? and place.place_id in (select place_id from place where form_id in (select form_id from hop_form))
group by place.place_id, place.kind, place.how, party_entity.entity_id
"""


@dataclass(frozen=True)
class _Thing:
    kind: str
    place_id: int


@dataclass(frozen=True)
class _Flags:
    listed: Listed | None = None
    denied: Times | None = None
    diversion: Times | None = None

    @property
    def raised(self) -> bool:
        return bool(self.denied or self.diversion or (self.listed and self.listed.state != "dismissed"))


def network(cursor: duckdb.DuckDBPyConnection, application_id: str, at: datetime, visible: tuple[str, ...] | None, limit: int = USUAL) -> Network:
    """The parties of an application's newest filing, and those on record that share something with them within two hops, as known now.

    Of the parties found the nearest stay, and of these first those of whom something is on record, then those with the most in common;
    the rest is counted.

    Args:
        at: this moment, UTC.
        visible: the authorities whose text may be shown; None = all.
        limit: parties shown at most.

    Raises:
        UnknownApplication.
    """
    record_no, revision, _ = filing_in_force(cursor, application_id, at)
    roles: dict[int, list[str]] = defaultdict(list)
    for entity_id, role in cursor.execute(
        "select party_entity.entity_id, filing_party.role from filing_party inner join party_entity on filing_party.form_id = party_entity.form_id "
        "and party_entity.known_to is null where filing_party.record_no = ? order by filing_party.party_no", [record_no]
    ).fetchall():
        roles[entity_id].append(role)
    hops, found = dict.fromkeys(roles, 0), _Found({}, defaultdict(dict), set())
    flags = _flags(cursor, hops, record_no, at)
    left_out: set[int] = set()
    for distance in (1, 2):
        met = _meet(cursor, [one for one, far in hops.items() if far == distance - 1], at, found)
        fresh = {one: number for one, number in met.items() if one not in hops}
        flags |= _flags(cursor, fresh, record_no, at)
        ranked = sorted(fresh, key=lambda one: (not flags[one].raised, -fresh[one], one))
        room = max(0, limit - len(hops))
        hops |= dict.fromkeys(ranked[:room], distance)
        left_out |= set(ranked[room:])
    left_out -= hops.keys()
    return _told(cursor, application_id, revision, record_no, at, visible, _Reached(hops, dict(roles), flags, found, left_out))


@dataclass
class _Found:
    """Every thing met on the way: who has it, how and since when; and which are shared by too many to be followed."""

    count: dict[_Thing, int]
    having: dict[_Thing, dict[tuple[int, str], datetime]]
    crowded: set[_Thing]


@dataclass(frozen=True)
class _Reached:
    hops: dict[int, int]
    roles: dict[int, list[str]]
    flags: dict[int, _Flags]
    found: _Found
    left_out: set[int]


def _lay_parties(cursor: duckdb.DuckDBPyConnection, entities: Iterable[int], table: str) -> None:
    """`table(form_id, entity_id)`: the forms of some entities, as they stand."""
    listed = ", ".join(map(str, sorted(entities))) or "-1"
    cursor.execute(f"create or replace temp table {table} as select form_id, entity_id from party_entity where known_to is null and entity_id in ({listed})")


def _meet(cursor: duckdb.DuckDBPyConnection, entities: list[int], at: datetime, found: _Found) -> Counter[int]:
    """Whom some parties meet in a thing that not too many share: entity -> in how many things."""
    _lay_parties(cursor, entities, "hop_form")
    cursor.execute(HAVING, [at])
    # A name that nobody has but as his own is no thing in common: all who bear it in one country would be one party.
    rows = cursor.execute(
        "with shared as (select place_id, count(distinct entity_id) as parties from hop_having group by place_id having count(distinct entity_id) > 1 and bool_or(how <> 'named')) "
        "select h.kind, h.place_id, s.parties, h.how, h.entity_id, h.since from hop_having as h inner join shared as s on h.place_id = s.place_id "
        f"where s.parties <= {CROWD} or h.entity_id in (select entity_id from hop_form) order by all"
    ).fetchall()
    met: Counter[int] = Counter()
    counted: set[tuple[_Thing, int]] = set()
    for kind, place_id, parties, how, entity_id, since in rows:
        thing = _Thing(kind, place_id)
        found.count[thing] = parties
        found.having[thing][entity_id, how] = since
        if parties > CROWD:
            found.crowded.add(thing)
        elif (thing, entity_id) not in counted:
            counted.add((thing, entity_id))
            met[entity_id] += 1
    return met


# What `lay_bases` cuts history down by: these parties, and nothing of any one filing's places, carriers and countries.
SLICED_BY = {
    "spine_party": "select distinct entity_id, null::varchar as address_key, null::varchar as website_key from flagged_form",
    "spine_leg": "select null::varchar as carrier_key where false",
    "spine_application": "select null::varchar as destination where false",
    "place_member": "select null::bigint as entity_id where false",
}


def _flags(cursor: duckdb.DuckDBPyConnection, entities: Iterable[int], record_no: int, at: datetime) -> dict[int, _Flags]:
    """What is on record of each party itself, by the very relations that features read."""
    entities = list(entities)
    if not entities:
        return {}
    _lay_parties(cursor, entities, "flagged_form")
    for name, sql in SLICED_BY.items():
        cursor.execute(f"create or replace temp table {name} as {sql}")
    lay_corrections(cursor)
    lay_bases(cursor, sliced=True)
    for name in ("shipment_of_application", "visit_in_force", "incident_in_force", "filing_in_force", "application_event", "party_event"):
        cursor.execute(f"create or replace temp table {name} as {relation_sql(name)}")
    # As for alerts: of an exporter, carrier or bank, which serve thousands, a delivery gone wrong says nothing by itself.
    cursor.execute(
        "create or replace temp table in_the_deal as select distinct flagged_form.entity_id, filing_party.application_id from filing_party "
        "inner join flagged_form on filing_party.form_id = flagged_form.form_id "
        "where role_group in ('end_user', 'further_end_user', 'consignee') or role in ('broker', 'agent', 'intermediate_consignee', 'purchaser')"
    )
    told = {entity_id: _Flags() for entity_id in entities}
    for entity_id, fact, times, last in cursor.execute(
        "select entity_id, case when fact = 'diversion' then 'diversion' else 'denied' end as what, count(distinct event_id), max(known_from) from party_event "
        "where fact in ('diversion', 'denied', 'denial_notice') and known_from <= ? and (known_to is null or known_to > ?) "
        "and entity_id in (select entity_id from flagged_form) and (role_group = 'named' or (entity_id, application_id) in (select (entity_id, application_id) from in_the_deal)) "
        "group by entity_id, what", [at, at]
    ).fetchall():
        told[entity_id] = replace(told[entity_id], **{fact: Times(times, last)})
    for entity_id, *entry, more in cursor.execute(LISTED, {"record_no": record_no, "at": at}).fetchall():
        told[entity_id] = replace(told[entity_id], listed=Listed(*entry, more))
    return told


# The entries that ask for a settlement, each with what an officer of the application's own authority said of it last.
LISTED = """
with hit as (
    select flagged_form.entity_id, name_hit.*,
        'listed_party:' || listed_party_key(name_hit.list, name_hit.entry_id, name_hit.content, name_hit.form_id) as subject
    from flagged_form inner join name_hit on flagged_form.form_id = name_hit.form_id
    where
        name_hit.weight = 'prohibiting' and name_hit.result = 'potential_match'
        and name_hit.known_from <= $at and (name_hit.known_to is null or name_hit.known_to > $at)
),
corrected as (select corrects as event_id from review where corrects is not null and review.at <= $at),
said as (
    select review.subject, review.result from review
    inner join (
        select application_id, any_value(authority) as authority from filing
        where application_id in (select application_id from review where starts_with(subject, 'listed_party:')) group by application_id
    ) as concerned
        on review.application_id = concerned.application_id
    where
        review.subject in (select subject from hit) and review.result in ('dismissed', 'confirmed') and review.at <= $at
        and not coalesce(review.withdrawn, false) and (review.valid_to is null or review.valid_to >= $at::date)
        and review.event_id not in (select event_id from corrected)
        and concerned.authority = (select authority from filing where record_no = $record_no)
    qualify row_number() over (partition by review.subject order by review.at desc, review.record_no desc) = 1
)
select
    hit.entity_id, coalesce(said.result, 'open') as state, hit.list, hit.entry_id, hit.matched_name, hit.score, hit.known_from,
    count(*) over (partition by hit.entity_id) - 1 as more
from hit left join said on hit.subject = said.subject
qualify row_number() over (
    partition by hit.entity_id
    order by case coalesce(said.result, 'open') when 'confirmed' then 0 when 'open' then 1 else 2 end, hit.score desc, hit.list, hit.entry_id
) = 1
"""


def _told(
    cursor: duckdb.DuckDBPyConnection, application_id: str, revision: int, record_no: int, at: datetime, visible: tuple[str, ...] | None, reached: _Reached
) -> Network:
    _lay_parties(cursor, reached.hops, "shown_form")
    cursor.execute(
        "create or replace temp table mention as select p.*, shown_form.entity_id, ($visible is null or list_contains($visible, p.authority)) as may_be_shown "
        "from filing_party as p inner join shown_form on p.form_id = shown_form.form_id where p.filed_at <= $at",
        {"visible": list(visible) if visible is not None else None, "at": at},
    )
    nodes = {node.id: node for node in _parties(cursor, record_no, reached)}
    _lay_places(cursor)
    labels, uses = _labels(cursor), _uses(cursor)
    edges: list[Edge] = []
    crowded: list[tuple[str, int]] = []
    for thing, having in reached.found.having.items():
        parties = {entity_id for entity_id, _ in having if entity_id in reached.hops}
        if not parties or (len(parties) == 1 and thing not in reached.found.crowded and not any(one in reached.left_out for one, _ in having)):
            continue
        kind = thing.kind if thing.kind != "name" else "owner" if any(how == "owner" for _, how in having) else "payer"
        shown, country = labels.get(thing.place_id, (None, None))
        node = Node(
            f"{kind}:{thing.place_id:016x}", kind, min(reached.hops[one] for one in parties), shown, shown is None, country, parties=reached.found.count[thing])
        nodes[node.id] = node
        if thing in reached.found.crowded:
            crowded.append((node.id, reached.found.count[thing]))
        for (entity_id, how), since in having.items():
            if entity_id in parties:
                edges.append(_edge(entity_id, node.id, how, since, uses.get((entity_id, how, thing.place_id), 0)))
    edges += _alike(cursor, reached)
    order = sorted(nodes.values(), key=lambda node: (node.hops, node.kind != "party", not _raised(node), node.id))
    return Network(
        application_id, revision, at, tuple(order), tuple(sorted(edges, key=lambda edge: edge.id)), len(reached.left_out), tuple(sorted(crowded, key=lambda one: (-one[1], one[0]))))


def _raised(node: Node) -> bool:
    return _Flags(node.listed, node.denied, node.diversion).raised


def _parties(cursor: duckdb.DuckDBPyConnection, record_no: int, reached: _Reached) -> Iterable[Node]:
    rows = cursor.execute(
        "select entity_id, count(distinct application_id), min(filed_at), "
        "coalesce(min_by(name, party_no) filter (where record_no = ?), arg_max(name, (filed_at, name)) filter (where may_be_shown)), "
        "coalesce(min_by(country, party_no) filter (where record_no = ?), arg_max(country, (filed_at, name)) filter (where may_be_shown)), "
        "list_sort(list(distinct name) filter (where may_be_shown)) from mention group by entity_id", [record_no, record_no]
    ).fetchall()
    known = {entity_id: told for entity_id, *told in rows}
    for entity_id, hops in reached.hops.items():
        applications, first_seen, label, country, names = known.get(entity_id, (0, None, None, None, None))
        flags = reached.flags[entity_id]
        if label is None:  # that it is there counts; what it is called and when anything befell it is another authority's to tell
            flags = _Flags(*(one and replace(one, **hidden) for one, hidden in (
                (flags.listed, {"matched_name": None}), (flags.denied, {"last": None}), (flags.diversion, {"last": None}))))
        yield Node(
            f"party:{entity_id}", "party", hops, label, label is None, country, tuple(dict.fromkeys(reached.roles.get(entity_id, ()))),
            tuple(name for name in names or () if name != label)[:NAMES_SHOWN], applications, first_seen if label else None, flags.listed, flags.denied, flags.diversion,
        )


def _lay_places(cursor: duckdb.DuckDBPyConnection) -> None:
    """`told_place`: the places of the parties shown, on each of their filings."""
    cursor.execute("create or replace temp table subject_filing as select distinct record_no as subject, record_no, filed_at as as_of from mention")
    cursor.execute(
        "create or replace temp table told_place as with shown as (select distinct record_no, form_id, entity_id, may_be_shown from mention) "
        f"select shown.record_no, shown.entity_id, shown.may_be_shown, place.* exclude (subject) from ({relation_sql('filed_place')}) as place "
        "inner join shown on place.subject = shown.record_no and place.form_id = shown.form_id"
    )


def _labels(cursor: duckdb.DuckDBPyConnection) -> dict[int, tuple[str, str | None]]:
    """How each place is written, on a filing that may be shown, and in which country."""
    return {place_id: (label, country) for place_id, label, country in cursor.execute(
        "with written as ("
        "select 'address' as kind, address_key as key, min(address) as label from mention where may_be_shown group by address_key union all "
        f"select 'name' as kind, {PLAIN.format('name')} as key, min(name) from (select unnest(owners).name as name from mention where may_be_shown union all "
        "select payer_name from filing where record_no in (select record_no from mention where may_be_shown and role_group = 'end_user') union all "
        "select name from mention where may_be_shown) as told group by key) "
        "select place_id, coalesce(min(label), any_value(place_key)), nullif(any_value(country), '') from told_place "
        "left join written on told_place.kind = written.kind and place_key = written.key where may_be_shown group by place_id"
    ).fetchall()}


def _uses(cursor: duckdb.DuckDBPyConnection) -> dict[tuple[int, str, int], int]:
    """(entity, how, place) -> on how many applications; register numbers and LEIs are a form's own and counted by nobody."""
    return {(entity_id, how, place_id): n for entity_id, how, place_id, n in cursor.execute(
        "select entity_id, how, place_id, count(distinct application_id) from told_place where kind not in ('registration', 'lei') group by entity_id, how, place_id").fetchall()}


def _edge(entity_id: int, thing: str, how: str, since: datetime, uses: int) -> Edge:
    on = f", on {uses:,} application{'s' if uses != 1 else ''}" if uses else ""
    return Edge(f"party:{entity_id}--{thing}--{how}", f"party:{entity_id}", thing, how, since, f"{SAYS[how]}{on}, since {day(since)}")


def _alike(cursor: duckdb.DuckDBPyConnection, reached: _Reached) -> list[Edge]:
    """Parties shown that may be one and are not taken for it: their numbers differ, the evidence is too thin to join two that had grown, or an officer parted them."""
    rows = cursor.execute(
        "select least(l.entity_id, r.entity_id) as one, greatest(l.entity_id, r.entity_id) as other, min(link.known_from), max(link.weight), "
        "arg_max(link.reason, link.weight) from party_link as link inner join shown_form as l on link.form_l = l.form_id "
        "inner join shown_form as r on link.form_r = r.form_id where l.entity_id <> r.entity_id group by one, other order by one, other"
    ).fetchall()
    return [
        Edge(f"party:{one}--party:{other}", f"party:{one}", f"party:{other}", "alike", since, f"may be one party ({reason}: {weight:+.1f} bits), not taken for it")
        for one, other, since, weight, reason in rows
    ]
