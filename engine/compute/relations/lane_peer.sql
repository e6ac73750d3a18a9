-- What is usual on the way from an authority to a destination: routes of the twelve closed months before each filing's month,
-- of the same kind, else of any kind; back-off under 20 peers. Looked up by authority and destination.
with wanted as (
    select distinct
        spine_application.authority,
        spine_application.destination,
        spine_application.kind,
        spine.as_of_month as month
    from spine
    inner join spine_application on spine.subject = spine_application.subject
    where spine_application.destination is not null
),

lane as (
    select
        filing.record_no,
        filing.authority,
        filing.destination,
        filing.kind,
        cast(date_trunc('month', filing.filed_at) as date) as month,
        filing.filed_at
    from filing
    where filing.revision = 1 and (filing.authority, filing.destination) in (select (wanted.authority, wanted.destination) from wanted)
),

travelled as (
    select
        filing_leg.record_no,
        count(*) as legs,
        max(filing_leg.leg_no) as last_leg
    from filing_leg
    where filing_leg.record_no in (select lane.record_no from lane)
    group by filing_leg.record_no
),

passed as (
    select
        lane.record_no,
        count(distinct substr(filing_leg.to_place, 1, 2)) as hubs
    from lane
    inner join travelled on lane.record_no = travelled.record_no
    inner join filing_leg on lane.record_no = filing_leg.record_no and travelled.last_leg > filing_leg.leg_no
    inner join transshipment_hub
        on
            substr(filing_leg.to_place, 1, 2) = transshipment_hub.country
            and (transshipment_hub.known_from is null or lane.filed_at > transshipment_hub.known_from)
    where substr(filing_leg.to_place, 1, 2) not in (lane.authority, lane.destination)
    group by lane.record_no
),

monthly as (
    select
        lane.authority,
        lane.destination,
        lane.kind,
        lane.month,
        count(*) as n,
        sum(travelled.legs) as legs,
        sum(coalesce(passed.hubs, 0)) as hubs
    from lane
    inner join travelled on lane.record_no = travelled.record_no
    left join passed on lane.record_no = passed.record_no
    group by lane.authority, lane.destination, lane.kind, lane.month
),

closed as (
    select
        wanted.authority,
        wanted.destination,
        wanted.kind,
        wanted.month,
        sum(monthly.n) filter (where monthly.kind = wanted.kind) as kind_n,
        sum(monthly.legs) filter (where monthly.kind = wanted.kind) as kind_legs,
        sum(monthly.hubs) filter (where monthly.kind = wanted.kind) as kind_hubs,
        sum(monthly.n) as any_n,
        sum(monthly.legs) as any_legs,
        sum(monthly.hubs) as any_hubs
    from wanted
    inner join monthly
        on
            wanted.authority = monthly.authority and wanted.destination = monthly.destination
            and wanted.month > monthly.month and wanted.month <= monthly.month + interval 12 month
    group by wanted.authority, wanted.destination, wanted.kind, wanted.month
)

select
    authority,
    destination,
    kind,
    month,
    kind_n >= 20 as same_kind,
    case when kind_n >= 20 then kind_n else any_n end as n,
    case when kind_n >= 20 then kind_legs else any_legs end as legs,
    case when kind_n >= 20 then kind_hubs else any_hubs end as hubs,
    cast(month as timestamp) as known_from
from closed
where any_n >= 20
