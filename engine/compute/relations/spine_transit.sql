-- The places on the way of the route on the form: where a leg before the last one ends, outside the two countries of the trade.
with span as (
    select
        subject,
        max(leg_no) as last_leg
    from spine_leg
    group by subject
)

select
    spine_leg.subject,
    spine.as_of,
    spine.as_of_day,
    spine_leg.to_place as place,
    spine_leg.to_country as country,
    max(case when spine_leg.transit_authorisation is not null then 1 else 0 end) as authorised
from spine_leg
inner join span on spine_leg.subject = span.subject
inner join spine on spine_leg.subject = spine.subject
inner join spine_application on spine_leg.subject = spine_application.subject
where
    spine_leg.leg_no < span.last_leg
    and spine_leg.to_country is not null
    and spine_leg.to_country <> spine_application.authority
    and spine_leg.to_country <> coalesce(spine_application.destination, '')
group by spine_leg.subject, spine.as_of, spine.as_of_day, spine_leg.to_place, spine_leg.to_country
