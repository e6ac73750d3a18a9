-- Each finding that counted at `licence_moment.as_of`, of a reviewed visit or a confirmed incident, and whether it is a diversion.
with counted as (
    select
        'visit' as found_by,
        visit_in_force.visit_id as source,
        visit_in_force.event_id,
        visit_in_force.application_id,
        visit_in_force.known_from,
        visit_in_force.visited_on as found_on,
        visit_in_force.outcome,
        visit_in_force.findings
    from visit_in_force
    cross join licence_moment
    where
        visit_in_force.known_from < licence_moment.as_of and (visit_in_force.known_to is null or visit_in_force.known_to >= licence_moment.as_of)
        and (array_length(visit_in_force.findings) > 0 or visit_in_force.outcome = 'unfavourable')
    union all
    select
        'incident' as found_by,
        incident_in_force.event_id as source,
        incident_in_force.event_id,
        incident_in_force.application_id,
        incident_in_force.known_from,
        incident_in_force.occurred_on as found_on,
        null as outcome,
        [incident_in_force.finding] as findings
    from incident_in_force
    cross join licence_moment
    where
        incident_in_force.known_from < licence_moment.as_of
        and (incident_in_force.known_to is null or incident_in_force.known_to >= licence_moment.as_of)
)

select
    counted.*,
    coalesce(list_has_any(counted.findings, ['re_transfer', 're_export', 'diversion', 'theft_or_capture']), false) as diversion
from counted
