-- How many of a lane's routes (as counted in `lane_peer`) passed through a country on the way.
with route as (
    select
        filing.record_no,
        filing.authority,
        filing.destination,
        filing.kind,
        cast(date_trunc('month', filing.filed_at) as date) as month
    from filing
    where filing.revision = 1 and (filing.authority, filing.destination) in (select (lane_peer.authority, lane_peer.destination) from lane_peer)
),

last as (
    select
        filing_leg.record_no,
        max(filing_leg.leg_no) as leg_no
    from filing_leg
    where filing_leg.record_no in (select route.record_no from route)
    group by filing_leg.record_no
),

monthly as (
    select
        route.authority,
        route.destination,
        route.kind,
        route.month,
        substr(filing_leg.to_place, 1, 2) as country,
        count(distinct route.record_no) as routes
    from route
    inner join last on route.record_no = last.record_no
    inner join filing_leg on route.record_no = filing_leg.record_no and last.leg_no > filing_leg.leg_no
    where filing_leg.to_place is not null
    group by route.authority, route.destination, route.kind, route.month, country
)

select
    lane_peer.authority,
    lane_peer.destination,
    lane_peer.kind,
    lane_peer.month,
    monthly.country,
    sum(monthly.routes) as routes,
    lane_peer.known_from
from lane_peer
inner join monthly
    on
        lane_peer.authority = monthly.authority and lane_peer.destination = monthly.destination
        and (not coalesce(lane_peer.same_kind, false) or lane_peer.kind = monthly.kind)
        and lane_peer.month > monthly.month and lane_peer.month <= monthly.month + interval 12 month
group by lane_peer.authority, lane_peer.destination, lane_peer.kind, lane_peer.month, monthly.country, lane_peer.known_from
