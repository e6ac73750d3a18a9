-- Since when the store has records of a kind: before that, nothing seen is not nothing there.
select 'filing' as kind, authority, min(filed_at) as known_from from filing group by authority
union all
select 'visit' as kind, filing.authority, min(visit.at) as known_from
from visit inner join filing on visit.application_id = filing.application_id and filing.revision = 1
group by filing.authority
