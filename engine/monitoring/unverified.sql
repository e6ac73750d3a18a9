-- End users whose check could not be completed: proposed as unverified once the clock ran out, unverified once an approver made it so,
-- until the end day, until it was ended, or until a check was completed. Never made by the engine.
with clock as (
    select
        max(days) filter (where obligation = 'host_state_response') as host_days,
        max(days) filter (where obligation = 'party_response') as party_days
    from obligation_clock
),

cause as (
    select
        request_standing.request_id as subject,
        request_standing.application_id,
        request_standing.silence_of,
        request_standing.sent_on as since,
        request_standing.sent_on
        + cast(case request_standing.silence_of when 'country' then clock.host_days else clock.party_days end as integer) as proposed_on,
        case
            when request_standing.answer = 'refused' then 'consent to a visit was refused'
            else 'a request for consent to a visit was not answered in time'
        end as why
    from request_standing
    cross join clock
    where
        request_standing.asked_for = 'visit_consent' and request_standing.silence_of is not null and request_standing.application_id is not null
        and (request_standing.answer is null or request_standing.answer = 'refused')
    union all
    select
        visit_in_force.visit_id as subject,
        visit_in_force.application_id,
        'party' as silence_of,
        visit_in_force.visited_on as since,
        cast(visit_in_force.known_from as date) as proposed_on,
        'the party refused to cooperate or could not be reached' as why
    from visit_in_force
    cross join licence_moment
    where
        list_has_any(visit_in_force.findings, ['refused_cooperation', 'unresponsive', 'party_unknown'])
        and visit_in_force.known_from < licence_moment.as_of
        and (visit_in_force.known_to is null or visit_in_force.known_to >= licence_moment.as_of)
),

settled as (
    select
        review.subject,
        review.result,
        review.because,
        review.recorded_by,
        review.approved_by,
        review.valid_to,
        cast(review.at as date) as settled_on
    from known_review as review
    where review.about = 'unverified_status'
    qualify row_number() over (partition by review.subject order by review.at desc, review.record_no desc) = 1
),

completed as (
    select
        application_id,
        max(visited_on) as completed_on
    from visit_standing
    where
        completes and outcome = 'favourable'
        and event_id in (
            select visit_in_force.event_id from visit_in_force
            cross join licence_moment
            where
                visit_in_force.known_from < licence_moment.as_of
                and (visit_in_force.known_to is null or visit_in_force.known_to >= licence_moment.as_of)
        )
    group by application_id
)

select
    cause.subject,
    cause.application_id,
    cause.silence_of,
    cause.since,
    cause.proposed_on,
    cause.why,
    case
        when completed.completed_on >= cause.since then 'removed_by_check'
        when settled.result in ('dismissed', 'ended') then settled.result
        when settled.result = 'confirmed' and cast(licence_moment.as_of as date) > settled.valid_to then 'run_out'
        when settled.result = 'confirmed' then 'unverified'
        else 'proposed'
    end as state,
    settled.because,
    settled.recorded_by,
    settled.approved_by,
    settled.settled_on,
    settled.valid_to,
    completed.completed_on
from cause
cross join licence_moment
left join settled on cause.subject = settled.subject
left join completed on cause.application_id = completed.application_id
where cause.proposed_on <= cast(licence_moment.as_of as date)
