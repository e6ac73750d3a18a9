-- Parties on the forms whose address a watch-list entry gives as its own, whatever the name; as long as the entry said so.
select
    spine_party.subject,
    spine_party.party_no,
    listed_address.list,
    listed_address.entry_id,
    listed_address.weight,
    listed_address.known_from,
    listed_address.known_to
from spine_party
inner join listed_address
    on
        array_to_string(list_sort(string_split(spine_party.address_key, ' ')), ' ') = listed_address.address_key
        and (spine_party.country is null or listed_address.country is null or spine_party.country = listed_address.country)
