-- Which entities the owners on the forms were named as owners of, since when, and until when that id stood. Looked up by owner.
select
    filing_owner.owner_key,
    filing_owner.country,
    party_entity.entity_id,
    arg_min(filing_owner.application_id, (filing_owner.filed_at, filing_owner.application_id)) as application_id,
    min(greatest(filing_owner.filed_at, party_entity.known_from)) as known_from,
    max(party_entity.known_to) as known_to
from filing_owner
inner join party_entity on filing_owner.form_id = party_entity.form_id
where filing_owner.owner_key in (select spine_owner.owner_key from spine_owner)
group by filing_owner.owner_key, filing_owner.country, party_entity.entity_id
