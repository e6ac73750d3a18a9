-- What each exporter was to send to an end user under each application's first filing, by category of goods (the control code up to its
-- first point) and unit; values in EUR of the filing month.
select
    end_user.entity_id as end_user_id,
    exporter.entity_id as exporter_id,
    filing_item.control_code,
    split_part(filing_item.control_code, '.', 1) as category,
    substr(filing_item.hs_code, 1, 6) as hs_code,
    coalesce(filing_item.unit, '') as unit,
    history_filing.application_id,
    sum(filing_item.quantity) as quantity,
    sum(cast(round(case
        when filing_item.currency = 'EUR' then cast(filing_item.value as double)
        else cast(filing_item.value as double) / exchange_rate.units_per_eur
    end, 2) as decimal(18, 2))) as value_eur,
    history_filing.filed_at as known_from,
    epoch_us(history_filing.filed_at) as known_us
from history_filing
inner join history_party as exporter on history_filing.record_no = exporter.record_no and exporter.role_group = 'exporter'
inner join filing_item on history_filing.record_no = filing_item.record_no
left join history_party as end_user on history_filing.record_no = end_user.record_no and end_user.role_group = 'end_user'
left join exchange_rate
    on
        filing_item.currency = exchange_rate.currency
        and cast(date_trunc('month', history_filing.filed_at) as date) = exchange_rate.month
where history_filing.revision = 1
group by
    end_user.entity_id, exporter.entity_id, filing_item.control_code, filing_item.hs_code, filing_item.unit, history_filing.application_id,
    history_filing.filed_at
