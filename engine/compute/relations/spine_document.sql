-- The documents on the form, with the names in them in the house's spelling.
select
    subject_filing.subject,
    filing_document.document_no,
    filing_document.kind,
    filing_document.number_key,
    filing_document.issuer,
    filing_document.issuer_country,
    filing_document.certified_by,
    filing_document.signatory,
    filing_document.signatory_title,
    filing_document.issued_on,
    filing_document.expires_on,
    filing_document.final_country,
    filing_document.end_user,
    filing_document.consignee,
    end_user_name.name_key as end_user_key,
    consignee_name.name_key as consignee_key,
    filing_document.value,
    filing_document.submitted_by,
    filing_document.authentication,
    filing_document.sha256,
    filing_document.content_key,
    array_length(filing_document.items) as items_count,
    list_sum(list_transform(filing_document.items, lambda line: line.quantity)) as quantity
from subject_filing
inner join filing_document on subject_filing.record_no = filing_document.record_no
left join name_key as end_user_name on filing_document.end_user = end_user_name.name
left join name_key as consignee_name on filing_document.consignee = consignee_name.name
