-- The places at which a marked entity stands: one row a place, entity and mark. It counts for a filing as of after `known_from`, unless
-- that very application alone told of the place (`near_application`, and from when another did), as long as ids, mark and place hold.
select
    place_member.place_id,
    marked_entity.entity_id,
    marked_entity.what,
    marked_entity.record,
    marked_entity.application_id,
    place_member.application_id as near_application,
    place_member.again_from as near_again,
    greatest(place_member.known_from, marked_entity.known_from) as known_from,
    least(place_member.known_to, marked_entity.known_to) as known_to,
    place_member.crowded_from
from marked_entity
inner join place_member on marked_entity.entity_id = place_member.entity_id
