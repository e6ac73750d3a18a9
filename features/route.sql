-- Family:   route
-- Question: do the goods travel as goods of this kind would, or by places where they can change hands?
-- Grain:    one row per spine row
-- Reads:    armed_conflict, arms_embargo, base_rate, border, carrier_event, carrier_named, country_control, free_zone, lane_peer,
--           lane_transit, place_distance, spine, spine_application, spine_leg, transshipment_hub, vessel_named
-- As of:    a record counts only if known_from < spine.as_of; reference rows if they held on that day; what is usual, from closed months
-- Absent:   no route on the form -> null; places without coordinates -> no distance
-- Columns:  see route.toml

with route_leg as (
    select
        spine.subject,
        spine.application_id,
        spine.as_of,
        spine.as_of_us,
        spine.as_of_day,
        spine.as_of_month,
        spine_application.authority,
        spine_application.destination,
        spine_application.kind,
        spine_leg.leg_no,
        spine_leg.from_place,
        spine_leg.to_place,
        spine_leg.from_country,
        spine_leg.to_country,
        spine_leg.free_zone,
        spine_leg.storage_days,
        spine_leg.transit_authorisation,
        spine_leg.mode,
        spine_leg.carrier_key,
        spine_leg.conveyance_key,
        spine_leg.imo,
        spine_leg.planned_on,
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
        count(*) filter (where route_leg.free_zone) as declared_free_zones,
        count(*) filter (where route_leg.planned_on is null) as undated,
        count(*) filter (where route_leg.carrier_key is null) as unnamed_carriers
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
),

-- How much farther from the end of the route each leg leads than it began.
away as (
    select
        route_leg.subject,
        sum(greatest(0, coalesce(after.km, 0) - before.km)) as km,
        count(*) filter (where before.km is null or (after.km is null and coalesce(route_leg.to_place, '') <> ends.to_place)) as unmeasured
    from route_leg
    inner join ends on route_leg.subject = ends.subject
    left join place_distance as before on route_leg.from_place = before.from_place and ends.to_place = before.to_place
    left join place_distance as after on route_leg.to_place = after.from_place and ends.to_place = after.to_place
    group by route_leg.subject
),

at_war as (
    select
        transit.subject,
        count(distinct transit.country) as countries
    from transit
    inner join armed_conflict
        on
            transit.country = armed_conflict.country
            and transit.as_of > armed_conflict.known_from
            and date_diff('day', armed_conflict.known_from, transit.as_of_day) <= 366
    group by transit.subject
),

controlled as (
    select
        transit.subject,
        min(country_control.score) as score
    from transit
    inner join country_control
        on
            transit.country = country_control.country
            and (country_control.known_from is null or transit.as_of > country_control.known_from)
            and (country_control.valid_from is null or transit.as_of_day >= country_control.valid_from)
            and (country_control.valid_to is null or transit.as_of_day < country_control.valid_to)
    group by transit.subject
),

lane as (
    select
        route_leg.subject,
        route_leg.as_of,
        lane_peer.authority,
        lane_peer.destination,
        lane_peer.kind,
        lane_peer.month,
        lane_peer.n,
        lane_peer.legs,
        lane_peer.hubs
    from route_leg
    inner join span on route_leg.subject = span.subject and route_leg.leg_no = span.first_leg
    inner join lane_peer
        on
            route_leg.authority = lane_peer.authority
            and route_leg.destination = lane_peer.destination
            and route_leg.kind = lane_peer.kind
            and route_leg.as_of_month = lane_peer.month
            and route_leg.as_of > lane_peer.known_from
),

usual as (
    select
        lane.subject,
        transit.country,
        min(lane.n) as n,
        max(coalesce(lane_transit.routes, 0)) as routes
    from lane
    inner join transit on lane.subject = transit.subject
    left join lane_transit
        on
            lane.authority = lane_transit.authority
            and lane.destination = lane_transit.destination
            and lane.kind = lane_transit.kind
            and lane.month = lane_transit.month
            and transit.country = lane_transit.country
            and lane.as_of > lane_transit.known_from
    group by lane.subject, transit.country
),

rarest as (
    select
        usual.subject,
        min(cast(usual.routes as double) / cast(usual.n as double)) as share
    from usual
    group by usual.subject
),

carrier as (
    select
        route_leg.subject,
        route_leg.application_id,
        route_leg.as_of,
        route_leg.as_of_us,
        route_leg.carrier_key
    from route_leg
    where route_leg.carrier_key is not null
    group by route_leg.subject, route_leg.application_id, route_leg.as_of, route_leg.as_of_us, route_leg.carrier_key
),

