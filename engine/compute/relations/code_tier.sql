-- Sensitivity of each control code on the forms, of the goods and of the stock that they replace: the longest prefix in the tier table that fits it.
with codes as (
    select control_code from spine_item where control_code is not null
    union -- each once
    select control_code from spine_stock where control_code is not null
),

fitting as (
    select
        codes.control_code,
        control_tier.tier,
        control_tier.small_arms,
        control_tier.firearms,
        control_tier.list_family,
        row_number() over (partition by codes.control_code order by length(control_tier.code_prefix) desc, control_tier.code_prefix) as place
    from codes
    inner join control_tier on starts_with(codes.control_code, control_tier.code_prefix)
)

select control_code, tier, small_arms, firearms, list_family from fitting where place = 1
