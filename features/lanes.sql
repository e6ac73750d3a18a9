-- Family:   lanes
-- Question: do the goods go the way that goods of this kind go from here to there?
-- Grain:    one row per spine row
-- Reads:    destination_end, lane_mode, lane_peer, lane_transit, spine, spine_application, spine_leg, spine_transit, transshipment_hub
-- As of:    what is usual, from closed months only
-- Absent:   no route on the form, or too few to compare with -> null
-- Columns:  see lanes.toml

with span as (
    select
        spine_leg.subject,
        count(*) as legs,
        max(spine_leg.leg_no) as last_leg,
        sum(spine_leg.km) as km,
        count(*) filter (where spine_leg.km is null) as unmeasured
    from spine_leg
    group by spine_leg.subject
),

lane as (
    select
        spine.subject,
        spine.as_of,
        lane_peer.authority,
        lane_peer.destination,
        lane_peer.kind,
        lane_peer.month,
        lane_peer.n,
        lane_peer.legs,
        lane_peer.hubs,
        lane_peer.km,
        lane_peer.measured
    from spine
    inner join spine_application on spine.subject = spine_application.subject
    inner join span on spine.subject = span.subject
    inner join lane_peer
        on
            spine_application.authority = lane_peer.authority
            and spine_application.destination = lane_peer.destination
            and spine_application.kind = lane_peer.kind
            and spine.as_of_month = lane_peer.month
            and spine.as_of > lane_peer.known_from
),

on_the_way as (
    select
        spine_transit.subject,
        count(distinct spine_transit.country) as hubs
    from spine_transit
    inner join transshipment_hub
        on
            spine_transit.country = transshipment_hub.country
            and (transshipment_hub.known_from is null or spine_transit.as_of > transshipment_hub.known_from)
    group by spine_transit.subject
),

usual as (
    select
        lane.subject,
        spine_transit.country,
        min(lane.n) as n,
        max(coalesce(lane_transit.routes, 0)) as routes
    from lane
    inner join spine_transit on lane.subject = spine_transit.subject
    left join lane_transit
        on
            lane.authority = lane_transit.authority
            and lane.destination = lane_transit.destination
            and lane.kind = lane_transit.kind
            and lane.month = lane_transit.month
            and spine_transit.country = lane_transit.country
            and lane.as_of > lane_transit.known_from
    group by lane.subject, spine_transit.country
),

rarest as (
    select
        usual.subject,
        min(cast(usual.routes as double) / cast(usual.n as double)) as share
    from usual
    group by usual.subject
),

by_mode as (
    select
        lane.subject,
        min(cast(coalesce(lane_mode.routes, 0) as double) / cast(lane.n as double)) as rarest_share
    from lane
    inner join spine_leg on lane.subject = spine_leg.subject
    left join lane_mode
        on
            lane.authority = lane_mode.authority
            and lane.destination = lane_mode.destination
            and lane.kind = lane_mode.kind
            and lane.month = lane_mode.month
            and spine_leg.mode = lane_mode.mode
            and lane.as_of > lane_mode.known_from
    where spine_leg.mode is not null
    group by lane.subject
),

arrivals as (
    select
        destination_end.destination,
        destination_end.month,
        destination_end.known_from,
        max(destination_end.n) as n
    from destination_end
    group by destination_end.destination, destination_end.month, destination_end.known_from
),

ended as (
    select
        spine.subject,
        cast(coalesce(destination_end.routes, 0) as double) / cast(arrivals.n as double) as share
    from spine
    inner join spine_application on spine.subject = spine_application.subject
    inner join span on spine.subject = span.subject
    inner join spine_leg on span.subject = spine_leg.subject and span.last_leg = spine_leg.leg_no
    inner join arrivals
        on spine_application.destination = arrivals.destination and spine.as_of_month = arrivals.month and spine.as_of > arrivals.known_from
    left join destination_end
        on
            spine_application.destination = destination_end.destination
            and spine.as_of_month = destination_end.month
            and spine_leg.to_place = destination_end.place
            and spine.as_of > destination_end.known_from
    where spine_leg.to_place is not null
)

select
    spine.subject,
    rarest.share as route_rarest_transit_share,
    case
        when lane.subject is not null
            then (cast(coalesce(on_the_way.hubs, 0) as double) + 0.5) / (cast(lane.hubs as double) / cast(lane.n as double) + 0.5)
    end as route_hubs_to_usual_ratio,
    case
        when lane.subject is not null then cast(span.legs as double) / (cast(lane.legs as double) / cast(lane.n as double))
    end as route_legs_to_usual_ratio,
    case
        when span.unmeasured = 0 and lane.measured >= 20 and lane.km > 0
            then cast(span.km as double) / (cast(lane.km as double) / cast(lane.measured as double))
    end as route_length_to_usual_ratio,
    by_mode.rarest_share as route_rarest_mode_share,
    ended.share as route_usual_end_share
from spine
left join span on spine.subject = span.subject
left join lane on spine.subject = lane.subject
left join on_the_way on spine.subject = on_the_way.subject
left join rarest on spine.subject = rarest.subject
left join by_mode on spine.subject = by_mode.subject
left join ended on spine.subject = ended.subject
