-- What stands on the form itself.
select
    subject_filing.subject,
    filing.authority,
    filing.kind,
    filing.authorisation,
    filing."transaction",
    filing.purpose,
    filing.end_use_country,
    filing.destination,
    nullif(trim(lower(filing.end_use_statement)), '') as end_use_statement,
    filing.end_use_site,
    filing.payer_key,
    filing.payer_country,
    filing.payment_method,
    filing.prepaid_share,
    filing.temporary_until,
    cast(filing.filed_at as date) as filed_day
from subject_filing
inner join filing on subject_filing.record_no = filing.record_no
