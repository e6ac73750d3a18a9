-- Family:   goods
-- Question: how sensitive are the goods, and do amount, price and purpose fit them?
-- Grain:    one row per spine row
-- Reads:    code_tier, force_strength, hs_fit, item_peer, membership, priority_item, purpose_fit, received_goods, spine,
--           spine_application, spine_item, spine_party
-- As of:    peer statistics come from closed months; the priority list counts from its publication
-- Absent:   no value, no quantity or fewer than 20 peers -> null
-- Columns:  see goods.toml

with rated as (
    select
        spine_item.subject,
        max(code_tier.tier) as tier,
        max(case when code_tier.small_arms then 1 else 0 end) as small_arms
    from spine_item
    inner join code_tier on spine_item.control_code = code_tier.control_code
    group by spine_item.subject
),

amounts as (
    select
        spine_item.subject,
        sum(spine_item.value_eur) as value_eur,
        count(*) as lines,
        count(*) filter (where spine_item.control_code is null) as uncontrolled,
        count(*) filter (where not spine_item.serialised) as unserialised,
        count(*) filter (where spine_item.serialised is not null) as serial_said
    from spine_item
    group by spine_item.subject
),

priority as (
    select
        spine_item.subject,
        max(5 - priority_item.tier_rank) as level
    from spine_item
    inner join spine on spine_item.subject = spine.subject
    inner join priority_item
        on
            substr(spine_item.hs_code, 1, 6) = priority_item.hs_code
            and (priority_item.known_from is null or spine.as_of > priority_item.known_from)
    group by spine_item.subject
),

unit_value as (
    select
        spine_item.subject,
        spine_item.item_no,
        cast(spine_item.value_eur as double) / cast(spine_item.quantity as double) as eur,
        cast(spine_item.quantity as double) as quantity,
        item_peer.median_unit_value,
        item_peer.mad_unit_value,
        item_peer.median_quantity
    from spine_item
    inner join spine on spine_item.subject = spine.subject
    inner join item_peer
        on
            spine_item.subject = item_peer.subject
            and spine_item.item_no = item_peer.item_no
            and spine.as_of > item_peer.known_from
    where spine_item.quantity > 0
),

against_peers as (
    select
        unit_value.subject,
        max(greatest(unit_value.eur / unit_value.median_unit_value, unit_value.median_unit_value / nullif(unit_value.eur, 0)))
        filter (where unit_value.median_unit_value > 0 and unit_value.eur > 0) as value_ratio,
        max(
            greatest(unit_value.eur - unit_value.median_unit_value, unit_value.median_unit_value - unit_value.eur)
            / nullif(unit_value.mad_unit_value, 0)
        ) as spread_ratio,
        max(unit_value.quantity / unit_value.median_quantity) filter (where unit_value.median_quantity > 0) as quantity_ratio
    from unit_value
    group by unit_value.subject
),

fitting as (
    select
        spine_item.subject,
        purpose_fit.fits,
        row_number() over (partition by spine_item.subject, spine_item.item_no order by length(purpose_fit.code_prefix) desc) as place
    from spine_item
    inner join spine_application on spine_item.subject = spine_application.subject
    inner join purpose_fit
        on
            spine_application.purpose = purpose_fit.purpose
            and substr(spine_item.control_code, 1, length(purpose_fit.code_prefix)) = purpose_fit.code_prefix
),

-- What the end user had ordered of the same code and unit before, within one year and three.
bought as (
    select
        spine_item.subject,
        spine_item.item_no,
        sum(case when date_diff('day', cast(received_goods.known_from as date), spine.as_of_day) <= 365 then received_goods.quantity end) as in_year,
        sum(case when date_diff('day', cast(received_goods.known_from as date), spine.as_of_day) <= 1095 then received_goods.quantity end)
            as in_three_years
    from spine_item
    inner join spine on spine_item.subject = spine.subject
    inner join spine_party as end_user on spine_item.subject = end_user.subject and end_user.role_group = 'end_user'
    inner join received_goods
        on
            end_user.entity_id = received_goods.end_user_id
            and spine_item.control_code = received_goods.control_code
            and coalesce(spine_item.unit, '') = received_goods.unit
            and spine.as_of > received_goods.known_from
            and spine.application_id <> received_goods.application_id
    group by spine_item.subject, spine_item.item_no
),

cumulated as (
    select
        spine_item.subject,
        max((cast(spine_item.quantity as double) + coalesce(cast(bought.in_year as double), 0)) / item_peer.median_quantity) as in_year,
        max((cast(spine_item.quantity as double) + coalesce(cast(bought.in_three_years as double), 0)) / item_peer.median_quantity)
            as in_three_years
    from spine_item
    inner join spine on spine_item.subject = spine.subject
    inner join item_peer
        on
            spine_item.subject = item_peer.subject
            and spine_item.item_no = item_peer.item_no
            and spine.as_of > item_peer.known_from
    left join bought on spine_item.subject = bought.subject and spine_item.item_no = bought.item_no
    where spine_item.quantity > 0 and item_peer.median_quantity > 0
    group by spine_item.subject
),

