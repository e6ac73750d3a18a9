-- One row a kind of old stock that the new goods replace, as declared on a filing.
with listed as (
    select record_no, generate_subscripts(d.replaced_stock, 1) as stock_no, unnest(d.replaced_stock) as stock from parsed
)

select
    listed.record_no,
    parsed.seq,
    parsed.d.application_id as application_id,
    coalesce(parsed.d.revision, 1) as revision,
    parsed.d.filed_at as filed_at,
    listed.stock_no,
    listed.stock.control_code as control_code,
    listed.stock.quantity as quantity,
    listed.stock.acquired_year as acquired_year,
    listed.stock.origin as origin,
    listed.stock."plan" as plan,
    listed.stock.origin_consent as origin_consent,
    listed.stock.serials_declared as serials_declared
from listed
inner join parsed on listed.record_no = parsed.record_no
