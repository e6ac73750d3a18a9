-- A country's export-control system over the sixteen cells (legal basis, enforcement, industry, regimes by law, institution, process,
-- practice), as a share of the most that can be reached.
select
    country,
    cast(sum(level) as double) / cast(3 * count(*) as double) as score,
    known_from,
    valid_from,
    valid_to
from control_system
group by country, known_from, valid_from, valid_to
