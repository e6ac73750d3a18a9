-- What became of applications, as facts that may be held for or against their parties. A host state's refusal is not here:
-- it is no party's doing.
select
    application_id,
    event_id,
    'diversion' as fact,
    false as disclosed,
    known_from,
    known_to
from visit_in_force
where
    stage = 'post_shipment'
    and list_has_any(findings, ['re_transfer', 're_export', 'diversion', 'theft_or_capture'])
union all
select
    application_id,
    event_id,
    'unfavourable' as fact,
    false as disclosed,
    known_from,
    known_to
from visit_in_force
where
    (outcome = 'unfavourable' or array_length(findings) > 0)
    and not (coalesce(limited_by, '') = 'host_state' and coalesce(access, '') = 'none')
    and not (stage = 'post_shipment' and list_has_any(coalesce(findings, []), ['re_transfer', 're_export', 'diversion', 'theft_or_capture']))
union all
select
    application_id,
    event_id,
    'favourable' as fact,
    false as disclosed,
    known_from,
    known_to
from visit_in_force
where stage = 'post_shipment' and outcome = 'favourable' and mode = 'on_site'
union all
select
    application_id,
    event_id,
    case when finding = 'licence_breach' then 'breach' else 'diversion' end as fact,
    source = 'exporter' as disclosed,
    known_from,
    known_to
from incident_in_force
where application_id is not null and finding in ('diversion', 're_export', 're_transfer', 'theft_or_capture', 'licence_breach')
union all
select
    decision.application_id,
    decision.event_id,
    'denied' as fact,
    false as disclosed,
    decision.at as known_from,
    correction.known_at as known_to
from history_decision as decision
left join correction on decision.event_id = correction.event_id
where
    decision.outcome = 'denied' and not coalesce(decision.withdrawn, false)
    and list_has_any(decision.grounds, ['diversion', 'end_use', 'catch_all'])
union all
select
    decision.application_id,
    decision.event_id,
    'returned' as fact,
    false as disclosed,
    decision.at as known_from,
    correction.known_at as known_to
from history_decision as decision
left join correction on decision.event_id = correction.event_id
where decision.outcome = 'returned' and not coalesce(decision.withdrawn, false)
union all
select
    application_id,
    event_id,
    'refused' as fact,
    false as disclosed,
    known_from,
    known_to
from visit_in_force
where
    list_has_any(findings, ['refused_cooperation', 'unresponsive'])
    and not (coalesce(limited_by, '') = 'host_state' and coalesce(access, '') = 'none')
union all
select
    application_id,
    event_id,
    'failed_before_licence' as fact,
    false as disclosed,
    known_from,
    known_to
from visit_in_force
where
    stage = 'pre_licence' and (outcome = 'unfavourable' or array_length(findings) > 0)
    and not (coalesce(limited_by, '') = 'host_state' and coalesce(access, '') = 'none')
union all
select
    application_id,
    event_id,
    'insecure' as fact,
    false as disclosed,
    known_from,
    known_to
from visit_in_force
where list_has_any(findings, ['insecure_storage', 'stockpiling', 'loss', 'theft_or_capture'])
union all
select
    application_id,
    event_id,
    'insecure' as fact,
    source = 'exporter' as disclosed,
    known_from,
    known_to
from incident_in_force
where application_id is not null and finding in ('loss', 'theft_or_capture')
union all
select
    application_id,
    event_id,
    'passed_on' as fact,
    false as disclosed,
    known_from,
    known_to
from visit_in_force
where stage = 'post_shipment' and list_has_any(findings, ['re_export', 're_transfer'])
union all
select
    application_id,
    event_id,
    'passed_on' as fact,
    source = 'exporter' as disclosed,
    known_from,
    known_to
from incident_in_force
where application_id is not null and finding in ('re_export', 're_transfer')
