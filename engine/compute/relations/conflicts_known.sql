-- The subjects that a yearly list of armed conflicts was known for. Before the first, and more than a year after the newest, nobody has
-- looked: what is asked of conflicts is unknown then, not 0.
with edition as (
    select known_from
    from armed_conflict
    group by known_from
)

select spine.subject
from spine
inner join edition
    on
        spine.as_of > edition.known_from
        and date_diff('day', edition.known_from, spine.as_of_day) <= 366
group by spine.subject
