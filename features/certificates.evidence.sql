-- Family:   certificates
-- Question: which records was each value computed from?
-- Grain:    one row per spine row, feature and record
-- Reads:    certificate_draw, certificate_filed, paper_filed, signatory_paper, spine, spine_document, spine_item, spine_party
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
        spine_document.kind,
        spine_document.issuer_key,
        spine_document.signatory_key,
        spine_document.sha256,
        spine_document.content_key,
        spine_document.end_user is not null and (spine_document.issued_on is not null or spine_document.items_count > 0) as telling,
        end_user.entity_id as end_user_id
    from spine
    inner join spine_document on spine.subject = spine_document.subject
    left join spine_party as end_user on spine.subject = end_user.subject and end_user.role_group = 'end_user'
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

drawn as (
    select
        assurance.subject,
        'documents_quantity_drawn_ratio' as feature,
        'application:' || certificate_draw.application_id as record
    from assurance
    inner join certificate_draw
        on
            assurance.number_key = certificate_draw.number_key
            and assurance.issuer_country = certificate_draw.issuer_country
            and assurance.as_of > certificate_draw.known_from
            and assurance.application_id <> certificate_draw.application_id
            and (certificate_draw.known_to is null or assurance.as_of <= certificate_draw.known_to)
    inner join spine_item
        on
            assurance.subject = spine_item.subject
            and spine_item.quantity is not null
            and coalesce(certificate_draw.unit, '') = coalesce(spine_item.unit, '')
),

signed_elsewhere as (
    select
        assurance.subject,
        'documents_signatory_other_issuers_count' as feature,
        'application:' || signatory_paper.application_id as record
    from assurance
    inner join signatory_paper
        on
            assurance.signatory_key = signatory_paper.signatory_key
            and assurance.issuer_key <> signatory_paper.issuer_key
            and assurance.as_of > signatory_paper.known_from
            and assurance.application_id <> signatory_paper.application_id
    where assurance.kind = 'end_user_certificate'
),

file_reuse as (
    select
        assurance.subject,
        'documents_file_reuse_count' as feature,
        'application:' || paper_filed.application_id as record
    from assurance
    inner join paper_filed
        on
            assurance.sha256 = paper_filed.paper_key
            and assurance.as_of > paper_filed.known_from
            and (paper_filed.known_to is null or assurance.as_of <= paper_filed.known_to)
            and assurance.application_id <> paper_filed.application_id
    where paper_filed.what = 'file' and paper_filed.end_user_id <> assurance.end_user_id
),

content_reuse as (
    select
        assurance.subject,
        'documents_content_reuse_count' as feature,
        'application:' || paper_filed.application_id as record
    from assurance
    inner join paper_filed
        on
            assurance.content_key = paper_filed.paper_key
            and assurance.as_of > paper_filed.known_from
            and (paper_filed.known_to is null or assurance.as_of <= paper_filed.known_to)
            and assurance.application_id <> paper_filed.application_id
    where paper_filed.what = 'content' and assurance.telling and paper_filed.number_key <> '' and paper_filed.number_key <> assurance.number_key
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
    drawn.subject,
    drawn.feature,
    drawn.record
from drawn
union distinct
select
    signed_elsewhere.subject,
    signed_elsewhere.feature,
    signed_elsewhere.record
from signed_elsewhere
union distinct
select
    file_reuse.subject,
    file_reuse.feature,
    file_reuse.record
from file_reuse
union distinct
select
    content_reuse.subject,
    content_reuse.feature,
    content_reuse.record
from content_reuse
