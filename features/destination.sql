-- Family:   destination
-- Question: what does the destination's own control system make likely?
-- Grain:    one row per spine row
-- Reads:    armed_conflict, arms_embargo, border, conflicts_known, country_control, country_practice, country_record, fatf_listing,
--           index_value, membership, spine, spine_application, transshipment_hub
-- As of:    reference rows count only if known_from < spine.as_of and they held on that day; base rates come from closed months
-- Absent:   no destination named -> null; a country that was never assessed has no score
-- Columns:  see destination.toml

with destination as (
    select
        spine.subject,
        spine.as_of,
        spine.as_of_day,
        spine.as_of_month,
        spine_application.destination as country
    from spine
    inner join spine_application on spine.subject = spine_application.subject
    where spine_application.destination is not null
),

joined as (
    select
        destination.subject,
        count(distinct membership.instrument) filter (where membership.instrument in ('ATT', 'NPT', 'BTWC', 'CWC', 'HCoC')) as treaties,
        count(distinct membership.instrument) filter (where membership.instrument in ('WA', 'MTCR', 'AG', 'NSG')) as regimes
    from destination
    inner join membership
        on
            destination.country = membership.country
            and (membership.known_from is null or destination.as_of > membership.known_from)
            and (membership.valid_from is null or destination.as_of_day >= membership.valid_from)
            and (membership.valid_to is null or destination.as_of_day < membership.valid_to)
    group by destination.subject
),

partly_embargoed as (
    select
        destination.subject,
        count(*) as embargoes
    from destination
    inner join arms_embargo
        on
            destination.country = arms_embargo.country
            and (arms_embargo.known_from is null or destination.as_of > arms_embargo.known_from)
            and (arms_embargo.valid_from is null or destination.as_of_day >= arms_embargo.valid_from)
            and (arms_embargo.valid_to is null or destination.as_of_day < arms_embargo.valid_to)
    where arms_embargo.scope <> 'state'
    group by destination.subject
),

listed as (
    select
        destination.subject,
        max(case when fatf_listing.list = 'call_for_action' then 2 else 1 end) as level
    from destination
    inner join fatf_listing
        on
            destination.country = fatf_listing.country
            and (fatf_listing.known_from is null or destination.as_of > fatf_listing.known_from)
            and (fatf_listing.valid_from is null or destination.as_of_day >= fatf_listing.valid_from)
            and (fatf_listing.valid_to is null or destination.as_of_day < fatf_listing.valid_to)
    group by destination.subject
),

at_war as (
    select
        destination.subject,
        max(armed_conflict.intensity) as level
    from destination
    inner join armed_conflict
        on
            destination.country = armed_conflict.country
            and destination.as_of > armed_conflict.known_from
            and date_diff('day', armed_conflict.known_from, destination.as_of_day) <= 366
    group by destination.subject
),

beside_embargo as (
    select
        destination.subject,
        count(distinct border.neighbour) as neighbours
    from destination
    inner join border
        on
            destination.country = border.country
            and (border.valid_from is null or destination.as_of_day >= border.valid_from)
            and (border.valid_to is null or destination.as_of_day < border.valid_to)
    inner join arms_embargo
        on
            border.neighbour = arms_embargo.country
            and (arms_embargo.known_from is null or destination.as_of > arms_embargo.known_from)
            and (arms_embargo.valid_from is null or destination.as_of_day >= arms_embargo.valid_from)
            and (arms_embargo.valid_to is null or destination.as_of_day < arms_embargo.valid_to)
    where arms_embargo.direction in ('export_to', 'both')
    group by destination.subject
),

beside_war as (
    select
        destination.subject,
        count(distinct border.neighbour) as neighbours
    from destination
    inner join border
        on
            destination.country = border.country
            and (border.valid_from is null or destination.as_of_day >= border.valid_from)
            and (border.valid_to is null or destination.as_of_day < border.valid_to)
    inner join armed_conflict
        on
            border.neighbour = armed_conflict.country
            and destination.as_of > armed_conflict.known_from
            and date_diff('day', armed_conflict.known_from, destination.as_of_day) <= 366
    group by destination.subject
),

