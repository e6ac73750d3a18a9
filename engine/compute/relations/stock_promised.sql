-- Old stock that an end user undertook to destroy under the first filing of each earlier application; its quantity where every line gives one.
select
    history_party.entity_id,
    history_filing.application_id,
    history_filing.filed_at as known_from,
    case when count(*) = count(filing_stock.quantity) then sum(cast(filing_stock.quantity as decimal(18, 3))) end as quantity
from history_filing
inner join filing_stock on history_filing.record_no = filing_stock.record_no
inner join history_party on history_filing.record_no = history_party.record_no and history_party.role_group = 'end_user'
where history_filing.revision = 1 and filing_stock.plan = 'destroy'
group by history_party.entity_id, history_filing.application_id, history_filing.filed_at
