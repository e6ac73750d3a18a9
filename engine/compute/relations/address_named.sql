-- When an entity first gave an address (with country), or a website; until its id ended, where it was joined or parted.
select
    'address' as kind,
    country || ' ' || address_key as place_key,
    entity_id,
    min(linked_from) as known_from,
    max(linked_to) as known_to
from history_party
where address_key is not null and country is not null
group by country, address_key, entity_id
union all
select
    'website' as kind,
    website_key as place_key,
    entity_id,
    min(linked_from) as known_from,
    max(linked_to) as known_to
from history_party
where website_key is not null
group by website_key, entity_id
