-- Shipments that no open licence covered on the day they left, each with every reason why. Recorded and listed, never refused.
-- A licence may be used up, handed back or run out on the very day of its last shipment; a suspension or revocation holds from its own day.
with steps as (
    select
        licence_shipment.shipment_id,
        licence_change.change,
        licence_change.valid_from,
        licence_change.valid_to,
        licence_change.step
    from licence_shipment
    inner join licence_change
        on
            licence_shipment.licence = licence_change.licence
            and licence_change.in_effect_from <= licence_shipment.shipped_on
            and not (
                licence_change.change in ('exhausted', 'expired', 'surrendered') and licence_change.in_effect_from = licence_shipment.shipped_on
            )
),

that_day as (
    select
        shipment_id,
        max(step) as step,
        max_by(change, step) as change,
        max_by(valid_from, step) filter (where valid_from is not null) as valid_from,
        max_by(valid_to, step) filter (where valid_to is not null) as valid_to
    from steps
    group by shipment_id
),

drawn as (
    select
        listed.shipment_id,
        listed.licence,
        listed.item.line as line,
        sum(listed.item.quantity) over (
            partition by listed.licence, listed.item.line order by listed.place range between unbounded preceding and current row
        ) as drawn_by_then
    from (select
        shipment_id,
        licence,
        place,
        unnest(items) as item
    from licence_shipment where licence is not null) as listed
),

authorised_then as (
    select
        that_day.shipment_id,
        licence_line.line,
        licence_line.unit,
        licence_line.authorised
    from that_day
    inner join licence_shipment on that_day.shipment_id = licence_shipment.shipment_id
    inner join licence_line on licence_shipment.licence = licence_line.licence and licence_line.step <= that_day.step
    qualify licence_line.step = max(licence_line.step) over (partition by that_day.shipment_id)
),

over_drawn as (
    select
        drawn.shipment_id,
        case
            when authorised_then.shipment_id is null then 'line ' || coalesce(cast(drawn.line as varchar), '(none)') || ' is not on the licence'
            else
                'over-drawn: ' || format('{:.10g}', cast(max(drawn.drawn_by_then) as double)) || ' of '
                || format('{:.10g}', cast(min(authorised_then.authorised) as double)) || coalesce(' ' || min(authorised_then.unit), '')
                || ' shipped on line ' || coalesce(cast(drawn.line as varchar), '(none)')
        end as why
    from drawn
    left join authorised_then on drawn.shipment_id = authorised_then.shipment_id and drawn.line is not distinct from authorised_then.line
    where
        drawn.shipment_id in (select authorised_then.shipment_id from authorised_then)
        and (authorised_then.shipment_id is null or drawn.drawn_by_then > authorised_then.authorised)
    group by drawn.shipment_id, drawn.line, authorised_then.shipment_id
),

outside as (
    select
        licence_shipment.shipment_id,
        1 as place,
        'no licence was in effect on that day' as why
    from licence_shipment
    left join that_day on licence_shipment.shipment_id = that_day.shipment_id
    where that_day.shipment_id is null
    union all
    select
        shipment_id,
        2 as place,
        'the licence was ' || change || ' on that day' as why
    from that_day
    where change not in ('issued', 'amended', 'extended', 'reinstated')
    union all
    select
        licence_shipment.shipment_id,
        3 as place,
        'before validity: the licence holds from ' || cast(that_day.valid_from as varchar) as why
    from licence_shipment
    inner join that_day on licence_shipment.shipment_id = that_day.shipment_id
    where licence_shipment.shipped_on < that_day.valid_from
    union all
    select
        licence_shipment.shipment_id,
        4 as place,
        'after expiry: the licence held until ' || cast(that_day.valid_to as varchar) as why
    from licence_shipment
    inner join that_day on licence_shipment.shipment_id = that_day.shipment_id
    where licence_shipment.shipped_on > that_day.valid_to
    union all
    select
        shipment_id,
        5 as place,
        why
    from over_drawn
)

select
    licence_shipment.shipment_id,
    licence_shipment.application_id,
    licence_shipment.licence,
    licence_shipment.shipped_on,
    list(outside.why order by outside.place, outside.why) as why
from outside
inner join licence_shipment on outside.shipment_id = licence_shipment.shipment_id
group by licence_shipment.shipment_id, licence_shipment.application_id, licence_shipment.licence, licence_shipment.shipped_on
order by licence_shipment.shipped_on, licence_shipment.shipment_id
