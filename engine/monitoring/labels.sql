-- The label of each application as it stood at `label_moment.as_of`, to the letter of contract section 2.
--   1: re-transfer, re-export, diversion, theft or capture found on a post-shipment visit, or in a confirmed incident, within 36 months of filing
--   0: a favourable, on-site, post-shipment visit after arrival with the goods seen or accounted for, and no such incident
-- Everything else has no row: denied, withdrawn, returned, never shipped, not visited, a visit not yet reviewed, a pre-licence check.
with first_filed as (
    select application_id, cast(min(filed_at) as date) as filed_on
    from filing
    group by application_id
),

decided as (
    select
        decision.application_id,
        max_by(decision.outcome, decision.at) as outcome
    from known_decision as decision
    group by decision.application_id
),

moved as (
    select shipment_of_application.application_id, shipment.shipment_id, shipment.arrived_on
    from known_shipment as shipment
    inner join shipment_of_application on shipment.shipment_id = shipment_of_application.shipment_id
),

milestones as (
    select
        shipment_of_application.application_id,
        delivery.shipment_id,
        delivery.milestone,
        delivery."on" as reached_on
    from known_delivery as delivery
    inner join shipment_of_application on delivery.shipment_id = shipment_of_application.shipment_id
),

arrived as (
    select application_id, shipment_id, arrived_on from moved where arrived_on is not null
    union all
    select application_id, shipment_id, reached_on as arrived_on
    from milestones
    where milestone in ('arrived', 'released_by_customs', 'received_by_end_user') and reached_on is not null
),

consented as (
    select distinct application_id from milestones where milestone = 'transferred_with_consent'
),

visited as (
    select visit_in_force.*
    from visit_in_force
    cross join label_moment
    where
        visit_in_force.stage = 'post_shipment'
        and visit_in_force.known_from < label_moment.as_of
        and (visit_in_force.known_to is null or visit_in_force.known_to >= label_moment.as_of)
),

incident as (
    select incident_in_force.*
    from incident_in_force
    cross join label_moment
    where
        incident_in_force.known_from < label_moment.as_of
        and (incident_in_force.known_to is null or incident_in_force.known_to >= label_moment.as_of)
),

positive as (
    select
        visited.application_id,
        visited.known_from,
        visited.mode,
        'visit' as found_by,
        visited.visit_id
    from visited
    inner join first_filed on visited.application_id = first_filed.application_id
    where
        list_has_any(visited.findings, ['re_transfer', 're_export', 'diversion', 'theft_or_capture'])
        and visited.visited_on between first_filed.filed_on and first_filed.filed_on + interval 36 month
    union all
    select
        incident.application_id,
        incident.known_from,
        null as mode,
        'incident' as found_by,
        null as visit_id
    from incident
    inner join first_filed on incident.application_id = first_filed.application_id
    where
        incident.finding in ('re_transfer', 're_export', 'diversion', 'theft_or_capture')
        and incident.occurred_on between first_filed.filed_on and first_filed.filed_on + interval 36 month
),

negative as (
    select
        visited.application_id,
        visited.known_from,
        visited.mode,
        'visit' as found_by,
        visited.visit_id
    from visited
    left join consented on visited.application_id = consented.application_id
    where
        visited.outcome = 'favourable' and visited.mode = 'on_site'
        and exists (
            select 1 from arrived
            where
                arrived.application_id = visited.application_id and arrived.arrived_on <= visited.visited_on
                and (visited.shipment_id is null or arrived.shipment_id = visited.shipment_id)
        )
        and (
            list_has_any(
                list_transform(visited.items, lambda line: line.state), ['seen', 'destroyed', 'consumed', 'in_repair', 'incorporated']
            )
            or visited."sample".seen > 0
            or (consented.application_id is not null and list_contains(list_transform(visited.items, lambda line: line.state), 'transferred'))
        )
        and not coalesce(list_has_any(list_transform(visited.items, lambda line: line.state), ['not_presented', 'lost', 'stolen']), false)
        and (
            consented.application_id is not null
            or not coalesce(list_contains(list_transform(visited.items, lambda line: line.state), 'transferred'), false)
        )
),

found as (
    select 1 as label, positive.* from positive
    union all
    select 0 as label, negative.* from negative
),

standing as (
    select found.*
    from found
    left join decided on found.application_id = decided.application_id
    where
        coalesce(decided.outcome, 'granted') = 'granted'
        and (
            found.label = 1
            or exists (select 1 from moved where moved.application_id = found.application_id)
        )
)

-- One row an application: a diversion outweighs a clean visit, and of several the first that became known speaks.
select application_id, label, known_from as learned_from, found_by, mode, visit_id
from standing
qualify row_number() over (partition by application_id order by label desc, known_from, found_by desc, visit_id) = 1
