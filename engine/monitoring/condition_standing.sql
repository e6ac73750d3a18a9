-- Each condition of each licence in its newest wording known by `licence_moment.as_of`, with the day its clock started.
with told as (
    select
        licence.application_id,
        licence.licence_number,
        licence.at,
        coalesce(licence.effective_on, licence.valid_from, cast(licence.at as date)) as in_effect_from,
        unnest(licence.conditions) as condition
    from known_licence as licence
),

named as (
    select
        coalesce(told.application_id, issued.application_id) as application_id,
        told.licence_number,
        told.at,
        told.in_effect_from,
        coalesce(told.condition.condition_id, told.condition.code, told.condition.text) as condition_id,
        told.condition.code as code,
        told.condition.text as wording,
        told.condition.due_days as due_days,
        coalesce(told.condition.due_from, 'issue') as due_from
    from told
    left join (select
        licence_number,
        min(application_id) as application_id
    from licence group by licence_number) as issued
        on told.licence_number = issued.licence_number
),

newest as (
    select
        named.*,
        min(named.in_effect_from) over (partition by named.application_id, named.condition_id) as issued_on
    from named
    where named.condition_id is not null and named.application_id is not null
    qualify row_number() over (partition by named.application_id, named.condition_id order by named.at desc, named.licence_number desc) = 1
),

moved as (
    select
        application_id,
        min(shipped_on) as shipped_on,
        min(arrived_on) as arrived_on
    from shipment_fate
    group by application_id
)

select
    newest.application_id,
    newest.licence_number,
    newest.condition_id,
    newest.code,
    newest.wording,
    newest.due_days,
    newest.due_from,
    case newest.due_from when 'issue' then newest.issued_on when 'shipment' then moved.shipped_on else moved.arrived_on end as started_on
from newest
left join moved on newest.application_id = moved.application_id
