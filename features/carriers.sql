-- Family:   carriers
-- Question: who carries the goods, and what is on record of the carriers and their vessels?
-- Grain:    one row per spine row
-- Reads:    base_rate, carrier_event, carrier_named, code_tier, spine, spine_item, spine_leg, vessel_named
-- As of:    a record counts only if known_from < spine.as_of
-- Absent:   no route on the form, or none of what is counted on it -> null
-- Columns:  see carriers.toml

with carried_leg as (
    select
        spine.subject,
        spine.application_id,
        spine.as_of,
        spine.as_of_us,
        spine_leg.mode,
        spine_leg.carrier_key,
        spine_leg.conveyance_key,
        spine_leg.imo,
        spine_leg.aircraft_registration
    from spine
    inner join spine_leg on spine.subject = spine_leg.subject
),

span as (
    select
        carried_leg.subject,
        count(*) as legs,
        count(*) filter (where carried_leg.carrier_key is null) as unnamed_carriers,
        count(*) filter (where carried_leg.mode = 'air') as flights,
        count(*) filter (
            where carried_leg.mode = 'air' and carried_leg.conveyance_key is null and carried_leg.aircraft_registration is null
        ) as unidentified_flights
    from carried_leg
    group by carried_leg.subject
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
        carried_leg.subject,
        carried_leg.application_id,
        carried_leg.as_of,
        carried_leg.as_of_us,
        carried_leg.carrier_key
    from carried_leg
    where carried_leg.carrier_key is not null
    group by carried_leg.subject, carried_leg.application_id, carried_leg.as_of, carried_leg.as_of_us, carried_leg.carrier_key
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
        carried_leg.subject,
        carried_leg.application_id,
        carried_leg.as_of,
        carried_leg.imo,
        carried_leg.conveyance_key
    from carried_leg
    where carried_leg.imo is not null and carried_leg.conveyance_key is not null
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
    cast(span.unnamed_carriers as double) / cast(span.legs as double) as route_unnamed_carriers_share,
    carriers.new_ones as route_new_carriers_count,
    carriers.against_expected as route_carrier_diversions_to_expected_ratio,
    renamed.vessels as route_renamed_vessels_count,
    case
        when small_arms.subject is not null and span.flights > 0
            then cast(span.unidentified_flights as double) / cast(span.flights as double)
    end as route_unidentified_flights_share
from spine
left join span on spine.subject = span.subject
left join carriers on spine.subject = carriers.subject
left join renamed on spine.subject = renamed.subject
left join small_arms on spine.subject = small_arms.subject
