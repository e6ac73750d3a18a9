-- Under which issuers and titles the signatories on the forms had signed first: the first two applications of each, since one of them may
-- be the application itself. Looked up by signatory.
select
    filing_document.signatory_key,
    coalesce(filing_document.issuer_country, '') || ' ' || filing_document.issuer_key as issuer_key,
    filing_document.title_key,
    filing_document.application_id,
    min(filing_document.filed_at) as known_from
from filing_document
where
    filing_document.kind in ('end_user_certificate', 'import_certificate') and filing_document.issuer_key is not null
    and filing_document.signatory_key in (
        select spine_document.signatory_key from spine_document where spine_document.kind in ('end_user_certificate', 'import_certificate')
    )
group by
    filing_document.signatory_key, filing_document.issuer_country, filing_document.issuer_key, filing_document.title_key,
    filing_document.application_id
qualify
    row_number() over (
        partition by filing_document.signatory_key, filing_document.issuer_country, filing_document.issuer_key, filing_document.title_key
        order by min(filing_document.filed_at), filing_document.application_id
    ) <= 2
