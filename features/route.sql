-- Family:   route
-- Question: do the goods travel as goods of this kind would, or by places where they can change hands?
-- Grain:    one row per spine row
-- Reads:    armed_conflict, arms_embargo, base_rate, border, carrier_event, carrier_named, code_tier, conflicts_known, country_control,
--           destination_end, free_zone, lane_mode, lane_peer, lane_transit, place_distance, spine, spine_application, spine_item, spine_leg,
--           transshipment_hub, vessel_named
-- As of:    a record counts only if known_from < spine.as_of; reference rows if they held on that day; what is usual, from closed months
-- Absent:   no route on the form -> null; places without coordinates, or inland on a leg by sea -> no distance
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
        spine_leg.aircraft_registration,
        spine_leg.planned_on,
        spine_leg.inland,
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
        count(*) filter (where route_leg.mode = 'sea') as sea_legs,
        count(*) filter (where route_leg.mode = 'sea' and route_leg.inland) as inland_sea_legs,
        count(*) filter (where route_leg.mode = 'air') as flights,
        count(*) filter (
            where route_leg.mode = 'air' and route_leg.conveyance_key is null and route_leg.aircraft_registration is null
        ) as unidentified_flights,
        min(case when route_leg.mode = 'sea' then route_leg.leg_no end) as first_sea_leg,
        max(case when route_leg.mode = 'sea' then route_leg.leg_no end) as last_sea_leg,
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

-- Where the first leg by sea begins and the last one ends.
harbours as (
    select
        span.subject,
        departure.from_place as dock,
        arrival.to_place as gate
    from span
    inner join route_leg as departure on span.subject = departure.subject and span.first_sea_leg = departure.leg_no
    inner join route_leg as arrival on span.subject = arrival.subject and span.last_sea_leg = arrival.leg_no
),

