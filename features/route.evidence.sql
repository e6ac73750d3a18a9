-- Family:   route
-- Question: which records was each value computed from?
-- Grain:    one row per spine row, feature and record
-- Reads:    armed_conflict, arms_embargo, border, free_zone, spine_transit, transshipment_hub
-- As of:    reference rows count only if known_from < spine.as_of and they held on that day; of armed conflicts the newest edition
-- Absent:   a value that rests on the filing alone, or on finding nothing, has no row: its evidence is the filing's own fields
-- Columns:  subject, feature, record

with at_war as (
    select
        spine_transit.subject,
        'route_conflict_transits_count' as feature,
        'reference:armed_conflict:' || spine_transit.country as record
    from spine_transit
    inner join armed_conflict
        on
            spine_transit.country = armed_conflict.country
            and spine_transit.as_of > armed_conflict.known_from
            and date_diff('day', armed_conflict.known_from, spine_transit.as_of_day) <= 366
),

hubs as (
    select
        spine_transit.subject,
        'route_transit_hubs_count' as feature,
        'reference:transshipment_hub:' || transshipment_hub.country as record
    from spine_transit
    inner join transshipment_hub
        on
            spine_transit.country = transshipment_hub.country
            and (transshipment_hub.known_from is null or spine_transit.as_of > transshipment_hub.known_from)
),

zones as (
    select
        spine_transit.subject,
        'route_free_zones_count' as feature,
        'reference:free_zone:' || free_zone.place as record
    from spine_transit
    inner join free_zone
        on
            spine_transit.place = free_zone.place
            and (free_zone.known_from is null or spine_transit.as_of > free_zone.known_from)
            and (free_zone.valid_to is null or spine_transit.as_of_day < free_zone.valid_to)
),

beside_war as (
    select
        spine_transit.subject,
        'route_conflict_neighbours_count' as feature,
        'reference:armed_conflict:' || armed_conflict.country as record
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
),

beside_embargo as (
    select
        spine_transit.subject,
        'route_embargo_neighbours_count' as feature,
        'reference:arms_embargo:' || arms_embargo.embargo_id as record
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
    at_war.subject,
    at_war.feature,
    at_war.record
from at_war
