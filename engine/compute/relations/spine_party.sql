-- The parties on the form, each with the entity it spoke of as of then: the earliest spell that had not ended, so that a
-- form first filed at that very moment has the entity that its own filing gave it.
select
    subject_filing.subject,
    filing_party.party_no,
    filing_party.role_group,
    filing_party.role,
    filing_party.form_id,
    party_entity.entity_id,
    party_form.name_key,
    filing_party.plain_key,
    filing_party.country,
    filing_party.address_key,
    coalesce(regexp_matches(filing_party.address_key, '^(p ?o ?box|post ?box|postbus|postfach|boite postale|apartado)\b'), false) as address_is_box,
    filing_party.kind,
    filing_party.registration,
    filing_party.lei,
    filing_party.registered_on,
    filing_party.website_key,
    array_length(filing_party.owners) as owners_count,
    array_length(list_filter(filing_party.owners, lambda owner: owner."share" is null)) as owners_unshared,
    list_sum(list_transform(filing_party.owners, lambda owner: cast(owner."share" as decimal(9, 6)))) as owners_share,
    array_length(filing_party.licences) as licences_count,
    array_length(list_filter(
        filing_party.licences,
        lambda held: coalesce(held.valid_from <= cast(filing_party.filed_at as date), true)
            and coalesce(held.valid_to >= cast(filing_party.filed_at as date), true)
    )) as licences_in_force,
    filing_party.programme_level,
    filing_party.programme_audited_on,
    filing_party.programme_audited_by
from subject_filing
inner join filing_party on subject_filing.record_no = filing_party.record_no
inner join party_form on filing_party.form_id = party_form.form_id
inner join party_entity
    on
        filing_party.form_id = party_entity.form_id
        and (party_entity.known_to is null or subject_filing.as_of <= party_entity.known_to)
qualify row_number() over (
    partition by subject_filing.subject, filing_party.party_no order by party_entity.known_to nulls last, party_entity.known_from
) = 1
