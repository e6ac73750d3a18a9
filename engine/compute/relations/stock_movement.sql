-- The running ledger of what end users hold under earlier applications, by category and unit: received with shipments; destroyed by
-- witnessed evidence; seen, consumed, transferred, lost or not presented on visits that hold.
with line_of as (
    select
        filing_item.record_no,
        filing_item.line,
        min(split_part(filing_item.control_code, '.', 1)) as category,
        min(coalesce(filing_item.unit, '')) as unit
    from filing_item
    where
        filing_item.control_code is not null and filing_item.line is not null
        and filing_item.record_no in (select history_filing.record_no from history_filing)
    group by filing_item.record_no, filing_item.line
),

shipped as (
    select
        shipment_of_application.application_id,
        shipment.event_id,
        unnest(shipment.items) as item,
        greatest(shipment.at, shipment_of_application.known_from) as known_from,
        correction.known_at as known_to
    from history_shipment as shipment
    inner join shipment_of_application on shipment.shipment_id = shipment_of_application.shipment_id
    left join correction on shipment.event_id = correction.event_id
    where not coalesce(shipment.withdrawn, false)
    -- A number told twice is one shipment; a correction stands beside what it corrects, which ends when it begins.
    qualify row_number() over (partition by shipment.shipment_id, shipment.corrects order by shipment.at, shipment.event_id) = 1
),

inspected as (
    select
        visit_in_force.application_id,
        visit_in_force.event_id,
        unnest(visit_in_force.items) as item,
        visit_in_force.known_from,
        visit_in_force.known_to
    from visit_in_force
    where visit_in_force.stage = 'post_shipment'
),

moved as (
    select
        shipped.application_id,
        shipped.event_id,
        'received' as what,
        shipped.item.line as line,
        shipped.item.quantity as quantity,
        shipped.known_from,
        shipped.known_to
    from shipped
    union all
    select
        inspected.application_id,
        inspected.event_id,
        case
            when inspected.item.state in ('lost', 'stolen', 'not_presented') then 'lost'
            when inspected.item.state = 'transferred' then 'transferred'
            when inspected.item.state in ('seen', 'destroyed', 'consumed', 'in_repair', 'incorporated') then 'accounted'
        end as what,
        inspected.item.line,
        coalesce(inspected.item.quantity, case when inspected.item.serial is not null then 1 end) as quantity,
        inspected.known_from,
        inspected.known_to
    from inspected
)

select
    end_user.entity_id as end_user_id,
    moved.application_id,
    moved.event_id,
    moved.what,
    line_of.category,
    line_of.unit,
    sum(cast(moved.quantity as decimal(22, 6))) as quantity,
    moved.known_from,
    moved.known_to
from moved
inner join filing_in_force
    on
        moved.application_id = filing_in_force.application_id
        and moved.known_from > filing_in_force.known_from
        and (filing_in_force.known_to is null or moved.known_from <= filing_in_force.known_to)
-- What a line is was said by the revision in force then: a later one may give its number to other goods.
inner join line_of on filing_in_force.record_no = line_of.record_no and moved.line = line_of.line
inner join history_party as end_user on filing_in_force.record_no = end_user.record_no and end_user.role_group = 'end_user'
where moved.what is not null and moved.quantity is not null
group by
    end_user.entity_id, moved.application_id, moved.event_id, moved.what, line_of.category, line_of.unit, moved.known_from, moved.known_to
