-- Under which names an entity was filed, since when, and in which application; the first two of each, so that one is another's.
select
    history_party.entity_id,
    party_form.name_key,
    history_party.application_id,
    min(history_party.filed_at) as known_from
from history_party
inner join party_form on history_party.form_id = party_form.form_id
where history_party.entity_id in (select spine_party.entity_id from spine_party where spine_party.role_group in ('end_user', 'consignee'))
group by history_party.entity_id, party_form.name_key, history_party.application_id
qualify row_number() over (
    partition by history_party.entity_id, party_form.name_key order by min(history_party.filed_at), history_party.application_id
) <= 2
