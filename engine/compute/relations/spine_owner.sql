-- The owners named on the form, each with the entity that is owned.
select
    subject_filing.subject,
    filing_owner.role_group,
    party_entity.entity_id,
    filing_owner.owner_key,
    filing_owner.country
from subject_filing
inner join filing_owner on subject_filing.record_no = filing_owner.record_no
inner join party_entity on filing_owner.form_id = party_entity.form_id and party_entity.known_to is null
where filing_owner.owner_key is not null
