-- Visits that hold, from when they count: one made through this system counts once another person has reviewed it.
with confirming as (
    select
        review.subject as visit_id,
        review.at as known_at,
        correction.known_at as withdrawn_at,
        row_number() over (partition by review.subject order by review.at, review.event_id) as place
    from review
    inner join visit on review.subject = visit.visit_id and review.recorded_by is distinct from visit.recorded_by
    left join correction on review.event_id = correction.event_id
    where review.about = 'visit' and review.result = 'confirmed' and not coalesce(review.withdrawn, false)
),

reviewed as (
    select visit_id, known_at, withdrawn_at from confirming where place = 1
)

select
    visit.event_id,
    visit.visit_id,
    coalesce(visit.application_id, shipment.application_id) as application_id,
    visit.shipment_id,
    coalesce(visit.stage, 'post_shipment') as stage,
    visit.visited_on,
    visit.mode,
    visit.access,
    visit.limited_by,
    visit.outcome,
    visit.findings,
    visit.items,
    visit."sample",
    case
        when visit.reviewed_by is not null and visit.reviewed_by is distinct from visit.recorded_by then visit.at
        when visit.reviewed_by is null and visit.channel = 'ingest' then visit.at
        else greatest(visit.at, reviewed.known_at)
    end as known_from,
    least(coalesce(correction.known_at, reviewed.withdrawn_at), coalesce(reviewed.withdrawn_at, correction.known_at)) as known_to
from visit
left join shipment_of_application as shipment on visit.shipment_id = shipment.shipment_id
left join correction on visit.event_id = correction.event_id
left join reviewed on visit.visit_id = reviewed.visit_id
where
    not coalesce(visit.withdrawn, false)
    and (
        (visit.reviewed_by is not null and visit.reviewed_by is distinct from visit.recorded_by)
        or (visit.reviewed_by is null and visit.channel = 'ingest')
        or reviewed.known_at is not null
    )
