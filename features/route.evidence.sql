-- Family:   route
-- Question: which records was each value computed from?
-- Grain:    one row per spine row, feature and record
-- Reads:    armed_conflict, arms_embargo, border, carrier_event, free_zone, spine, spine_application, spine_leg, transshipment_hub,
--           vessel_named
-- As of:    reference rows count only if known_from < spine.as_of and they held on that day; of armed conflicts the newest edition
-- Absent:   a value that rests on the filing alone, or on finding nothing, has no row: its evidence is the filing's own fields
-- Columns:  subject, feature, record

with route_leg as (
    select
        spine.subject,
        spine.application_id,
        spine.as_of,
        spine.as_of_day,
        spine_application.authority,
        spine_application.destination,
        spine_leg.leg_no,
        spine_leg.carrier_key,
        spine_leg.conveyance_key,
        spine_leg.imo,
        spine_leg.to_place,
        spine_leg.to_country
    from spine
    inner join spine_application on spine.subject = spine_application.subject
    inner join spine_leg on spine.subject = spine_leg.subject
),

span as (
    select
        route_leg.subject,
        max(route_leg.leg_no) as last_leg
    from route_leg
    group by route_leg.subject
),

transit as (
    select
        route_leg.subject,
        route_leg.as_of,
        route_leg.as_of_day,
        route_leg.to_place as place,
        route_leg.to_country as country
    from route_leg
    inner join span on route_leg.subject = span.subject
    where
        route_leg.leg_no < span.last_leg
        and route_leg.to_country is not null
        and route_leg.to_country <> route_leg.authority
        and route_leg.to_country <> coalesce(route_leg.destination, '')
),

carrier_diversions as (
    select
        route_leg.subject,
        'route_carrier_diversions_to_expected_ratio' as feature,
        'event:' || carrier_event.event_id as record
    from route_leg
    inner join carrier_event
        on
            route_leg.carrier_key = carrier_event.carrier_key
            and route_leg.as_of > carrier_event.known_from
            and (carrier_event.known_to is null or route_leg.as_of <= carrier_event.known_to)
            and route_leg.application_id <> carrier_event.application_id
),

renamed as (
    select
        route_leg.subject,
        'route_renamed_vessels_count' as feature,
        'application:' || vessel_named.application_id as record
    from route_leg
    inner join vessel_named
        on
            route_leg.imo = vessel_named.imo
            and route_leg.conveyance_key <> vessel_named.conveyance_key
            and route_leg.as_of > vessel_named.known_from
            and route_leg.application_id <> vessel_named.application_id
),

at_war as (
    select
        transit.subject,
        'route_conflict_transits_count' as feature,
        'reference:armed_conflict:' || transit.country as record
    from transit
    inner join armed_conflict
        on
            transit.country = armed_conflict.country
            and transit.as_of > armed_conflict.known_from
            and date_diff('day', armed_conflict.known_from, transit.as_of_day) <= 366
),

hubs as (
    select
        transit.subject,
        'route_transit_hubs_count' as feature,
        'reference:transshipment_hub:' || transshipment_hub.country as record
    from transit
    inner join transshipment_hub
        on
            transit.country = transshipment_hub.country
            and (transshipment_hub.known_from is null or transit.as_of > transshipment_hub.known_from)
),

zones as (
    select
        transit.subject,
        'route_free_zones_count' as feature,
        'reference:free_zone:' || free_zone.place as record
    from transit
    inner join free_zone
        on
            transit.place = free_zone.place
            and (free_zone.known_from is null or transit.as_of > free_zone.known_from)
            and (free_zone.valid_to is null or transit.as_of_day < free_zone.valid_to)
),

beside_war as (
    select
        transit.subject,
        'route_conflict_neighbours_count' as feature,
        'reference:armed_conflict:' || armed_conflict.country as record
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
),

beside_embargo as (
    select
        transit.subject,
        'route_embargo_neighbours_count' as feature,
        'reference:arms_embargo:' || arms_embargo.embargo_id as record
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
)

select
    hubs.subject,
    hubs.feature,
    hubs.record
from hubs
union distinct
select
    zones.subject,
    zones.feature,
    zones.record
from zones
union distinct
select
    beside_war.subject,
    beside_war.feature,
    beside_war.record
from beside_war
union distinct
select
    beside_embargo.subject,
    beside_embargo.feature,
    beside_embargo.record
from beside_embargo
union distinct
select
    carrier_diversions.subject,
    carrier_diversions.feature,
    carrier_diversions.record
from carrier_diversions
union distinct
select
    renamed.subject,
    renamed.feature,
    renamed.record
from renamed
union distinct
select
    at_war.subject,
    at_war.feature,
    at_war.record
from at_war
