-- How far each shipment got and what proves it, as known by `licence_moment.as_of`. A report of the exporter's own proves nothing.
with reached as (
    select
        delivery.shipment_id,
        delivery.milestone,
        delivery.proof,
        coalesce(delivery."on", cast(delivery.at as date)) as reached_on
    from known_delivery as delivery
),

reported as (
    select
        shipment.shipment_id,
        max_by(shipment.arrived_on, shipment.at) as arrived_on
    from known_shipment as shipment
    where shipment.arrived_on is not null
    group by shipment.shipment_id
),

milestones as (
    select
        shipment_id,
        min(reached_on) filter (where milestone in ('arrived', 'released_by_customs', 'received_by_end_user')) as arrived_on,
        min(reached_on) filter (
            where milestone = 'received_by_end_user' and proof in ('delivery_verification', 'customs_record', 'end_user_receipt', 'carrier_record')
        ) as received_on,
        min(reached_on) filter (where proof = 'delivery_verification') as verified_on,
        max(reached_on) filter (where milestone = 'returned') as returned_on
    from reached
    group by shipment_id
),

moved as (
    select
        listed.shipment_id,
        sum(coalesce(listed.item.quantity, array_length(listed.item.serials))) as shipped
    from (select
        shipment_id,
        unnest(items) as item
    from licence_shipment) as listed
    group by listed.shipment_id
),

back as (
    select
        listed.shipment_id,
        sum(coalesce(listed.item.quantity, array_length(listed.item.serials))) as returned
    from (select
        shipment_id,
        unnest(items) as item
    from goods_returned) as listed
    group by listed.shipment_id
),

-- Of a line's worth, the share that this shipment carried; all of it where quantities are not said.
carried as (
    select
        listed.shipment_id,
        sum(cast(listed.worth.value_eur * least(1.0, coalesce(listed.item.quantity / nullif(listed.worth.quantity, 0), 1.0)) as decimal(18, 2)))
            as value_eur
    from (select
        shipped.shipment_id,
        shipped.item,
        unnest(filing_standing.worth) as worth
    from (select
        shipment_id,
        application_id,
        unnest(items) as item
    from licence_shipment) as shipped
    inner join filing_standing on shipped.application_id = filing_standing.application_id) as listed
    where listed.worth.line is not distinct from listed.item.line
    group by listed.shipment_id
)

select
    licence_shipment.shipment_id,
    licence_shipment.application_id,
    licence_shipment.licence,
    licence_shipment.shipped_on,
    least(coalesce(milestones.arrived_on, reported.arrived_on), coalesce(reported.arrived_on, milestones.arrived_on)) as arrived_on,
    milestones.received_on,
    milestones.verified_on,
    case when coalesce(back.returned >= moved.shipped, false) then milestones.returned_on end as returned_on,
    carried.value_eur
from licence_shipment
left join milestones on licence_shipment.shipment_id = milestones.shipment_id
left join reported on licence_shipment.shipment_id = reported.shipment_id
left join moved on licence_shipment.shipment_id = moved.shipment_id
left join back on licence_shipment.shipment_id = back.shipment_id
left join carried on licence_shipment.shipment_id = carried.shipment_id