-- What the route need be long: as the great circle; where a leg goes by sea, as the way by sea between its ends, or, where one of them
-- is inland, as the way to, between and from its own harbours. And where its legs by sea should lead: to its end, else to the last harbour.
way as (
    select
        ends.subject,
        ends.to_place as goal,
        case when from_gate.sea_km is not null then ends.to_place else harbours.gate end as sea_goal,
        case
            when harbours.subject is null then straight.km
            else coalesce(straight.sea_km, to_dock.km + between_harbours.sea_km + from_gate.km)
        end as km
    from ends
    left join harbours on ends.subject = harbours.subject
    left join place_distance as straight on ends.from_place = straight.from_place and ends.to_place = straight.to_place
    left join place_distance as to_dock on ends.from_place = to_dock.from_place and harbours.dock = to_dock.to_place
    left join place_distance as between_harbours
        on harbours.dock = between_harbours.from_place and harbours.gate = between_harbours.to_place
    left join place_distance as from_gate on harbours.gate = from_gate.from_place and ends.to_place = from_gate.to_place
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

-- How much farther from where it should lead each leg ends than it began.
aimed as (
    select
        route_leg.subject,
        route_leg.mode,
        route_leg.from_place,
        route_leg.to_place,
        case when route_leg.mode = 'sea' then way.sea_goal else way.goal end as goal
    from route_leg
    inner join way on route_leg.subject = way.subject
),

led as (
    select
        aimed.subject,
        case when aimed.mode = 'sea' then after.sea_km - before.sea_km else after.km - before.km end as km
    from aimed
    left join place_distance as before on aimed.from_place = before.from_place and aimed.goal = before.to_place
    left join place_distance as after on aimed.to_place = after.from_place and aimed.goal = after.to_place
),

away as (
    select
        led.subject,
        sum(greatest(0, led.km)) as km,
        count(*) filter (where led.km is null) as unmeasured
    from led
    group by led.subject
),

-- Countries that a leg enters again after an earlier one had left them.
returned as (
    select
        later.subject,
        count(distinct later.to_country) as countries
    from route_leg as later
    inner join route_leg as earlier
        on later.subject = earlier.subject and later.leg_no > earlier.leg_no and later.to_country = earlier.from_country
    where later.to_country <> later.from_country
    group by later.subject
),

-- Kilometres a day that nothing of the mode exceeds: 27 knots, 830 km/h without a stop, lorries and trains without a rest.
paced as (
    select
        earlier.subject,
        earlier.km,
        case
            when earlier.mode = 'sea' then 1200
            when earlier.mode in ('road', 'rail') then 1500
            when earlier.mode = 'inland_water' then 500
            else 20000
        end as fastest,
        date_diff('day', earlier.planned_on, later.planned_on) - coalesce(earlier.storage_days, 0) + 1 as days
    from route_leg as earlier
    inner join route_leg as later on earlier.subject = later.subject and earlier.leg_no + 1 = later.leg_no
    where earlier.planned_on is not null and later.planned_on is not null
),

hurried as (
    select
        paced.subject,
        count(*) filter (where paced.days < 0 or paced.km > paced.fastest * paced.days) as legs
    from paced
    group by paced.subject
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
        lane_peer.hubs,
        lane_peer.km,
        lane_peer.measured
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

by_mode as (
    select
        lane.subject,
        min(cast(coalesce(lane_mode.routes, 0) as double) / cast(lane.n as double)) as rarest_share
    from lane
    inner join route_leg on lane.subject = route_leg.subject
    left join lane_mode
        on
            lane.authority = lane_mode.authority
            and lane.destination = lane_mode.destination
            and lane.kind = lane_mode.kind
            and lane.month = lane_mode.month
            and route_leg.mode = lane_mode.mode
            and lane.as_of > lane_mode.known_from
    where route_leg.mode is not null
    group by lane.subject
),

arrivals as (
    select
        destination_end.destination,
        destination_end.month,
        destination_end.known_from,
        max(destination_end.n) as n
    from destination_end
    group by destination_end.destination, destination_end.month, destination_end.known_from
),

ended as (
    select
        route_leg.subject,
        cast(coalesce(destination_end.routes, 0) as double) / cast(arrivals.n as double) as share
    from route_leg
    inner join span on route_leg.subject = span.subject and route_leg.leg_no = span.last_leg
    inner join arrivals
        on route_leg.destination = arrivals.destination and route_leg.as_of_month = arrivals.month and route_leg.as_of > arrivals.known_from
    left join destination_end
        on
            route_leg.destination = destination_end.destination
            and route_leg.as_of_month = destination_end.month
            and route_leg.to_place = destination_end.place
            and route_leg.as_of > destination_end.known_from
    where route_leg.to_place is not null
),

small_arms as (
    select spine_item.subject
    from spine_item
    inner join code_tier on spine_item.control_code = code_tier.control_code
    where code_tier.small_arms
    group by spine_item.subject
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
        when span.unmeasured = 0 and way.km >= 50
            then greatest(1.0, cast(span.km as double) / cast(way.km as double))
    end as route_detour_ratio,
    span.storage_days as route_storage_days,
    case when span.subject is not null then coalesce(broken.breaks, 0) end as route_disconnected_legs_count,
    case
        when ends.to_country is not null and ends.destination is not null
            then case when ends.to_country <> ends.destination then 1 else 0 end
    end as route_other_end_flag,
    case when span.subject is not null and conflicts_known.subject is not null then coalesce(beside_war.countries, 0) end
        as route_conflict_neighbours_count,
    case when span.subject is not null then coalesce(beside_embargo.countries, 0) end as route_embargo_neighbours_count,
    rarest.share as route_rarest_transit_share,
    case
        when lane.subject is not null
            then (cast(coalesce(transit_signs.hubs, 0) as double) + 0.5) / (cast(lane.hubs as double) / cast(lane.n as double) + 0.5)
    end as route_hubs_to_usual_ratio,
    case
        when lane.subject is not null then cast(span.legs as double) / (cast(lane.legs as double) / cast(lane.n as double))
    end as route_legs_to_usual_ratio,
    case when away.unmeasured = 0 and way.km >= 50 then cast(away.km as double) / cast(way.km as double) end as route_backtracking_ratio,
    case when span.subject is not null and conflicts_known.subject is not null then coalesce(at_war.countries, 0) end
        as route_conflict_transits_count,
    controlled.score as route_weakest_transit_score,
    cast(span.undated as double) / cast(span.legs as double) as route_undated_legs_share,
    cast(span.unnamed_carriers as double) / cast(span.legs as double) as route_unnamed_carriers_share,
    carriers.new_ones as route_new_carriers_count,
    carriers.against_expected as route_carrier_diversions_to_expected_ratio,
    renamed.vessels as route_renamed_vessels_count,
    case
        when span.unmeasured = 0 and lane.measured >= 20 and lane.km > 0
            then cast(span.km as double) / (cast(lane.km as double) / cast(lane.measured as double))
    end as route_length_to_usual_ratio,
    case when span.sea_legs > 0 then span.inland_sea_legs end as route_inland_sea_legs_count,
    case when span.subject is not null then coalesce(returned.countries, 0) end as route_returns_count,
    hurried.legs as route_hurried_legs_count,
    by_mode.rarest_share as route_rarest_mode_share,
    ended.share as route_usual_end_share,
    case
        when small_arms.subject is not null and span.flights > 0
            then cast(span.unidentified_flights as double) / cast(span.flights as double)
    end as route_unidentified_flights_share
from spine
left join span on spine.subject = span.subject
left join ends on spine.subject = ends.subject
left join way on spine.subject = way.subject
left join transit_signs on spine.subject = transit_signs.subject
left join conflicts_known on spine.subject = conflicts_known.subject
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
left join returned on spine.subject = returned.subject
left join hurried on spine.subject = hurried.subject
left join by_mode on spine.subject = by_mode.subject
left join ended on spine.subject = ended.subject
left join small_arms on spine.subject = small_arms.subject
