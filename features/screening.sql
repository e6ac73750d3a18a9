-- Family:   screening
-- Question: who on the form comes near to a list that warns, is owned by a listed party or sits where one does, or was denied?
-- Grain:    one row per spine row
-- Reads:    address_match, goods_denied, list_match, listed_customer, party_event, party_hit, spine, spine_application, spine_item,
--           spine_name, spine_party, supply_chain
-- As of:    a list entry or denial counts only if known_from < spine.as_of, and until it ended
-- Absent:   nothing came near -> 0; nobody of the role -> null. Who may be on a list that binds is a referral and stands in no
--           feature; what such an owner holds, who sits at its address and who orders what it ordered, does
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

-- The names on the form that are no party's: owners, payers, who signed, who carries.
standing as (
    select
        spine_name.subject,
        count(*) filter (where spine_name.stands_as = 'owner') as owners,
        count(*) filter (where spine_name.stands_as = 'payer') as payers,
        count(*) filter (where spine_name.stands_as in ('signatory', 'on_document')) as on_documents,
        count(*) filter (where spine_name.stands_as in ('carrier', 'vessel', 'aircraft')) as carriers
    from spine_name
    group by spine_name.subject
),

name_hit as (
    select
        spine.subject,
        list_match.stands_as,
        list_match.party_no,
        list_match.name_no,
        list_match.score,
        list_match.result,
        list_match.weight
    from spine
    inner join list_match
        on
            spine.subject = list_match.subject
            and spine.as_of > list_match.known_from
            and (list_match.known_to is null or spine.as_of <= list_match.known_to)
    where list_match.stands_as <> 'party' and list_match.weight in ('prohibiting', 'warning')
),

warned_name as (
    select
        name_hit.subject,
        max(case when name_hit.weight = 'warning' and name_hit.stands_as = 'owner' then name_hit.score end) as owner,
        max(case when name_hit.weight = 'warning' and name_hit.stands_as = 'payer' then name_hit.score end) as payer,
        max(case when name_hit.weight = 'warning' and name_hit.stands_as in ('signatory', 'on_document') then name_hit.score end) as on_document,
        max(case when name_hit.weight = 'warning' and name_hit.stands_as in ('carrier', 'vessel', 'aircraft') then name_hit.score end) as carrier,
        max(
            case
                when name_hit.weight = 'prohibiting' and name_hit.result = 'review' and name_hit.stands_as not in ('signatory', 'on_document')
                    then name_hit.score
            end
        ) as near_listed
    from name_hit
    group by name_hit.subject
),

listed_owner as (
    select
        name_hit.subject,
        name_hit.party_no,
        name_hit.name_no
    from name_hit
    where name_hit.stands_as = 'owner' and name_hit.result = 'potential_match'
    group by name_hit.subject, name_hit.party_no, name_hit.name_no
),

held as (
    select
        spine_name.subject,
        spine_name.party_no,
        sum(spine_name.share) as held_share
    from spine_name
    inner join listed_owner
        on
            spine_name.subject = listed_owner.subject
            and spine_name.party_no = listed_owner.party_no
            and spine_name.name_no = listed_owner.name_no
    where spine_name.stands_as = 'owner'
    group by spine_name.subject, spine_name.party_no
),

most_held as (
    select
        held.subject,
        max(held.held_share) as held_share
    from held
    group by held.subject
),

-- At a listed party's address, and not by name that party: that would be a question of its own.
at_address as (
    select
        party.subject,
        count(distinct party.entity_id) as entities
    from party
    inner join address_match
        on
            party.subject = address_match.subject
            and party.party_no = address_match.party_no
            and party.as_of > address_match.known_from
            and (address_match.known_to is null or party.as_of <= address_match.known_to)
    left join party_hit
        on
            address_match.subject = party_hit.subject
            and address_match.party_no = party_hit.party_no
            and address_match.list = party_hit.list
            and address_match.entry_id = party_hit.entry_id
            and party_hit.result = 'potential_match'
            and party.as_of > party_hit.known_from
            and (party_hit.known_to is null or party.as_of <= party_hit.known_to)
    where party_hit.subject is null
    group by party.subject
),

