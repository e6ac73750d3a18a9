-- The files behind the documents on the form that were in the authority's hands by then, with what was found in them of what was declared.
with held as (
    select
        document_check.record_no,
        document_check.document_no,
        count(*) as asked,
        count(*) filter (where not document_check.found) as not_found
    from document_check
    group by document_check.record_no, document_check.document_no
)

select
    subject_filing.subject,
    filing_document.document_no,
    filing_document.kind,
    filing_document.issued_on,
    document_file.sha256,
    document_file.text_key,
    document_file.revisions,
    document_file.created_at,
    document_file.modified_at,
    array_length(document_file.signatures) as signatures,
    array_length(list_filter(document_file.signatures, lambda one: not (one.intact and one.covers_all))) as broken_signatures,
    array_length(list_filter(document_file.signatures, lambda one: one.trusted)) as trusted_signatures,
    held.asked,
    held.not_found
from subject_filing
inner join filing_document on subject_filing.record_no = filing_document.record_no
inner join document_file on filing_document.sha256 = document_file.sha256
left join held on filing_document.record_no = held.record_no and filing_document.document_no = held.document_no
-- A file without a clock was taken in before files had one: it counts with its filing.
where document_file.known_from is null or document_file.known_from <= filing_document.filed_at or subject_filing.as_of > document_file.known_from
