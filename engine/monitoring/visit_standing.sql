-- Each visit known by `licence_moment.as_of` that no other record had replaced or taken back by then, whether reviewed or not.
select
    visit.event_id,
    visit.visit_id,
    coalesce(visit.application_id, licence_shipment.application_id) as application_id,
    visit.shipment_id,
    coalesce(visit.stage, 'post_shipment') as stage,
    coalesce(visit.visited_on, cast(visit.at as date)) as visited_on,
    visit.mode,
    visit.access,
    visit.limited_by,
    visit.outcome,
    visit.findings,
    visit.items,
    visit."sample",
    visit.conditions,
    visit.evidence,
    visit.recorded_by,
    visit.signed_by,
    visit.corrects,
    visit.at,
    visit.record_no,
    -- What closes the need of a physical visit: someone was there, was let in, and came to a rating.
    coalesce(visit.mode in ('on_site', 'delegated'), false) and coalesce(visit.access, 'full') <> 'none'
    and coalesce(visit.outcome in ('favourable', 'unfavourable'), false) as completes
from known_visit as visit
left join licence_shipment on visit.shipment_id = licence_shipment.shipment_id
where visit.visit_id is not null
