-- Goods that came back, as known by `licence_moment.as_of`; a return without a list of items is the whole shipment's.
select
    delivery.event_id,
    delivery.shipment_id,
    licence_shipment.application_id,
    licence_shipment.licence,
    coalesce(delivery."on", cast(delivery.at as date)) as returned_on,
    case when array_length(delivery.items) > 0 then delivery.items else licence_shipment.items end as items,
    delivery.at
from known_delivery as delivery
inner join licence_shipment on delivery.shipment_id = licence_shipment.shipment_id
where delivery.milestone = 'returned'
