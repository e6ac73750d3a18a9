-- One row a leg of the route on a filing, in order.
with listed as (
    select record_no, generate_subscripts(d.route, 1) as leg_no, unnest(d.route) as leg from parsed
)

select
    listed.record_no,
    parsed.seq,
    parsed.d.application_id as application_id,
    parsed.d.filed_at as filed_at,
    listed.leg_no,
    listed.leg."from" as from_place,
    listed.leg."to" as to_place,
    listed.leg.from_text as from_text,
    listed.leg.to_text as to_text,
    listed.leg."mode" as mode,
    listed.leg.carrier as carrier,
    nullif(trim(regexp_replace(lower(strip_accents(listed.leg.carrier)), '[^\p{L}\p{N}]+', ' ', 'g')), '') as carrier_key,
    listed.leg.conveyance as conveyance,
    nullif(trim(regexp_replace(lower(strip_accents(listed.leg.conveyance)), '[^\p{L}\p{N}]+', ' ', 'g')), '') as conveyance_key,
    listed.leg.imo as imo,
    listed.leg.aircraft_registration as aircraft_registration,
    listed.leg.planned_on as planned_on,
    listed.leg.free_zone as free_zone,
    listed.leg.storage_days as storage_days,
    listed.leg.transit_authorisation as transit_authorisation
from listed
inner join parsed on listed.record_no = parsed.record_no