addressed as (
    select spine_party.subject
    from spine_party
    where spine_party.address_key is not null
    group by spine_party.subject
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

pair as (
    select
        spine.subject,
        spine.application_id,
        spine.as_of,
        exporter.entity_id as exporter_id,
        end_user.entity_id as end_user_id
    from spine
    inner join spine_party as exporter on spine.subject = exporter.subject and exporter.role_group = 'exporter'
    inner join spine_party as end_user on spine.subject = end_user.subject and end_user.role_group = 'end_user'
),

dealt_before as (
    select pair.subject
    from pair
    inner join supply_chain
        on
            pair.exporter_id = supply_chain.exporter_id
            and pair.end_user_id = supply_chain.end_user_id
            and pair.as_of > supply_chain.known_from
            and pair.application_id <> supply_chain.application_id
    group by pair.subject
),

new_customer as (
    select
        pair.subject,
        count(listed_customer.entry_id) as entries
    from pair
    inner join spine_item on pair.subject = spine_item.subject
    left join dealt_before on pair.subject = dealt_before.subject
    left join listed_customer
        on
            pair.exporter_id = listed_customer.exporter_id
            and spine_item.control_code = listed_customer.control_code
            and pair.end_user_id <> listed_customer.end_user_id
            and pair.application_id <> listed_customer.application_id
            and pair.as_of > listed_customer.known_from
            and (listed_customer.known_to is null or pair.as_of <= listed_customer.known_to)
    where spine_item.control_code is not null and dealt_before.subject is null
    group by pair.subject
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
    case
        when present.carriers > 0 or standing.carriers > 0 then greatest(coalesce(warned.carrier, 0), coalesce(warned_name.carrier, 0))
    end as screening_carrier_warning_score,
    case when present.further > 0 then coalesce(warned.further, 0) end as screening_further_end_user_warning_score,
    coalesce(warned.parties, 0) as screening_warned_parties_count,
    greatest(coalesce(warned.near_listed, 0), coalesce(warned_name.near_listed, 0)) as screening_near_listed_score,
    case when standing.owners > 0 then coalesce(warned_name.owner, 0) end as screening_owner_warning_score,
    -- A listed owner whose share is not said leaves the share unknown, not nought.
    case
        when standing.owners > 0 and most_held.subject is null then 0
        when most_held.held_share is not null then least(1.0, cast(most_held.held_share as double))
    end as screening_listed_owner_share,
    case when standing.payers > 0 then coalesce(warned_name.payer, 0) end as screening_payer_warning_score,
    case when standing.on_documents > 0 then coalesce(warned_name.on_document, 0) end as screening_document_names_warning_score,
    case when addressed.subject is not null then coalesce(at_address.entities, 0) end as screening_listed_address_count,
    coalesce(named.notified, 0) as screening_notified_parties_count,
    coalesce(named.denied, 0) as screening_denied_parties_count,
    case when told.subject is not null and spine.observed_days >= 1095 then coalesce(alike.by_partners, 0) end as screening_similar_notices_count,
    case when told.subject is not null and spine.observed_days >= 1095 then coalesce(alike.by_own, 0) end as screening_similar_denials_count,
    case when new_customer.subject is not null then case when new_customer.entries > 0 then 1 else 0 end end
        as screening_listed_former_customer_flag
from spine
left join present on spine.subject = present.subject
left join warned on spine.subject = warned.subject
left join standing on spine.subject = standing.subject
left join warned_name on spine.subject = warned_name.subject
left join most_held on spine.subject = most_held.subject
left join addressed on spine.subject = addressed.subject
left join at_address on spine.subject = at_address.subject
left join named on spine.subject = named.subject
left join alike on spine.subject = alike.subject
left join told on spine.subject = told.subject
left join new_customer on spine.subject = new_customer.subject
