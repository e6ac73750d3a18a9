-- Family:   old_stock
-- Question: what becomes of the arms that the new goods replace?
-- Grain:    one row per spine row
-- Reads:    code_tier, force_strength, party_event, spine, spine_item, spine_party, spine_stock, stock_destroyed,
--           stock_movement, stock_promised
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
        count(*) filter (where spine_stock.acquired_year is not null) as dated,
        count(*) filter (where spine.as_of_year - spine_stock.acquired_year >= 30) as obsolete,
        sum(case when spine_stock.plan = 'destroy' then coalesce(spine_stock.quantity, 0) else 0 end) as quantity_to_destroy
    from spine_stock
    inner join spine on spine_stock.subject = spine.subject
    group by spine_stock.subject
),

replacing as (
    select
        spine_item.subject,
        sum(coalesce(spine_item.quantity, 0)) as quantity,
        count(distinct coalesce(spine_item.unit, '')) as units,
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
        spine_party.country,
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
        stock_promised.quantity,
        date_diff('day', cast(stock_promised.known_from as date), state_end_user.as_of_day) as age_days
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
        max(due.quantity) as promised,
        max(due.age_days) as age_days,
        sum(stock_destroyed.quantity) as destroyed,
        count(stock_destroyed.event_id) filter (where not stock_destroyed.witnessed) as unwitnessed,
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
        count(*) filter (where kept.destructions > 0) as kept,
        sum(kept.promised) as promised,
        sum(case when kept.promised is not null then least(kept.promised, coalesce(kept.destroyed, 0)) end) as destroyed,
        sum(kept.destructions) as destructions,
        sum(kept.unwitnessed) as unwitnessed,
        max(case when kept.destructions = 0 then kept.age_days - 730 end) as overdue_days
    from kept
    group by kept.subject
),

known_facts as (
    select
        state_end_user.subject,
        count(distinct party_event.event_id) filter (where party_event.fact = 'passed_on') as passed_on,
        count(distinct party_event.event_id) filter (where party_event.fact = 'insecure') as insecure
    from state_end_user
    inner join party_event
        on
            state_end_user.entity_id = party_event.entity_id
            and state_end_user.as_of > party_event.known_from
            and (party_event.known_to is null or state_end_user.as_of <= party_event.known_to)
            and state_end_user.application_id <> party_event.application_id
    where party_event.role_group in ('end_user', 'consignee', 'further_end_user') and party_event.fact in ('passed_on', 'insecure')
    group by state_end_user.subject
),

wanted as (
    select
        spine_item.subject,
        spine_item.category,
        coalesce(spine_item.unit, '') as unit,
        sum(spine_item.quantity) as quantity
    from spine_item
    where spine_item.category is not null
    group by spine_item.subject, spine_item.category, coalesce(spine_item.unit, '')
),

ordered as (
    select
        wanted.subject,
        count(*) as lines
    from wanted
    where wanted.quantity > 0
    group by wanted.subject
),

-- What each earlier application brought in and what the fullest visit under it found; the applications never visited say nothing.
holding as (
    select
        state_end_user.subject,
        stock_movement.category,
        stock_movement.unit,
        stock_movement.application_id,
        max(wanted.quantity) as wanted,
        sum(case when stock_movement.what = 'received' then stock_movement.quantity end) as received,
        max(case when stock_movement.what = 'accounted' then stock_movement.quantity end) as accounted,
        max(case when stock_movement.what = 'lost' then stock_movement.quantity end) as lost,
        max(case when stock_movement.what = 'transferred' then stock_movement.quantity end) as transferred
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
    group by state_end_user.subject, stock_movement.category, stock_movement.unit, stock_movement.application_id
),

ledger as (
    select
        holding.subject,
        holding.category,
        holding.unit,
        max(holding.wanted) as wanted,
        sum(holding.received) as received,
        sum(case when holding.accounted is not null or holding.lost is not null or holding.transferred is not null then holding.received end)
            as looked_at,
        sum(least(holding.received, coalesce(holding.accounted, 0))) as accounted,
        sum(least(holding.received, coalesce(holding.lost, 0))) as lost,
        sum(least(holding.received, coalesce(holding.transferred, 0))) as transferred
    from holding
    where holding.received > 0
    group by holding.subject, holding.category, holding.unit
),

