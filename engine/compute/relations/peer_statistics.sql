-- Unit values and quantities of the twelve closed months before each filing's month, for the codes that are asked about.
with wanted as (
    select distinct
        spine.as_of_month as month,
        spine_item.control_code,
        coalesce(spine_item.unit, '') as unit
    from spine_item
    inner join spine on spine_item.subject = spine.subject
    where spine_item.control_code is not null
),

peer_item as (
    select
        filing_item.control_code,
        coalesce(filing_item.unit, '') as unit,
        filing.destination,
        filing.kind,
        cast(date_trunc('month', filing.filed_at) as date) as month,
        cast(filing_item.quantity as double) as quantity,
        round(case
            when filing_item.currency = 'EUR' then cast(filing_item.value as double)
            else cast(filing_item.value as double) / exchange_rate.units_per_eur
        end, 2) / cast(filing_item.quantity as double) as unit_value
    from filing_item
    inner join filing on filing_item.record_no = filing.record_no
    left join exchange_rate
        on
            filing_item.currency = exchange_rate.currency
            and cast(date_trunc('month', filing.filed_at) as date) = exchange_rate.month
    where
        filing.revision = 1 and filing_item.quantity > 0
        and filing_item.control_code in (select wanted.control_code from wanted)
),

closed as (
    select
        wanted.month,
        peer_item.control_code,
        peer_item.unit,
        peer_item.destination,
        peer_item.kind,
        peer_item.quantity,
        peer_item.unit_value
    from wanted
    inner join peer_item
        on
            wanted.control_code = peer_item.control_code
            and wanted.unit = peer_item.unit
            and wanted.month > peer_item.month
            and wanted.month <= peer_item.month + interval 12 month
)

select
    '1 code, destination, kind' as scope,
    control_code,
    unit,
    destination,
    kind,
    month,
    count(*) as n,
    median(unit_value) as median_unit_value,
    mad(unit_value) as mad_unit_value,
    median(quantity) as median_quantity,
    cast(month as timestamp) as known_from
from closed
group by control_code, unit, destination, kind, month
having count(*) >= 20
union all
select
    '2 code' as scope,
    control_code,
    unit,
    '' as destination,
    '' as kind,
    month,
    count(*) as n,
    median(unit_value) as median_unit_value,
    mad(unit_value) as mad_unit_value,
    median(quantity) as median_quantity,
    cast(month as timestamp) as known_from
from closed
group by control_code, unit, month
having count(*) >= 20
