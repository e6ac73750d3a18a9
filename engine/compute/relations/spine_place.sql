-- By what the parties on the forms may be linked with others: address (with country), website, register number (with country), and
-- names: their own, their owners', and of who receives the payer's. One place is one number, whoever stands at it. Consignors are left
-- out. The same select, over new filings, fills `party_place` (engine/workflows/derive.py).
with told as (
    select
        subject_filing.subject,
        filing_party.record_no,
        filing_party.application_id,
        filing_party.filed_at,
        filing_party.form_id,
        filing_party.role_group,
        filing_party.plain_key,
        filing_party.country,
        filing_party.address_key,
        filing_party.website_key,
        nullif(upper(regexp_replace(filing_party.registration, '[^\p{L}\p{N}]+', '', 'g')), '') as registration
    from subject_filing
    inner join filing_party on subject_filing.record_no = filing_party.record_no
    where filing_party.role_group not in ('exporter', 'applicant')
),

place as (
    select subject, application_id, filed_at, form_id, 'address' as kind, country || ' ' || address_key as place_key from told
    union all
    select subject, application_id, filed_at, form_id, 'website' as kind, website_key as place_key from told
    union all
    select subject, application_id, filed_at, form_id, 'registration' as kind, country || ' ' || registration as place_key from told
    union all
    select subject, application_id, filed_at, form_id, 'name' as kind, coalesce(country, '') || ' ' || plain_key as place_key from told
    union all
    select
        told.subject,
        told.application_id,
        told.filed_at,
        told.form_id,
        'name' as kind,
        coalesce(filing_owner.country, '') || ' ' || filing_owner.owner_key as place_key
    from told
    inner join filing_owner
        on told.record_no = filing_owner.record_no and told.form_id = filing_owner.form_id and told.role_group = filing_owner.role_group
    union all
    select
        told.subject,
        told.application_id,
        told.filed_at,
        told.form_id,
        'name' as kind,
        coalesce(filing.payer_country, '') || ' ' || filing.payer_key as place_key
    from told
    inner join filing on told.record_no = filing.record_no
    where told.role_group in ('end_user', 'consignee', 'further_end_user')
)

select
    subject,
    application_id,
    filed_at,
    form_id,
    kind,
    (md5_number_lower(kind || ' ' || place_key) >> 1)::bigint as place_id
from place
where place_key is not null -- something to be found at, and where it takes a country, that too
