-- Family:   route
-- Question: do the goods travel as goods of this kind would, or by places where they can change hands?
-- Grain:    one row per spine row
-- Reads:    armed_conflict, arms_embargo, border, free_zone, place_distance, spine, spine_application, spine_leg, transshipment_hub
-- As of:    reference rows count only if known_from < spine.as_of and they held on that day
-- Absent:   no route on the form -> null; places without coordinates -> no distance
-- Columns:  see route.toml

with route_leg as (
    select
        spine.subject,
        spine.as_of,
        spine.as_of_day,
        spine_application.authority,
        spine_application.destination,
        spine_leg.leg_no,
        spine_leg.from_place,
        spine_leg.to_place,
        spine_leg.from_country,
        spine_leg.to_country,
        spine_leg.free_zone,
        spine_leg.storage_days,
        spine_leg.transit_authorisation,
        spine_leg.km
    from spine
    inner join spine_application on spine.subject = spine_application.subject
    inner join spine_leg on spine.subject = spine_leg.subject
),

span as (
    select
        route_leg.subject,
        count(*) as legs,
        min(route_leg.leg_no) as first_leg,
        max(route_leg.leg_no) as last_leg,
        sum(route_leg.km) as km,
        count(*) filter (where route_leg.km is null) as unmeasured,
        sum(route_leg.storage_days) as storage_days,
        count(*) filter (where route_leg.free_zone) as declared_free_zones
    from route_leg
    group by route_leg.subject
),

ends as (
    select
        span.subject,
        departure.from_place,
        departure.from_country,
        arrival.to_place,
        arrival.to_country,
        arrival.destination
    from span
    inner join route_leg as departure on span.subject = departure.subject and span.first_leg = departure.leg_no
    inner join route_leg as arrival on span.subject = arrival.subject and span.last_leg = arrival.leg_no
),

straight as (
    select
        ends.subject,
        place_distance.km
    from ends
    inner join place_distance on ends.from_place = place_distance.from_place and ends.to_place = place_distance.to_place
),

transit as (
    select
        route_leg.subject,
        route_leg.as_of,
        route_leg.as_of_day,
        route_leg.to_place as place,
        route_leg.to_country as country,
        max(case when route_leg.transit_authorisation is not null then 1 else 0 end) as authorised
    from route_leg
    inner join span on route_leg.subject = span.subject
    where
        route_leg.leg_no < span.last_leg
        and route_leg.to_country is not null
        and route_leg.to_country <> route_leg.authority
        and route_leg.to_country <> coalesce(route_leg.destination, '')
    group by route_leg.subject, route_leg.as_of, route_leg.as_of_day, route_leg.to_place, route_leg.to_country
),

transit_signs as (
    select
        transit.subject,
        count(distinct transit.country) filter (where transshipment_hub.country is not null) as hubs,
        count(distinct transit.place) filter (where free_zone.place is not null) as zones,
        count(distinct transit.country) filter (where transit.authorised = 0) as unauthorised
    from transit
    left join transshipment_hub
        on
            transit.country = transshipment_hub.country
            and (transshipment_hub.known_from is null or transit.as_of > transshipment_hub.known_from)
    left join free_zone
        on
            transit.place = free_zone.place
            and (free_zone.known_from is null or transit.as_of > free_zone.known_from)
            and (free_zone.valid_to is null or transit.as_of_day < free_zone.valid_to)
    group by transit.subject
),

beside_war as (
    select
        transit.subject,
        count(distinct transit.country) as countries
    from transit
    inner join border
        on
            transit.country = border.country
            and (border.valid_from is null or transit.as_of_day >= border.valid_from)
            and (border.valid_to is null or transit.as_of_day < border.valid_to)
    inner join armed_conflict
        on
            border.neighbour = armed_conflict.country
            and transit.as_of > armed_conflict.known_from
            and date_diff('day', armed_conflict.known_from, transit.as_of_day) <= 366
    group by transit.subject
),

beside_embargo as (
    select
        transit.subject,
        count(distinct transit.country) as countries
    from transit
    inner join border
        on
            transit.country = border.country
            and (border.valid_from is null or transit.as_of_day >= border.valid_from)
            and (border.valid_to is null or transit.as_of_day < border.valid_to)
    inner join arms_embargo
        on
            border.neighbour = arms_embargo.country
            and (arms_embargo.known_from is null or transit.as_of > arms_embargo.known_from)
            and (arms_embargo.valid_from is null or transit.as_of_day >= arms_embargo.valid_from)
            and (arms_embargo.valid_to is null or transit.as_of_day < arms_embargo.valid_to)
    where arms_embargo.direction in ('export_to', 'both')
    group by transit.subject
),

broken as (
    select
        earlier.subject,
        count(*) filter (where earlier.to_place <> later.from_place) as breaks
    from route_leg as earlier
    inner join route_leg as later on earlier.subject = later.subject and earlier.leg_no + 1 = later.leg_no
    where earlier.to_place is not null and later.from_place is not null
    group by earlier.subject
)

select
    spine.subject,
    span.legs as route_legs_count,
    case when span.subject is not null then coalesce(transit_signs.hubs, 0) end as route_transit_hubs_count,
    case when span.subject is not null then greatest(span.declared_free_zones, coalesce(transit_signs.zones, 0)) end as route_free_zones_count,
    case when span.subject is not null then coalesce(transit_signs.unauthorised, 0) end as route_unauthorised_transits_count,
    case
        when span.unmeasured = 0 and straight.km >= 50
            then greatest(1.0, cast(span.km as double) / cast(straight.km as double))
    end as route_detour_ratio,
    span.storage_days as route_storage_days,
    case when span.subject is not null then coalesce(broken.breaks, 0) end as route_disconnected_legs_count,
    case
        when ends.to_country is not null and ends.destination is not null
            then case when ends.to_country <> ends.destination then 1 else 0 end
    end as route_other_end_flag,
    case when span.subject is not null then coalesce(beside_war.countries, 0) end as route_conflict_neighbours_count,
    case when span.subject is not null then coalesce(beside_embargo.countries, 0) end as route_embargo_neighbours_count
from spine
left join span on spine.subject = span.subject
left join ends on spine.subject = ends.subject
left join straight on spine.subject = straight.subject
left join transit_signs on spine.subject = transit_signs.subject
left join beside_war on spine.subject = beside_war.subject
left join beside_embargo on spine.subject = beside_embargo.subject
left join broken on spine.subject = broken.subject
