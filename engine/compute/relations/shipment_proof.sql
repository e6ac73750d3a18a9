-- Shipments of an exporter that have been due for half a year to be proven arrived (by the importing state or the end user): one
-- row a spell in which the shipment was due and proven, or due and not. What is corrected ends where its correction begins, so a
-- shipment told anew stays due, one taken back is due no longer, and a proof taken back proves no longer.
-- Half a year: the 90 days of 15 CFR 748.13 and as long again.
with told as (
    select
        shipment_of_application.application_id,
        shipment.shipment_id,
        greatest(shipment.at, shipment_of_application.known_from) as known_from,
        correction.known_at as known_to
    from history_shipment as shipment
    inner join shipment_of_application on shipment.shipment_id = shipment_of_application.shipment_id
    left join correction on shipment.event_id = correction.event_id
    where not coalesce(shipment.withdrawn, false)
),

due as (
    select
        application_id,
        shipment_id,
        min(known_from) + interval 180 day as due_from
    from told
    group by application_id, shipment_id
),

proof as (
    select
        delivery.shipment_id,
        delivery.at as known_from,
        correction.known_at as known_to
    from delivery
    left join correction on delivery.event_id = correction.event_id
    where
        delivery.milestone in ('arrived', 'released_by_customs', 'received_by_end_user', 'transferred_with_consent', 'returned')
        and delivery.proof in ('delivery_verification', 'end_user_receipt')
        and not coalesce(delivery.withdrawn, false)
),

step as (
    select shipment_id, known_from as at, 1 as held, 0 as proofs from told
    union all
    select shipment_id, greatest(known_from, known_to) as at, -1 as held, 0 as proofs from told where known_to is not null
    union all
    select shipment_id, known_from as at, 0 as held, 1 as proofs from proof
    union all
    select shipment_id, known_to as at, 0 as held, -1 as proofs from proof where known_to is not null
),

turn as (
    select
        due.application_id,
        due.shipment_id,
        greatest(due.due_from, step.at) as at,
        sum(step.held) as held,
        sum(step.proofs) as proofs
    from due
    inner join step on due.shipment_id = step.shipment_id
    group by due.application_id, due.shipment_id, greatest(due.due_from, step.at)
),

spell as (
    select
        turn.application_id,
        turn.shipment_id,
        turn.at as known_from,
        lead(turn.at) over in_turn as known_to,
        sum(turn.held) over in_turn as held,
        sum(turn.proofs) over in_turn as proofs
    from turn
    window in_turn as (partition by turn.application_id, turn.shipment_id order by turn.at)
)

select
    history_party.entity_id as exporter_id,
    spell.application_id,
    spell.shipment_id,
    case when spell.proofs > 0 then 1 else 0 end as proven,
    spell.known_from,
    epoch_us(spell.known_from) as known_us,
    epoch_us(spell.known_to) as ended_us
from spell
inner join history_filing on spell.application_id = history_filing.application_id and history_filing.revision = 1
inner join history_party on history_filing.record_no = history_party.record_no and history_party.role_group = 'exporter'
where spell.held > 0
