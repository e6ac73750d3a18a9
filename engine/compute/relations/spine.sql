-- The filings to be featured, each as of its moment. Everything else is read through this.
select
    subject_filing.subject,
    filing.application_id,
    filing.revision,
    subject_filing.as_of,
    epoch_us(subject_filing.as_of) as as_of_us,
    extract(year from subject_filing.as_of) as as_of_year,
    cast(subject_filing.as_of as date) as as_of_day,
    cast(date_trunc('month', subject_filing.as_of) as date) as as_of_month
from subject_filing
inner join filing on subject_filing.record_no = filing.record_no
