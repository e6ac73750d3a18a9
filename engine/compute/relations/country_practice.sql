-- What authorities had met with in a country by the end of each closed month: decisions and denials on grounds of diversion, requests to
-- authenticate documents and answers, visits and those that were completed, shipments due half a year and those proven arrived.
with sought as (
    select
        application_id,
        destination,
        filed_at
    from filing
    where revision = 1 and destination in (select spine_application.destination from spine_application)
),

-- A shipment that names only its licence belongs to the application of that number.
sent as (
    select
        shipment.shipment_id,
        sought.destination,
        greatest(shipment.at, sought.filed_at) as known_from
    from shipment
    inner join sought on shipment.application_id = sought.application_id
    where not coalesce(shipment.withdrawn, false)
    union all
    select
        shipment.shipment_id,
        sought.destination,
        greatest(shipment.at, licence.at, sought.filed_at) as known_from
    from shipment
    inner join licence on shipment.licence_number = licence.licence_number
    inner join sought on licence.application_id = sought.application_id
    where shipment.application_id is null and not coalesce(shipment.withdrawn, false) and not coalesce(licence.withdrawn, false)
),

due as (
    select
        shipment_id,
        destination,
        min(known_from) + interval 180 day as known_from
    from sent
    where shipment_id is not null
    group by shipment_id, destination
),

proof as (
    select
        delivery.shipment_id,
        min(delivery.at) as known_from
    from delivery
    where
        delivery.milestone in ('arrived', 'released_by_customs', 'received_by_end_user') and delivery.proof = 'delivery_verification'
        and not coalesce(delivery.withdrawn, false) and delivery.shipment_id in (select due.shipment_id from due)
    group by delivery.shipment_id
),

told as (
    select
        sought.destination as country,
        greatest(decision.at, sought.filed_at) as known_from,
        case when decision.outcome = 'denied' and list_has_any(decision.grounds, ['diversion', 'end_use', 'catch_all']) then 'denied' else 'decided' end
            as what
    from decision
    inner join sought on decision.application_id = sought.application_id
    where decision.outcome in ('granted', 'denied') and decision.corrects is null and not coalesce(decision.withdrawn, false)
    union all
    select
        request.country,
        request.at as known_from,
        'asked' as what
    from request
    where request."for" = 'authentication' and request.answer is null and request.corrects is null and not coalesce(request.withdrawn, false)
    union all
    select
        asked.country,
        answered.at as known_from,
        'answered' as what
    from request as answered
    inner join request as asked on answered.request_id = asked.request_id and asked.answer is null and asked.corrects is null
    where
        asked."for" = 'authentication' and answered.answer in ('given', 'given_with_conditions', 'refused', 'found_false')
        and answered.corrects is null and not coalesce(answered.withdrawn, false)
    union all
    select
        sought.destination as country,
        greatest(visit_in_force.known_from, sought.filed_at) as known_from,
        case when visit_in_force.outcome in ('favourable', 'unfavourable') then 'completed' else 'attempted' end as what
    from visit_in_force
    inner join sought on visit_in_force.application_id = sought.application_id
    where visit_in_force.stage = 'post_shipment'
    union all
    select
        due.destination as country,
        due.known_from,
        'due' as what
    from due
    union all
    select
        due.destination as country,
        greatest(due.known_from, proof.known_from) as known_from,
        'proven' as what
    from due
    inner join proof on due.shipment_id = proof.shipment_id
),

monthly as (
    select
        told.country,
        cast(date_trunc('month', told.known_from) + interval 1 month as date) as month,
        count(*) filter (where told.what in ('decided', 'denied')) as decisions,
        count(*) filter (where told.what = 'denied') as denials,
        count(*) filter (where told.what = 'asked') as asked,
        count(*) filter (where told.what = 'answered') as answered,
        count(*) filter (where told.what in ('completed', 'attempted')) as visits,
        count(*) filter (where told.what = 'completed') as completed,
        count(*) filter (where told.what = 'due') as due,
        count(*) filter (where told.what = 'proven') as proven
    from told
    where told.country is not null
    group by told.country, month
),

so_far as (
    select
        monthly.country,
        monthly.month,
        sum(monthly.decisions) over until_then as decisions,
        sum(monthly.denials) over until_then as denials,
        sum(monthly.asked) over until_then as asked,
        sum(monthly.answered) over until_then as answered,
        sum(monthly.visits) over until_then as visits,
        sum(monthly.completed) over until_then as completed,
        sum(monthly.due) over until_then as due,
        sum(monthly.proven) over until_then as proven
    from monthly
    window until_then as (partition by monthly.country order by monthly.month rows between unbounded preceding and current row)
),

wanted as (
    select distinct
        spine_application.destination as country,
        spine.as_of_month as month
    from spine
    inner join spine_application on spine.subject = spine_application.subject
    where spine_application.destination is not null
)

select
    wanted.country,
    wanted.month,
    cast(wanted.month as timestamp) as known_from,
    so_far.decisions,
    so_far.denials,
    so_far.asked,
    so_far.answered,
    so_far.visits,
    so_far.completed,
    so_far.due,
    so_far.proven
from wanted
asof inner join so_far on wanted.country = so_far.country and wanted.month >= so_far.month