judged as (
    select
        spine_item.subject,
        spine_item.item_no,
        max(case when substr(spine_item.hs_code, 1, length(hs_fit.hs_prefix)) = hs_fit.hs_prefix then 1 else 0 end) as fits
    from spine_item
    inner join hs_fit on spine_item.category = hs_fit.category
    where spine_item.hs_code is not null
    group by spine_item.subject, spine_item.item_no
),

misdeclared as (
    select
        judged.subject,
        count(*) filter (where judged.fits = 0) as lines
    from judged
    group by judged.subject
),

aged as (
    select
        spine_item.subject,
        count(*) as lines,
        count(*) filter (where spine.as_of_year - spine_item.made_year >= 20) as old
    from spine_item
    inner join spine on spine_item.subject = spine.subject
    where spine_item.made_year is not null
    group by spine_item.subject
),

coalition as (
    select spine.subject
    from spine
    inner join spine_application on spine.subject = spine_application.subject
    inner join membership
        on
            spine_application.destination = membership.country
            and (membership.known_from is null or spine.as_of > membership.known_from)
            and (membership.valid_from is null or spine.as_of_day >= membership.valid_from)
            and (membership.valid_to is null or spine.as_of_day < membership.valid_to)
    where membership.instrument = 'GECC'
    group by spine.subject
),

armed as (
    select
        spine_item.subject,
        sum(spine_item.quantity) as quantity,
        count(distinct coalesce(spine_item.unit, '')) as units
    from spine_item
    inner join code_tier on spine_item.control_code = code_tier.control_code
    where code_tier.firearms and spine_item.form = 'goods'
    group by spine_item.subject
),

strength as (
    select
        spine.subject,
        force_strength.personnel,
        row_number() over (partition by spine.subject order by force_strength.year desc) as place
    from spine
    inner join spine_application on spine.subject = spine_application.subject
    inner join force_strength
        on
            spine_application.destination = force_strength.country
            and (force_strength.known_from is null or spine.as_of > force_strength.known_from)
),

-- A force or an authority makes no arms: what it passes on for good comes, as a rule, out of its own stocks.
state_stock as (
    select
        spine_party.subject,
        max(
            case
                when
                    spine_party.kind in ('military', 'police', 'government')
                    and coalesce(spine_application.transaction, '') not in ('repair_or_return', 'exhibition', 'loan_or_lease')
                    and code_tier.list_family in ('munitions', 'us_usml')
                    and spine_item.form = 'goods'
                    then 1
                else 0
            end
        ) as passed_on
    from spine_party
    inner join spine_application on spine_party.subject = spine_application.subject
    left join spine_item on spine_party.subject = spine_item.subject
    left join code_tier on spine_item.control_code = code_tier.control_code
    where spine_party.role_group = 'exporter' and spine_party.kind is not null
    group by spine_party.subject
),

misfit as (
    select
        fitting.subject,
        count(*) as lines
    from fitting
    where fitting.place = 1 and not fitting.fits -- XVIII is not XVII: the longest prefix speaks
    group by fitting.subject
)

select
    spine.subject,
    rated.tier as goods_sensitivity_level,
    coalesce(rated.small_arms, 0) as goods_small_arms_flag,
    coalesce(priority.level, 0) as goods_priority_level,
    cast(amounts.value_eur as double) as goods_value_eur,
    against_peers.value_ratio as goods_unit_value_to_peer_ratio,
    against_peers.quantity_ratio as goods_quantity_to_peer_ratio,
    cast(amounts.uncontrolled as double) / cast(amounts.lines as double) as goods_uncontrolled_share,
    case when amounts.serial_said > 0 then cast(amounts.unserialised as double) / cast(amounts.serial_said as double) end
        as goods_unserialised_share,
    case when spine_application.purpose is not null then coalesce(misfit.lines, 0) end as goods_purpose_misfit_count,
    against_peers.spread_ratio as goods_unit_value_to_spread_ratio,
    case when spine.observed_days >= 365 then cumulated.in_year end as goods_year_quantity_to_peer_ratio,
    case when spine.observed_days >= 1095 then cumulated.in_three_years end as goods_three_years_quantity_to_peer_ratio,
    misdeclared.lines as goods_customs_misfit_count,
    cast(aged.old as double) / cast(aged.lines as double) as goods_surplus_share,
    case
        when spine_application.destination is not null
            then case when coalition.subject is null then coalesce(priority.level, 0) else 0 end
    end as goods_priority_outside_level,
    case
        when armed.units <= 1 and strength.personnel > 0 then cast(armed.quantity as double) / cast(strength.personnel as double)
    end as goods_arms_to_strength_ratio,
    state_stock.passed_on as goods_state_stock_flag
from spine
inner join spine_application on spine.subject = spine_application.subject
left join rated on spine.subject = rated.subject
left join amounts on spine.subject = amounts.subject
left join priority on spine.subject = priority.subject
left join against_peers on spine.subject = against_peers.subject
left join misfit on spine.subject = misfit.subject
left join cumulated on spine.subject = cumulated.subject
left join misdeclared on spine.subject = misdeclared.subject
left join aged on spine.subject = aged.subject
left join coalition on spine.subject = coalition.subject
left join armed on spine.subject = armed.subject
left join strength on spine.subject = strength.subject and strength.place = 1
left join state_stock on spine.subject = state_stock.subject
