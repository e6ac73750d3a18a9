-- Family:   timing
-- Question: is there haste, were the terms changed at the last minute, and is the order one of a split or sudden series?
-- Grain:    one row per spine row
-- Reads:    amendment, ordered_goods, party_event, priority_item, received_goods, spine, spine_application, spine_document,
--           spine_item, spine_leg, spine_party, spine_way
-- As of:    an earlier filing counts only if known_from < spine.as_of; earlier revisions of this application only as amendments
-- Absent:   never amended -> 0 and flags null; a window that begins before the records do -> null
-- Columns:  see timing.toml

with planned as (
    select
        spine_leg.subject,
        min(spine_leg.planned_on) as ships_on
    from spine_leg
    where spine_leg.planned_on is not null
    group by spine_leg.subject
),

certified as (
    select
        spine_document.subject,
        max(spine_document.expires_on) as expires_on
    from spine_document
    where spine_document.kind in ('end_user_certificate', 'end_user_statement') and spine_document.expires_on is not null
    group by spine_document.subject
),

earlier_revision as (
    select
        spine.subject,
        amendment.destination,
        amendment.end_user_id,
        amendment.consignee_id,
        amendment.quantity,
        amendment.unit,
        amendment.route_key,
        row_number() over (partition by spine.subject order by amendment.revision desc) as place
    from spine
    inner join amendment on spine.subject = amendment.subject and spine.as_of > amendment.known_from
),

revisions as (
    select
        earlier_revision.subject,
        count(*) as revisions
    from earlier_revision
    group by earlier_revision.subject
),

now_asked as (
    select
        spine.subject,
        max(case when spine_party.role_group = 'end_user' then spine_party.entity_id end) as end_user_id,
        max(case when spine_party.role_group = 'consignee' then spine_party.entity_id end) as consignee_id
    from spine
    inner join spine_party on spine.subject = spine_party.subject
    group by spine.subject
),

amount as (
    select
        spine_item.subject,
        sum(spine_item.quantity) as quantity,
        count(distinct coalesce(spine_item.unit, '')) as units,
        min(coalesce(spine_item.unit, '')) as unit,
        sum(spine_item.value_eur) as value_eur
    from spine_item
    group by spine_item.subject
),

changed as (
    select
        earlier_revision.subject,
        case when earlier_revision.end_user_id is not null and now_asked.end_user_id is not null then case when earlier_revision.end_user_id = now_asked.end_user_id then 0 else 1 end end
            as end_user,
        case
            when earlier_revision.consignee_id is not null and now_asked.consignee_id is not null
                then case when earlier_revision.consignee_id = now_asked.consignee_id then 0 else 1 end
        end as consignee,
        case
            when earlier_revision.destination is not null and spine_application.destination is not null
                then case when earlier_revision.destination = spine_application.destination then 0 else 1 end
        end as destination,
        case
            when earlier_revision.route_key is not null and spine_way.route_key is not null
                then case when earlier_revision.route_key = spine_way.route_key then 0 else 1 end
        end as route,
        case
            when earlier_revision.quantity > 0 and amount.units = 1 and amount.unit = earlier_revision.unit
                then cast(amount.quantity as double) / cast(earlier_revision.quantity as double)
        end as quantity
    from earlier_revision
    inner join now_asked on earlier_revision.subject = now_asked.subject
    inner join spine_application on earlier_revision.subject = spine_application.subject
    left join amount on earlier_revision.subject = amount.subject
    left join spine_way on earlier_revision.subject = spine_way.subject
    where earlier_revision.place = 1
),

