"""Reads how long each leg of a filing's route is and what is known of where it ends. Measures nothing itself and judges nothing."""

from __future__ import annotations

from dataclasses import dataclass

import duckdb

from engine.store.database import first
from engine.workflows.history import unknown_application


@dataclass(frozen=True)
class MeasuredLeg:
    """One leg as the features see it.

    Args:
        leg: its place in the order, from 1.
        km: by sea for a leg by sea, else the great circle; None where a place is not known, or not known to be by the sea.
        measured_by: `sea` or `great_circle`; None without `km`.
        straight_km: the great circle, whatever the mode.
        inland: it goes by sea, and one of its places is known to lie inland.
        on_the_way: it ends in a country that is neither the authority's nor the destination, before the route does.
        hub_named_by: who named the country in which it ends as a transshipment hub, as known when the filing came in; None if nobody.
        free_zone_declared: what the form says of the place in which it ends.
        free_zone_listed: the name of the listed free zone at that place; None if there is none.
    """

    leg: int
    from_place: str | None
    to_place: str | None
    mode: str | None
    km: int | None
    measured_by: str | None
    straight_km: int | None
    inland: bool
    on_the_way: bool
    hub_named_by: str | None
    free_zone_declared: bool | None
    free_zone_listed: str | None


def measured_route(cursor: duckdb.DuckDBPyConnection, application_id: str, revision: int | None) -> tuple[int, tuple[MeasuredLeg, ...]]:
    """The revision asked for, or the newest, and its legs in order.

    Raises:
        UnknownApplication: no such filing.
    """
    row = first(
        cursor,
        "select record_no, revision from filing where application_id = ? and (?::bigint is null or revision = ?) order by revision desc limit 1",
        [application_id, revision, revision],
    )
    if row is None:
        raise unknown_application(application_id)
    legs = cursor.execute(
        "select leg.leg_no, leg.from_place, leg.to_place, leg.mode, "
        "case when leg.mode = 'sea' then apart.sea_km else apart.km end as km, "
        "case when leg.mode = 'sea' then case when apart.sea_km is not null then 'sea' end when apart.km is not null then 'great_circle' end as measured_by, "
        "apart.km as straight_km, coalesce(leg.mode = 'sea' and apart.inland, false) as inland, "
        "coalesce(leg.leg_no < max(leg.leg_no) over () and left(leg.to_place, 2) not in (filing.authority, coalesce(filing.destination, '')), false) as on_the_way, "
        "hub.named_by, leg.free_zone, zone.name "
        "from filing_leg as leg inner join filing on leg.record_no = filing.record_no "
        "left join place_distance as apart on leg.from_place = apart.from_place and leg.to_place = apart.to_place "
        "left join transshipment_hub as hub on left(leg.to_place, 2) = hub.country and (hub.known_from is null or hub.known_from < filing.filed_at) "
        "left join free_zone as zone on leg.to_place = zone.place and (zone.known_from is null or zone.known_from < filing.filed_at) "
        "and (zone.valid_to is null or zone.valid_to > filing.filed_at) "
        "where leg.record_no = ? qualify row_number() over (partition by leg.leg_no order by hub.level desc, zone.name) = 1 order by leg.leg_no",
        [row[0]],
    ).fetchall()
    return row[1], tuple(MeasuredLeg(*leg) for leg in legs)
