-- Denials of a category of goods to a country: those of authorities on record here, and partners' notices in force.
select
    filing.destination as country,
    split_part(filing_item.control_code, '.', 1) as category,
    decision.event_id,
    decision.application_id,
    'own' as whose,
    greatest(decision.at, filing.filed_at) as known_from,
    correction.known_at as known_to
from decision
inner join filing on decision.application_id = filing.application_id and filing.revision = 1
inner join filing_item on filing.record_no = filing_item.record_no
left join correction on decision.event_id = correction.event_id
where
    decision.outcome = 'denied' and not coalesce(decision.withdrawn, false)
    and list_has_any(decision.grounds, ['diversion', 'end_use', 'catch_all'])
    and filing.destination in (select spine_application.destination from spine_application) and filing_item.control_code is not null
group by filing.destination, category, decision.event_id, decision.application_id, decision.at, filing.filed_at, correction.known_at
union all
select
    denial_notice.country,
    split_part(denial_notice.control_code, '.', 1) as category,
    denial_notice.event_id,
    null as application_id,
    'partner' as whose,
    denial_notice.at as known_from,
    least(coalesce(correction.known_at, cast(denial_notice.expires_on as timestamp)), coalesce(cast(denial_notice.expires_on as timestamp), correction.known_at))
        as known_to
from denial_notice
left join correction on denial_notice.event_id = correction.event_id
where not coalesce(denial_notice.withdrawn, false) and denial_notice.control_code is not null
