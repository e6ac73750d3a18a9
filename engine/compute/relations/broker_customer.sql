-- When an intermediary first appeared for an end user; until the end user's id ended, where it was joined or parted.
select
    intermediary.entity_id,
    end_user.entity_id as end_user_id,
    min(greatest(intermediary.filed_at, end_user.linked_from)) as known_from,
    epoch_us(min(greatest(intermediary.filed_at, end_user.linked_from))) as known_us,
    epoch_us(max(end_user.linked_to)) as ended_us
from history_party as intermediary
inner join history_party as end_user on intermediary.record_no = end_user.record_no and end_user.role_group = 'end_user'
where
    intermediary.role_group = 'intermediary'
    and (end_user.linked_to is null or end_user.linked_from <= end_user.linked_to) -- filed while the id still stood
group by intermediary.entity_id, end_user.entity_id
