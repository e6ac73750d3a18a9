-- The undertakings given in the documents on the form, one a row.
select
    subject_filing.subject,
    filing_document.document_no,
    filing_document.kind,
    unnest(filing_document.undertakings) as undertaking
from subject_filing
inner join filing_document on subject_filing.record_no = filing_document.record_no
