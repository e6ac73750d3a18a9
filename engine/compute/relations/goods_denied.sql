-- Denials of a category of goods to a country: those of authorities on record here, and partners' notices in force.
select
    filing.destination as country,
    split_part(filing_item.control_code, '.', 1) as category,
    application_event.event_id,
    application_event.application_id,
    'own' as whose,
    application_event.known_from,
    application_event.known_to
from application_event
inner join filing on application_event.application_id = filing.application_id and filing.revision = 1
inner join filing_item on filing.record_no = filing_item.record_no
where application_event.fact = 'denied' and filing_item.control_code is not null and filing.destination is not null
group by
    filing.destination, category, application_event.event_id, application_event.application_id, application_event.known_from,
    application_event.known_to
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
