-- Planned visits as they stand: the newest record of each, without those a planner took out.
with newest as (
    select * from planned_visit
    qualify row_number() over (partition by visit_id order by record_no desc) = 1
)

select * from newest
where not coalesce(dropped, false)
