-- Each serial number that was shipped, found or destroyed, with what was last known of it: shipped against seen.
-- Numbers are compared without case, spaces and punctuation: plates are read off by hand.
with shipped as (
    select
        listed.application_id,
        listed.shipment_id,
        listed.shipped_on,
        listed.item.line as line,
        unnest(listed.item.serials) as serial
    from (select
        application_id,
        shipment_id,
        shipped_on,
        unnest(items) as item
    from licence_shipment where application_id is not null) as listed
),

shipped_once as (
    select
        shipped.*,
        upper(regexp_replace(shipped.serial, '[^\p{L}\p{N}]+', '', 'g')) as serial_key
    from shipped
    qualify row_number() over (partition by shipped.application_id, serial_key order by shipped.shipped_on, shipped.shipment_id) = 1
),

told as (
    select
        listed.application_id,
        listed.item.line as line,
        listed.item.serial as serial,
        listed.item.state as state,
        listed.visit_id as told_by,
        listed.visited_on as told_on,
        listed.at
    from (select
        application_id,
        visit_id,
        visited_on,
        visit_standing.at,
        unnest(items) as item
    from visit_standing where stage = 'post_shipment' and application_id is not null) as listed
    where listed.item.serial is not null and listed.item.state <> 'not_seen'
    union all
    select
        listed.application_id,
        null as line,
        listed.serial,
        'destroyed' as state,
        listed.event_id as told_by,
        listed.destroyed_on as told_on,
        listed.at
    from (
        select
            destruction.application_id,
            destruction.event_id,
            coalesce(destruction.destroyed_on, cast(destruction.at as date)) as destroyed_on,
            destruction.at,
            unnest(destruction.serials) as serial
        from known_destruction as destruction
    ) as listed
    union all
    select
        listed.application_id,
        listed.item.line as line,
        unnest(listed.item.serials) as serial,
        'returned' as state,
        listed.event_id as told_by,
        listed.returned_on as told_on,
        listed.at
    from (select
        goods_returned.application_id,
        goods_returned.event_id,
        goods_returned.returned_on,
        goods_returned.at,
        unnest(goods_returned.items) as item
    from goods_returned) as listed
),

newest as (
    select
        told.*,
        upper(regexp_replace(told.serial, '[^\p{L}\p{N}]+', '', 'g')) as serial_key
    from told
    qualify row_number() over (partition by told.application_id, serial_key order by told.told_on desc, told.at desc, told.told_by desc) = 1
)

select
    coalesce(shipped_once.application_id, newest.application_id) as application_id,
    shipped_once.shipment_id,
    coalesce(shipped_once.line, newest.line) as line,
    coalesce(shipped_once.serial, newest.serial) as serial,
    coalesce(shipped_once.serial_key, newest.serial_key) as serial_key,
    shipped_once.shipped_on,
    coalesce(newest.state, 'not_yet_seen') as state,
    newest.told_by,
    newest.told_on,
    shipped_once.serial_key is not null as shipped_here,
    elsewhere.application_id as shipped_under
from shipped_once
full join newest on shipped_once.application_id = newest.application_id and shipped_once.serial_key = newest.serial_key
-- A number found here and shipped there: goods of one licence in another's place.
left join (select
    serial_key,
    min(application_id) as application_id
from shipped_once group by serial_key) as elsewhere
    on newest.serial_key = elsewhere.serial_key and shipped_once.serial_key is null
