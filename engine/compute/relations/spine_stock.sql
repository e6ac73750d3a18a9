-- The old stock that the form declares to be replaced.
select
    subject_filing.subject,
    filing_stock.stock_no,
    filing_stock.control_code,
    split_part(filing_stock.control_code, '.', 1) as category,
    filing_stock.quantity,
    filing_stock.acquired_year,
    filing_stock.origin,
    filing_stock.plan,
    filing_stock.origin_consent,
    filing_stock.serials_declared
from subject_filing
inner join filing_stock on subject_filing.record_no = filing_stock.record_no
