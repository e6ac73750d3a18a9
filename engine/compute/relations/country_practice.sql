-- What authorities had met with in a country by the end of each closed month: decisions and denials on grounds of diversion, requests to
-- authenticate documents and answers, visits and those that were completed, shipments due half a year and those proven arrived.
-- What is corrected is taken out in the month in which that became known; what was said in its place counts from then on.
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
        shipment.event_id,
        shipment.shipment_id,
        sought.destination,
        greatest(shipment.at, sought.filed_at) as known_from
    from shipment
    inner join sought on shipment.application_id = sought.application_id
    where shipment.shipment_id is not null and not coalesce(shipment.withdrawn, false)
    union all
    select
        shipment.event_id,
        shipment.shipment_id,
        sought.destination,
        min(greatest(shipment.at, licence.at, sought.filed_at)) as known_from
    from shipment
    inner join licence on shipment.licence_number = licence.licence_number
    inner join sought on licence.application_id = sought.application_id
    where
        shipment.application_id is null and shipment.shipment_id is not null
        and not coalesce(shipment.withdrawn, false) and not coalesce(licence.withdrawn, false)
    group by shipment.event_id, shipment.shipment_id, sought.destination
),

due as (
    select
        shipment_id,
        destination,
        min(known_from) + interval 180 day as due_from
    from sent
    group by shipment_id, destination
),

verified as (
    select
        delivery.shipment_id,
        delivery.at as known_from,
        correction.known_at as known_to
    from delivery
    left join correction on delivery.event_id = correction.event_id
    where
        delivery.milestone in ('arrived', 'released_by_customs', 'received_by_end_user') and delivery.proof = 'delivery_verification'
        and not coalesce(delivery.withdrawn, false)
),

step as (
    select shipment_id, destination, known_from as at, 1 as held, 0 as proofs from sent
    union all
    select sent.shipment_id, sent.destination, greatest(sent.known_from, correction.known_at) as at, -1 as held, 0 as proofs
    from sent
    inner join correction on sent.event_id = correction.event_id
    union all
    select verified.shipment_id, due.destination, verified.known_from as at, 0 as held, 1 as proofs
    from verified
    inner join due on verified.shipment_id = due.shipment_id
    union all
    select verified.shipment_id, due.destination, verified.known_to as at, 0 as held, -1 as proofs
    from verified
    inner join due on verified.shipment_id = due.shipment_id
    where verified.known_to is not null
),

turn as (
    select
        due.shipment_id,
        due.destination,
        greatest(due.due_from, step.at) as at,
        sum(step.held) as held,
        sum(step.proofs) as proofs
    from due
    inner join step on due.shipment_id = step.shipment_id and due.destination = step.destination
    group by due.shipment_id, due.destination, greatest(due.due_from, step.at)
),

shipped as (
    select
        turn.destination,
        turn.at as known_from,
        lead(turn.at) over in_turn as known_to,
        sum(turn.held) over in_turn as held,
        sum(turn.proofs) over in_turn as proofs
    from turn
    window in_turn as (partition by turn.shipment_id, turn.destination order by turn.at)
),

asked as (
    select
        request.request_id,
        request.country,
        request.at as known_from,
        correction.known_at as known_to
    from request
    left join correction on request.event_id = correction.event_id
    where
        request."for" = 'authentication' and request.answer is null and not coalesce(request.withdrawn, false)
        and request.country in (select spine_application.destination from spine_application)
),

answered as (
    select
        request.request_id,
        request.at as known_from,
        correction.known_at as known_to
    from request
    left join correction on request.event_id = correction.event_id
    where
        request.answer in ('given', 'given_with_conditions', 'refused', 'found_false') and not coalesce(request.withdrawn, false)
),

told as (
    select
        sought.destination as country,
        greatest(decision.at, sought.filed_at) as known_from,
        correction.known_at as known_to,
        case when decision.outcome = 'denied' and list_has_any(decision.grounds, ['diversion', 'end_use', 'catch_all']) then 'denied' else 'decided' end
            as what
    from decision
    inner join sought on decision.application_id = sought.application_id
    left join correction on decision.event_id = correction.event_id
    where decision.outcome in ('granted', 'denied') and not coalesce(decision.withdrawn, false)
    union all
    select
        country,
        known_from,
        known_to,
        'asked' as what
    from asked
    union all
    select
        asked.country,
        greatest(asked.known_from, answered.known_from) as known_from,
        least(coalesce(asked.known_to, answered.known_to), coalesce(answered.known_to, asked.known_to)) as known_to,
        'answered' as what
    from answered
    inner join asked on answered.request_id = asked.request_id
    union all
    select
        sought.destination as country,
        greatest(visit_in_force.known_from, sought.filed_at) as known_from,
        visit_in_force.known_to,
        case when visit_in_force.outcome in ('favourable', 'unfavourable') then 'completed' else 'attempted' end as what
    from visit_in_force
    inner join sought on visit_in_force.application_id = sought.application_id
    where visit_in_force.stage = 'post_shipment'
    union all
    select
        destination as country,
        known_from,
        known_to,
        'due' as what
    from shipped
    where held > 0
    union all
    select
        destination as country,
        known_from,
        known_to,
        'proven' as what
    from shipped
    where held > 0 and proofs > 0
),

-- What ended before it counted never counted.
counted as (
    select country, what, unnest([known_from, known_to]) as at, unnest([1, -1]) as n
    from told
    where known_to is null or known_to > known_from
),

monthly as (
    select
        counted.country,
        cast(date_trunc('month', counted.at) + interval 1 month as date) as month,
        sum(case when counted.what in ('decided', 'denied') then counted.n else 0 end) as decisions,
        sum(case when counted.what = 'denied' then counted.n else 0 end) as denials,
        sum(case when counted.what = 'asked' then counted.n else 0 end) as asked,
        sum(case when counted.what = 'answered' then counted.n else 0 end) as answered,
        sum(case when counted.what in ('completed', 'attempted') then counted.n else 0 end) as visits,
        sum(case when counted.what = 'completed' then counted.n else 0 end) as completed,
        sum(case when counted.what = 'due' then counted.n else 0 end) as due,
        sum(case when counted.what = 'proven' then counted.n else 0 end) as proven
    from counted
    where counted.country is not null and counted.at is not null
    group by counted.country, month
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
