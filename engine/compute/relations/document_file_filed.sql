-- Where and when a file's words, and each picture in it, were first filed: known from the filing that declared the file.
with filed as (
    select
        filing_document.application_id,
        filing_document.filed_at,
        filing_document.sha256,
        filing_document.number_key,
        coalesce(filing_document.issuer, '') as issuer,
        coalesce(filing_document.issuer_country, '') as issuer_country,
        document_file.text_key,
        document_file.pictures
    from filing_document
    inner join document_file on filing_document.sha256 = document_file.sha256
),

shown as (
    select application_id, filed_at, sha256, issuer, issuer_country, unnest(pictures) as picture from filed
)

select
    'words' as what,
    text_key as content_key,
    application_id,
    issuer,
    issuer_country,
    min(filed_at) as known_from
from filed
where text_key is not null
group by text_key, application_id, issuer, issuer_country
union all
select
    'picture' as what,
    picture as content_key,
    application_id,
    issuer,
    issuer_country,
    min(filed_at) as known_from
from shown
group by picture, application_id, issuer, issuer_country
