-- When an entity first gave an address (with country), or a website.
select
    'address' as kind,
    country || ' ' || address_key as place_key,
    entity_id,
    min(filed_at) as known_from
from history_party
where address_key is not null and country is not null
group by country, address_key, entity_id
union all
select
    'website' as kind,
    website_key as place_key,
    entity_id,
    min(filed_at) as known_from
from history_party
where website_key is not null
group by website_key, entity_id
