-- Family:   links
-- Question: do the parties share with others what unrelated parties do not, and have they dealt before?
-- Grain:    one row per spine row
-- Reads:    address_named, coverage, exporter_trade, party_event, spine, spine_application, spine_party
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
),

-- Counts of all earlier filings come with how long there has been anything to count, to three years.
observed as (
    select
        spine.subject,
        least(1095, date_diff('day', cast(coverage.known_from as date), spine.as_of_day)) as days
    from spine
    inner join spine_application on spine.subject = spine_application.subject
    inner join coverage on spine_application.authority = coverage.authority and spine.as_of > coverage.known_from
)

select
    spine.subject,
    case when placed.subject is not null then coalesce(sharing.entities, 0) end as links_shared_place_count,
    case when placed.subject is not null then coalesce(tainted.entities, 0) end as links_tainted_neighbours_count,
    case when pair.subject is not null then coalesce(dealt.deals, 0) end as links_earlier_deals_count,
    case when pair.subject is not null and observed.days >= 90 then coalesce(dealt.recent_deals, 0) end as links_deals_in_quarter_count,
    receiving.another as links_other_consignee_flag,
    receiving.abroad as links_consignee_abroad_flag,
    coalesce(observed.days, 0) as links_observed_days
from spine
left join placed on spine.subject = placed.subject
left join sharing on spine.subject = sharing.subject
left join tainted on spine.subject = tainted.subject
left join pair on spine.subject = pair.subject
left join dealt on spine.subject = dealt.subject
left join observed on spine.subject = observed.subject
left join receiving on spine.subject = receiving.subject
