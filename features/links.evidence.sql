-- Family:   links
-- Question: which records was each value computed from?
-- Grain:    one row per spine row, feature and record
-- Reads:    address_named, entity_hit, entity_name, exporter_trade, one_link, owner_named, party_event, party_named, spine,
--           spine_owner, spine_party, spine_place, two_links
-- As of:    a record counts only if known_from < spine.as_of, and until it was corrected
-- Absent:   a value that rests on the filing alone, or on finding nothing, has no row: its evidence is the filing's own fields
-- Columns:  subject, feature, record

with receiving_side as (
    select
        spine.subject,
        spine.application_id,
        spine.as_of,
        spine_party.entity_id,
        spine_party.country || ' ' || spine_party.address_key as address,
        spine_party.website_key
    from spine
    inner join spine_party on spine.subject = spine_party.subject
    where spine_party.role_group in ('end_user', 'consignee', 'intermediary', 'further_end_user')
),

place_of_party as (
    select
        receiving_side.subject,
        receiving_side.application_id,
        receiving_side.as_of,
        receiving_side.entity_id,
        'address' as kind,
        receiving_side.address as place_key
    from receiving_side
    where receiving_side.address is not null
    union distinct
    select
        receiving_side.subject,
        receiving_side.application_id,
        receiving_side.as_of,
        receiving_side.entity_id,
        'website' as kind,
        receiving_side.website_key as place_key
    from receiving_side
    where receiving_side.website_key is not null
),

neighbour as (
    select
        place_of_party.subject,
        place_of_party.application_id,
        place_of_party.as_of,
        address_named.entity_id
    from place_of_party
    inner join address_named
        on
            place_of_party.kind = address_named.kind
            and place_of_party.place_key = address_named.place_key
            and place_of_party.entity_id <> address_named.entity_id
            and place_of_party.as_of > address_named.known_from
            and (address_named.known_to is null or place_of_party.as_of <= address_named.known_to)
    group by place_of_party.subject, place_of_party.application_id, place_of_party.as_of, address_named.entity_id
),

stranger as (
    select
        neighbour.subject,
        neighbour.application_id,
        neighbour.as_of,
        neighbour.entity_id
    from neighbour
    left join spine_party on neighbour.subject = spine_party.subject and neighbour.entity_id = spine_party.entity_id
    where spine_party.subject is null
),

named_elsewhere as (
    select
        stranger.subject,
        'links_shared_place_count' as feature,
        'application:' || party_named.application_id as record
    from stranger
    inner join party_named
        on
            stranger.entity_id = party_named.entity_id
            and stranger.as_of > party_named.known_from
            and stranger.application_id <> party_named.application_id
),

tainted as (
    select
        stranger.subject,
        'links_tainted_neighbours_count' as feature,
        'event:' || party_event.event_id as record
    from stranger
    inner join party_event
        on
            stranger.entity_id = party_event.entity_id
            and stranger.as_of > party_event.known_from
            and (party_event.known_to is null or stranger.as_of <= party_event.known_to)
            and (party_event.application_id is null or stranger.application_id <> party_event.application_id)
            and (party_event.linked_from is null or stranger.as_of > party_event.linked_from)
    where party_event.fact in ('diversion', 'denied', 'denial_notice') and party_event.role_group <> 'exporter'
),

dealt as (
    select
        spine.subject,
        exporter_trade.application_id,
        date_diff('day', cast(exporter_trade.known_from as date), spine.as_of_day) as days_ago
    from spine
    inner join spine_party as exporter on spine.subject = exporter.subject and exporter.role_group = 'exporter'
    inner join spine_party as end_user on spine.subject = end_user.subject and end_user.role_group = 'end_user'
    inner join exporter_trade
        on
            exporter.entity_id = exporter_trade.exporter_id
            and end_user.entity_id = exporter_trade.end_user_id
            and spine.as_of > exporter_trade.known_from
            and spine.application_id <> exporter_trade.application_id
),

listed_neighbour as (
    select
        stranger.subject,
        'links_listed_neighbours_count' as feature,
        'list:' || entity_hit.list || ':' || entity_hit.entry_id as record
    from stranger
    inner join entity_hit
        on
            stranger.entity_id = entity_hit.entity_id
            and stranger.as_of > entity_hit.known_from
            and (entity_hit.known_to is null or stranger.as_of <= entity_hit.known_to)
    where entity_hit.result = 'potential_match'
),

-- The places by which the receiving side is linked with others, and whom each leads to: in one step (`tie`), or through one entity
-- that is no party here (`step`). Nobody is followed through a place, or an entity, of too many.
own_place as (
    select
        spine.subject,
        spine.application_id,
        spine.as_of,
        spine_place.kind,
        spine_place.place_id
    from spine
    inner join spine_place on spine.subject = spine_place.subject
),

