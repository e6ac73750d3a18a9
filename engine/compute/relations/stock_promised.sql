-- Old stock that an end user undertook to destroy under earlier applications.
select
    history_party.entity_id,
    filing_stock.application_id,
    min(filing_stock.filed_at) as known_from,
    max(cast(filing_stock.quantity as decimal(18, 3))) as quantity
from filing_stock
inner join history_party on filing_stock.record_no = history_party.record_no and history_party.role_group = 'end_user'
where filing_stock.plan = 'destroy'
group by history_party.entity_id, filing_stock.application_id
