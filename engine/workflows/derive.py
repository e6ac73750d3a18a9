"""Brings derived facts up to date with the records: names, entities, places, distances, list hits, document checks. Computes no feature."""

from __future__ import annotations

from typing import TYPE_CHECKING

import duckdb
import polars as pl

from engine.compute.run import relation_sql
from engine.documents.agreement import compared, wording
from engine.linking import forget
from engine.screening.names import name_key
from engine.store.database import first, put_setting, setting
from engine.workflows.links import link_parties
from engine.workflows.screen import screen_all, screen_new
from engine.workflows.sea_distances import EARTH_RADIUS_KM, ways_by_sea

if TYPE_CHECKING:
    from engine.workflows.desk import Desk

DERIVED_TO = "derived_to"  # number of the newest record whose derived facts are in place
SCREENING_AWAITED = "screening_awaited"  # a store of an older schema: its hits are found anew once


def derive(cursor: duckdb.DuckDBPyConnection, desk: Desk) -> None:
    """Everything SQL alone cannot say of the records that came since the last time, inside the caller's transaction.

    The same for one filing or a million. What a process that was killed in mid-ingest left underived comes with the next call.
    """
    done, newest = int(setting(cursor, DERIVED_TO) or 0), first(cursor, "select coalesce(max(record_no), 0) from record")[0]
    if newest > done:
        _derive_from(cursor, desk, done)
        put_setting(cursor, DERIVED_TO, str(newest))
    if setting(cursor, SCREENING_AWAITED) == "yes":
        screen_all(cursor, desk)
        put_setting(cursor, SCREENING_AWAITED, "no")


def _derive_from(cursor: duckdb.DuckDBPyConnection, desk: Desk, done: int) -> None:
    link_parties(cursor, done)
    take_places(cursor, f"filing where record_no > {done}")
    screen_new(cursor, desk)
    cursor.execute(f"create or replace temp view underived_leg as select * from store.main.filing_leg where record_no > {done}")
    measure_distances(cursor, "underived_leg")
    check_documents(cursor, f"filing_document where record_no > {done} or sha256 in (select sha256 from document_file where record_no > {done})")


def derive_anew(cursor: duckdb.DuckDBPyConnection) -> None:
    """Let the next `derive` look at every record again: the working tables were built anew, and may name a form of a party otherwise."""
    forget(cursor)
    cursor.execute("delete from store.main.name_hit")
    cursor.execute("delete from store.main.party_place")
    cursor.execute("delete from store.main.place_aside")
    put_setting(cursor, DERIVED_TO, "0")


def measure_anew(cursor: duckdb.DuckDBPyConnection) -> None:
    """Measure every route on record again: the table of places is another."""
    cursor.execute("delete from store.main.place_distance")
    measure_distances(cursor, "filing_leg")


def take_places(cursor: duckdb.DuckDBPyConnection, filings: str, into: str = "store.main") -> None:
    """Keep by what the parties on new filings may be linked with others: of each form and place, in each way, the first two applications at least.

    Two suffice to tell, for every application, when another one first filed a party with a place. So the table grows with parties
    and places, not with filings (21,000 filings that name 82,000 parties: 50,000 rows).
    """
    cursor.execute(f"create or replace temp table subject_filing as select record_no as subject, record_no, filed_at as as_of from {filings}")
    cursor.execute(
        "create or replace temp table new_place as select place_id, any_value(kind) as kind, how, form_id, application_id, min(filed_at) as filed_at, followed "
        f"from ({relation_sql('filed_place')}) as told group by place_id, how, form_id, application_id, followed "
        "qualify row_number() over (partition by place_id, how, form_id, followed order by min(filed_at), application_id) <= 2"
    )
    for table, rows in (("party_place", "followed"), ("place_aside", "not followed")):
        cursor.execute(
            f"insert into {into}.{table} select new_place.* exclude (followed) from new_place left join {table} as held on held.place_id = new_place.place_id "
            f"and held.how = new_place.how and held.form_id = new_place.form_id and held.filed_at <= new_place.filed_at where {rows} group by all "
            "having count(distinct held.application_id) + 2 * count(*) filter (where held.application_id = new_place.application_id) < 2 order by place_id"
        )


