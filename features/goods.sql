-- Family:   goods
-- Question: how sensitive are the goods, and do amount, price and purpose fit them?
-- Grain:    one row per spine row
-- Reads:    code_tier, item_peer, priority_item, purpose_fit, spine, spine_application, spine_item
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
    case when spine_application.purpose is not null then coalesce(misfit.lines, 0) end as goods_purpose_misfit_count
from spine
inner join spine_application on spine.subject = spine_application.subject
left join rated on spine.subject = rated.subject
left join amounts on spine.subject = amounts.subject
left join priority on spine.subject = priority.subject
left join against_peers on spine.subject = against_peers.subject
left join misfit on spine.subject = misfit.subject
