-- Incidents that hold and are confirmed, from when they are: by the report itself or by a later review, until dismissed.
-- A dismissal that was taken back opens them again; a confirmation that was taken back closes them.
with judged as (
    select
        review.subject as event_id,
        review.result,
        review.at as judged_at,
        correction.known_at as withdrawn_at,
        row_number() over (partition by review.subject, review.result order by review.at, review.event_id) as place
    from review
    left join correction on review.event_id = correction.event_id
    where review.about = 'incident' and review.result in ('confirmed', 'dismissed') and not coalesce(review.withdrawn, false)
),

confirmed as (
    select event_id, judged_at, withdrawn_at from judged where result = 'confirmed' and place = 1
),

dismissed as (
    select event_id, judged_at, withdrawn_at from judged where result = 'dismissed' and place = 1
),

holding as (
    select
        incident.event_id,
        case when incident.confirmed then incident.at else confirmed.judged_at end as known_from,
        case
            when incident.confirmed then correction.known_at
            else least(coalesce(correction.known_at, confirmed.withdrawn_at), coalesce(confirmed.withdrawn_at, correction.known_at))
        end as known_to
    from history_incident as incident
    left join correction on incident.event_id = correction.event_id
    left join confirmed on incident.event_id = confirmed.event_id
    where not coalesce(incident.withdrawn, false) and (incident.confirmed or confirmed.judged_at is not null)
),

spans as (
    select
        holding.event_id,
        holding.known_from,
        least(coalesce(holding.known_to, dismissed.judged_at), coalesce(dismissed.judged_at, holding.known_to)) as known_to
    from holding
    left join dismissed on holding.event_id = dismissed.event_id
    union all
    select
        holding.event_id,
        greatest(holding.known_from, dismissed.withdrawn_at) as known_from,
        holding.known_to
    from holding
    inner join dismissed on holding.event_id = dismissed.event_id
    where dismissed.withdrawn_at is not null and (holding.known_to is null or holding.known_to > dismissed.withdrawn_at)
)

select
    incident.event_id,
    incident.application_id,
    incident.party,
    incident.source,
    incident.finding,
    coalesce(incident.occurred_on, cast(incident.at as date)) as occurred_on,
    spans.known_from,
    spans.known_to
from spans
inner join history_incident as incident on spans.event_id = incident.event_id
