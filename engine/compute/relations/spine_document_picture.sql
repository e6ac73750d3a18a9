-- The pictures (stamps, signatures) in the files behind the documents on the form, one a row.
select distinct
    subject_filing.subject,
    coalesce(filing_document.issuer, '') as issuer,
    coalesce(filing_document.issuer_country, '') as issuer_country,
    unnest(document_file.pictures) as picture
from subject_filing
inner join filing_document on subject_filing.record_no = filing_document.record_no
inner join document_file on filing_document.sha256 = document_file.sha256
