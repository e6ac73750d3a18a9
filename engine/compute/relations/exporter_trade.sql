-- When an exporter first filed for an end user, and for a destination.
select
    exporter.entity_id as exporter_id,
    end_user.entity_id as end_user_id,
    history_filing.destination,
    history_filing.application_id,
    min(history_filing.filed_at) as known_from,
    epoch_us(min(history_filing.filed_at)) as known_us
from history_filing
inner join history_party as exporter on history_filing.record_no = exporter.record_no and exporter.role_group = 'exporter'
left join history_party as end_user on history_filing.record_no = end_user.record_no and end_user.role_group = 'end_user'
group by exporter.entity_id, end_user.entity_id, history_filing.destination, history_filing.application_id
