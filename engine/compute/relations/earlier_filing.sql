-- Other applications that had named a party on the forms by then, and in which role.
select
    spine_party.subject,
    spine_party.role_group,
    spine_party.entity_id,
    party_named.role_group as named_as,
    party_named.application_id
from spine
inner join spine_party on spine.subject = spine_party.subject
inner join party_named
    on
        spine_party.entity_id = party_named.entity_id
        and spine.as_of > party_named.known_from
        and spine.application_id <> party_named.application_id
