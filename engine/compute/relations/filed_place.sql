-- By what the parties on the forms may be linked with others: address, website, register number, LEI, and names: their own, their
-- owners', and of who receives the payer's; all but website and LEI with the country. One place is one number, whoever stands at it.
-- Features look only where `followed`: not at what a consignor was filed with, an LEI (which resolves parties), or an address or
-- register number without its country. The same select, over new filings, fills
-- `party_place` and `place_aside` (engine/workflows/derive.py).
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
        register_number(filing_party.registration, filing_party.country) as registration,
        nullif(upper(trim(filing_party.lei)), '') as lei,
        filing_party.role_group not in ('exporter', 'applicant') as receives
    from subject_filing
    inner join filing_party on subject_filing.record_no = filing_party.record_no
),

place as (
    select subject, application_id, filed_at, form_id, 'address' as kind, 'address' as how, country, address_key as place_key, receives and country is not null as followed
    from told
    union all
    select subject, application_id, filed_at, form_id, 'website' as kind, 'website' as how, null as country, website_key as place_key, receives as followed
    from told
    union all
    select
        subject, application_id, filed_at, form_id, 'registration' as kind, 'registration' as how, country, registration as place_key,
        receives and country is not null as followed
    from told
    union all
    select subject, application_id, filed_at, form_id, 'lei' as kind, 'lei' as how, null as country, lei as place_key, false as followed
    from told
    union all
    select subject, application_id, filed_at, form_id, 'name' as kind, 'named' as how, coalesce(country, '') as country, plain_key as place_key, receives as followed
    from told
    union all
    select
        told.subject, told.application_id, told.filed_at, told.form_id, 'name' as kind, 'owner' as how,
        coalesce(filing_owner.country, '') as country, filing_owner.owner_key as place_key, told.receives as followed
    from told
    inner join filing_owner
        on told.record_no = filing_owner.record_no and told.form_id = filing_owner.form_id and told.role_group = filing_owner.role_group
    union all
    select
        told.subject, told.application_id, told.filed_at, told.form_id, 'name' as kind,
        case when told.role_group = 'end_user' then 'payer' else 'paid_with' end as how,
        coalesce(filing.payer_country, '') as country, filing.payer_key as place_key, true as followed
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
    how,
    followed,
    country,
    place_key,
    (md5_number_lower(kind || ' ' || case when kind in ('website', 'lei') then '' else coalesce(country, '') || ' ' end || place_key) >> 1)::bigint as place_id
from place
where place_key is not null -- something to be found at
