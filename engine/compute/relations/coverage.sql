-- Since when the store holds filings of an authority: before that, nothing seen is not nothing there.
select
    authority,
    min(filed_at) as known_from
from filing
group by authority
