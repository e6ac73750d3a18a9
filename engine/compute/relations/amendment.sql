-- Earlier revisions of the applications on the forms: what was asked for before it was asked for otherwise. Looked up by application.
with earlier as (
    select
        spine.subject,
        spine.as_of,
        filing.record_no,
        filing.revision,
        filing.filed_at,
        filing.destination
    from spine
    inner join filing on spine.application_id = filing.application_id and spine.revision > filing.revision
),

-- Each party with the entity that its form speaks of as of the subject's moment, as in spine_party.
spoken_of as (
    select
        earlier.subject,
        earlier.record_no,
        filing_party.role_group,
        party_entity.entity_id
    from earlier
    inner join filing_party on earlier.record_no = filing_party.record_no
    inner join party_entity
        on
            filing_party.form_id = party_entity.form_id
            and (party_entity.known_to is null or earlier.as_of <= party_entity.known_to)
    where filing_party.role_group in ('end_user', 'consignee')
    qualify row_number() over (
        partition by earlier.subject, earlier.record_no, filing_party.party_no order by party_entity.known_to nulls last, party_entity.known_from
    ) = 1
),

party as (
    select
        subject,
        record_no,
        max(entity_id) filter (where role_group = 'end_user') as end_user_id,
        max(entity_id) filter (where role_group = 'consignee') as consignee_id
    from spoken_of
    group by subject, record_no
),

goods as (
    select
        filing_item.record_no,
        sum(filing_item.quantity) as quantity,
        count(distinct coalesce(filing_item.unit, '')) as units,
        min(coalesce(filing_item.unit, '')) as unit
    from filing_item
    where filing_item.record_no in (select record_no from earlier)
    group by filing_item.record_no
),

way as (
    select
        filing_leg.record_no,
        string_agg(coalesce(filing_leg.from_place, lower(filing_leg.from_text), '') || '-' || coalesce(filing_leg.to_place, lower(filing_leg.to_text), ''), ' ' order by filing_leg.leg_no) as route_key
    from filing_leg
    where filing_leg.record_no in (select record_no from earlier)
    group by filing_leg.record_no
)

select
    earlier.subject,
    earlier.revision,
    earlier.filed_at as known_from,
    earlier.destination,
    party.end_user_id,
    party.consignee_id,
    case when goods.units = 1 then goods.quantity end as quantity,
    goods.unit,
    way.route_key
from earlier
left join party on earlier.subject = party.subject and earlier.record_no = party.record_no
left join goods on earlier.record_no = goods.record_no
left join way on earlier.record_no = way.record_no
