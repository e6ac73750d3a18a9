-- Everything that someone owes after a licence, as known by `licence_moment.as_of`: since when, by when, when it was met, who acts next.
-- The licence's own day goes before the general clock (`obligation_clock`). Nothing is dropped once it is met: the report counts it.
with clock as (
    select
        max(days) filter (where obligation = 'receipt_confirmation' and counted_from = 'arrival') as receipt_arrival,
        max(days) filter (where obligation = 'receipt_confirmation' and counted_from = 'shipment') as receipt_shipment,
        max(days) filter (where obligation = 'delivery_verification' and counted_from = 'arrival') as verified_arrival,
        max(days) filter (where obligation = 'delivery_verification' and counted_from = 'shipment') as verified_shipment,
        max(days) filter (where obligation = 'assumed_arrival') as assumed_arrival,
        max(days) filter (where obligation = 'first_visit_sensitive') as first_visit_sensitive,
        max(days) filter (where obligation = 'first_visit') as first_visit,
        max(days) filter (where obligation = 'later_visit_sensitive') as later_visit_sensitive,
        max(days) filter (where obligation = 'later_visit') as later_visit,
        max(days) filter (where obligation = 'replaced_stock_destruction') as destruction,
        max(days) filter (where obligation = 'host_state_response') as host,
        max(days) filter (where obligation = 'host_state_second') as host_second,
        max(days) filter (where obligation = 'party_response') as party,
        max(days) filter (where obligation = 'request_answer') as answer,
        max(days) filter (where obligation = 'visit_review') as visit_review,
        max(days) filter (where obligation = 'follow_up') as follow_up
    from obligation_clock
),

-- What a condition with a day of its own already asks is not asked a second time by the general clock.
own_day as (
    select distinct
        application_id,
        case when code = 'delivery_verification' then 'delivery_verification' else 'visit' end as asks
    from condition_standing
    where due_days is not null and code in ('delivery_verification', 'on_site_verification', 'post_shipment_verification')
),

need as (
    select
        application_id,
        max(place) = 2 as sensitive
    from physical_need
    group by application_id
),

verification_asked as (
    select application_id from filing_standing
    where verifies_delivery
    union
    select application_id from condition_standing
    where code = 'delivery_verification'
),

completed as (
    select
        shipment_fate.shipment_id,
        min(visit_standing.visited_on) as first_on,
        max(visit_standing.visited_on) as last_on
    from shipment_fate
    inner join visit_standing
        on
            shipment_fate.application_id = visit_standing.application_id and visit_standing.stage = 'post_shipment' and visit_standing.completes
            and (visit_standing.shipment_id is null or visit_standing.shipment_id = shipment_fate.shipment_id)
            and visit_standing.visited_on >= shipment_fate.shipped_on
    group by shipment_fate.shipment_id
),

sighted as (
    select
        visit_standing.application_id,
        listed.condition.condition as condition_id,
        min(visit_standing.visited_on) as met_on
    from visit_standing
    inner join (select
        event_id,
        unnest(conditions) as condition
    from visit_standing) as listed on visit_standing.event_id = listed.event_id
    where listed.condition.met = 'yes'
    group by visit_standing.application_id, listed.condition.condition
),

moved as (
    select
        application_id,
        min(shipped_on) as shipped_on,
        min(arrived_on) as arrived_on,
        min(verified_on) as verified_on,
        case when count(returned_on) = count(*) then max(returned_on) end as returned_on
    from shipment_fate
    where application_id is not null
    group by application_id
),

replaced as (
    select
        filing_standing.application_id,
        sum(filing_stock.quantity) as promised
    from filing_standing
    inner join filing_stock on filing_standing.record_no = filing_stock.record_no
    where filing_stock.plan = 'destroy'
    group by filing_standing.application_id
),

destroyed as (
    select
        destruction.application_id,
        sum(coalesce(destruction.quantity, array_length(destruction.serials), 0)) as destroyed,
        max(coalesce(destruction.destroyed_on, cast(destruction.at as date))) as destroyed_on
    from known_destruction as destruction
    group by destruction.application_id
),

