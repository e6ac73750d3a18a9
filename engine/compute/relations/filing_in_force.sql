-- Each filing with the time in which it was the newest revision filed.
with ranked as (
    select
        record_no,
        application_id,
        revision,
        filed_at,
        max(revision) over (partition by application_id order by filed_at range between unbounded preceding and current row) as newest_by_then
    from history_filing
)

select
    record_no,
    application_id,
    revision,
    filed_at as known_from,
    lead(filed_at) over (partition by application_id order by filed_at, revision) as known_to
from ranked
where revision = newest_by_then
