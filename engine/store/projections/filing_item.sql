-- One row a line of goods on a filing.
with listed as (
    select record_no, generate_subscripts(d.items, 1) as item_no, unnest(d.items) as item from parsed
)

select
    listed.record_no,
    parsed.seq,
    parsed.d.application_id as application_id,
    coalesce(parsed.d.revision, 1) as revision,
    parsed.d.filed_at as filed_at,
    listed.item_no,
    listed.item.line as line,
    listed.item.control_code as control_code,
    listed.item.control_list as control_list,
    coalesce(listed.item.form, 'goods') as form,
    listed.item.hs_code as hs_code,
    listed.item.description as description,
    listed.item.made_year as made_year,
    listed.item.origin as origin,
    listed.item.quantity as quantity,
    listed.item.unit as unit,
    listed.item.value as value,
    listed.item.currency as currency,
    listed.item.serialised as serialised
from listed
inner join parsed on listed.record_no = parsed.record_no