attempted as (
    select
        visit_id,
        min(visited_on) filter (where completes) as completed_on,
        min(visited_on) filter (where outcome in ('favourable', 'unfavourable')) as rated_on,
        max_by(coalesce(mode, 'unknown') || ', ' || outcome, visited_on) as last_try
    from visit_standing
    group by visit_id
),

reviewed as (
    select visit_in_force.event_id
    from visit_in_force
    cross join licence_moment
    where visit_in_force.known_from < licence_moment.as_of and (visit_in_force.known_to is null or visit_in_force.known_to >= licence_moment.as_of)
),

owed as (
    select
        'receipt_confirmation' as obligation,
        shipment_fate.shipment_id as subject,
        shipment_fate.application_id,
        shipment_fate.shipment_id,
        coalesce(shipment_fate.arrived_on, shipment_fate.shipped_on) as since,
        coalesce(
            shipment_fate.arrived_on + cast(clock.receipt_arrival as integer), shipment_fate.shipped_on + cast(clock.receipt_shipment as integer)
        ) as due_on,
        coalesce(shipment_fate.received_on, shipment_fate.returned_on) as met_on,
        'exporter' as next_actor,
        'proof that the end user received the goods, from someone else than the exporter' as what,
        shipment_fate.value_eur
    from shipment_fate
    cross join clock
    union all
    select
        'delivery_verification' as obligation,
        shipment_fate.shipment_id as subject,
        shipment_fate.application_id,
        shipment_fate.shipment_id,
        coalesce(shipment_fate.arrived_on, shipment_fate.shipped_on) as since,
        coalesce(
            shipment_fate.arrived_on + cast(clock.verified_arrival as integer), shipment_fate.shipped_on + cast(clock.verified_shipment as integer)
        ) as due_on,
        coalesce(shipment_fate.verified_on, shipment_fate.returned_on) as met_on,
        'exporter' as next_actor,
        'delivery verification of the importing state' as what,
        shipment_fate.value_eur
    from shipment_fate
    inner join verification_asked on shipment_fate.application_id = verification_asked.application_id
    left join own_day on shipment_fate.application_id = own_day.application_id and own_day.asks = 'delivery_verification'
    cross join clock
    where own_day.application_id is null
    union all
    select
        'first_visit' as obligation,
        shipment_fate.shipment_id as subject,
        shipment_fate.application_id,
        shipment_fate.shipment_id,
        coalesce(shipment_fate.arrived_on, shipment_fate.shipped_on) as since,
        coalesce(shipment_fate.arrived_on, shipment_fate.shipped_on + cast(clock.assumed_arrival as integer))
        + cast(case when need.sensitive then clock.first_visit_sensitive else clock.first_visit end as integer) as due_on,
        coalesce(completed.first_on, shipment_fate.returned_on) as met_on,
        'planner' as next_actor,
        'a visit in person, since a condition or the goods demand one' as what,
        shipment_fate.value_eur
    from shipment_fate
    inner join need on shipment_fate.application_id = need.application_id
    left join own_day on shipment_fate.application_id = own_day.application_id and own_day.asks = 'visit'
    left join completed on shipment_fate.shipment_id = completed.shipment_id
    cross join clock
    where own_day.application_id is null
    union all
    select
        'later_visit' as obligation,
        shipment_fate.shipment_id as subject,
        shipment_fate.application_id,
        shipment_fate.shipment_id,
        completed.last_on as since,
        completed.last_on + cast(case when need.sensitive then clock.later_visit_sensitive else clock.later_visit end as integer) as due_on,
        shipment_fate.returned_on as met_on,
        'planner' as next_actor,
        'the next visit in person' as what,
        shipment_fate.value_eur
    from shipment_fate
    inner join need on shipment_fate.application_id = need.application_id
    inner join completed on shipment_fate.shipment_id = completed.shipment_id
    cross join clock
    union all
    select
        'planned_visit' as obligation,
        planned.visit_id as subject,
        planned.application_id,
        planned.shipment_id,
        planned.window_from as since,
        planned.window_to as due_on,
        case when coalesce(planned.mode, 'on_site') = 'on_site' then attempted.completed_on else attempted.rated_on end as met_on,
        'inspector' as next_actor,
        'visit ' || planned.visit_id || coalesce(' (last tried: ' || attempted.last_try || ')', '') as what,
        shipment_fate.value_eur
    from known_planned_visit as planned
    left join attempted on planned.visit_id = attempted.visit_id
    left join shipment_fate on planned.shipment_id = shipment_fate.shipment_id
    union all
    select
        'visit_review' as obligation,
        visit_standing.visit_id as subject,
        visit_standing.application_id,
        visit_standing.shipment_id,
        cast(visit_standing.at as date) as since,
        cast(visit_standing.at as date) + cast(clock.visit_review as integer) as due_on,
        null as met_on,
        'approver' as next_actor,
        'the final rating by another person than the one who made or recorded the visit' as what,
        shipment_fate.value_eur
    from visit_standing
    left join shipment_fate on visit_standing.shipment_id = shipment_fate.shipment_id
    cross join clock
    where visit_standing.event_id not in (select reviewed.event_id from reviewed)
    union all
    select
        'replaced_stock_destruction' as obligation,
        replaced.application_id as subject,
        replaced.application_id,
        null as shipment_id,
        coalesce(moved.arrived_on, moved.shipped_on) as since,
        coalesce(moved.arrived_on, moved.shipped_on + cast(clock.assumed_arrival as integer)) + cast(clock.destruction as integer) as due_on,
        case
            when
                destroyed.destroyed >= replaced.promised or (replaced.promised is null and destroyed.destroyed_on is not null)
                then destroyed.destroyed_on
        end as met_on,
        'end_user' as next_actor,
        'destruction of the replaced stock before witnesses: ' || coalesce(format('{:.10g}', cast(destroyed.destroyed as double)), '0') || ' of '
        || coalesce(format('{:.10g}', cast(replaced.promised as double)), 'an unnamed quantity') as what,
        filing_standing.value_eur
    from replaced
    inner join moved on replaced.application_id = moved.application_id
    inner join filing_standing on replaced.application_id = filing_standing.application_id
    left join destroyed on replaced.application_id = destroyed.application_id
    cross join clock
    union all
    select
        'temporary_return' as obligation,
        filing_standing.application_id as subject,
        filing_standing.application_id,
        null as shipment_id,
        moved.shipped_on as since,
        filing_standing.temporary_until as due_on,
        moved.returned_on as met_on,
        'exporter' as next_actor,
        'return of the goods exported for a time' as what,
        filing_standing.value_eur
    from filing_standing
    inner join moved on filing_standing.application_id = moved.application_id
    where filing_standing.temporary_until is not null
    union all
    select
        'licence_condition' as obligation,
        condition_standing.condition_id as subject,
        condition_standing.application_id,
        null as shipment_id,
        condition_standing.started_on as since,
        condition_standing.started_on + cast(condition_standing.due_days as integer) as due_on,
        case
            when
                condition_standing.code = 'delivery_verification'
                then least(coalesce(moved.verified_on, sighted.met_on), coalesce(sighted.met_on, moved.verified_on))
            when condition_standing.code in ('on_site_verification', 'post_shipment_verification')
                then (
                    select min(visit_standing.visited_on) from visit_standing
                    where
                        visit_standing.application_id = condition_standing.application_id
                        and visit_standing.stage = 'post_shipment'
                        and visit_standing.completes
                )
            else sighted.met_on
        end as met_on,
        case when condition_standing.code in ('on_site_verification', 'post_shipment_verification') then 'planner' else 'exporter' end as next_actor,
        coalesce(condition_standing.wording, condition_standing.code) as what,
        filing_standing.value_eur
    from condition_standing
    inner join filing_standing on condition_standing.application_id = filing_standing.application_id
    left join moved on condition_standing.application_id = moved.application_id
    left join sighted
        on
            condition_standing.application_id = sighted.application_id
            and sighted.condition_id in (condition_standing.condition_id, condition_standing.code, condition_standing.wording)
    where condition_standing.due_days is not null and condition_standing.started_on is not null
    union all
    select
        case
            when request_standing.silence_of = 'country' and request_standing.asked_for = 'visit_consent' then 'host_state_response'
            when request_standing.silence_of = 'party' then 'party_response'
            else 'request_answer'
        end as obligation,
        request_standing.request_id as subject,
        request_standing.application_id,
        request_standing.shipment_id,
        request_standing.sent_on as since,
        coalesce(
            request_standing.due_on,
            request_standing.sent_on
            + cast(case request_standing.silence_of when 'country' then clock.host when 'party' then clock.party else clock.answer end as integer)
        ) as due_on,
        request_standing.answered_on as met_on,
        case
            when request_standing.asked_for <> 'visit_consent' or request_standing.silence_of is null
                then coalesce(request_standing.asked_of, 'analyst')
            when
                cast(licence_moment.as_of as date) >= request_standing.sent_on + cast(clock.host as integer) and unverified.state = 'proposed'
                then 'approver'
            when cast(licence_moment.as_of as date) >= request_standing.sent_on + cast(clock.host_second as integer) then 'approver'
            else coalesce(request_standing.asked_of, 'analyst')
        end as next_actor,
        case
            when
                request_standing.asked_for <> 'visit_consent' or request_standing.silence_of is null
                then 'answer to a request for ' || coalesce(request_standing.asked_for, 'information')
            when cast(licence_moment.as_of as date) >= request_standing.sent_on + cast(clock.host_second as integer)
                then 'consent to a visit: silent for twice the time allowed, so measures against the party or its licences are to be decided'
            when cast(licence_moment.as_of as date) >= request_standing.sent_on + cast(clock.host as integer)
                then
                    'consent to a visit: the time allowed is over, so unverified status is proposed ('
                    || coalesce(unverified.state, 'not proposed')
                    || ')'
            else 'consent to a visit'
        end as what,
        filing_standing.value_eur
    from request_standing
    cross join licence_moment
    cross join clock
    left join unverified on request_standing.request_id = unverified.subject
    left join filing_standing on request_standing.application_id = filing_standing.application_id
    union all
    select
        'unverified_status' as obligation,
        unverified.subject,
        unverified.application_id,
        null as shipment_id,
        unverified.settled_on as since,
        unverified.valid_to as due_on,
        case when unverified.state in ('removed_by_check', 'ended') then coalesce(unverified.completed_on, unverified.settled_on) end as met_on,
        'approver' as next_actor,
        case unverified.state
            when 'run_out' then 'unverified status has run out: end it, or make it anew with a reason' else
                'unverified status ends on that day unless renewed'
        end as what,
        filing_standing.value_eur
    from unverified
    inner join filing_standing on unverified.application_id = filing_standing.application_id
    where unverified.state in ('unverified', 'run_out')
    union all
    select
        'follow_up' as obligation,
        proposal.proposal_id as subject,
        proposal.application_id,
        null as shipment_id,
        cast(proposal.proposed_at as date) as since,
        cast(proposal.proposed_at as date) + cast(clock.follow_up as integer) as due_on,
        case when proposal.state in ('done', 'not_done') then proposal.settled_on end as met_on,
        'approver' as next_actor,
        proposal.action || ' after ' || proposal.found_by || ' ' || proposal.source as what,
        filing_standing.value_eur
    from proposal
    inner join filing_standing on proposal.application_id = filing_standing.application_id
    cross join clock
)

select
    owed.obligation,
    owed.subject,
    owed.application_id,
    owed.shipment_id,
    filing_standing.authority,
    filing_standing.destination,
    owed.since,
    owed.due_on,
    owed.met_on,
    case
        when owed.met_on is not null and owed.met_on > owed.due_on then 'met_late'
        when owed.met_on is not null then 'met'
        when owed.due_on < cast(licence_moment.as_of as date) then 'overdue'
        else 'due'
    end as state,
    owed.next_actor,
    owed.what,
    owed.value_eur,
    case when owed.met_on is null then cast(licence_moment.as_of as date) - owed.due_on end as days_over
from owed
cross join licence_moment
left join filing_standing on owed.application_id = filing_standing.application_id
where owed.due_on is not null
