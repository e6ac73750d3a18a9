-- Certificates of the issuers on the forms, as they were filed. Looked up by issuer.
select
    coalesce(filing_document.issuer_country, '') || ' ' || filing_document.issuer_key as issuer_key,
    filing_document.application_id,
    filing_document.number_form,
    filing_document.signatory_key,
    filing_document.title_key,
    min(filing_document.filed_at) as known_from,
    epoch_us(min(filing_document.filed_at)) as known_us
from filing_document
where
    filing_document.kind in ('end_user_certificate', 'import_certificate')
    and coalesce(filing_document.issuer_country, '') || ' ' || filing_document.issuer_key in (
        select spine_document.issuer_key from spine_document where spine_document.kind in ('end_user_certificate', 'import_certificate')
    )
group by
    filing_document.issuer_country, filing_document.issuer_key, filing_document.application_id, filing_document.number_form,
    filing_document.signatory_key, filing_document.title_key
