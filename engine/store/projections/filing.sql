-- One row a filing (application and revision): what stands on the form itself.
select
    parsed.record_no,
    parsed.seq,
    parsed.d.application_id as application_id,
    coalesce(parsed.d.revision, 1) as revision,
    parsed.d.authority as authority,
    parsed.d.filed_at as filed_at,
    parsed.d.kind as kind,
    coalesce(parsed.d.authorisation, 'individual') as authorisation,
    parsed.d."transaction" as "transaction",
    parsed.d.end_use.statement as end_use_statement,
    parsed.d.end_use.purpose as purpose,
    parsed.d.end_use.country as end_use_country,
    nullif(trim(parsed.d.end_use.site), '') as end_use_site,
    parsed.d.destinations as destinations,
    coalesce(parsed.d.end_user.country, parsed.d.end_use.country, parsed.d.consignee.country, parsed.d.destinations[1])
        as destination,
    parsed.d.payment.payer_name as payer_name,
    nullif(trim(regexp_replace(lower(strip_accents(parsed.d.payment.payer_name)), '[^\p{L}\p{N}]+', ' ', 'g')), '') as payer_key,
    parsed.d.payment.payer_country as payer_country,
    parsed.d.payment."method" as payment_method,
    parsed.d.payment.prepaid_share as prepaid_share,
    parsed.d.temporary_until as temporary_until,
    parsed.d.catch_all as catch_all
from parsed
