-- Every licence and line as it stood at `licence_moment.as_of`: what is authorised, shipped, returned and left, and whether it is open.
-- Open (contract, section 2): the newest change is issued, amended, extended or reinstated, the day is within validity, something is left.
with newest as (
    select
        licence_change.licence,
        min(licence_change.application_id) as application_id,
        min(licence_change.told_by) as told_by,
        max_by(licence_change.change, licence_change.step) as change,
        max(licence_change.in_effect_from) as since,
        max_by(licence_change.valid_from, licence_change.step) filter (where licence_change.valid_from is not null) as valid_from,
        max_by(licence_change.valid_to, licence_change.step) filter (where licence_change.valid_to is not null) as valid_to
    from licence_change
    cross join licence_moment
    where licence_change.in_effect_from <= cast(licence_moment.as_of as date)
    group by licence_change.licence
),

authorised as (
    select
        licence_line.licence,
        licence_line.line,
        licence_line.unit,
        licence_line.authorised
    from licence_line
    inner join licence_change on licence_line.licence = licence_change.licence and licence_line.step = licence_change.step
    cross join licence_moment
    where licence_change.in_effect_from <= cast(licence_moment.as_of as date)
    qualify licence_line.step = max(licence_line.step) over (partition by licence_line.licence)
),

shipped as (
    select
        licence,
        item.line,
        sum(item.quantity) as shipped
    from (select
        licence,
        unnest(items) as item
    from licence_shipment where licence is not null) as listed
    group by licence, item.line
),

returned as (
    select
        listed.licence,
        listed.item.line,
        sum(listed.item.quantity) as returned
    from (select
        licence,
        unnest(items) as item
    from goods_returned where licence is not null) as listed
    group by listed.licence, listed.item.line
),

lines as (
    select
        authorised.licence,
        authorised.line,
        authorised.unit,
        authorised.authorised,
        coalesce(shipped.shipped, 0) as shipped,
        coalesce(returned.returned, 0) as returned,
        authorised.authorised - coalesce(shipped.shipped, 0) as left_over
    from authorised
    left join shipped on authorised.licence = shipped.licence and authorised.line is not distinct from shipped.line
    left join returned on authorised.licence = returned.licence and authorised.line is not distinct from returned.line
),

spent as (
    select
        licence,
        bool_and(coalesce(left_over <= 0, false)) as nothing_left
    from lines group by licence
)

select
    newest.licence,
    newest.application_id,
    newest.told_by,
    case
        when newest.change not in ('issued', 'amended', 'extended', 'reinstated') then newest.change
        when cast(licence_moment.as_of as date) < newest.valid_from then 'not_yet_valid'
        when cast(licence_moment.as_of as date) > newest.valid_to then 'expired'
        when spent.nothing_left then 'exhausted'
        else 'open'
    end as state,
    newest.change,
    newest.since,
    newest.valid_from,
    newest.valid_to,
    lines.line,
    lines.unit,
    lines.authorised,
    lines.shipped,
    lines.returned,
    lines.left_over
from newest
cross join licence_moment
left join spent on newest.licence = spent.licence
left join lines on newest.licence = lines.licence
order by newest.licence, lines.line
