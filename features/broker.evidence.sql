-- Family:   broker
-- Question: which records was each value computed from?
-- Grain:    one row per spine row, feature and record
-- Reads:    earlier_filing, known_fact, spine, spine_party, supply_chain, transshipment_hub
-- As of:    a record counts only if known_from < spine.as_of, and until it was corrected
-- Absent:   a value that rests on the filing alone, or on finding nothing, has no row: its evidence is the filing's own fields
-- Columns:  subject, feature, record

with intermediary as (
    select
        spine.subject,
        spine.as_of,
        spine_party.country,
        spine_party.entity_id,
        spine_party.role
    from spine
    inner join spine_party on spine.subject = spine_party.subject
    where spine_party.role_group = 'intermediary'
),

earlier_customers as (
    select
        earlier_filing.subject,
        'broker_customers_count' as feature,
        'application:' || earlier_filing.application_id as record
    from earlier_filing
    inner join intermediary on earlier_filing.subject = intermediary.subject and earlier_filing.entity_id = intermediary.entity_id
    where
        earlier_filing.role_group = 'intermediary' and earlier_filing.named_as = 'intermediary'
        and intermediary.role in ('broker', 'agent', 'purchaser')
),

known_facts as (
    select
        known_fact.subject,
        case
            when known_fact.fact = 'diversion' then 'broker_diversions_to_expected_ratio'
            when known_fact.fact = 'unfavourable' then 'broker_unfavourable_to_expected_ratio'
            else 'broker_denials_to_expected_ratio'
        end as feature,
        'event:' || known_fact.event_id as record
    from known_fact
    where
        known_fact.role_group = 'intermediary' and known_fact.fact in ('diversion', 'unfavourable', 'denied', 'denial_notice')
        and (known_fact.in_role or known_fact.fact = 'unfavourable')
),

late_facts as (
    select
        known_fact.subject,
        'broker_late_diversions_to_expected_ratio' as feature,
        'event:' || known_fact.event_id as record
    from known_fact
    inner join spine on known_fact.subject = spine.subject
    where
        known_fact.role_group = 'intermediary' and known_fact.fact = 'diversion' and known_fact.in_role
        and known_fact.age_days <= 1095 and spine.observed_days >= 1095
),

in_hubs as (
    select
        intermediary.subject,
        'broker_hubs_count' as feature,
        'reference:transshipment_hub:' || transshipment_hub.country as record
    from intermediary
    inner join transshipment_hub
        on
            intermediary.country = transshipment_hub.country
            and (transshipment_hub.known_from is null or intermediary.as_of > transshipment_hub.known_from)
),

direct as (
    select
        spine.subject,
        'broker_newly_inserted_flag' as feature,
        'application:' || supply_chain.application_id as record
    from spine
    inner join spine_party as exporter on spine.subject = exporter.subject and exporter.role_group = 'exporter'
    inner join spine_party as end_user on spine.subject = end_user.subject and end_user.role_group = 'end_user'
    inner join supply_chain
        on
            exporter.entity_id = supply_chain.exporter_id
            and end_user.entity_id = supply_chain.end_user_id
            and spine.as_of > supply_chain.known_from
            and spine.application_id <> supply_chain.application_id
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
union distinct
select
    late_facts.subject,
    late_facts.feature,
    late_facts.record
from late_facts
union distinct
select
    in_hubs.subject,
    in_hubs.feature,
    in_hubs.record
from in_hubs
union distinct
select
    direct.subject,
    direct.feature,
    direct.record
from direct
