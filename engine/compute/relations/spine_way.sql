-- The whole route on the form as one text, so that it can be told whether an amendment changed it.
select
    spine_leg.subject,
    string_agg(coalesce(spine_leg.from_place, lower(spine_leg.from_text), '') || '-' || coalesce(spine_leg.to_place, lower(spine_leg.to_text), ''), ' ' order by spine_leg.leg_no) as route_key
from spine_leg
group by spine_leg.subject
