-- Findings of diversion under applications that named a carrier before the finding was known.
select
    carrier_named.carrier_key,
    carrier_named.application_id,
    application_event.event_id,
    application_event.known_from,
    application_event.known_to
from carrier_named
inner join application_event
    on carrier_named.application_id = application_event.application_id and carrier_named.known_from < application_event.known_from
where application_event.fact = 'diversion'
