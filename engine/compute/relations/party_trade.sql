-- Companies on the form in whose name a word says that they trade, forward, ship or bank; a name is looked at once, however often it is filed.
with named as (
    select distinct name_key
    from spine_party
    where role_group in ('end_user', 'consignee') and kind in ('commercial', 'dealer', 'state_owned', 'other')
),

telling as (
    select
        named.name_key,
        trade_word.word,
        trade_word.known_from,
        trade_word.valid_to
    from named
    inner join trade_word on contains(' ' || named.name_key || ' ', ' ' || trade_word.word || ' ')
)

select
    spine_party.subject,
    spine_party.party_no,
    telling.word,
    telling.known_from,
    telling.valid_to
from spine_party
inner join telling on spine_party.name_key = telling.name_key
where spine_party.role_group in ('end_user', 'consignee') and spine_party.kind in ('commercial', 'dealer', 'state_owned', 'other')
