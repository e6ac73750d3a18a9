-- Where an issuer's running numbers stood, month of issue by month: the median of at least three papers that were filed within six
-- months of it. Known once the seventh month has begun: a closed period. Looked up by issuer.
with paper as (
    select
        coalesce(filing_document.issuer_country, '') || ' ' || filing_document.issuer_key as issuer_key,
        filing_document.number_series,
        filing_document.number_serial,
        cast(date_trunc('month', filing_document.issued_on) as date) as issued_month
    from filing_document
    where
        filing_document.kind in ('end_user_certificate', 'import_certificate')
        and filing_document.number_serial is not null and filing_document.issued_on is not null
        and filing_document.filed_at < date_trunc('month', filing_document.issued_on) + interval 7 month
        and coalesce(filing_document.issuer_country, '') || ' ' || filing_document.issuer_key in (
            select spine_document.issuer_key from spine_document where spine_document.kind in ('end_user_certificate', 'import_certificate')
        )
)

select
    issuer_key,
    number_series,
    issued_month,
    median(number_serial) as median_serial,
    cast(issued_month + interval 7 month as timestamp) as known_from
from paper
group by issuer_key, number_series, issued_month
having count(distinct number_serial) >= 3
