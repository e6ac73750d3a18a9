-- Family:   carriers
-- Question: which records was each value computed from?
-- Grain:    one row per spine row, feature and record
-- Reads:    carrier_event, spine, spine_leg, vessel_named
-- As of:    a record counts only if known_from < spine.as_of
-- Absent:   a value that rests on the filing alone, or on finding nothing, has no row: its evidence is the filing's own fields
-- Columns:  subject, feature, record

with carried_leg as (
    select
        spine.subject,
        spine.application_id,
        spine.as_of,
        spine_leg.carrier_key,
        spine_leg.conveyance_key,
        spine_leg.imo
    from spine
    inner join spine_leg on spine.subject = spine_leg.subject
),

carrier_diversions as (
    select
        carried_leg.subject,
        'route_carrier_diversions_to_expected_ratio' as feature,
        'event:' || carrier_event.event_id as record
    from carried_leg
    inner join carrier_event
        on
            carried_leg.carrier_key = carrier_event.carrier_key
            and carried_leg.as_of > carrier_event.known_from
            and (carrier_event.known_to is null or carried_leg.as_of <= carrier_event.known_to)
            and carried_leg.application_id <> carrier_event.application_id
),

renamed as (
    select
        carried_leg.subject,
        'route_renamed_vessels_count' as feature,
        'application:' || vessel_named.application_id as record
    from carried_leg
    inner join vessel_named
        on
            carried_leg.imo = vessel_named.imo
            and carried_leg.conveyance_key <> vessel_named.conveyance_key
            and carried_leg.as_of > vessel_named.known_from
            and carried_leg.application_id <> vessel_named.application_id
)

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
