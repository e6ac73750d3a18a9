-- Where and when the words of a certificate's or statement's file, and each picture in it, were first filed: known from the filing
-- that declared the file, or from when the file came if that was later.
with filed as (
    select
        filing_document.application_id,
        greatest(filing_document.filed_at, document_file.known_from) as known_from, -- greatest passes over nulls
        nullif(filing_document.issuer_key, '') as issuer_key,
        filing_document.issuer_country,
        document_file.text_key,
        document_file.pictures
    from filing_document
    inner join document_file on filing_document.sha256 = document_file.sha256
    where filing_document.kind in ('end_user_certificate', 'end_user_statement', 'import_certificate')
),

shown as (
    select application_id, known_from, issuer_key, issuer_country, unnest(pictures) as picture from filed
)

select
    'words' as what,
    text_key as content_key,
    application_id,
    issuer_key,
    issuer_country,
    min(known_from) as known_from
from filed
where text_key is not null
group by text_key, application_id, issuer_key, issuer_country
union all
select
    'picture' as what,
    picture as content_key,
    application_id,
    issuer_key,
    issuer_country,
    min(known_from) as known_from
from shown
group by picture, application_id, issuer_key, issuer_country
