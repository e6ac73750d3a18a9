-- When an intermediary first appeared for an end user.
select
    intermediary.entity_id,
    end_user.entity_id as end_user_id,
    min(intermediary.filed_at) as known_from,
    epoch_us(min(intermediary.filed_at)) as known_us
from history_party as intermediary
inner join history_party as end_user on intermediary.record_no = end_user.record_no and end_user.role_group = 'end_user'
where intermediary.role_group = 'intermediary'
group by intermediary.entity_id, end_user.entity_id
