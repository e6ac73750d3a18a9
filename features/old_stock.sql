-- Family:   old_stock
-- Question: what becomes of the arms that the new goods replace?
-- Grain:    one row per spine row
-- Reads:    code_tier, spine, spine_item, spine_party, spine_stock, stock_destroyed, stock_promised
-- As of:    promises and destructions count only if known_from < spine.as_of
-- Absent:   no old stock declared -> shares of it are null (not applicable); goods that replace nothing are not asked
-- Columns:  see old_stock.toml

with declared as (
    select
        spine_stock.subject,
        sum(coalesce(spine_stock.quantity, 0)) as quantity,
        count(*) as lines,
        count(*) filter (where spine_stock.plan in ('sell', 'donate')) as for_others,
        count(*) filter (where spine_stock.plan is null or spine_stock.plan = 'undeclared') as without_plan,
        count(*) filter (where spine_stock.plan = 'destroy') as to_destroy,
        count(*) filter (where not spine_stock.origin_consent) as no_consent,
        count(*) filter (where spine_stock.origin_consent is not null) as consent_said,
        count(*) filter (where not spine_stock.serials_declared) as no_serials,
        count(*) filter (where spine_stock.serials_declared is not null) as serials_said,
        min(spine_stock.acquired_year) as oldest_year
    from spine_stock
    group by spine_stock.subject
),

replacing as (
    select
        spine_item.subject,
        sum(coalesce(spine_item.quantity, 0)) as quantity,
        count(distinct spine_item.unit) as units,
        max(case when code_tier.small_arms then 1 else 0 end) as small_arms
    from spine_item
    inner join code_tier on spine_item.control_code = code_tier.control_code
    where code_tier.list_family in ('munitions', 'us_usml') and spine_item.form = 'goods'
    group by spine_item.subject
),

state_end_user as (
    select
        spine.subject,
        spine.application_id,
        spine.as_of,
        spine.as_of_day,
        spine_party.entity_id,
        spine_party.kind
    from spine
    inner join spine_party on spine.subject = spine_party.subject
    where spine_party.role_group = 'end_user'
),

due as (
    select
        state_end_user.subject,
        state_end_user.as_of,
        stock_promised.application_id,
        stock_promised.quantity
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
        count(stock_destroyed.event_id) as destructions
    from due
    left join stock_destroyed
        on
            due.application_id = stock_destroyed.application_id
            and due.as_of > stock_destroyed.known_from
            and (stock_destroyed.known_to is null or due.as_of <= stock_destroyed.known_to)
    group by due.subject, due.application_id
),

promises as (
    select
        kept.subject,
        count(*) filter (where kept.destructions = 0) as overdue,
        count(*) filter (where kept.destructions > 0) as kept
    from kept
    group by kept.subject
)

select
    spine.subject,
    case
        when replacing.subject is not null and state_end_user.kind in ('military', 'police', 'government')
            then case when declared.subject is null then 1 else 0 end
    end as old_stock_undeclared_flag,
    case
        when replacing.units <= 1 and replacing.quantity > 0 and declared.quantity > 0
            then cast(declared.quantity as double) / cast(replacing.quantity as double)
    end as old_stock_replacement_ratio,
    cast(declared.for_others as double) / cast(declared.lines as double) as old_stock_for_others_share,
    cast(declared.without_plan as double) / cast(declared.lines as double) as old_stock_without_plan_share,
    cast(declared.to_destroy as double) / cast(declared.lines as double) as old_stock_to_destroy_share,
    case when declared.consent_said > 0 then cast(declared.no_consent as double) / cast(declared.consent_said as double) end
        as old_stock_consent_missing_share,
    case when declared.serials_said > 0 then cast(declared.no_serials as double) / cast(declared.serials_said as double) end
        as old_stock_serials_missing_share,
    case when state_end_user.subject is not null then coalesce(promises.overdue, 0) end as old_stock_destruction_overdue_count,
    case when state_end_user.subject is not null then coalesce(promises.kept, 0) end as old_stock_destruction_kept_count
from spine
left join declared on spine.subject = declared.subject
left join replacing on spine.subject = replacing.subject
left join state_end_user on spine.subject = state_end_user.subject
left join promises on spine.subject = promises.subject
