-- How those asked for consent to a visit answered, as known by `licence_moment.as_of`: a delay by the host state is the country's,
-- one by the party the party's. Each delay counts with whoever caused it and with nobody else.
with clock as (
    select max(days) filter (where obligation = 'host_state_response') as allowed
    from obligation_clock
),

waited as (
    select
        request_standing.silence_of as whose,
        case request_standing.silence_of when 'country' then request_standing.country else request_standing.application_id end as subject,
        request_standing.answer,
        coalesce(request_standing.answered_on, cast(licence_moment.as_of as date)) - request_standing.sent_on as days,
        clock.allowed
    from request_standing
    cross join licence_moment
    cross join clock
    where request_standing.asked_for = 'visit_consent' and request_standing.silence_of is not null
)

select
    waited.whose,
    coalesce(cast(end_user.entity_id as varchar), waited.subject) as subject,
    min(end_user.name) as name,
    count(*) as asked,
    count(*) filter (where waited.answer in ('given', 'given_with_conditions')) as given,
    count(*) filter (where waited.answer = 'refused') as refused,
    count(*) filter (where waited.answer is null) as open,
    count(*) filter (where waited.days > waited.allowed) as late,
    sum(greatest(waited.days - waited.allowed, 0)) as days_late
from waited
left join party_standing as end_user
    on waited.whose = 'party' and waited.subject = end_user.application_id and end_user.role_group = 'end_user'
where waited.subject is not null
group by waited.whose, coalesce(cast(end_user.entity_id as varchar), waited.subject)
order by waited.whose ASC, days_late desc, subject ASC
