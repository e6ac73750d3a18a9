-- What each step of a licence authorises, line by line: its own items, or where it names none, those of the newest filing by then.
with filed as (
    select
        application_id,
        line,
        quantity,
        unit
    from filing_item
    qualify revision = max(revision) over (partition by application_id)
),

named as (
    select
        licence,
        step,
        application_id,
        unnest(items) as item
    from licence_change
    where array_length(items) > 0
)

select
    named.licence,
    named.step,
    named.item.line as line,
    coalesce(min(named.item.unit), min(filed.unit)) as unit,
    sum(named.item.quantity) as authorised
from named
left join filed on named.application_id = filed.application_id and named.item.line = filed.line
group by named.licence, named.step, named.item.line
union all
select
    licence_change.licence,
    licence_change.step,
    filed.line,
    min(filed.unit) as unit,
    sum(filed.quantity) as authorised
from licence_change
inner join filed on licence_change.application_id = filed.application_id
where licence_change.change = 'issued' and coalesce(array_length(licence_change.items), 0) = 0
group by licence_change.licence, licence_change.step, filed.line
