-- The filings to be featured, each as of its moment. Everything else is read through this.
select
    subject_filing.subject,
    filing.application_id,
    filing.revision,
    subject_filing.as_of,
    epoch_us(subject_filing.as_of) as as_of_us,
    extract(year from subject_filing.as_of) as as_of_year,
    cast(subject_filing.as_of as date) as as_of_day,
    cast(date_trunc('month', subject_filing.as_of) as date) as as_of_month,
    -- Since when there are records at all; before that, nothing seen is not nothing there.
    case
        when subject_filing.as_of > coverage.known_from
            then date_diff('day', cast(coverage.known_from as date), cast(subject_filing.as_of as date))
    end as observed_days
from subject_filing
inner join filing on subject_filing.record_no = filing.record_no
left join coverage on filing.authority = coverage.authority
