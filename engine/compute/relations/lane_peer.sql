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

travelled as (
    select
        record_no,
        authority,
        destination,
        kind,
        month,
        count(*) as legs,
        case when count(*) = count(km) then sum(km) end as km
    from lane_leg
    where (authority, destination) in (select (wanted.authority, wanted.destination) from wanted)
    group by record_no, authority, destination, kind, month
),

passed as (
    select
        lane_leg.record_no,
        count(distinct substr(lane_leg.to_place, 1, 2)) as hubs
    from lane_leg
    inner join transshipment_hub
        on
            substr(lane_leg.to_place, 1, 2) = transshipment_hub.country
            and (transshipment_hub.known_from is null or lane_leg.filed_at > transshipment_hub.known_from)
    where not lane_leg.is_last and substr(lane_leg.to_place, 1, 2) not in (lane_leg.authority, lane_leg.destination)
    group by lane_leg.record_no
),

monthly as (
    select
        travelled.authority,
        travelled.destination,
        travelled.kind,
        travelled.month,
        count(*) as n,
        sum(travelled.legs) as legs,
        sum(coalesce(passed.hubs, 0)) as hubs,
        sum(travelled.km) as km,
        count(travelled.km) as measured
    from travelled
    left join passed on travelled.record_no = passed.record_no
    group by travelled.authority, travelled.destination, travelled.kind, travelled.month
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
        sum(monthly.km) filter (where monthly.kind = wanted.kind) as kind_km,
        sum(monthly.measured) filter (where monthly.kind = wanted.kind) as kind_measured,
        sum(monthly.n) as any_n,
        sum(monthly.legs) as any_legs,
        sum(monthly.hubs) as any_hubs,
        sum(monthly.km) as any_km,
        sum(monthly.measured) as any_measured
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
    case when kind_n >= 20 then kind_km else any_km end as km,
    case when kind_n >= 20 then kind_measured else any_measured end as measured,
    cast(month as timestamp) as known_from
from closed
where any_n >= 20
