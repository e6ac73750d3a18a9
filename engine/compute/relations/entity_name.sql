-- Under which names an entity was filed, and since when. Looked up by entity.
select
    party_entity.entity_id,
    party_form.name_key,
    min(party_form.first_seen) as known_from
from party_entity
inner join party_form on party_entity.form_id = party_form.form_id
where
    party_entity.known_to is null and party_form.authority is not null
    and party_entity.entity_id in (select spine_party.entity_id from spine_party where spine_party.role_group in ('end_user', 'consignee'))
group by party_entity.entity_id, party_form.name_key