coalition as (
    select destination.subject
    from destination
    inner join membership
        on
            destination.country = membership.country
            and (membership.known_from is null or destination.as_of > membership.known_from)
            and (membership.valid_from is null or destination.as_of_day >= membership.valid_from)
            and (membership.valid_to is null or destination.as_of_day < membership.valid_to)
    where membership.instrument = 'GECC'
    group by destination.subject
),

integrity as (
    select
        destination.subject,
        index_value.value,
        row_number() over (partition by destination.subject order by index_value.year desc) as place
    from destination
    inner join index_value
        on
            destination.country = index_value.country
            and (index_value.known_from is null or destination.as_of > index_value.known_from)
    where index_value.index = 'gdi'
)

select
    spine.subject,
    case when destination.subject is not null then coalesce(joined.treaties, 0) end as destination_treaties_count,
    case when destination.subject is not null then coalesce(joined.regimes, 0) end as destination_regimes_count,
    country_control.score as destination_control_system_score,
    case when destination.subject is not null then case when partly_embargoed.embargoes > 0 then 1 else 0 end end
        as destination_partial_embargo_flag,
    case when destination.subject is not null then coalesce(listed.level, 0) end as destination_finance_list_level,
    case when destination.subject is not null and conflicts_known.subject is not null then coalesce(at_war.level, 0) end
        as destination_conflict_level,
    case when destination.subject is not null then coalesce(beside_embargo.neighbours, 0) end as destination_embargo_neighbours_count,
    case when destination.subject is not null then coalesce(transshipment_hub.level, 0) end as destination_hub_level,
    case
        when destination.subject is not null
            then (cast(coalesce(country_record.diversions, 0) as double) + 0.5) / (cast(coalesce(country_record.visits, 0) as double) + 10.0)
    end as destination_diversion_share,
    case
        when destination.subject is not null
            then cast(coalesce(country_record.refusals, 0) as double) / (cast(coalesce(country_record.visits, 0) as double) + 5.0)
    end as destination_refused_visits_share,
    case when destination.subject is not null and conflicts_known.subject is not null then coalesce(beside_war.neighbours, 0) end
        as destination_conflict_neighbours_count,
    case when destination.subject is not null then case when coalition.subject is not null then 1 else 0 end end as destination_coalition_flag,
    integrity.value / 100.0 as destination_defence_integrity_score,
    case
        when destination.subject is not null
            then (cast(coalesce(country_practice.denials, 0) as double) + 0.5) / (cast(coalesce(country_practice.decisions, 0) as double) + 25.0)
    end as destination_denied_share,
    case
        when country_practice.visits >= 5 then cast(country_practice.completed as double) / cast(country_practice.visits as double)
    end as destination_completed_visits_share,
    case
        when country_practice.asked >= 5
            then least(1.0, cast(country_practice.answered as double) / cast(country_practice.asked as double))
    end as destination_authentications_answered_share,
    case
        when country_practice.due >= 20 then least(1.0, cast(country_practice.proven as double) / cast(country_practice.due as double))
    end as destination_proven_deliveries_share
from spine
left join destination on spine.subject = destination.subject
left join joined on spine.subject = joined.subject
left join country_control
    on
        destination.country = country_control.country
        and (country_control.known_from is null or destination.as_of > country_control.known_from)
        and (country_control.valid_from is null or destination.as_of_day >= country_control.valid_from)
        and (country_control.valid_to is null or destination.as_of_day < country_control.valid_to)
left join partly_embargoed on spine.subject = partly_embargoed.subject
left join listed on spine.subject = listed.subject
left join at_war on spine.subject = at_war.subject
left join conflicts_known on spine.subject = conflicts_known.subject
left join beside_embargo on spine.subject = beside_embargo.subject
left join transshipment_hub
    on
        destination.country = transshipment_hub.country
        and (transshipment_hub.known_from is null or destination.as_of > transshipment_hub.known_from)
left join country_record
    on
        destination.country = country_record.country
        and destination.as_of_month = country_record.month
        and destination.as_of > country_record.known_from
left join beside_war on spine.subject = beside_war.subject
left join coalition on spine.subject = coalition.subject
left join integrity on spine.subject = integrity.subject and integrity.place = 1
left join country_practice
    on
        destination.country = country_practice.country
        and destination.as_of_month = country_practice.month
        and destination.as_of > country_practice.known_from
