-- The owners named on the form, each with the entity that is owned.
select distinct
    subject_filing.subject,
    filing_owner.role_group,
    spine_party.entity_id,
    filing_owner.owner_key,
    filing_owner.country
from subject_filing
inner join filing_owner on subject_filing.record_no = filing_owner.record_no
inner join spine_party
    on
        subject_filing.subject = spine_party.subject
        and filing_owner.role_group = spine_party.role_group
        and filing_owner.form_id = spine_party.form_id
where filing_owner.owner_key is not null
