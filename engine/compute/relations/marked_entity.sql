-- What is held against those who stand at places near the parties on the forms: a diversion, a denial or a partner's notice of one
-- ('record'), or a watch-list entry that they come near to ('list'). Of facts that nobody took back the first of two applications
-- suffice, since one of them may be the application itself.
with held as (
    select
        party_event.entity_id,
        'record' as what,
        party_event.application_id,
        'event:' || party_event.event_id as record,
        greatest(party_event.known_from, coalesce(party_event.linked_from, party_event.known_from)) as known_from,
        party_event.known_to
    from party_event
    where
        party_event.fact in ('diversion', 'denied', 'denial_notice') and party_event.role_group <> 'exporter'
        and party_event.entity_id in (select place_member.entity_id from place_member)
    union all
    select
        entity_hit.entity_id,
        'list' as what,
        null as application_id,
        'list:' || entity_hit.list || ':' || entity_hit.entry_id as record,
        entity_hit.known_from,
        entity_hit.known_to
    from entity_hit
    where entity_hit.result = 'potential_match' and entity_hit.entity_id in (select place_member.entity_id from place_member)
),

first_of_application as (
    select
        held.entity_id,
        held.what,
        held.application_id,
        held.record,
        held.known_from,
        held.known_to
    from held
    qualify row_number() over (partition by held.entity_id, held.what, held.application_id, held.known_to order by held.known_from, held.record) = 1
)

select
    entity_id,
    what,
    application_id,
    record,
    known_from,
    known_to
from first_of_application
qualify known_to is not null or row_number() over (partition by entity_id, what, known_to is null order by known_from, record) <= 2
