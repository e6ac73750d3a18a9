-- Watch-list entries that a party's name comes near to, as far as the lists said so by then.
select
    spine_party.subject,
    spine_party.party_no,
    name_hit.list,
    name_hit.entry_id,
    name_hit.score,
    name_hit.result,
    name_hit.weight,
    name_hit.known_from,
    name_hit.known_to
from spine_party
inner join name_hit on spine_party.form_id = name_hit.form_id
