-- Family:   links
-- Question: do the parties share with others what unrelated parties do not, and have they dealt before?
-- Grain:    one row per spine row
-- Reads:    address_named, entity_hit, entity_name, exporter_trade, one_link, owner_named, party_event, party_named, spine,
--           spine_application, spine_owner, spine_party, spine_place, two_links
-- As of:    a shared address or an earlier deal counts only if known_from < spine.as_of
-- Absent:   no address on the form -> null; a link alone is never a referral
-- Columns:  see links.toml

with consignor_side as (
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
        consignor_side.subject,
        consignor_side.application_id,
        consignor_side.as_of,
        consignor_side.entity_id,
        'address' as kind,
        consignor_side.address as place_key
    from consignor_side
    where consignor_side.address is not null
    union distinct
    select
        consignor_side.subject,
        consignor_side.application_id,
        consignor_side.as_of,
        consignor_side.entity_id,
        'website' as kind,
        consignor_side.website_key as place_key
    from consignor_side
    where consignor_side.website_key is not null
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

sharing as (
    select
        stranger.subject,
        count(distinct stranger.entity_id) as entities
    from stranger
    group by stranger.subject
),

tainted as (
    select
        stranger.subject,
        count(distinct stranger.entity_id) as entities
    from stranger
    inner join party_event
        on
            stranger.entity_id = party_event.entity_id
            and stranger.as_of > party_event.known_from
            and (party_event.known_to is null or stranger.as_of <= party_event.known_to)
            and (party_event.application_id is null or stranger.application_id <> party_event.application_id)
            and (party_event.linked_from is null or stranger.as_of > party_event.linked_from)
    where party_event.fact in ('diversion', 'denied', 'denial_notice') and party_event.role_group <> 'exporter'
    group by stranger.subject
),

listed_neighbour as (
    select
        stranger.subject,
        count(distinct stranger.entity_id) as entities
    from stranger
    inner join entity_hit
        on
            stranger.entity_id = entity_hit.entity_id
            and stranger.as_of > entity_hit.known_from
            and (entity_hit.known_to is null or stranger.as_of <= entity_hit.known_to)
    where entity_hit.result = 'potential_match'
    group by stranger.subject
),

together as (
    select
        place_of_party.subject,
        count(distinct place_of_party.entity_id) as entities
    from place_of_party
    inner join place_of_party as other
        on
            place_of_party.subject = other.subject
            and place_of_party.kind = other.kind
            and place_of_party.place_key = other.place_key
            and place_of_party.entity_id <> other.entity_id
    group by place_of_party.subject
),

owner as (
    select
        spine_owner.subject,
        spine.as_of,
        spine_owner.entity_id,
        spine_owner.owner_key,
        coalesce(spine_owner.country, '') as country
    from spine_owner
    inner join spine on spine_owner.subject = spine.subject
    where spine_owner.role_group <> 'exporter'
),

sharing_owner as (
    select
        owner.subject,
        count(distinct owner_named.entity_id) as entities
    from owner
    inner join owner_named
        on
            owner.owner_key = owner_named.owner_key
            and owner.country = coalesce(owner_named.country, '')
            and owner.entity_id <> owner_named.entity_id
            and owner.as_of > owner_named.known_from
            and (owner_named.known_to is null or owner.as_of <= owner_named.known_to)
    left join spine_party on owner.subject = spine_party.subject and owner_named.entity_id = spine_party.entity_id
    where spine_party.subject is null
    group by owner.subject
),

-- One party on the form owns another, or the same owner stands behind two of them.
owned_within as (
    select
        owner.subject,
        count(distinct owner.entity_id) as entities
    from owner
    inner join spine_party
        on owner.subject = spine_party.subject and owner.owner_key = spine_party.plain_key and owner.entity_id <> spine_party.entity_id
    group by owner.subject
),

same_owner as (
    select
        owner.subject,
        count(distinct owner.entity_id) as entities
    from owner
    inner join owner as other
        on
            owner.subject = other.subject
            and owner.owner_key = other.owner_key
            and owner.country = other.country
            and owner.entity_id <> other.entity_id
    group by owner.subject
),

owned as (
    select
        owner.subject,
        count(*) as owners
    from owner
    group by owner.subject
),

payer as (
    select
        spine_application.subject,
        max(case when spine_party.subject is null then 1 else 0 end) as undeclared
    from spine_application
    left join spine_party
        on spine_application.subject = spine_party.subject and spine_application.payer_key = spine_party.plain_key
    where spine_application.payer_key is not null
    group by spine_application.subject
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
        one_link.what
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
    group by own_place.subject, own_place.kind, one_link.entity_id, one_link.what
),

step as (
    select
        own_place.subject,
        two_links.entity_id,
        two_links.through_id,
        two_links.what
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
    group by own_place.subject, two_links.entity_id, two_links.through_id, two_links.what
),

tied as (
    select
        tie.subject,
        count(distinct case when tie.what = 'record' then tie.entity_id end) as marked,
        count(distinct case when tie.what = 'list' then tie.entity_id end) as listed
    from tie
    where tie.kind in ('registration', 'name')
    group by tie.subject
),

stepped as (
    select
        step.subject,
        count(distinct case when step.what = 'record' then step.entity_id end) as marked,
        count(distinct case when step.what = 'list' then step.entity_id end) as listed
    from step
    left join spine_party as marked_party on step.subject = marked_party.subject and step.entity_id = marked_party.entity_id
    left join spine_party as between_party on step.subject = between_party.subject and step.through_id = between_party.entity_id
    left join tie on step.subject = tie.subject and step.entity_id = tie.entity_id
    where marked_party.subject is null and between_party.subject is null and tie.subject is null
    group by step.subject
),

tellable as (
    select own_place.subject
    from own_place
    group by own_place.subject
),

side as (
    select
        consignor_side.subject,
        consignor_side.application_id,
        consignor_side.as_of,
        consignor_side.entity_id
    from consignor_side
    group by consignor_side.subject, consignor_side.application_id, consignor_side.as_of, consignor_side.entity_id
),

-- The first two applications that named an entity suffice: the first may be this application itself.
first_named as (
    select
        party_named.entity_id,
        party_named.application_id,
        min(party_named.known_from) as known_from,
        row_number() over (partition by party_named.entity_id order by min(party_named.known_us), party_named.application_id) as place
    from party_named
    where party_named.entity_id in (select side.entity_id from side)
    group by party_named.entity_id, party_named.application_id
),

met as (
    select
        side.subject,
        side.entity_id,
        min(first_named.known_from) as first_met
    from side
    inner join first_named
        on
            side.entity_id = first_named.entity_id
            and side.as_of > first_named.known_from
            and side.application_id <> first_named.application_id
    where first_named.place <= 2
    group by side.subject, side.entity_id
),

acquaintance as (
    select
        side.subject,
        count(*) as parties,
        count(*) filter (where met.subject is null) as unmet
    from side
    left join met on side.subject = met.subject and side.entity_id = met.entity_id
    group by side.subject
),

end_user_met as (
    select
        spine.subject,
        date_diff('day', cast(min(met.first_met) as date), min(spine.as_of_day)) as days
    from spine
    inner join spine_party on spine.subject = spine_party.subject
    inner join met on spine_party.subject = met.subject and spine_party.entity_id = met.entity_id
    where spine_party.role_group = 'end_user'
    group by spine.subject
),

names as (
    select
        spine.subject,
        count(distinct entity_name.name_key) as names
    from spine
    inner join spine_party on spine.subject = spine_party.subject
    inner join entity_name
        on
            spine_party.entity_id = entity_name.entity_id
            and spine.as_of > entity_name.known_from
            and spine.application_id <> entity_name.application_id
            and spine_party.name_key <> entity_name.name_key
    where spine_party.role_group in ('end_user', 'consignee')
    group by spine.subject
),

pair as (
    select
        spine.subject,
        spine.application_id,
        spine.as_of,
        spine.as_of_day,
        exporter.entity_id as exporter_id,
        end_user.entity_id as end_user_id
    from spine
    inner join spine_party as exporter on spine.subject = exporter.subject and exporter.role_group = 'exporter'
    inner join spine_party as end_user on spine.subject = end_user.subject and end_user.role_group = 'end_user'
),

dealt as (
    select
        pair.subject,
        count(distinct exporter_trade.application_id) as deals,
        count(distinct exporter_trade.application_id) filter (
            where date_diff('day', cast(exporter_trade.known_from as date), pair.as_of_day) <= 90
        ) as recent_deals
    from pair
    inner join exporter_trade
        on
            pair.exporter_id = exporter_trade.exporter_id
            and pair.end_user_id = exporter_trade.end_user_id
            and pair.as_of > exporter_trade.known_from
            and pair.application_id <> exporter_trade.application_id
    group by pair.subject
),

receiving as (
    select
        consignee.subject,
        max(case when consignee.entity_id = end_user.entity_id then 0 else 1 end) as another,
        max(case when consignee.country <> end_user.country then 1 when consignee.country = end_user.country then 0 end) as abroad
    from spine_party as consignee
    inner join spine_party as end_user on consignee.subject = end_user.subject and end_user.role_group = 'end_user'
    where consignee.role_group = 'consignee'
    group by consignee.subject
),

placed as (
    select
        place_of_party.subject,
        count(*) as places
    from place_of_party group by place_of_party.subject
)

select
    spine.subject,
    case when placed.subject is not null then coalesce(sharing.entities, 0) end as links_shared_place_count,
    case when placed.subject is not null then coalesce(tainted.entities, 0) end as links_tainted_neighbours_count,
    case when pair.subject is not null then coalesce(dealt.deals, 0) end as links_earlier_deals_count,
    case when pair.subject is not null and spine.observed_days >= 90 then coalesce(dealt.recent_deals, 0) end as links_deals_in_quarter_count,
    receiving.another as links_other_consignee_flag,
    receiving.abroad as links_consignee_abroad_flag,
    -- Counts of all earlier filings come with how long there has been anything to count, to three years.
    least(1095, coalesce(spine.observed_days, 0)) as links_observed_days,
    case when placed.subject is not null then coalesce(listed_neighbour.entities, 0) end as links_listed_neighbours_count,
    case when placed.subject is not null then coalesce(together.entities, 0) end as links_parties_at_one_place_count,
    case when owned.subject is not null then coalesce(sharing_owner.entities, 0) end as links_shared_owner_count,
    case
        when owned.subject is not null then greatest(coalesce(owned_within.entities, 0), coalesce(same_owner.entities, 0))
    end as links_common_ownership_count,
    payer.undeclared as links_payer_undeclared_flag,
    coalesce(acquaintance.parties, 0) as links_chain_parties_count,
    case when spine.observed_days >= 365 then cast(acquaintance.unmet as double) / cast(acquaintance.parties as double) end
        as links_new_parties_share,
    end_user_met.days as links_end_user_known_days,
    coalesce(names.names, 0) as links_other_names_count,
    case when tellable.subject is not null then coalesce(tied.marked, 0) end as links_tainted_ties_count,
    case when tellable.subject is not null then coalesce(tied.listed, 0) end as links_listed_ties_count,
    case when tellable.subject is not null then coalesce(stepped.marked, 0) end as links_tainted_two_steps_count,
    case when tellable.subject is not null then coalesce(stepped.listed, 0) end as links_listed_two_steps_count
from spine
left join tellable on spine.subject = tellable.subject
left join tied on spine.subject = tied.subject
left join stepped on spine.subject = stepped.subject
left join placed on spine.subject = placed.subject
left join sharing on spine.subject = sharing.subject
left join tainted on spine.subject = tainted.subject
left join pair on spine.subject = pair.subject
left join dealt on spine.subject = dealt.subject
left join receiving on spine.subject = receiving.subject
left join listed_neighbour on spine.subject = listed_neighbour.subject
left join together on spine.subject = together.subject
left join owned on spine.subject = owned.subject
left join sharing_owner on spine.subject = sharing_owner.subject
left join owned_within on spine.subject = owned_within.subject
left join same_owner on spine.subject = same_owner.subject
left join payer on spine.subject = payer.subject
left join acquaintance on spine.subject = acquaintance.subject
left join end_user_met on spine.subject = end_user_met.subject
left join names on spine.subject = names.subject
