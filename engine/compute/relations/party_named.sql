-- When an application first named an entity in a role; amendments do not count it twice.
select
    entity_id,
    role_group,
    application_id,
    min(filed_at) as known_from,
    epoch_us(min(filed_at)) as known_us
from history_party
group by entity_id, role_group, application_id
