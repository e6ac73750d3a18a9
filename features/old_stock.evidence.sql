-- Family:   old_stock
-- Question: which records was each value computed from?
-- Grain:    one row per spine row, feature and record
-- Reads:    spine, spine_party, stock_destroyed, stock_promised
-- As of:    promises and destructions count only if known_from < spine.as_of
-- Absent:   a value that rests on the filing alone, or on finding nothing, has no row: its evidence is the filing's own fields
-- Columns:  subject, feature, record

with state_end_user as (
    select
        spine.subject,
        spine.application_id,
        spine.as_of,
        spine.as_of_day,
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
