-- What post-shipment visits in a country had found by the end of each closed month: a base rate never reads its own month.
with months as (
    select distinct as_of_month as month from spine
),

visits as (
    select
        filing.destination as country,
        greatest(visit_in_force.known_from, filing.filed_at) as known_from,
        visit_in_force.known_to,
        coalesce(visit_in_force.limited_by, '') = 'host_state' and coalesce(visit_in_force.access, '') = 'none' as refused,
        coalesce(list_has_any(visit_in_force.findings, ['re_transfer', 're_export', 'diversion', 'theft_or_capture']), false) as diverted
    from visit_in_force
    inner join filing
        on visit_in_force.application_id = filing.application_id and filing.revision = 1
    where visit_in_force.stage = 'post_shipment'
)

select
    visits.country,
    months.month,
    cast(months.month as timestamp) as known_from,
    count(*) as visits,
    count(*) filter (where visits.diverted) as diversions,
    count(*) filter (where visits.refused) as refusals
from months
inner join visits
    on visits.known_from < months.month and (visits.known_to is null or visits.known_to >= months.month)
group by visits.country, months.month
