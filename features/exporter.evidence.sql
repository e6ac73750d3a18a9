-- Family:   exporter
-- Question: which records was each value computed from?
-- Grain:    one row per spine row, feature and record
-- Reads:    coverage, exporter_trade, party_event, party_named, shipment_proof, spine, spine_application, spine_party
-- As of:    a record counts only if known_from < spine.as_of, and until it was corrected
-- Absent:   a value that rests on the filing alone, or on finding nothing, has no row: its evidence is the filing's own fields
-- Columns:  subject, feature, record

with exporter as (
    select
        spine.subject,
        spine.application_id,
        spine.as_of,
        spine.as_of_us,
        spine.as_of_day,
        spine_application.authority,
        spine_application.destination,
        spine_party.entity_id
    from spine
    inner join spine_application on spine.subject = spine_application.subject
    inner join spine_party on spine.subject = spine_party.subject
    where spine_party.role_group = 'exporter'
),

earlier_filings as (
    select
        exporter.subject,
        'exporter_prior_filings_count' as feature,
        'application:' || party_named.application_id as record
    from exporter
    inner join party_named
        on
            exporter.entity_id = party_named.entity_id
            and exporter.as_of > party_named.known_from
            and exporter.application_id <> party_named.application_id
    where party_named.role_group = 'exporter'
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
        exporter.subject,
        case
            when party_event.fact = 'diversion' then 'exporter_diversions_to_expected_ratio'
            when party_event.fact = 'breach' then 'exporter_breaches_count'
            else 'exporter_returned_share'
        end as feature,
        'event:' || party_event.event_id as record
    from exporter
    inner join party_event
        on
            exporter.entity_id = party_event.entity_id
            and exporter.as_of > party_event.known_from
            and (party_event.known_to is null or exporter.as_of <= party_event.known_to)
            and (party_event.application_id is null or exporter.application_id <> party_event.application_id)
    where
        party_event.role_group = 'exporter'
        and (party_event.fact = 'returned' or (party_event.fact in ('diversion', 'breach') and not party_event.disclosed))
),

late_diversions as (
    select
        exporter.subject,
        'exporter_late_diversions_to_expected_ratio' as feature,
        'event:' || party_event.event_id as record
    from exporter
    inner join coverage on exporter.authority = coverage.authority and exporter.as_of > coverage.known_from
    inner join party_event
        on
            exporter.entity_id = party_event.entity_id
            and exporter.as_of > party_event.known_from
            and (party_event.known_to is null or exporter.as_of <= party_event.known_to)
            and (party_event.application_id is null or exporter.application_id <> party_event.application_id)
    where
        party_event.role_group = 'exporter' and party_event.fact = 'diversion' and not party_event.disclosed
        and date_diff('day', cast(party_event.known_from as date), exporter.as_of_day) <= 1095
        and date_diff('day', cast(coverage.known_from as date), exporter.as_of_day) >= 1095
),

disclosed as (
    select
        exporter.subject,
        'exporter_disclosures_count' as feature,
        'event:' || party_event.event_id as record
    from exporter
    inner join party_event
        on
            exporter.entity_id = party_event.entity_id
            and exporter.as_of > party_event.known_from
            and (party_event.known_to is null or exporter.as_of <= party_event.known_to)
            and (party_event.application_id is null or exporter.application_id <> party_event.application_id)
    where party_event.role_group = 'exporter' and party_event.fact in ('diversion', 'breach') and party_event.disclosed
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
    disclosed.subject,
    disclosed.feature,
    disclosed.record
from disclosed
union distinct
select
    unproven.subject,
    unproven.feature,
    unproven.record
from unproven