def check_documents(cursor: duckdb.DuckDBPyConnection, documents: str, into: str = "store.main") -> None:
    """Hold the file of each document of a relation to what was declared of it, where the file is on record and was not yet held to it."""
    rows = cursor.sql(
        "select document.record_no, document.document_no, document.sha256, document.number, document.end_user, document.consignee, document.final_country, "
        "document.issued_on, document.expires_on, list_transform(document.items, lambda line: line.quantity) as quantities, document.value, "
        "document_file.record_no as file_record "
        f"from (select * from {documents}) as document inner join document_file on document.sha256 = document_file.sha256 "
        "where not exists (select 1 from document_check as held where held.record_no = document.record_no and held.document_no = document.document_no) "
        "order by document_file.record_no, document.record_no, document.document_no"
    ).pl()
    found = []
    # One text at a time, and each prepared once, whatever number of documents declare the file.
    for (file_record,), declared in rows.group_by("file_record", maintain_order=True):
        ((text,),) = cursor.execute("select json_extract_string(body, '$.text') from record where record_no = ?", [file_record]).fetchall()
        words = wording(text or "", name_key)
        found += [
            (row["record_no"], row["document_no"], row["sha256"], field, agrees)
            for row in declared.iter_rows(named=True) for field, agrees in compared(words, row, name_key).items()
        ]
    if found:
        frame = pl.DataFrame(found, orient="row", schema=["record_no", "document_no", "sha256", "field", "found"])
        cursor.register("document_checks", frame.to_arrow())
        cursor.execute(f"insert into {into}.document_check select * from document_checks")
        cursor.unregister("document_checks")


def measure_distances(cursor: duckdb.DuckDBPyConnection, legs: str, into: str = "store.main") -> None:
    """Great-circle and sea kilometres of each new pair of places that says how long a route is, how long it need be, and whether it turns back.

    From each place on it to the end, and to where its last leg by sea ends; from its beginning to where its first leg by sea begins.
    Rounded to whole kilometres, so that an engine with another last digit of a sine gives the same feature.
    """
    cursor.execute(
        "create or replace temp table fresh_pair as "
        "with ends as (select record_no, min_by(from_place, leg_no) as start, max_by(to_place, leg_no) as goal, "
        "min_by(from_place, leg_no) filter (where mode = 'sea') as dock, max_by(to_place, leg_no) filter (where mode = 'sea') as gate "
        f"from {legs} group by record_no), "
        f"stop as (select record_no, from_place as place from {legs} union select record_no, to_place from {legs}), "
        f"pair as (select from_place, to_place from {legs} union select start, dock from ends "
        "union select stop.place, ends.goal from stop inner join ends on stop.record_no = ends.record_no "
        "union select stop.place, ends.gate from stop inner join ends on stop.record_no = ends.record_no) "
        "select pair.from_place, pair.to_place from pair "
        "inner join place as a on pair.from_place = a.place inner join place as b on pair.to_place = b.place "
        "where a.latitude is not null and b.latitude is not null "
        "and not exists (select 1 from place_distance as known where known.from_place = pair.from_place and known.to_place = pair.to_place) "
        "order by 1, 2"
    )
    pairs = cursor.sql("select * from fresh_pair").pl()
    if not len(pairs):
        return
    places = cursor.sql("select place, kind, longitude, latitude from place where latitude is not null").pl()
    cursor.register("measured_pair", pl.concat([pairs, ways_by_sea(places, pairs)], how="horizontal").to_arrow())
    cursor.execute(
        "insert into " + into + ".place_distance select pair.from_place, pair.to_place, cast(round(2 * ? * asin(least(1.0, sqrt("
        "pow(sin(radians(b.latitude - a.latitude) / 2), 2) + cos(radians(a.latitude)) * cos(radians(b.latitude)) "
        "* pow(sin(radians(b.longitude - a.longitude) / 2), 2))))) as integer), pair.sea_km, pair.inland "
        "from measured_pair as pair inner join place as a on pair.from_place = a.place inner join place as b on pair.to_place = b.place order by 1, 2",
        [EARTH_RADIUS_KM],
    )
    cursor.unregister("measured_pair")
