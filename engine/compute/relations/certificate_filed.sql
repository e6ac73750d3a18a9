-- Where and when a certificate's number was filed, and over what content.
select
    filing_document.number_key,
    coalesce(filing_document.issuer_country, '') as issuer_country,
    filing_document.application_id,
    filing_document.content_key,
    min(filing_document.filed_at) as known_from
from filing_document
inner join subject_certificate
    on
        filing_document.number_key = subject_certificate.number_key
        and coalesce(filing_document.issuer_country, '') = subject_certificate.issuer_country
where
    filing_document.number_key in (select subject_certificate.number_key from subject_certificate) -- read first: few rows have one of them
    and filing_document.kind in ('end_user_certificate', 'end_user_statement', 'import_certificate')
group by
    filing_document.number_key, filing_document.issuer_country, filing_document.application_id, filing_document.content_key
