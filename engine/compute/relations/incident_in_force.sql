-- Incidents that hold and are confirmed, from when they are: by the report itself or by a later review, until dismissed.
with judged as (
    select
        review.subject as event_id,
        min(review.at) filter (where review.result = 'confirmed') as confirmed_at,
        min(review.at) filter (where review.result = 'dismissed') as dismissed_at
    from review
    where review.about = 'incident' and not coalesce(review.withdrawn, false)
    group by review.subject
)

select
    incident.event_id,
    incident.application_id,
    incident.party,
    incident.source,
    incident.finding,
    coalesce(incident.occurred_on, cast(incident.at as date)) as occurred_on,
    case when incident.confirmed then incident.at else judged.confirmed_at end as known_from,
    least(coalesce(correction.known_at, judged.dismissed_at), coalesce(judged.dismissed_at, correction.known_at)) as known_to
from incident
left join correction on incident.event_id = correction.event_id
left join judged on incident.event_id = judged.event_id
where not coalesce(incident.withdrawn, false) and (incident.confirmed or judged.confirmed_at is not null)
