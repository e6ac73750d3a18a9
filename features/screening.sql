-- Family:   screening
-- Question: which of the parties come near to a list that warns, or to a denial on record?
-- Grain:    one row per spine row
-- Reads:    goods_denied, party_event, party_hit, spine, spine_application, spine_item, spine_party
-- As of:    a list entry or denial counts only if known_from < spine.as_of, and until it ended
-- Absent:   nothing came near -> 0; no party of the role -> null. Lists that bind are referrals and stand in no feature
-- Columns:  see screening.toml

with party as (
    select
        spine.subject,
        spine.application_id,
        spine.as_of,
        spine_party.party_no,
        spine_party.form_id,
        spine_party.entity_id,
        spine_party.role_group,
        spine_party.role
    from spine
    inner join spine_party on spine.subject = spine_party.subject
),

present as (
    select
        party.subject,
        count(*) filter (where party.role_group = 'consignee') as consignees,
        count(*) filter (where party.role_group = 'intermediary' and party.role <> 'carrier') as intermediaries,
        count(*) filter (where party.role = 'carrier') as carriers,
        count(*) filter (where party.role_group = 'further_end_user') as further
    from party
    group by party.subject
),

hit as (
    select
        party.subject,
        party.party_no,
        party.role_group,
        party.role,
        party_hit.score,
        party_hit.result,
        party_hit.weight
    from party
    inner join party_hit
        on
            party.subject = party_hit.subject
            and party.party_no = party_hit.party_no
            and party.as_of > party_hit.known_from
            and (party_hit.known_to is null or party.as_of <= party_hit.known_to)
),

warned as (
    select
        hit.subject,
        max(case when hit.weight = 'warning' and hit.role_group = 'consignee' then hit.score end) as consignee,
        max(case when hit.weight = 'warning' and hit.role_group = 'intermediary' and hit.role <> 'carrier' then hit.score end) as intermediary,
        max(case when hit.weight = 'warning' and hit.role = 'carrier' then hit.score end) as carrier,
        max(case when hit.weight = 'warning' and hit.role_group = 'further_end_user' then hit.score end) as further,
        count(distinct hit.party_no) filter (where hit.weight = 'warning' and hit.result = 'potential_match') as parties,
        -- Under the threshold of a referral: a likeness that no rule asks about.
        max(case when hit.weight = 'prohibiting' and hit.result = 'review' then hit.score end) as near_listed
    from hit
    group by hit.subject
),

named as (
    select
        party.subject,
        count(distinct party.entity_id) filter (where party_event.fact = 'denial_notice') as notified,
        count(distinct party.entity_id) filter (where party_event.fact = 'denied') as denied
    from party
    inner join party_event
        on
            party.entity_id = party_event.entity_id
            and party.as_of > party_event.known_from
            and (party_event.known_to is null or party.as_of <= party_event.known_to)
            and (party_event.application_id is null or party.application_id <> party_event.application_id)
            and (party_event.linked_from is null or party.as_of > party_event.linked_from or party.form_id = party_event.form_id)
    where
        party.role_group in ('end_user', 'consignee', 'further_end_user', 'intermediary')
        and party_event.fact in ('denial_notice', 'denied') and party_event.role_group <> 'exporter'
        and not (party.role_group = 'intermediary' and party_event.fact = 'denied') -- held against opportunity in the broker family
    group by party.subject
),

asked as (
    select
        spine.subject,
        spine.application_id,
        spine.as_of,
        spine.as_of_day,
        spine_application.destination,
        spine_item.category
    from spine
    inner join spine_application on spine.subject = spine_application.subject
    inner join spine_item on spine.subject = spine_item.subject
    where spine_item.category is not null and spine_application.destination is not null
    group by spine.subject, spine.application_id, spine.as_of, spine.as_of_day, spine_application.destination, spine_item.category
),

alike as (
    select
        asked.subject,
        count(distinct goods_denied.event_id) filter (where goods_denied.whose = 'partner') as by_partners,
        count(distinct goods_denied.event_id) filter (where goods_denied.whose = 'own') as by_own
    from asked
    inner join goods_denied
        on
            asked.destination = goods_denied.country
            and asked.category = goods_denied.category
            and asked.as_of > goods_denied.known_from
            and (goods_denied.known_to is null or asked.as_of <= goods_denied.known_to)
            and (goods_denied.application_id is null or asked.application_id <> goods_denied.application_id)
    where date_diff('day', cast(goods_denied.known_from as date), asked.as_of_day) <= 1095
    group by asked.subject
),

told as (
    select asked.subject
    from asked
    group by asked.subject
)

select
    spine.subject,
    case when present.consignees > 0 then coalesce(warned.consignee, 0) end as screening_consignee_warning_score,
    case when present.intermediaries > 0 then coalesce(warned.intermediary, 0) end as screening_intermediary_warning_score,
    case when present.carriers > 0 then coalesce(warned.carrier, 0) end as screening_carrier_warning_score,
    case when present.further > 0 then coalesce(warned.further, 0) end as screening_further_end_user_warning_score,
    coalesce(warned.parties, 0) as screening_warned_parties_count,
    coalesce(warned.near_listed, 0) as screening_near_listed_score,
    coalesce(named.notified, 0) as screening_notified_parties_count,
    coalesce(named.denied, 0) as screening_denied_parties_count,
    case when told.subject is not null and spine.observed_days >= 1095 then coalesce(alike.by_partners, 0) end as screening_similar_notices_count,
    case when told.subject is not null and spine.observed_days >= 1095 then coalesce(alike.by_own, 0) end as screening_similar_denials_count
from spine
left join present on spine.subject = present.subject
left join warned on spine.subject = warned.subject
left join named on spine.subject = named.subject
left join alike on spine.subject = alike.subject
left join told on spine.subject = told.subject
