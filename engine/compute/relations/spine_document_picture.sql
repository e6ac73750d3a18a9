-- The pictures (stamps, signatures) in the files behind the certificates and statements on the form, one a row.
select distinct
    subject_filing.subject,
    nullif(filing_document.issuer_key, '') as issuer_key,
    filing_document.issuer_country,
    unnest(document_file.pictures) as picture
from subject_filing
inner join filing_document on subject_filing.record_no = filing_document.record_no
inner join document_file on filing_document.sha256 = document_file.sha256
where
    filing_document.kind in ('end_user_certificate', 'end_user_statement', 'import_certificate')
    and (document_file.known_from is null or document_file.known_from <= filing_document.filed_at or subject_filing.as_of > document_file.known_from)
