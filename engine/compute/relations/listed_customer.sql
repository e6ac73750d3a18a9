-- For whom an exporter's goods were that comes near an entry of a watch list, and which goods: from when the order, the name and the
-- entry were all known.
select distinct
    ordered_goods.exporter_id,
    ordered_goods.end_user_id,
    ordered_goods.control_code,
    ordered_goods.application_id,
    name_hit.list,
    name_hit.entry_id,
    greatest(ordered_goods.known_from, party_entity.known_from, name_hit.known_from) as known_from,
    name_hit.known_to
from ordered_goods
inner join party_entity on ordered_goods.end_user_id = party_entity.entity_id
inner join name_hit on party_entity.form_id = name_hit.form_id
where ordered_goods.control_code is not null and name_hit.result = 'potential_match' and name_hit.weight in ('prohibiting', 'warning')
