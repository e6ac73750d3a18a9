-- Family:   broker
-- Question: which records was each value computed from?
-- Grain:    one row per spine row, feature and record
-- Reads:    party_event, party_named, spine, spine_party
-- As of:    a record counts only if known_from < spine.as_of, and until it was corrected
-- Absent:   a value that rests on the filing alone, or on finding nothing, has no row: its evidence is the filing's own fields
-- Columns:  subject, feature, record

with intermediary as (
    select
        spine.subject,
        spine.application_id,
        spine.as_of,
        spine_party.party_no,
        spine_party.form_id,
        spine_party.entity_id,
        spine_party.role
    from spine
    inner join spine_party on spine.subject = spine_party.subject
    where spine_party.role_group = 'intermediary'
),

earlier_customers as (
    select
        intermediary.subject,
        'broker_customers_count' as feature,
        'application:' || party_named.application_id as record
    from intermediary
    inner join party_named
        on
            intermediary.entity_id = party_named.entity_id
            and intermediary.as_of > party_named.known_from
            and intermediary.application_id <> party_named.application_id
    where party_named.role_group = 'intermediary' and intermediary.role in ('broker', 'agent', 'purchaser')
),

known_facts as (
    select
        intermediary.subject,
        case
            when party_event.fact = 'diversion' then 'broker_diversions_to_expected_ratio'
            when party_event.fact = 'unfavourable' then 'broker_unfavourable_to_expected_ratio'
            else 'broker_denials_to_expected_ratio'
        end as feature,
        'event:' || party_event.event_id as record
    from intermediary
    inner join party_event
        on
            intermediary.entity_id = party_event.entity_id
            and intermediary.as_of > party_event.known_from
            and (party_event.known_to is null or intermediary.as_of <= party_event.known_to)
            and (party_event.application_id is null or intermediary.application_id <> party_event.application_id)
            and (party_event.linked_from is null or intermediary.as_of > party_event.linked_from or intermediary.form_id = party_event.form_id)
    where
        party_event.role_group in ('intermediary', 'named', 'consignee')
        and party_event.fact in ('diversion', 'unfavourable', 'denied', 'denial_notice')
)

select
    earlier_customers.subject,
    earlier_customers.feature,
    earlier_customers.record
from earlier_customers
union distinct
select
    known_facts.subject,
    known_facts.feature,
    known_facts.record
from known_facts
