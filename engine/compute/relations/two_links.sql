-- From a place of a party on the form through one entity there to a place where a marked entity stands: one row a way and a mark.
-- It may be walked by a filing as of after `known_from`, unless one of its steps was told by that very application alone (each step's
-- first application, and from when another told it), as long as ids, mark and places hold (`known_to`, `crowded_from`).
select
    near.place_id,
    bridge.entity_id as through_id,
    one_link.entity_id,
    one_link.what,
    one_link.record,
    one_link.application_id,
    near.application_id as near_application,
    near.again_from as near_again,
    bridge.application_id as bridge_application,
    bridge.again_from as bridge_again,
    one_link.near_application as far_application,
    one_link.near_again as far_again,
    greatest(near.known_from, bridge.known_from, one_link.known_from) as known_from,
    least(near.known_to, one_link.known_to) as known_to,
    least(near.crowded_from, one_link.crowded_from, bridge.wide_from) as crowded_from
from one_link
inner join place_member as bridge on one_link.place_id = bridge.place_id and one_link.entity_id <> bridge.entity_id
inner join place_member as near on bridge.entity_id = near.entity_id and bridge.place_id <> near.place_id
where near.place_id in (select spine_place.place_id from spine_place)
