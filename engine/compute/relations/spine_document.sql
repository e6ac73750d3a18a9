-- The documents on the form, with the names in them in the house's spelling.
select
    subject_filing.subject,
    filing_document.document_no,
    filing_document.kind,
    filing_document.number_key,
    filing_document.number_form,
    filing_document.number_series,
    filing_document.number_serial,
    filing_document.issuer,
    coalesce(filing_document.issuer_country, '') || ' ' || filing_document.issuer_key as issuer_key,
    filing_document.issuer_country,
    filing_document.certified_by,
    filing_document.signatory,
    filing_document.signatory_key,
    filing_document.signatory_title,
    filing_document.title_key,
    filing_document.issued_on,
    filing_document.expires_on,
    filing_document.final_country,
    filing_document.end_user,
    filing_document.consignee,
    end_user_name.name_key as end_user_key,
    consignee_name.name_key as consignee_key,
    filing_document.value,
    cast(round(case
        when filing_document.currency = 'EUR' then cast(filing_document.value as double)
        else cast(filing_document.value as double) / exchange_rate.units_per_eur
    end, 2) as decimal(18, 2)) as value_eur,
    filing_document.original,
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
left join exchange_rate
    on
        filing_document.currency = exchange_rate.currency
        and cast(date_trunc('month', filing_document.filed_at) as date) = exchange_rate.month