carrier_stream as (
    select
        carrier_named.carrier_key,
        carrier_named.known_us,
        carrier_named.application_id,
        1 as filed,
        cast(null as bigint) as subject
    from carrier_named
    union all
    select
        carrier.carrier_key,
        carrier.as_of_us as known_us,
        carrier.application_id,
        0 as filed,
        carrier.subject
    from carrier
),

carried as (
    select
        carrier_stream.subject,
        carrier_stream.carrier_key,
        sum(carrier_stream.filed) over (
            partition by carrier_stream.carrier_key order by carrier_stream.known_us
            range between unbounded preceding and 1 preceding
        ) as all_filed,
        sum(carrier_stream.filed) over (
            partition by carrier_stream.carrier_key, carrier_stream.application_id order by carrier_stream.known_us
            range between unbounded preceding and 1 preceding
        ) as own_filed
    from carrier_stream
),

carrier_diversions as (
    select
        carrier.subject,
        carrier.carrier_key,
        count(distinct carrier_event.event_id) as diversions
    from carrier
    inner join carrier_event
        on
            carrier.carrier_key = carrier_event.carrier_key
            and carrier.as_of > carrier_event.known_from
            and (carrier_event.known_to is null or carrier.as_of <= carrier_event.known_to)
            and carrier.application_id <> carrier_event.application_id
    group by carrier.subject, carrier.carrier_key
),

carriers as (
    select
        carried.subject,
        count(*) filter (where coalesce(carried.all_filed, 0) - coalesce(carried.own_filed, 0) = 0) as new_ones,
        max(
            (coalesce(carrier_diversions.diversions, 0) + 1)
            / (base_rate.rate * (coalesce(carried.all_filed, 0) - coalesce(carried.own_filed, 0)) + 1)
        ) as against_expected
    from carried
    inner join base_rate on base_rate.kind = 'diversion_per_application'
    left join carrier_diversions
        on carried.subject = carrier_diversions.subject and carried.carrier_key = carrier_diversions.carrier_key
    where carried.subject is not null
    group by carried.subject
),

vessel as (
    select
        route_leg.subject,
        route_leg.application_id,
        route_leg.as_of,
        route_leg.imo,
        route_leg.conveyance_key
    from route_leg
    where route_leg.imo is not null and route_leg.conveyance_key is not null
),

renamed as (
    select
        vessel.subject,
        count(distinct vessel.imo) filter (where vessel_named.conveyance_key <> vessel.conveyance_key) as vessels
    from vessel
    left join vessel_named
        on
            vessel.imo = vessel_named.imo
            and vessel.as_of > vessel_named.known_from
            and vessel.application_id <> vessel_named.application_id
    group by vessel.subject
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
    case when span.subject is not null then coalesce(beside_embargo.countries, 0) end as route_embargo_neighbours_count,
    rarest.share as route_rarest_transit_share,
    case
        when lane.subject is not null
            then (cast(coalesce(transit_signs.hubs, 0) as double) + 0.5) / (cast(lane.hubs as double) / cast(lane.n as double) + 0.5)
    end as route_hubs_to_usual_ratio,
    case
        when lane.subject is not null then cast(span.legs as double) / (cast(lane.legs as double) / cast(lane.n as double))
    end as route_legs_to_usual_ratio,
    case when away.unmeasured = 0 and straight.km >= 50 then cast(away.km as double) / cast(straight.km as double) end as route_backtracking_ratio,
    case when span.subject is not null then coalesce(at_war.countries, 0) end as route_conflict_transits_count,
    controlled.score as route_weakest_transit_score,
    cast(span.undated as double) / cast(span.legs as double) as route_undated_legs_share,
    cast(span.unnamed_carriers as double) / cast(span.legs as double) as route_unnamed_carriers_share,
    carriers.new_ones as route_new_carriers_count,
    carriers.against_expected as route_carrier_diversions_to_expected_ratio,
    renamed.vessels as route_renamed_vessels_count
from spine
left join span on spine.subject = span.subject
left join ends on spine.subject = ends.subject
left join straight on spine.subject = straight.subject
left join transit_signs on spine.subject = transit_signs.subject
left join beside_war on spine.subject = beside_war.subject
left join beside_embargo on spine.subject = beside_embargo.subject
left join broken on spine.subject = broken.subject
left join away on spine.subject = away.subject
left join at_war on spine.subject = at_war.subject
left join controlled on spine.subject = controlled.subject
left join lane on spine.subject = lane.subject
left join rarest on spine.subject = rarest.subject
left join carriers on spine.subject = carriers.subject
left join renamed on spine.subject = renamed.subject
