-- Family:   destination
-- Question: which records was each value computed from?
-- Grain:    one row per spine row, feature and record
-- Reads:    application_event, armed_conflict, arms_embargo, border, country_control, fatf_listing, filing, membership, spine,
--           spine_application, transshipment_hub, visit_in_force
-- As of:    reference rows count only if known_from < spine.as_of and they held on that day; visits of closed months
-- Absent:   visits that found nothing are counted, not listed; a country in no table has no row
-- Columns:  subject, feature, record

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
        case
            when membership.instrument in ('ATT', 'NPT', 'BTWC', 'CWC', 'HCoC') then 'destination_treaties_count'
            else 'destination_regimes_count'
        end as feature,
        'reference:membership:' || membership.country || ':' || membership.instrument as record
    from destination
    inner join membership
        on
            destination.country = membership.country
            and (membership.known_from is null or destination.as_of > membership.known_from)
            and (membership.valid_from is null or destination.as_of_day >= membership.valid_from)
            and (membership.valid_to is null or destination.as_of_day < membership.valid_to)
    where membership.instrument in ('ATT', 'NPT', 'BTWC', 'CWC', 'HCoC', 'WA', 'MTCR', 'AG', 'NSG')
),

assessed as (
    select
        destination.subject,
        'destination_control_system_score' as feature,
        'reference:control_system:' || country_control.country as record
    from destination
    inner join country_control
        on
            destination.country = country_control.country
            and (country_control.known_from is null or destination.as_of > country_control.known_from)
            and (country_control.valid_from is null or destination.as_of_day >= country_control.valid_from)
            and (country_control.valid_to is null or destination.as_of_day < country_control.valid_to)
),

partly_embargoed as (
    select
        destination.subject,
        'destination_partial_embargo_flag' as feature,
        'reference:arms_embargo:' || arms_embargo.embargo_id as record
    from destination
    inner join arms_embargo
        on
            destination.country = arms_embargo.country
            and (arms_embargo.known_from is null or destination.as_of > arms_embargo.known_from)
            and (arms_embargo.valid_from is null or destination.as_of_day >= arms_embargo.valid_from)
            and (arms_embargo.valid_to is null or destination.as_of_day < arms_embargo.valid_to)
    where arms_embargo.scope <> 'state'
),

listed as (
    select
        destination.subject,
        'destination_finance_list_level' as feature,
        'reference:fatf_listing:' || fatf_listing.country || ':' || fatf_listing.list as record
    from destination
    inner join fatf_listing
        on
            destination.country = fatf_listing.country
            and (fatf_listing.known_from is null or destination.as_of > fatf_listing.known_from)
            and (fatf_listing.valid_from is null or destination.as_of_day >= fatf_listing.valid_from)
            and (fatf_listing.valid_to is null or destination.as_of_day < fatf_listing.valid_to)
),

at_war as (
    select
        destination.subject,
        'destination_conflict_level' as feature,
        'reference:armed_conflict:' || armed_conflict.country as record
    from destination
    inner join armed_conflict
        on
            destination.country = armed_conflict.country
            and destination.as_of > armed_conflict.known_from
            and date_diff('day', armed_conflict.known_from, destination.as_of_day) <= 366
),

beside_embargo as (
    select
        destination.subject,
        'destination_embargo_neighbours_count' as feature,
        'reference:arms_embargo:' || arms_embargo.embargo_id as record
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
),

hub as (
    select
        destination.subject,
        'destination_hub_level' as feature,
        'reference:transshipment_hub:' || transshipment_hub.country as record
    from destination
    inner join transshipment_hub
        on
            destination.country = transshipment_hub.country
            and (transshipment_hub.known_from is null or destination.as_of > transshipment_hub.known_from)
),

visited as (
    select
        destination.subject,
        destination.as_of,
        visit_in_force.event_id,
        coalesce(visit_in_force.limited_by, '') = 'host_state' and coalesce(visit_in_force.access, '') = 'none' as refused
    from destination
    inner join filing on destination.country = filing.destination and filing.revision = 1
    inner join visit_in_force
        on
            filing.application_id = visit_in_force.application_id
            and destination.as_of > visit_in_force.known_from
            and destination.as_of_month > cast(visit_in_force.known_from as date)
            and (visit_in_force.known_to is null or destination.as_of_month <= cast(visit_in_force.known_to as date))
    where visit_in_force.stage = 'post_shipment'
),

diverted as (
    select
        visited.subject,
        'destination_diversion_share' as feature,
        'event:' || visited.event_id as record
    from visited
    inner join application_event on visited.event_id = application_event.event_id and visited.as_of > application_event.known_from
    where application_event.fact = 'diversion'
)

select
    joined.subject,
    joined.feature,
    joined.record
from joined
union distinct
select
    assessed.subject,
    assessed.feature,
    assessed.record
from assessed
union distinct
select
    partly_embargoed.subject,
    partly_embargoed.feature,
    partly_embargoed.record
from partly_embargoed
union distinct
select
    listed.subject,
    listed.feature,
    listed.record
from listed
union distinct
select
    at_war.subject,
    at_war.feature,
    at_war.record
from at_war
union distinct
select
    beside_embargo.subject,
    beside_embargo.feature,
    beside_embargo.record
from beside_embargo
union distinct
select
    hub.subject,
    hub.feature,
    hub.record
from hub
union distinct
select
    diverted.subject,
    diverted.feature,
    diverted.record
from diverted
union distinct
select
    visited.subject,
    'destination_refused_visits_share' as feature,
    'event:' || visited.event_id as record
from visited
where visited.refused
