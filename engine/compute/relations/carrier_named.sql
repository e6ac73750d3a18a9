-- When an application first named a carrier on its route. Looked up by carrier.
select
    filing_leg.carrier_key,
    filing_leg.application_id,
    min(filing_leg.filed_at) as known_from,
    epoch_us(min(filing_leg.filed_at)) as known_us
from filing_leg
where filing_leg.carrier_key in (select spine_leg.carrier_key from spine_leg)
group by filing_leg.carrier_key, filing_leg.application_id
