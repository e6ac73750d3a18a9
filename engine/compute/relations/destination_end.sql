-- Where routes to a destination ended in the twelve closed months before each filing's month, from every authority: at each place how many
-- of how many. Nothing under 20. Looked up by destination.
with wanted as (
    select distinct
        spine_application.destination,
        spine.as_of_month as month
    from spine
    inner join spine_application on spine.subject = spine_application.subject
    where spine_application.destination is not null
),

monthly as (
    select
        destination,
        month,
        to_place as place,
        count(*) as routes
    from lane_leg
    where is_last and to_place is not null
    group by destination, month, to_place
),

closed as (
    select
        wanted.destination,
        wanted.month,
        monthly.place,
        sum(monthly.routes) as routes
    from wanted
    inner join monthly
        on
            wanted.destination = monthly.destination
            and wanted.month > monthly.month and wanted.month <= monthly.month + interval 12 month
    group by wanted.destination, wanted.month, monthly.place
),

counted as (
    select
        destination,
        month,
        place,
        routes,
        sum(routes) over (partition by destination, month) as n
    from closed
)

select
    destination,
    month,
    place,
    routes,
    n,
    cast(month as timestamp) as known_from
from counted
where n >= 20
