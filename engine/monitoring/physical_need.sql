-- Applications whose goods someone must visit in person, and why: a condition of the licence, or goods of the most sensitive tier.
with condition as (
    select
        licence.application_id,
        licence.licence_number,
        unnest(licence.conditions) as condition
    from known_licence as licence
    where licence.handling is distinct from 'originator_controlled'
),

asked as (
    select distinct coalesce(condition.application_id, numbered.application_id) as application_id
    from condition
    left join (select
        licence_number,
        min(application_id) as application_id
    from licence group by licence_number) as numbered
        on condition.licence_number = numbered.licence_number
    where condition.condition.code in ('on_site_verification', 'post_shipment_verification')
),

code as (
    select distinct control_code from filing_item where control_code is not null
),

tiered as (
    select
        code.control_code,
        control_tier.tier,
        control_tier.small_arms
    from code
    inner join control_tier on starts_with(code.control_code, control_tier.code_prefix)
    qualify row_number() over (partition by code.control_code order by length(control_tier.code_prefix) desc, control_tier.code_prefix) = 1
),

sensitive as (
    select distinct filing_item.application_id
    from filing_item
    inner join tiered on filing_item.control_code = tiered.control_code
    where tiered.tier >= 4
)

select
    application_id,
    1 as place,
    'a condition of the licence asks for a visit on site' as why
from asked where application_id is not null
union all
select
    application_id,
    2 as place,
    'the goods are of the most sensitive tier' as why
from sensitive
