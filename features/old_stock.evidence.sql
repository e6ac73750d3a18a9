-- Family:   old_stock
-- Question: which records was each value computed from?
-- Grain:    one row per spine row, feature and record
-- Reads:    party_event, spine, spine_item, spine_party, stock_destroyed, stock_movement, stock_promised
-- As of:    promises and destructions count only if known_from < spine.as_of
-- Absent:   a value that rests on the filing alone, or on finding nothing, has no row: its evidence is the filing's own fields
-- Columns:  subject, feature, record

with state_end_user as (
    select
        spine.subject,
        spine.application_id,
        spine.as_of,
        spine.as_of_day,
        spine_party.form_id,
        spine_party.entity_id
    from spine
    inner join spine_party on spine.subject = spine_party.subject
    where spine_party.role_group = 'end_user'
),

due as (
    select
        state_end_user.subject,
        state_end_user.as_of,
        stock_promised.application_id
    from state_end_user
    inner join stock_promised
        on
            state_end_user.entity_id = stock_promised.entity_id
            and state_end_user.as_of > stock_promised.known_from
            and state_end_user.application_id <> stock_promised.application_id
            and date_diff('day', cast(stock_promised.known_from as date), state_end_user.as_of_day) > 730
),

kept as (
    select
        due.subject,
        due.application_id,
        stock_destroyed.event_id
    from due
    left join stock_destroyed
        on
            due.application_id = stock_destroyed.application_id
            and due.as_of > stock_destroyed.known_from
            and (stock_destroyed.known_to is null or due.as_of <= stock_destroyed.known_to)
),

kept_records as (
    select
        kept.subject,
        'old_stock_destroyed_share' as feature,
        'event:' || kept.event_id as record
    from kept
    where kept.event_id is not null
    union distinct
    select
        kept.subject,
        'old_stock_unwitnessed_share' as feature,
        'event:' || kept.event_id as record
    from kept
    where kept.event_id is not null
    union distinct
    select
        kept.subject,
        'old_stock_longest_overdue_days' as feature,
        'application:' || kept.application_id as record
    from kept
    where kept.event_id is null
),

known_facts as (
    select
        state_end_user.subject,
        case when party_event.fact = 'passed_on' then 'old_stock_passed_on_count' else 'old_stock_insecure_storage_count' end as feature,
        'event:' || party_event.event_id as record
    from state_end_user
    inner join party_event
        on
            state_end_user.entity_id = party_event.entity_id
            and state_end_user.as_of > party_event.known_from
            and (party_event.known_to is null or state_end_user.as_of <= party_event.known_to)
            and (party_event.application_id is null or state_end_user.application_id <> party_event.application_id)
            and (party_event.linked_from is null or state_end_user.as_of > party_event.linked_from or state_end_user.form_id = party_event.form_id)
    where party_event.role_group in ('end_user', 'consignee', 'further_end_user', 'named') and party_event.fact in ('passed_on', 'insecure')
),

wanted as (
    select
        spine_item.subject,
        spine_item.category,
        coalesce(spine_item.unit, '') as unit
    from spine_item
    where spine_item.category is not null
    group by spine_item.subject, spine_item.category, coalesce(spine_item.unit, '')
),

ledger as (
    select
        state_end_user.subject,
        case
            when stock_movement.what = 'received' then 'old_stock_received_to_ordered_ratio'
            when stock_movement.what = 'accounted' then 'old_stock_accounted_share'
            when stock_movement.what = 'lost' then 'old_stock_lost_share'
            else 'old_stock_transferred_share'
        end as feature,
        'event:' || stock_movement.event_id as record
    from state_end_user
    inner join wanted on state_end_user.subject = wanted.subject
    inner join stock_movement
        on
            state_end_user.entity_id = stock_movement.end_user_id
            and wanted.category = stock_movement.category
            and wanted.unit = stock_movement.unit
            and state_end_user.as_of > stock_movement.known_from
            and (stock_movement.known_to is null or state_end_user.as_of <= stock_movement.known_to)
            and state_end_user.application_id <> stock_movement.application_id
)

select
    kept.subject,
    'old_stock_destruction_overdue_count' as feature,
    'application:' || kept.application_id as record
from kept
where kept.event_id is null
union distinct
select
    kept.subject,
    'old_stock_destruction_kept_count' as feature,
    'event:' || kept.event_id as record
from kept
where kept.event_id is not null
union distinct
select
    kept_records.subject,
    kept_records.feature,
    kept_records.record
from kept_records
union distinct
select
    known_facts.subject,
    known_facts.feature,
    known_facts.record
from known_facts
union distinct
select
    ledger.subject,
    ledger.feature,
    ledger.record
from ledger
