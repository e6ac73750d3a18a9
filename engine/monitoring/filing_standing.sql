-- The newest filing of each application by `licence_moment.as_of`, with its goods' worth in EUR of the filing's month.
with newest as (
    select
        filing.record_no,
        filing.application_id,
        filing.authority,
        filing.destination,
        filing.filed_at,
        filing.temporary_until,
        cast(date_trunc('month', filing.filed_at) as date) as month
    from filing
    cross join licence_moment
    where filing.filed_at < licence_moment.as_of
    qualify row_number() over (partition by filing.application_id order by filing.revision desc, filing.record_no desc) = 1
),

item as (
    select
        newest.record_no,
        newest.month,
        filing_item.line,
        filing_item.quantity,
        filing_item.value,
        coalesce(filing_item.currency, 'EUR') as currency
    from newest
    inner join filing_item on newest.record_no = filing_item.record_no
),

-- The newest rate of each currency by each month, looked up once for all goods of it.
rate as (
    select
        asked.currency,
        asked.month,
        exchange_rate.units_per_eur
    from (select distinct
        currency,
        month
    from item) as asked
    asof left join exchange_rate on asked.currency = exchange_rate.currency and asked.month >= exchange_rate.month
),

worth as (
    select
        item.record_no,
        item.line,
        item.quantity,
        cast(item.value / case when item.currency = 'EUR' then 1.0 else rate.units_per_eur end as decimal(18, 2)) as value_eur
    from item
    left join rate on item.currency = rate.currency and item.month = rate.month
),

undertaking as (
    select distinct record_no
    from filing_document
    where list_contains(undertakings, 'delivery_verification')
)

select
    newest.record_no,
    newest.application_id,
    newest.authority,
    newest.destination,
    newest.filed_at,
    newest.temporary_until,
    undertaking.record_no is not null as verifies_delivery,
    sum(worth.value_eur) as value_eur,
    list({'line': worth.line, 'quantity': worth.quantity, 'value_eur': worth.value_eur}) as worth
from newest
left join worth on newest.record_no = worth.record_no
left join undertaking on newest.record_no = undertaking.record_no
group by
    newest.record_no, newest.application_id, newest.authority, newest.destination, newest.filed_at, newest.temporary_until, undertaking.record_no
