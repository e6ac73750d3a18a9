-- Dated facts about entities: those of the applications that named them at the time, and those that name them directly.
-- One row an entity that the party ever was (see engine/linking/bodies.py): a subject's own entity picks those it was by then.
-- A name that an entity took up only later links it to the fact from `linked_from` on; the filing that writes it so knows at once.
with told as (
    select 'diversion' as fact, unnest(['diversion', 're_export', 're_transfer', 'theft_or_capture']) as finding
    union all
    select 'passed_on' as fact, unnest(['re_export', 're_transfer']) as finding
    union all
    select 'insecure' as fact, unnest(['loss', 'theft_or_capture']) as finding
)

select
    history_party.entity_id,
    history_party.role_group,
    cast(null as bigint) as form_id,
    cast(null as timestamp) as linked_from,
    application_event.application_id,
    application_event.event_id,
    application_event.fact,
    application_event.disclosed,
    application_event.known_from,
    application_event.known_to
from application_event
inner join filing_in_force
    on
        application_event.application_id = filing_in_force.application_id
        and application_event.known_from > filing_in_force.known_from
        and (filing_in_force.known_to is null or application_event.known_from <= filing_in_force.known_to)
inner join history_party on filing_in_force.record_no = history_party.record_no
union all
select
    party_entity.entity_id,
    'named' as role_group,
    party_form.form_id,
    case when party_form.first_seen > incident_in_force.known_from then party_form.first_seen end as linked_from,
    null as application_id,
    incident_in_force.event_id,
    told.fact,
    false as disclosed,
    incident_in_force.known_from,
    incident_in_force.known_to
from incident_in_force
inner join told on incident_in_force.finding = told.finding
inner join name_key on incident_in_force.party.name = name_key.name and name_key.name_key <> ''
inner join history_party_form as party_form on name_key.name_key = party_form.name_key and incident_in_force.party.country is not distinct from party_form.country
inner join party_entity on party_form.form_id = party_entity.form_id
where
    party_form.authority is not null -- a form that stands on filings, not only in the report itself
    and incident_in_force.application_id is null
union all
select
    party_entity.entity_id,
    'named' as role_group,
    party_form.form_id,
    case when party_form.first_seen > denial_notice.at then party_form.first_seen end as linked_from,
    null as application_id,
    denial_notice.event_id,
    'denial_notice' as fact,
    false as disclosed,
    denial_notice.at as known_from,
    least(coalesce(correction.known_at, cast(denial_notice.expires_on as timestamp)), coalesce(cast(denial_notice.expires_on as timestamp), correction.known_at))
        as known_to
from denial_notice
inner join name_key on denial_notice.party = name_key.name and name_key.name_key <> ''
inner join history_party_form as party_form on name_key.name_key = party_form.name_key and denial_notice.country is not distinct from party_form.country
inner join party_entity on party_form.form_id = party_entity.form_id
left join correction on denial_notice.event_id = correction.event_id
where party_form.authority is not null and not coalesce(denial_notice.withdrawn, false)
