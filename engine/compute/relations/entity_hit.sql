-- Watch-list entries that come near to any name under which an entity was filed, from when both are known.
select
    party_entity.entity_id,
    name_hit.list,
    name_hit.entry_id,
    name_hit.result,
    greatest(name_hit.known_from, party_form.first_seen) as known_from,
    name_hit.known_to
from name_hit
inner join party_form on name_hit.form_id = party_form.form_id
inner join party_entity on party_form.form_id = party_entity.form_id
where
    party_entity.entity_id in (
        select address_named.entity_id from address_named
        union all
        select place_member.entity_id from place_member
    )
