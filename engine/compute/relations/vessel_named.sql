-- Under which names a vessel, by its IMO number, stood on routes. Looked up by IMO number.
select
    filing_leg.imo,
    filing_leg.conveyance_key,
    filing_leg.application_id,
    min(filing_leg.filed_at) as known_from
from filing_leg
where filing_leg.conveyance_key is not null and filing_leg.imo in (select spine_leg.imo from spine_leg)
group by filing_leg.imo, filing_leg.conveyance_key, filing_leg.application_id
