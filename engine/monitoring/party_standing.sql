-- The parties of each application's newest filing, as the entities known by `licence_moment.as_of`.
select
    filing_standing.application_id,
    filing_party.role_group,
    filing_party.role,
    filing_party.name,
    filing_party.country,
    party_entity.entity_id,
    -- Who receives, buys or brings the deal about. A carrier, bank or customs agent serves thousands: with them one finding alerted on
    -- 33 applications on average (a world of 20,000), and nobody reads such a list. The exporter's other business is not in doubt either.
    filing_party.role_group in ('end_user', 'further_end_user', 'consignee')
    or filing_party.role in ('broker', 'agent', 'intermediate_consignee', 'purchaser') as in_the_deal
from filing_standing
inner join filing_party on filing_standing.record_no = filing_party.record_no
cross join licence_moment
inner join party_entity
    on
        filing_party.form_id = party_entity.form_id and party_entity.known_from < licence_moment.as_of
        and (party_entity.known_to is null or party_entity.known_to >= licence_moment.as_of)
