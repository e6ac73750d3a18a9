-- The facts of `party_event` as they count for an entity in the role that it has on a form: those met in this role and in the others that are
-- read beside it, each once, in whichever of them it was met. What an exporter disclosed is told as a disclosure: it is no fact against it.
with read_beside as (
    select 'end_user' as role_group, unnest(['end_user', 'consignee', 'further_end_user', 'named']) as met_in
    union all
    select 'consignee' as role_group, unnest(['end_user', 'consignee', 'further_end_user', 'intermediary', 'named']) as met_in
    union all
    select 'intermediary' as role_group, unnest(['intermediary', 'consignee', 'named']) as met_in
    union all
    select 'exporter' as role_group, 'exporter' as met_in
),

met as (
    select
        read_beside.role_group,
        party_event.entity_id,
        party_event.application_id,
        party_event.event_id,
        case
            when read_beside.role_group = 'exporter' and party_event.disclosed and party_event.fact in ('diversion', 'breach') then 'disclosure'
            else party_event.fact
        end as told_as,
        party_event.known_from,
        party_event.known_to,
        bool_or(party_event.role_group in (read_beside.role_group, 'named')) as in_role, -- met in the role that its filings are counted in
        min(coalesce(party_event.linked_from, party_event.known_from)) as linked_from,
        list(party_event.form_id) as forms
    from party_event
    inner join read_beside on party_event.role_group = read_beside.met_in
    where party_event.entity_id in (select spine_party.entity_id from spine_party)
    group by
        read_beside.role_group, party_event.entity_id, party_event.application_id, party_event.event_id, told_as, party_event.known_from,
        party_event.known_to
)

select
    role_group,
    entity_id,
    application_id,
    event_id,
    told_as as fact,
    known_from,
    known_to,
    in_role,
    linked_from,
    forms,
    -- Of the facts that one visit gave, one counts it as a check.
    told_as = min(told_as) filter (where told_as in ('favourable', 'unfavourable', 'diversion')) over (partition by role_group, entity_id, event_id)
        as counts_as_check
from met