pair as (
    select
        spine.subject,
        spine.application_id,
        spine.as_of,
        spine.as_of_day,
        exporter.entity_id as exporter_id,
        end_user.entity_id as end_user_id
    from spine
    inner join spine_party as exporter on spine.subject = exporter.subject and exporter.role_group = 'exporter'
    inner join spine_party as end_user on spine.subject = end_user.subject and end_user.role_group = 'end_user'
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

lately as (
    select
        pair.subject,
        ordered_goods.application_id,
        max(asked.value_eur) as asked_eur,
        sum(ordered_goods.value_eur) as value_eur
    from pair
    inner join asked on pair.subject = asked.subject
    inner join ordered_goods
        on
            pair.exporter_id = ordered_goods.exporter_id
            and pair.end_user_id = ordered_goods.end_user_id
            and asked.category = ordered_goods.category
            and pair.as_of > ordered_goods.known_from
            and pair.application_id <> ordered_goods.application_id
    where date_diff('day', cast(ordered_goods.known_from as date), pair.as_of_day) <= 90
    group by pair.subject, ordered_goods.application_id, asked.category
),

coded as (
    select
        asked.subject,
        count(asked.value_eur) as priced
    from asked
    group by asked.subject
),

split as (
    select
        lately.subject,
        count(distinct lately.application_id) as orders,
        -- Within a tenth of each other: orders cut to one measure.
        count(distinct lately.application_id) filter (
            where lately.value_eur * 10 >= lately.asked_eur * 9 and lately.value_eur * 9 <= lately.asked_eur * 10
        ) as alike
    from lately
    group by lately.subject
),

end_user as (
    select
        spine.subject,
        spine.application_id,
        spine.as_of,
        spine.as_of_us,
        spine.as_of_day,
        spine_party.form_id,
        spine_party.entity_id
    from spine
    inner join spine_party on spine.subject = spine_party.subject
    where spine_party.role_group = 'end_user'
),

value_stream as (
    select
        received_goods.end_user_id,
        received_goods.application_id,
        received_goods.known_us,
        received_goods.value_eur,
        cast(null as bigint) as subject
    from received_goods
    where received_goods.end_user_id in (select end_user.entity_id from end_user)
    union all
    select
        end_user.entity_id as end_user_id,
        end_user.application_id,
        end_user.as_of_us as known_us,
        0 as value_eur,
        end_user.subject
    from end_user
),

-- Years of 365 days in microseconds; the application's own earlier filing is taken out again.
running as (
    select
        value_stream.subject,
        sum(value_stream.value_eur) over (
            partition by value_stream.end_user_id order by value_stream.known_us range between 31536000000000 preceding and 1 preceding
        ) as year_eur,
        sum(value_stream.value_eur) over (
            partition by value_stream.end_user_id, value_stream.application_id order by value_stream.known_us
            range between 31536000000000 preceding and 1 preceding
        ) as own_year_eur,
        sum(value_stream.value_eur) over (
            partition by value_stream.end_user_id order by value_stream.known_us range between 94608000000000 preceding and 1 preceding
        ) as three_years_eur,
        sum(value_stream.value_eur) over (
            partition by value_stream.end_user_id, value_stream.application_id order by value_stream.known_us
            range between 94608000000000 preceding and 1 preceding
        ) as own_three_years_eur
    from value_stream
),

bought as (
    select
        running.subject,
        coalesce(running.year_eur, 0) - coalesce(running.own_year_eur, 0) as year_eur,
        coalesce(running.three_years_eur, 0) - coalesce(running.own_three_years_eur, 0) as three_years_eur
    from running
    where running.subject is not null
),

priority_now as (
    select spine.subject
    from spine
    inner join spine_item on spine.subject = spine_item.subject
    inner join priority_item
        on
            substr(spine_item.hs_code, 1, 6) = priority_item.hs_code
            and (priority_item.known_from is null or spine.as_of > priority_item.known_from)
    group by spine.subject
),

customer as (
    select
        end_user.subject,
        count(distinct ordered_goods.application_id) filter (where ordered_goods.hs_code is not null) as orders,
        count(distinct ordered_goods.application_id) filter (where priority_item.hs_code is not null) as priority_orders
    from end_user
    inner join priority_now on end_user.subject = priority_now.subject
    inner join ordered_goods
        on
            end_user.entity_id = ordered_goods.end_user_id
            and end_user.as_of > ordered_goods.known_from
            and end_user.application_id <> ordered_goods.application_id
    left join priority_item
        on
            ordered_goods.hs_code = priority_item.hs_code
            and (priority_item.known_from is null or end_user.as_of > priority_item.known_from)
    group by end_user.subject
),

refused as (
    select
        end_user.subject,
        min(date_diff('day', cast(party_event.known_from as date), end_user.as_of_day)) as days
    from end_user
    inner join party_event
        on
            end_user.entity_id = party_event.entity_id
            and end_user.as_of > party_event.known_from
            and (party_event.known_to is null or end_user.as_of <= party_event.known_to)
            and (party_event.application_id is null or end_user.application_id <> party_event.application_id)
            and (party_event.linked_from is null or end_user.as_of > party_event.linked_from or end_user.form_id = party_event.form_id)
    where party_event.fact in ('denied', 'denial_notice') and party_event.role_group <> 'exporter'
    group by end_user.subject
)

select
    spine.subject,
    case when planned.ships_on is not null then greatest(0, date_diff('day', spine_application.filed_day, planned.ships_on)) end
        as timing_to_shipping_days,
    case when certified.expires_on is not null then greatest(0, date_diff('day', spine_application.filed_day, certified.expires_on)) end
        as timing_certificate_left_days,
    coalesce(revisions.revisions, 0) as timing_earlier_revisions_count,
    changed.end_user as timing_end_user_changed_flag,
    changed.consignee as timing_consignee_changed_flag,
    changed.destination as timing_destination_changed_flag,
    changed.route as timing_route_changed_flag,
    changed.quantity as timing_quantity_to_earlier_ratio,
    case when pair.subject is not null and coded.subject is not null and spine.observed_days >= 90 then coalesce(split.orders, 0) end
        as timing_split_orders_count,
    case when pair.subject is not null and coded.priced > 0 and spine.observed_days >= 90 then coalesce(split.alike, 0) end as timing_like_orders_count,
    case
        when spine.observed_days >= 1095 and bought.three_years_eur > bought.year_eur and amount.value_eur is not null
            then
                2.0 * cast(bought.year_eur + amount.value_eur as double)
                / cast(bought.three_years_eur - bought.year_eur as double)
    end as timing_value_to_earlier_years_ratio,
    case when customer.orders > 0 then case when customer.priority_orders = 0 then 1 else 0 end end as timing_new_priority_goods_flag,
    refused.days as timing_since_denial_days
from spine
inner join spine_application on spine.subject = spine_application.subject
left join planned on spine.subject = planned.subject
left join certified on spine.subject = certified.subject
left join revisions on spine.subject = revisions.subject
left join changed on spine.subject = changed.subject
left join pair on spine.subject = pair.subject
left join coded on spine.subject = coded.subject
left join split on spine.subject = split.subject
left join bought on spine.subject = bought.subject
left join amount on spine.subject = amount.subject
left join customer on spine.subject = customer.subject
left join refused on spine.subject = refused.subject
