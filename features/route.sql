-- Family:   route
-- Question: do the goods travel straight to where they are said to go, or by places where they can change hands?
-- Grain:    one row per spine row
-- Reads:    armed_conflict, arms_embargo, border, conflicts_known, country_control, free_zone, place_distance, spine, spine_application,
--           spine_leg, spine_transit, transshipment_hub
-- As of:    reference rows count only if known_from < spine.as_of and they held on that day
-- Absent:   no route on the form -> null; places without coordinates, or inland on a leg by sea -> no distance
-- Columns:  see route.toml

with route_leg as (
    select
        spine.subject,
        spine_application.destination,
        spine_leg.leg_no,
        spine_leg.from_place,
        spine_leg.to_place,
        spine_leg.from_country,
        spine_leg.to_country,
        spine_leg.free_zone,
        spine_leg.storage_days,
        spine_leg.mode,
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
        min(case when route_leg.mode = 'sea' then route_leg.leg_no end) as first_sea_leg,
        max(case when route_leg.mode = 'sea' then route_leg.leg_no end) as last_sea_leg,
        count(*) filter (where route_leg.free_zone) as declared_free_zones,
        count(*) filter (where route_leg.planned_on is null) as undated
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

transit_signs as (
    select
        spine_transit.subject,
        count(distinct spine_transit.country) filter (where transshipment_hub.country is not null) as hubs,
        count(distinct spine_transit.place) filter (where free_zone.place is not null) as zones,
        count(distinct spine_transit.country) filter (where spine_transit.authorised = 0) as unauthorised
    from spine_transit
    left join transshipment_hub
        on
            spine_transit.country = transshipment_hub.country
            and (transshipment_hub.known_from is null or spine_transit.as_of > transshipment_hub.known_from)
    left join free_zone
        on
            spine_transit.place = free_zone.place
            and (free_zone.known_from is null or spine_transit.as_of > free_zone.known_from)
            and (free_zone.valid_to is null or spine_transit.as_of_day < free_zone.valid_to)
    group by spine_transit.subject
),

beside_war as (
    select
        spine_transit.subject,
        count(distinct spine_transit.country) as countries
    from spine_transit
    inner join border
        on
            spine_transit.country = border.country
            and (border.valid_from is null or spine_transit.as_of_day >= border.valid_from)
            and (border.valid_to is null or spine_transit.as_of_day < border.valid_to)
    inner join armed_conflict
        on
            border.neighbour = armed_conflict.country
            and spine_transit.as_of > armed_conflict.known_from
            and date_diff('day', armed_conflict.known_from, spine_transit.as_of_day) <= 366
    group by spine_transit.subject
),

beside_embargo as (
    select
        spine_transit.subject,
        count(distinct spine_transit.country) as countries
    from spine_transit
    inner join border
        on
            spine_transit.country = border.country
            and (border.valid_from is null or spine_transit.as_of_day >= border.valid_from)
            and (border.valid_to is null or spine_transit.as_of_day < border.valid_to)
    inner join arms_embargo
        on
            border.neighbour = arms_embargo.country
            and (arms_embargo.known_from is null or spine_transit.as_of > arms_embargo.known_from)
            and (arms_embargo.valid_from is null or spine_transit.as_of_day >= arms_embargo.valid_from)
            and (arms_embargo.valid_to is null or spine_transit.as_of_day < arms_embargo.valid_to)
    where arms_embargo.direction in ('export_to', 'both')
    group by spine_transit.subject
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
        spine_transit.subject,
        count(distinct spine_transit.country) as countries
    from spine_transit
    inner join armed_conflict
        on
            spine_transit.country = armed_conflict.country
            and spine_transit.as_of > armed_conflict.known_from
            and date_diff('day', armed_conflict.known_from, spine_transit.as_of_day) <= 366
    group by spine_transit.subject
),

controlled as (
    select
        spine_transit.subject,
        min(country_control.score) as score
    from spine_transit
    inner join country_control
        on
            spine_transit.country = country_control.country
            and (country_control.known_from is null or spine_transit.as_of > country_control.known_from)
            and (country_control.valid_from is null or spine_transit.as_of_day >= country_control.valid_from)
            and (country_control.valid_to is null or spine_transit.as_of_day < country_control.valid_to)
    group by spine_transit.subject
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
    case when away.unmeasured = 0 and way.km >= 50 then cast(away.km as double) / cast(way.km as double) end as route_backtracking_ratio,
    case when span.subject is not null and conflicts_known.subject is not null then coalesce(at_war.countries, 0) end
        as route_conflict_transits_count,
    controlled.score as route_weakest_transit_score,
    cast(span.undated as double) / cast(span.legs as double) as route_undated_legs_share,
    case when span.sea_legs > 0 then span.inland_sea_legs end as route_inland_sea_legs_count,
    case when span.subject is not null then coalesce(returned.countries, 0) end as route_returns_count,
    hurried.legs as route_hurried_legs_count
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
left join returned on spine.subject = returned.subject
left join hurried on spine.subject = hurried.subject
