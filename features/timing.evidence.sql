-- Family:   timing
-- Question: which records was each value computed from?
-- Grain:    one row per spine row, feature and record
-- Reads:    ordered_goods, party_event, spine, spine_item, spine_party
-- As of:    a record counts only if known_from < spine.as_of, and until it was corrected
-- Absent:   a value that rests on the filing, or on earlier revisions of it, has no row: its evidence is the filing's own fields
-- Columns:  subject, feature, record

with end_user as (
    select
        spine.subject,
        spine.application_id,
        spine.as_of,
        spine.as_of_day,
        spine.observed_days,
        exporter.entity_id as exporter_id,
        spine_party.form_id,
        spine_party.entity_id
    from spine
    inner join spine_party on spine.subject = spine_party.subject and spine_party.role_group = 'end_user'
    inner join spine_party as exporter on spine.subject = exporter.subject and exporter.role_group = 'exporter'
),

bought as (
    select
        end_user.subject,
        ordered_goods.application_id,
        ordered_goods.exporter_id = end_user.exporter_id and spine_item.subject is not null as same_pair,
        date_diff('day', cast(ordered_goods.known_from as date), end_user.as_of_day) as age_days,
        end_user.observed_days
    from end_user
    inner join ordered_goods
        on
            end_user.entity_id = ordered_goods.end_user_id
            and end_user.as_of > ordered_goods.known_from
            and end_user.application_id <> ordered_goods.application_id
    left join spine_item on end_user.subject = spine_item.subject and ordered_goods.category = spine_item.category
),

asked as (
    select
        spine_item.subject,
        spine_item.category,
        sum(spine_item.value_eur) as value_eur
    from spine_item
    where spine_item.category is not null
    group by spine_item.subject, spine_item.category
),

alike as (
    select
        end_user.subject,
        'timing_like_orders_count' as feature,
        'application:' || ordered_goods.application_id as record
    from end_user
    inner join asked on end_user.subject = asked.subject
    inner join ordered_goods
        on
            end_user.entity_id = ordered_goods.end_user_id
            and end_user.exporter_id = ordered_goods.exporter_id
            and asked.category = ordered_goods.category
            and end_user.as_of > ordered_goods.known_from
            and end_user.application_id <> ordered_goods.application_id
    where date_diff('day', cast(ordered_goods.known_from as date), end_user.as_of_day) <= 90 and end_user.observed_days >= 90
    group by end_user.subject, ordered_goods.application_id, asked.category
    having sum(ordered_goods.value_eur) * 10 >= max(asked.value_eur) * 9 and sum(ordered_goods.value_eur) * 9 <= max(asked.value_eur) * 10
),

refused as (
    select
        end_user.subject,
        'timing_since_denial_days' as feature,
        'event:' || party_event.event_id as record
    from end_user
    inner join party_event
        on
            end_user.entity_id = party_event.entity_id
            and end_user.as_of > party_event.known_from
            and (party_event.known_to is null or end_user.as_of <= party_event.known_to)
            and (party_event.application_id is null or end_user.application_id <> party_event.application_id)
            and (party_event.linked_from is null or end_user.as_of > party_event.linked_from or end_user.form_id = party_event.form_id)
    where party_event.fact in ('denied', 'denial_notice') and party_event.role_group <> 'exporter'
)

select
    bought.subject,
    'timing_split_orders_count' as feature,
    'application:' || bought.application_id as record
from bought
where bought.same_pair and bought.age_days <= 90 and bought.observed_days >= 90
union distinct
select
    bought.subject,
    'timing_value_to_earlier_years_ratio' as feature,
    'application:' || bought.application_id as record
from bought
where bought.age_days <= 1095 and bought.observed_days >= 1095
union distinct
select
    bought.subject,
    'timing_new_priority_goods_flag' as feature,
    'application:' || bought.application_id as record
from bought
union distinct
select
    alike.subject,
    alike.feature,
    alike.record
from alike
union distinct
select
    refused.subject,
    refused.feature,
    refused.record
from refused