account as (
    select
        ledger.subject,
        max(case when ledger.wanted > 0 then cast(ledger.received as double) / cast(ledger.wanted as double) end) as received_to_wanted,
        min(case when ledger.looked_at > 0 then cast(ledger.accounted as double) / cast(ledger.looked_at as double) end) as accounted,
        max(case when ledger.looked_at > 0 then cast(ledger.lost as double) / cast(ledger.looked_at as double) end) as lost,
        max(case when ledger.looked_at > 0 then cast(ledger.transferred as double) / cast(ledger.looked_at as double) end) as transferred
    from ledger
    group by ledger.subject
),

arms_category as (
    select
        spine_item.subject,
        spine_item.category
    from spine_item
    inner join code_tier on spine_item.control_code = code_tier.control_code
    where code_tier.list_family in ('munitions', 'us_usml') and spine_item.form = 'goods'
    group by spine_item.subject, spine_item.category
),

replaced_category as (
    select
        spine_stock.subject,
        spine_stock.category
    from spine_stock
    where spine_stock.category is not null
    group by spine_stock.subject, spine_stock.category
),

matched as (
    select
        arms_category.subject,
        count(*) as categories,
        count(*) filter (where replaced_category.subject is null) as undeclared
    from arms_category
    left join replaced_category on arms_category.subject = replaced_category.subject and arms_category.category = replaced_category.category
    group by arms_category.subject
),

strength as (
    select
        state_end_user.subject,
        force_strength.personnel,
        row_number() over (partition by state_end_user.subject order by force_strength.year desc) as place
    from state_end_user
    inner join force_strength
        on
            state_end_user.country = force_strength.country
            and (force_strength.known_from is null or state_end_user.as_of > force_strength.known_from)
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
    case when state_end_user.subject is not null then coalesce(promises.kept, 0) end as old_stock_destruction_kept_count,
    case
        when state_end_user.kind in ('military', 'police', 'government') and matched.categories > 0
            then cast(matched.undeclared as double) / cast(matched.categories as double)
    end as old_stock_undeclared_categories_share,
    case when declared.dated > 0 then cast(declared.obsolete as double) / cast(declared.dated as double) end as old_stock_obsolete_share,
    case when promises.promised > 0 then cast(promises.destroyed as double) / cast(promises.promised as double) end as old_stock_destroyed_share,
    case when state_end_user.subject is not null then coalesce(promises.overdue_days, 0) end as old_stock_longest_overdue_days,
    case when promises.destructions > 0 then cast(promises.unwitnessed as double) / cast(promises.destructions as double) end
        as old_stock_unwitnessed_share,
    case when state_end_user.subject is not null then coalesce(known_facts.passed_on, 0) end as old_stock_passed_on_count,
    case when state_end_user.subject is not null then coalesce(known_facts.insecure, 0) end as old_stock_insecure_storage_count,
    case when state_end_user.subject is not null and ordered.lines > 0 then coalesce(account.received_to_wanted, 0) end
        as old_stock_received_to_ordered_ratio,
    account.accounted as old_stock_accounted_share,
    account.lost as old_stock_lost_share,
    account.transferred as old_stock_transferred_share,
    case
        when replacing.small_arms = 1 and replacing.units <= 1 and strength.personnel > 0
            then
                cast(greatest(0, coalesce(declared.quantity, 0) + replacing.quantity - coalesce(declared.quantity_to_destroy, 0)) as double)
                / cast(strength.personnel as double)
    end as old_stock_to_strength_ratio
from spine
left join declared on spine.subject = declared.subject
left join replacing on spine.subject = replacing.subject
left join state_end_user on spine.subject = state_end_user.subject
left join promises on spine.subject = promises.subject
left join known_facts on spine.subject = known_facts.subject
left join ordered on spine.subject = ordered.subject
left join account on spine.subject = account.subject
left join matched on spine.subject = matched.subject
left join strength on spine.subject = strength.subject and strength.place = 1
