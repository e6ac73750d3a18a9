-- Family:   exporter
-- Question: which records was each value computed from?
-- Grain:    one row per spine row, feature and record
-- Reads:    earlier_filing, exporter_trade, known_fact, shipment_proof, spine, spine_application, spine_party
-- As of:    a record counts only if known_from < spine.as_of, and until it was corrected
-- Absent:   a value that rests on the filing alone, or on finding nothing, has no row: its evidence is the filing's own fields
-- Columns:  subject, feature, record

with exporter as (
    select
        spine.subject,
        spine.application_id,
        spine.as_of,
        spine.as_of_us,
        spine_application.destination,
        spine_party.entity_id
    from spine
    inner join spine_application on spine.subject = spine_application.subject
    inner join spine_party on spine.subject = spine_party.subject
    where spine_party.role_group = 'exporter'
),

earlier_filings as (
    select
        earlier_filing.subject,
        'exporter_prior_filings_count' as feature,
        'application:' || earlier_filing.application_id as record
    from earlier_filing
    where earlier_filing.role_group = 'exporter' and earlier_filing.named_as = 'exporter'
),

known_destination as (
    select
        exporter.subject,
        'exporter_new_destination_flag' as feature,
        'application:' || exporter_trade.application_id as record
    from exporter
    inner join exporter_trade
        on
            exporter.entity_id = exporter_trade.exporter_id
            and exporter.destination = exporter_trade.destination
            and exporter.as_of > exporter_trade.known_from
            and exporter.application_id <> exporter_trade.application_id
),

known_facts as (
    select
        known_fact.subject,
        case
            when known_fact.fact = 'diversion' then 'exporter_diversions_to_expected_ratio'
            when known_fact.fact = 'breach' then 'exporter_breaches_count'
            when known_fact.fact = 'disclosure' then 'exporter_disclosures_count'
            else 'exporter_returned_share'
        end as feature,
        'event:' || known_fact.event_id as record
    from known_fact
    where known_fact.role_group = 'exporter' and known_fact.fact in ('diversion', 'breach', 'disclosure', 'returned')
),

late_diversions as (
    select
        known_fact.subject,
        'exporter_late_diversions_to_expected_ratio' as feature,
        'event:' || known_fact.event_id as record
    from known_fact
    inner join spine on known_fact.subject = spine.subject
    where
        known_fact.role_group = 'exporter' and known_fact.fact = 'diversion'
        and known_fact.age_days <= 1095 and spine.observed_days >= 1095
),

unproven as (
    select
        exporter.subject,
        'exporter_unproven_shipments_share' as feature,
        'application:' || shipment_proof.application_id as record
    from exporter
    inner join shipment_proof
        on
            exporter.entity_id = shipment_proof.exporter_id
            and exporter.as_of > shipment_proof.known_from
            and exporter.application_id <> shipment_proof.application_id
    where
        shipment_proof.proven = 0
        and (shipment_proof.ended_us is null or exporter.as_of_us <= shipment_proof.ended_us)
)

select
    earlier_filings.subject,
    earlier_filings.feature,
    earlier_filings.record
from earlier_filings
union distinct
select
    known_destination.subject,
    known_destination.feature,
    known_destination.record
from known_destination
union distinct
select
    known_facts.subject,
    known_facts.feature,
    known_facts.record
from known_facts
union distinct
select
    late_diversions.subject,
    late_diversions.feature,
    late_diversions.record
from late_diversions
union distinct
select
    unproven.subject,
    unproven.feature,
    unproven.record
from unproven
