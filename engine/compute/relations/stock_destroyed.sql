-- Destruction evidence that holds.
select
    destruction.application_id,
    destruction.event_id,
    destruction.quantity,
    nullif(trim(destruction.witnessed_by), '') is not null as witnessed,
    destruction.at as known_from,
    correction.known_at as known_to
from history_destruction as destruction
left join correction on destruction.event_id = correction.event_id
where not coalesce(destruction.withdrawn, false)
