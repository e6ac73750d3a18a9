-- Every name on the form that comes near a watch-list entry or a partner's denial, with where it stands. `name_no` is the way it is
-- written down, `content` what the entry said: together they say whether a question was asked before. `stands_as` says what a name
-- is that is no party's (owner, payer, signatory ...); of an owner `party_no` says whose and `share` how much.
with party as (
    select
        subject,
        party_no,
        form_id,
        replace(role, '_', ' ') as role,
        case role_group
            when 'intermediary' then 'intermediaries/' || row_number() over (partition by subject, role_group order by party_no) - 1
            when 'further_end_user' then 'end_users/' || row_number() over (partition by subject, role_group order by party_no) - 1
            else role_group
        end as place,
        role_group
    from spine_party
)

select
    party.subject,
    party.form_id as name_no,
    party.role,
    party.place,
    party.role_group,
    'party' as stands_as,
    party.party_no,
    cast(null as decimal(9, 6)) as "share",
    name_hit.list,
    name_hit.entry_id,
    name_hit.content,
    name_hit.matched_name,
    name_hit.score,
    name_hit.result,
    name_hit.weight,
    name_hit.why,
    name_hit.known_from,
    name_hit.known_to
from party
inner join name_hit on party.form_id = name_hit.form_id
union all
select
    subject_filing.subject,
    filing_name.name_id as name_no,
    filing_name.role,
    filing_name.place,
    'named' as role_group,
    filing_name.stands_as,
    filing_name.party_no,
    filing_name."share",
    named_hit.list,
    named_hit.entry_id,
    named_hit.content,
    named_hit.matched_name,
    named_hit.score,
    named_hit.result,
    named_hit.weight,
    named_hit.why,
    named_hit.known_from,
    named_hit.known_to
from subject_filing
inner join filing_name on subject_filing.record_no = filing_name.record_no
inner join named_hit on filing_name.name_id = named_hit.name_id
