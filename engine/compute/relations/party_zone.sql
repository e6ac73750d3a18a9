-- Parties on the form whose address speaks of a free zone of their country, by the words of the gazetteer.
with word as (
    select
        country,
        known_from,
        valid_to,
        unnest(string_split(aliases, ';')) as alias
    from free_zone
)

select distinct
    spine_party.subject,
    spine_party.party_no,
    word.known_from,
    word.valid_to
from spine_party
inner join word on spine_party.country = word.country and contains(' ' || spine_party.address_key || ' ', ' ' || word.alias || ' ')
where spine_party.address_key is not null and length(word.alias) > 3
