-- Which application a shipment belongs to, whether it names the application or only the licence, and since when that is known.
-- A number belongs to the application that it was first told of: what is told later under the same number moves nothing earlier.
with licensed as (
    select
        licence.licence_number,
        licence.application_id,
        licence.at as known_from,
        row_number() over (partition by licence.licence_number order by licence.at, licence.event_id) as place
    from history_licence as licence
    where licence.licence_number is not null and licence.application_id is not null and not coalesce(licence.withdrawn, false)
),

told as (
    select
        shipment.shipment_id,
        coalesce(shipment.application_id, licensed.application_id) as application_id,
        case when shipment.application_id is not null then shipment.at else greatest(shipment.at, licensed.known_from) end as known_from,
        shipment.event_id
    from history_shipment as shipment
    left join licensed on shipment.licence_number = licensed.licence_number and licensed.place = 1
    where shipment.shipment_id is not null and not coalesce(shipment.withdrawn, false)
),

ranked as (
    select
        told.shipment_id,
        told.application_id,
        told.known_from,
        row_number() over (partition by told.shipment_id order by told.known_from, told.event_id) as place
    from told
    where told.application_id is not null
)

select shipment_id, application_id, known_from
from ranked
where place = 1
