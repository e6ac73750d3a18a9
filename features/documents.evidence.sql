-- Family:   documents
-- Question: which records was each value computed from?
-- Grain:    one row per spine row, feature and record
-- Reads:    certificate_filed, code_tier, document_undertaking, spine, spine_document, spine_item, spine_undertaking
-- As of:    another filing's certificate counts only if known_from < spine.as_of
-- Absent:   a value that rests on the filing alone, or on finding nothing, has no row: its evidence is the filing's own fields
-- Columns:  subject, feature, record

with assurance as (
    select
        spine.subject,
        spine.application_id,
        spine.as_of,
        spine_document.number_key,
        coalesce(spine_document.issuer_country, '') as issuer_country,
        spine_document.content_key
    from spine
    inner join spine_document on spine.subject = spine_document.subject
    where spine_document.kind in ('end_user_certificate', 'end_user_statement')
),

reuse as (
    select
        assurance.subject,
        certificate_filed.application_id,
        certificate_filed.content_key <> assurance.content_key as other_content
    from assurance
    inner join certificate_filed
        on
            assurance.number_key = certificate_filed.number_key
            and assurance.issuer_country = certificate_filed.issuer_country
            and assurance.as_of > certificate_filed.known_from
            and assurance.application_id <> certificate_filed.application_id
),

sensitivity as (
    select
        spine_item.subject,
        max(code_tier.tier) as tier
    from spine_item
    inner join code_tier on spine_item.control_code = code_tier.control_code
    group by spine_item.subject
),

withheld as (
    select
        sensitivity.subject,
        document_undertaking.undertaking
    from sensitivity
    inner join spine on sensitivity.subject = spine.subject
    inner join document_undertaking
        on
            sensitivity.tier >= document_undertaking.min_tier
            and (document_undertaking.known_from is null or spine.as_of > document_undertaking.known_from)
    left join spine_undertaking
        on sensitivity.subject = spine_undertaking.subject and document_undertaking.undertaking = spine_undertaking.undertaking
    where spine_undertaking.subject is null and document_undertaking.undertaking <> 'on_site_verification'
)

select
    reuse.subject,
    'documents_number_reuse_count' as feature,
    'application:' || reuse.application_id as record
from reuse
union distinct
select
    reuse.subject,
    'documents_number_other_content_count' as feature,
    'application:' || reuse.application_id as record
from reuse
where reuse.other_content
union distinct
select
    withheld.subject,
    'documents_undertakings_missing_count' as feature,
    'reference:document_undertaking:' || withheld.undertaking as record
from withheld
