-- Each leg of the routes by which first filings went to the subjects' destinations, from every authority. What is usual is counted from it.
with route as (
    select
        filing.record_no,
        filing.authority,
        filing.destination,
        filing.kind,
        cast(date_trunc('month', filing.filed_at) as date) as month,
        filing.filed_at
    from filing
    where filing.revision = 1 and filing.destination in (select spine_application.destination from spine_application)
),

last as (
    select
        filing_leg.record_no,
        max(filing_leg.leg_no) as leg_no
    from filing_leg
    where filing_leg.record_no in (select route.record_no from route)
    group by filing_leg.record_no
)

select
    route.record_no,
    route.authority,
    route.destination,
    route.kind,
    route.month,
    route.filed_at,
    filing_leg.leg_no = last.leg_no as is_last,
    filing_leg.to_place,
    filing_leg.mode,
    case when filing_leg.mode = 'sea' then place_distance.sea_km else place_distance.km end as km
from route
inner join last on route.record_no = last.record_no
inner join filing_leg on route.record_no = filing_leg.record_no
left join place_distance
    on
        filing_leg.from_place = place_distance.from_place
        and filing_leg.to_place = place_distance.to_place
