-- Shipments of an exporter that have been due for half a year to be proven arrived, and from when they are proven (by the
-- importing state or the end user) or taken back by a correction. Half a year: the 90 days of 15 CFR 748.13 and as long again.
with due as (
    select
        shipment_of_application.application_id,
        shipment.shipment_id,
        min(greatest(shipment.at, shipment_of_application.known_from)) + interval 180 day as due_from,
        min(correction.known_at) as ended_from
    from history_shipment as shipment
    inner join shipment_of_application on shipment.shipment_id = shipment_of_application.shipment_id
    left join correction on shipment.event_id = correction.event_id
    where not coalesce(shipment.withdrawn, false) and shipment.corrects is null
    group by shipment_of_application.application_id, shipment.shipment_id
),

proof as (
    select
        delivery.shipment_id,
        min(delivery.at) as proven_from
    from delivery
    where
        delivery.milestone in ('arrived', 'released_by_customs', 'received_by_end_user', 'transferred_with_consent', 'returned')
        and delivery.proof in ('delivery_verification', 'end_user_receipt')
        and not coalesce(delivery.withdrawn, false)
    group by delivery.shipment_id
),

told as (
    select
        due.application_id,
        due.shipment_id,
        due.due_from,
        case when due.ended_from > due.due_from then due.ended_from when due.ended_from is not null then due.due_from end as ended_from,
        case when proof.proven_from is not null then greatest(due.due_from, proof.proven_from) end as proven_from -- greatest passes over nulls
    from due
    left join proof on due.shipment_id = proof.shipment_id
)

select
    history_party.entity_id as exporter_id,
    told.application_id,
    told.shipment_id,
    told.due_from as known_from,
    epoch_us(told.due_from) as known_us,
    case when told.ended_from is null or told.proven_from <= told.ended_from then epoch_us(told.proven_from) end as proven_us, -- what is taken back is not proven after
    epoch_us(told.ended_from) as ended_us
from told
inner join history_filing on told.application_id = history_filing.application_id and history_filing.revision = 1
inner join history_party on history_filing.record_no = history_party.record_no and history_party.role_group = 'exporter'
