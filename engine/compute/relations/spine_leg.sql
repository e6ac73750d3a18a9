-- The route on the form; distance where both places are known: a leg by sea is as long as the way by sea, any other as the great circle.
select
    subject_filing.subject,
    filing_leg.leg_no,
    filing_leg.from_place,
    filing_leg.to_place,
    filing_leg.from_text,
    filing_leg.to_text,
    substr(filing_leg.from_place, 1, 2) as from_country,
    substr(filing_leg.to_place, 1, 2) as to_country,
    filing_leg.mode,
    filing_leg.carrier_key,
    filing_leg.conveyance_key,
    filing_leg.imo,
    filing_leg.aircraft_registration,
    filing_leg.planned_on,
    filing_leg.free_zone,
    filing_leg.storage_days,
    filing_leg.transit_authorisation,
    place_distance.inland,
    case when filing_leg.mode = 'sea' then place_distance.sea_km else place_distance.km end as km
from subject_filing
inner join filing_leg on subject_filing.record_no = filing_leg.record_no
left join place_distance
    on
        filing_leg.from_place = place_distance.from_place
        and filing_leg.to_place = place_distance.to_place
