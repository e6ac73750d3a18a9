-- What the certificates and statements on the form say that they cover, one line a row.
with listed as (
    select
        subject_filing.subject,
        filing_document.document_no,
        unnest(filing_document.items) as line
    from subject_filing
    inner join filing_document on subject_filing.record_no = filing_document.record_no
    where filing_document.kind in ('end_user_certificate', 'end_user_statement')
)

select
    subject,
    document_no,
    line.control_code as control_code,
    split_part(line.control_code, '.', 1) as category,
    line.quantity as quantity
from listed
