-- Who stands at the places of the parties on the forms, and at the other places of those who do: one row a place and entity, with the
-- first application that told of it, when the next other one did, and until when the entity's id stood.
-- A place of more than ten (an agent's address, a bank that pays for many) says little of each from `crowded_from` on, and neither
-- does an entity at more than twenty-five places from `wide_from` on: nobody is followed through them. The figures are the compiler's.
with near as (
    select
        party_place.place_id,
        party_entity.entity_id,
        min(greatest(party_place.filed_at, party_entity.known_from)) as known_from
    from party_place
    inner join party_entity on party_place.form_id = party_entity.form_id
    where party_place.place_id in (select spine_place.place_id from spine_place)
    group by party_place.place_id, party_entity.entity_id
),

-- Not crowded yet at the earliest moment asked about; afterwards `crowded_from` says so.
followed as (
    select near.place_id from near
    group by near.place_id
    having count(*) filter (where near.known_from < (select min(spine.as_of) from spine)) <= 10
),

reached as (
    select followed.place_id from followed
    union
    select party_place.place_id from party_place
    where party_place.form_id in (
        select party_entity.form_id from party_entity
        where party_entity.entity_id in (select near.entity_id from near where near.place_id in (select followed.place_id from followed))
    )
),

told as (
    select
        party_place.place_id,
        party_entity.entity_id,
        party_place.application_id,
        min(greatest(party_place.filed_at, party_entity.known_from)) as known_from,
        max(party_entity.known_to) as known_to
    from party_place
    inner join party_entity on party_place.form_id = party_entity.form_id
    where party_place.place_id in (select reached.place_id from reached)
    group by party_place.place_id, party_entity.entity_id, party_place.application_id
),

in_turn as (
    select
        place_id,
        entity_id,
        application_id,
        known_from,
        known_to,
        row_number() over (partition by place_id, entity_id order by known_from, application_id) as turn
    from told
),

member as (
    select
        place_id,
        entity_id,
        max(case when turn = 1 then known_from end) as known_from,
        max(case when turn = 1 then application_id end) as application_id,
        max(case when turn = 2 then known_from end) as again_from,
        max(known_to) as known_to
    from in_turn
    group by place_id, entity_id
),

ranked as (
    select
        place_id,
        entity_id,
        known_from,
        application_id,
        again_from,
        known_to,
        row_number() over (partition by place_id order by known_from, entity_id) as at_place,
        row_number() over (partition by entity_id order by known_from, place_id) as of_entity
    from member
)

select
    place_id,
    entity_id,
    known_from,
    application_id,
    again_from,
    known_to,
    max(case when at_place = 11 then known_from end) over (partition by place_id) as crowded_from,
    max(case when of_entity = 26 then known_from end) over (partition by entity_id) as wide_from
from ranked
