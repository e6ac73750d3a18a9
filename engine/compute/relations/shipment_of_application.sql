-- Which application a shipment belongs to, whether it names the application or only the licence.
with licensed as (
    select
        licence_number,
        min(application_id) as application_id
    from licence
    where licence_number is not null
    group by licence_number
)

select
    shipment.shipment_id,
    min(coalesce(shipment.application_id, licensed.application_id)) as application_id
from shipment
left join licensed on shipment.licence_number = licensed.licence_number
where shipment.shipment_id is not null
group by shipment.shipment_id
