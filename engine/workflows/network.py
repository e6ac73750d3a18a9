"""What the parties of an application share with others on record within two hops, as a graph for an officer to look at. Scores and judges nothing.

Parties are joined to the things they share and not to each other: an address of nine parties is nine edges so, and thirty-six otherwise.
A link is no finding: `listed`, `denied` and `diversion` say of a party what is on record of itself.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

import duckdb

from engine.compute.run import lay_bases, lay_corrections, relation_sql
from engine.documents.page import day
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


# What parties have in common: kind of thing -> how it stands on a writing (`party_writing`), with the country where it means nothing without.
ON_A_WRITING = {
    "address": ("address", "coalesce(country, '')"),
    "website": ("website", "''"),
    "registration": ("registration", "coalesce(country, '')"),
    "lei": ("lei", "''"),
}
SAYS = {
    "address": "gives this address", "website": "gives this website", "registration": "gives this register number", "lei": "gives this LEI",
    "owner": "names this owner", "payer": "was paid for by this payer", "named": "bears this name itself",
}
# Everything by which the parties of `hop_party` may be met elsewhere: names as owner, as payer and as a party's own are one thing.
THINGS = "create or replace temp table hop_thing as " + " union ".join(
    f"select '{kind}' as kind, {key} as key, {country} as country from hop_writing where {key} is not null" for kind, (key, country) in ON_A_WRITING.items()
) + (
    " union select 'name', owner_key, coalesce(country, '') from filing_owner where form_id in (select form_id from hop_form) and owner_key is not null"
    " union select 'name', filing.payer_key, coalesce(filing.payer_country, '') from filing inner join hop_paid on filing.record_no = hop_paid.record_no"
    " where filing.payer_key is not null"
    " union select 'name', plain_key, coalesce(country, '') from filing_party where form_id in (select form_id from hop_form) and plain_key is not null"
)
# Who has each of these things, how, and since when.
HAVING = "create or replace temp table hop_having as with had as (" + " union all ".join(
    f"select t.kind, t.key, t.country, '{kind}' as how, w.form_id, w.first_seen as since from party_writing as w inner join hop_thing as t "
    f"on t.kind = '{kind}' and w.{key} = t.key and {country.replace('country', 'w.country')} = t.country where w.authority is not null"
    for kind, (key, country) in ON_A_WRITING.items()
) + (
    " union all select t.kind, t.key, t.country, 'owner', o.form_id, o.filed_at from filing_owner as o inner join hop_thing as t"
    " on t.kind = 'name' and o.owner_key = t.key and coalesce(o.country, '') = t.country"
    " union all select t.kind, t.key, t.country, 'payer', p.form_id, f.filed_at from filing as f inner join hop_thing as t"
    " on t.kind = 'name' and f.payer_key = t.key and coalesce(f.payer_country, '') = t.country"
    " inner join filing_party as p on f.record_no = p.record_no and p.role_group = 'end_user'"
    " union all select t.kind, t.key, t.country, 'named', p.form_id, p.filed_at from filing_party as p inner join hop_thing as t"
    " on t.kind = 'name' and p.plain_key = t.key and coalesce(p.country, '') = t.country"
) + (
    ") select had.kind, had.key, had.country, had.how, party_entity.entity_id, min(had.since) as since from had "
    "inner join party_entity on had.form_id = party_entity.form_id and party_entity.known_to is null where had.since <= ? "
    "group by had.kind, had.key, had.country, had.how, party_entity.entity_id"
)


@dataclass(frozen=True)
class _Thing:
    kind: str
    key: str
    country: str

    @property
    def id(self) -> str:
        return f"{self.kind}:{hashlib.md5(chr(31).join((self.kind, self.key, self.country)).encode()).hexdigest()[:12]}"


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
    cursor.execute("create or replace temp table hop_writing as select * from party_writing where authority is not null and form_id in (select form_id from hop_form)")
    cursor.execute("create or replace temp table hop_paid as select distinct record_no from filing_party where role_group = 'end_user' and form_id in (select form_id from hop_form)")
    cursor.execute(THINGS)
    cursor.execute(HAVING, [at])
    # A name that nobody has but as his own is no thing in common: all who bear it in one country would be one party.
    cursor.execute(
        "create or replace temp table hop_shared as select kind, key, country, count(distinct entity_id) as parties from hop_having "
        "group by kind, key, country having count(distinct entity_id) > 1 and bool_or(how <> 'named')"
    )
    rows = cursor.execute(
        "select h.kind, h.key, h.country, s.parties, h.how, h.entity_id, h.since from hop_having as h "
        "inner join hop_shared as s on h.kind = s.kind and h.key = s.key and h.country = s.country "
        f"where s.parties <= {CROWD} or h.entity_id in (select entity_id from hop_form) order by all"
    ).fetchall()
    met: Counter[int] = Counter()
    counted: set[tuple[_Thing, int]] = set()
    for kind, key, country, parties, how, entity_id, since in rows:
        thing = _Thing(kind, key, country)
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
        'listed_party:' || substr(md5(name_hit.list || ' ' || name_hit.entry_id || ' ' || name_hit.content || ' ' || name_hit.form_id::varchar), 1, 12) as subject
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
    labels = _labels(cursor, reached.found.having)
    uses = _uses(cursor)
    edges: list[Edge] = []
    crowded: list[tuple[str, int]] = []
    for thing, having in reached.found.having.items():
        parties = {entity_id for entity_id, _ in having if entity_id in reached.hops}
        if not parties or (len(parties) == 1 and thing not in reached.found.crowded and not any(one in reached.left_out for one, _ in having)):
            continue
        kind = thing.kind if thing.kind != "name" else "owner" if any(how == "owner" for _, how in having) else "payer"
        shown = labels.get(thing)
        node = Node(
            thing.id.replace("name:", f"{kind}:"), kind, min(reached.hops[one] for one in parties), shown, shown is None, (thing.country or None) if shown else None,
            parties=reached.found.count[thing],
        )
        nodes[node.id] = node
        if thing in reached.found.crowded:
            crowded.append((node.id, reached.found.count[thing]))
        for (entity_id, how), since in having.items():
            if entity_id in parties:
                edges.append(_edge(entity_id, node.id, how, since, uses.get((entity_id, how, thing.key), 0)))
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


def _labels(cursor: duckdb.DuckDBPyConnection, things: Iterable[_Thing]) -> dict[_Thing, str]:
    """How each thing is written, on a filing that may be shown."""
    written: dict[tuple[str, str], str] = {}
    plain = "nullif(trim(regexp_replace(lower(strip_accents({0})), '[^\\p{{L}}\\p{{N}}]+', ' ', 'g')), '')"
    sources = (
        ("address", "select address_key, min(address) from mention where may_be_shown and address_key is not null group by address_key"),
        ("website", "select website_key, website_key from mention where may_be_shown and website_key is not null group by website_key"),
        ("lei", "select upper(trim(lei)), upper(trim(lei)) from mention where may_be_shown and lei is not null group by 1"),
        ("registration", "select w.registration, min(w.registration) from party_writing as w where w.registration is not null and w.form_id in "
                         "(select form_id from mention where may_be_shown) group by w.registration"),
        ("name", f"select {plain.format('name')} as key, min(name) from (select unnest(owners).name as name from mention where may_be_shown union all "
                 "select payer_name from filing where record_no in (select record_no from mention where may_be_shown and role_group = 'end_user') union all "
                 "select name from mention where may_be_shown) as told where name is not null group by key"),
    )
    for kind, sql in sources:
        written |= {(kind, key): label for key, label in cursor.execute(sql).fetchall()}
    return {thing: written[thing.kind, thing.key] for thing in things if (thing.kind, thing.key) in written}


def _uses(cursor: duckdb.DuckDBPyConnection) -> dict[tuple[int, str, str], int]:
    """(entity, how, key) -> on how many applications; register numbers and LEIs are a form's own and counted by nobody."""
    told = {}
    for how, key in (("address", "address_key"), ("website", "website_key"), ("named", "plain_key")):
        told |= {(entity_id, how, value): n for entity_id, value, n in cursor.execute(
            f"select entity_id, {key}, count(distinct application_id) from mention where {key} is not null group by entity_id, {key}").fetchall()}
    told |= {(entity_id, "owner", key): n for entity_id, key, n in cursor.execute(
        "select mention.entity_id, o.owner_key, count(distinct o.application_id) from filing_owner as o "
        "inner join mention on o.record_no = mention.record_no and o.form_id = mention.form_id where o.owner_key is not null group by mention.entity_id, o.owner_key").fetchall()}
    return told | {(entity_id, "payer", key): n for entity_id, key, n in cursor.execute(
        "select mention.entity_id, filing.payer_key, count(distinct filing.application_id) from filing inner join mention on filing.record_no = mention.record_no "
        "where mention.role_group = 'end_user' and filing.payer_key is not null group by mention.entity_id, filing.payer_key").fetchall()}


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
