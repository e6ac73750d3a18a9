-- Visits that hold, from when they count: one made through this system counts once another person has reviewed it,
-- and a correction of it once that was reviewed in turn. Another person: neither who recorded nor who signed it.
with confirming as (
    select
        visit.event_id,
        review.at as known_at,
        correction.known_at as withdrawn_at,
        row_number() over (partition by visit.event_id order by review.at, review.event_id) as place
    from review
    inner join history_visit as visit
        on
            review.subject = visit.visit_id
            and (visit.corrects is null or review.at >= visit.at)
            and lower(trim(review.recorded_by)) is distinct from lower(trim(visit.recorded_by))
            and lower(trim(review.recorded_by)) is distinct from lower(trim(visit.signed_by))
    left join correction on review.event_id = correction.event_id
    where review.about = 'visit' and review.result = 'confirmed' and not coalesce(review.withdrawn, false)
),

reviewed as (
    select event_id, known_at, withdrawn_at from confirming where place = 1
),

countersigned as (
    select
        event_id,
        case
            when reviewed_by is null then channel = 'ingest'
            else
                lower(trim(reviewed_by)) is distinct from lower(trim(recorded_by))
                and lower(trim(reviewed_by)) is distinct from lower(trim(signed_by))
        end as from_the_start
    from history_visit as visit
)

select
    visit.event_id,
    visit.visit_id,
    coalesce(visit.application_id, shipment.application_id) as application_id,
    visit.shipment_id,
    coalesce(visit.stage, 'post_shipment') as stage,
    coalesce(visit.visited_on, cast(visit.at as date)) as visited_on,
    visit.mode,
    visit.access,
    visit.limited_by,
    visit.outcome,
    visit.findings,
    visit.items,
    visit."sample",
    greatest(
        case when countersigned.from_the_start then visit.at else greatest(visit.at, reviewed.known_at) end,
        case when visit.application_id is null then shipment.known_from end
    ) as known_from,
    case
        when countersigned.from_the_start then correction.known_at
        else least(coalesce(correction.known_at, reviewed.withdrawn_at), coalesce(reviewed.withdrawn_at, correction.known_at))
    end as known_to
from history_visit as visit
inner join countersigned on visit.event_id = countersigned.event_id
left join shipment_of_application as shipment on visit.shipment_id = shipment.shipment_id
left join correction on visit.event_id = correction.event_id
left join reviewed on visit.event_id = reviewed.event_id
where not coalesce(visit.withdrawn, false) and (countersigned.from_the_start or reviewed.known_at is not null)
