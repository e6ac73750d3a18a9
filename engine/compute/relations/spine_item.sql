-- The goods on the form; values in EUR at the filing month's rate, which is the mean of the month before (see its card).
select
    subject_filing.subject,
    filing_item.item_no,
    filing_item.control_code,
    split_part(filing_item.control_code, '.', 1) as category,
    filing_item.form,
    filing_item.hs_code,
    filing_item.made_year,
    filing_item.origin,
    filing_item.quantity,
    filing_item.unit,
    filing_item.serialised,
    cast(round(case
        when filing_item.currency = 'EUR' then cast(filing_item.value as double)
        else cast(filing_item.value as double) / exchange_rate.units_per_eur
    end, 2) as decimal(18, 2)) as value_eur
from subject_filing
inner join filing_item on subject_filing.record_no = filing_item.record_no
left join exchange_rate
    on
        filing_item.currency = exchange_rate.currency
        and cast(date_trunc('month', filing_item.filed_at) as date) = exchange_rate.month
