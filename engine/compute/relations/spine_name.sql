-- The names on the forms that are no party's, each with what it is there; of an owner whose, and how much it holds.
select
    subject_filing.subject,
    filing_name.name_id as name_no,
    filing_name.stands_as,
    filing_name.party_no,
    filing_name."share"
from subject_filing
inner join filing_name on subject_filing.record_no = filing_name.record_no