tie as (
    select
        own_place.subject,
        own_place.kind,
        one_link.entity_id,
        one_link.what,
        one_link.record
    from own_place
    inner join one_link
        on
            own_place.place_id = one_link.place_id
            and own_place.as_of > one_link.known_from
            and (one_link.known_to is null or own_place.as_of <= one_link.known_to)
            and (one_link.crowded_from is null or own_place.as_of <= one_link.crowded_from)
            and (one_link.application_id is null or own_place.application_id <> one_link.application_id)
            and (own_place.application_id <> one_link.near_application or own_place.as_of > one_link.near_again)
    left join spine_party on own_place.subject = spine_party.subject and one_link.entity_id = spine_party.entity_id
    where spine_party.subject is null
    group by own_place.subject, own_place.kind, one_link.entity_id, one_link.what, one_link.record
),

step as (
    select
        own_place.subject,
        two_links.entity_id,
        two_links.through_id,
        two_links.what,
        two_links.record
    from own_place
    inner join two_links
        on
            own_place.place_id = two_links.place_id
            and own_place.as_of > two_links.known_from
            and (two_links.known_to is null or own_place.as_of <= two_links.known_to)
            and (two_links.crowded_from is null or own_place.as_of <= two_links.crowded_from)
            and (two_links.application_id is null or own_place.application_id <> two_links.application_id)
            and (own_place.application_id <> two_links.near_application or own_place.as_of > two_links.near_again)
            and (own_place.application_id <> two_links.bridge_application or own_place.as_of > two_links.bridge_again)
            and (own_place.application_id <> two_links.far_application or own_place.as_of > two_links.far_again)
    group by own_place.subject, two_links.entity_id, two_links.through_id, two_links.what, two_links.record
),

tied as (
    select
        tie.subject,
        case when tie.what = 'record' then 'links_tainted_ties_count' else 'links_listed_ties_count' end as feature,
        tie.record
    from tie
    where tie.kind in ('registration', 'name')
),

stepped as (
    select
        step.subject,
        case when step.what = 'record' then 'links_tainted_two_steps_count' else 'links_listed_two_steps_count' end as feature,
        step.record
    from step
    left join spine_party as marked_party on step.subject = marked_party.subject and step.entity_id = marked_party.entity_id
    left join spine_party as between_party on step.subject = between_party.subject and step.through_id = between_party.entity_id
    left join tie on step.subject = tie.subject and step.entity_id = tie.entity_id
    where marked_party.subject is null and between_party.subject is null and tie.subject is null
),

sharing_owner as (
    select
        spine_owner.subject,
        'links_shared_owner_count' as feature,
        'application:' || owner_named.application_id as record
    from spine_owner
    inner join spine on spine_owner.subject = spine.subject
    inner join owner_named
        on
            spine_owner.owner_key = owner_named.owner_key
            and coalesce(spine_owner.country, '') = coalesce(owner_named.country, '')
            and spine_owner.entity_id <> owner_named.entity_id
            and spine.as_of > owner_named.known_from
            and (owner_named.known_to is null or spine.as_of <= owner_named.known_to)
    left join spine_party on spine_owner.subject = spine_party.subject and owner_named.entity_id = spine_party.entity_id
    where spine_owner.role_group <> 'exporter' and spine_party.subject is null
),

other_names as (
    select
        spine.subject,
        'links_other_names_count' as feature,
        'application:' || entity_name.application_id as record
    from spine
    inner join spine_party on spine.subject = spine_party.subject
    inner join entity_name
        on
            spine_party.entity_id = entity_name.entity_id
            and spine.as_of > entity_name.known_from
            and spine.application_id <> entity_name.application_id
            and spine_party.name_key <> entity_name.name_key
    where spine_party.role_group in ('end_user', 'consignee')
)

select
    named_elsewhere.subject,
    named_elsewhere.feature,
    named_elsewhere.record
from named_elsewhere
union distinct
select
    tainted.subject,
    tainted.feature,
    tainted.record
from tainted
union distinct
select
    dealt.subject,
    'links_earlier_deals_count' as feature,
    'application:' || dealt.application_id as record
from dealt
union distinct
select
    dealt.subject,
    'links_deals_in_quarter_count' as feature,
    'application:' || dealt.application_id as record
from dealt
where dealt.days_ago <= 90
union distinct
select
    listed_neighbour.subject,
    listed_neighbour.feature,
    listed_neighbour.record
from listed_neighbour
union distinct
select
    sharing_owner.subject,
    sharing_owner.feature,
    sharing_owner.record
from sharing_owner
union distinct
select
    other_names.subject,
    other_names.feature,
    other_names.record
from other_names
union distinct
select
    tied.subject,
    tied.feature,
    tied.record
from tied
union distinct
select
    stepped.subject,
    stepped.feature,
    stepped.record
from stepped
