-- Each request with its answer, as known by `licence_moment.as_of`, and whose silence it is: the host state's or the party's.
with told as (
    select request.*
    from known_request as request
),

asked as (
    select * from told
    where answer is null
    qualify row_number() over (partition by request_id order by told.at, told.record_no) = 1
),

answered as (
    select
        request_id,
        max_by(answer, told.at) as answer,
        min(coalesce(answered_on, cast(told.at as date))) as answered_on
    from told
    where answer is not null and answer <> 'no_reply'
    group by request_id
),

visited as (
    select
        visit_id,
        min(application_id) as application_id
    from (
        select
            visit_id,
            application_id
        from planned_visit
        union all
        select
            visit_id,
            application_id
        from visit_standing
    ) as either
    group by visit_id
)

select
    asked.request_id,
    coalesce(asked.application_id, licence_shipment.application_id, visited.application_id) as application_id,
    asked.shipment_id,
    asked.visit_id,
    asked."to" as asked_of,
    asked.name,
    coalesce(asked.country, filing_standing.destination) as country,
    asked."for" as asked_for,
    coalesce(asked.sent_on, cast(asked.at as date)) as sent_on,
    asked.due_on,
    answered.answer,
    answered.answered_on,
    case
        when asked."to" = 'host_state' then 'country'
        when asked."to" in ('end_user', 'applicant') then 'party'
    end as silence_of
from asked
left join answered on asked.request_id = answered.request_id
left join licence_shipment on asked.shipment_id = licence_shipment.shipment_id
left join visited on asked.visit_id = visited.visit_id
left join filing_standing on coalesce(asked.application_id, licence_shipment.application_id, visited.application_id) = filing_standing.application_id
