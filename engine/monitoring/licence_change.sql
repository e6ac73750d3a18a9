-- Each step in a licence's life that was known by `licence_moment.as_of`, in order: issued, amended, suspended ...
-- An application without licence events has the life that its decisions give it: granted counts as issued on that day.
with told as (
    select
        coalesce(licence.licence_number, 'application ' || licence.application_id) as licence,
        licence.application_id,
        'licence' as told_by,
        licence.change,
        coalesce(licence.effective_on, licence.valid_from, cast(licence.at as date)) as in_effect_from,
        licence.valid_from,
        licence.valid_to,
        licence.items,
        licence.at,
        licence.record_no
    from known_licence as licence
),

decided as (
    select
        'application ' || decision.application_id as licence,
        decision.application_id,
        'decision' as told_by,
        case when decision.outcome = 'granted' then 'issued' else 'revoked' end as change,
        cast(decision.at as date) as in_effect_from,
        decision.outcome,
        decision.at,
        decision.record_no
    from known_decision as decision
    where
        decision.application_id is not null
        and decision.application_id not in (select told.application_id from told where told.application_id is not null)
),

first_grant as (
    select
        application_id,
        min(decided.at) as granted_at
    from decided where outcome = 'granted' group by application_id
),

every_step as (
    select told.* from told
    union all by name
    select
        decided.licence,
        decided.application_id,
        decided.told_by,
        decided.change,
        decided.in_effect_from,
        decided.at,
        decided.record_no
    from decided
    inner join first_grant on decided.application_id = first_grant.application_id
    where decided.at >= first_grant.granted_at
)

select
    licence,
    min(application_id) over (partition by licence) as application_id,
    told_by,
    change,
    in_effect_from,
    valid_from,
    valid_to,
    items,
    row_number() over (partition by licence order by every_step.in_effect_from, every_step.at, every_step.record_no) as step
from every_step
