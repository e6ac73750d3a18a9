-- How many of a lane's routes (as counted in `lane_peer`) passed through a country on the way.
with monthly as (
    select
        lane_leg.authority,
        lane_leg.destination,
        lane_leg.kind,
        lane_leg.month,
        substr(lane_leg.to_place, 1, 2) as country,
        count(distinct lane_leg.record_no) as routes
    from lane_leg
    where
        not lane_leg.is_last and lane_leg.to_place is not null
        and (lane_leg.authority, lane_leg.destination) in (select (lane_peer.authority, lane_peer.destination) from lane_peer)
    group by lane_leg.authority, lane_leg.destination, lane_leg.kind, lane_leg.month, country
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
