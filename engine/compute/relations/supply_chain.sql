-- Under which applications an end user was served, by which exporter and consignee, and through how many brokers, agents or purchasers.
with middle as (
    select
        history_party.record_no,
        count(distinct history_party.party_no) filter (where history_party.role in ('broker', 'agent', 'purchaser')) as arrangers
    from history_party
    where history_party.role_group = 'intermediary'
    group by history_party.record_no
)

select
    end_user.entity_id as end_user_id,
    exporter.entity_id as exporter_id,
    consignee.entity_id as consignee_id,
    history_filing.application_id,
    coalesce(middle.arrangers, 0) as arrangers,
    history_filing.filed_at as known_from,
    epoch_us(history_filing.filed_at) as known_us
from history_filing
inner join history_party as end_user on history_filing.record_no = end_user.record_no and end_user.role_group = 'end_user'
inner join history_party as exporter on history_filing.record_no = exporter.record_no and exporter.role_group = 'exporter'
left join history_party as consignee on history_filing.record_no = consignee.record_no and consignee.role_group = 'consignee'
left join middle on history_filing.record_no = middle.record_no
where history_filing.revision = 1
