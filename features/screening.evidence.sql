-- Family:   screening
-- Question: which records was each value computed from?
-- Grain:    one row per spine row, feature and record
-- Reads:    address_match, goods_denied, list_match, listed_customer, party_event, party_hit, spine, spine_application, spine_item,
--           spine_party
-- As of:    a record counts only if known_from < spine.as_of, and until it ended
-- Absent:   a value that rests on the filing alone, or on finding nothing, has no row: its evidence is the filing's own fields
-- Columns:  subject, feature, record

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

former_customer as (
    select
        pair.subject,
        listed_customer.application_id,
        'list:' || listed_customer.list || ':' || listed_customer.entry_id as entry
    from pair
    inner join spine_item on pair.subject = spine_item.subject
    inner join listed_customer
        on
            pair.exporter_id = listed_customer.exporter_id
            and spine_item.control_code = listed_customer.control_code
            and pair.end_user_id <> listed_customer.end_user_id
            and pair.application_id <> listed_customer.application_id
            and pair.as_of > listed_customer.known_from
            and (listed_customer.known_to is null or pair.as_of <= listed_customer.known_to)
),

hit as (
    select
        party.subject,
        party.role_group,
        party.role,
        party_hit.result,
        party_hit.weight,
        'list:' || party_hit.list || ':' || party_hit.entry_id as record
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
        case
            when hit.role_group = 'consignee' then 'screening_consignee_warning_score'
            when hit.role = 'carrier' then 'screening_carrier_warning_score'
            when hit.role_group = 'intermediary' then 'screening_intermediary_warning_score'
            else 'screening_further_end_user_warning_score'
        end as feature,
        hit.record
    from hit
    where hit.weight = 'warning' and hit.role_group in ('consignee', 'intermediary', 'further_end_user')
    union distinct
    select
        hit.subject,
        'screening_warned_parties_count' as feature,
        hit.record
    from hit
    where hit.weight = 'warning' and hit.result = 'potential_match'
    union distinct
    select
        hit.subject,
        'screening_near_listed_score' as feature,
        hit.record
    from hit
    where hit.weight = 'prohibiting' and hit.result = 'review'
),

name_hit as (
    select
        spine.subject,
        list_match.stands_as,
        list_match.result,
        list_match.weight,
        'list:' || list_match.list || ':' || list_match.entry_id as record
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
        case
            when name_hit.stands_as = 'owner' then 'screening_owner_warning_score'
            when name_hit.stands_as = 'payer' then 'screening_payer_warning_score'
            when name_hit.stands_as in ('signatory', 'on_document') then 'screening_document_names_warning_score'
            else 'screening_carrier_warning_score'
        end as feature,
        name_hit.record
    from name_hit
    where name_hit.weight = 'warning'
    union distinct
    select
        name_hit.subject,
        'screening_near_listed_score' as feature,
        name_hit.record
    from name_hit
    where name_hit.weight = 'prohibiting' and name_hit.result = 'review' and name_hit.stands_as not in ('signatory', 'on_document')
    union distinct
    select
        name_hit.subject,
        'screening_listed_owner_share' as feature,
        name_hit.record
    from name_hit
    where name_hit.stands_as = 'owner' and name_hit.result = 'potential_match'
),

at_address as (
    select
        party.subject,
        'screening_listed_address_count' as feature,
        'list:' || address_match.list || ':' || address_match.entry_id as record
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
),

named as (
    select
        party.subject,
        case when party_event.fact = 'denial_notice' then 'screening_notified_parties_count' else 'screening_denied_parties_count' end as feature,
        'event:' || party_event.event_id as record
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
),

alike as (
    select
        spine.subject,
        case when goods_denied.whose = 'partner' then 'screening_similar_notices_count' else 'screening_similar_denials_count' end as feature,
        'event:' || goods_denied.event_id as record
    from spine
    inner join spine_application on spine.subject = spine_application.subject
    inner join spine_item on spine.subject = spine_item.subject
    inner join goods_denied
        on
            spine_application.destination = goods_denied.country
            and spine_item.category = goods_denied.category
            and spine.as_of > goods_denied.known_from
            and (goods_denied.known_to is null or spine.as_of <= goods_denied.known_to)
            and (goods_denied.application_id is null or spine.application_id <> goods_denied.application_id)
    where date_diff('day', cast(goods_denied.known_from as date), spine.as_of_day) <= 1095 and spine.observed_days >= 1095
)

select
    warned.subject,
    warned.feature,
    warned.record
from warned
union distinct
select
    warned_name.subject,
    warned_name.feature,
    warned_name.record
from warned_name
union distinct
select
    at_address.subject,
    at_address.feature,
    at_address.record
from at_address
union distinct
select
    named.subject,
    named.feature,
    named.record
from named
union distinct
select
    alike.subject,
    alike.feature,
    alike.record
from alike
union distinct
select
    former_customer.subject,
    'screening_listed_former_customer_flag' as feature,
    'application:' || former_customer.application_id as record
from former_customer
union distinct
select
    former_customer.subject,
    'screening_listed_former_customer_flag' as feature,
    former_customer.entry as record
from former_customer
