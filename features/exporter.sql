-- Family:   exporter
-- Question: what is the exporter's own record, and is this trade new to it?
-- Grain:    one row per spine row
-- Reads:    base_rate, exporter_trade, ordered_goods, party_record, shipment_proof, spine, spine_application, spine_item,
--           spine_party
-- As of:    a fact counts only if known_from < spine.as_of, and until it was corrected
-- Absent:   a compliance programme not declared earns no credit and costs nothing: 0; a disclosed incident is no fact
-- Columns:  see exporter.toml

with exporter as (
    select
        spine.subject,
        spine.application_id,
        spine.as_of,
        spine.as_of_us,
        spine.as_of_day,
        spine_application.destination,
        spine_party.entity_id,
        spine_party.programme_level,
        spine_party.programme_audited_on,
        spine_party.programme_audited_by
    from spine
    inner join spine_application on spine.subject = spine_application.subject
    inner join spine_party on spine.subject = spine_party.subject
    where spine_party.role_group = 'exporter'
),

first_trade as (
    select
        exporter_trade.exporter_id,
        exporter_trade.destination,
        exporter_trade.application_id,
        min(exporter_trade.known_from) as known_from,
        row_number() over (
            partition by exporter_trade.exporter_id, exporter_trade.destination
            order by min(exporter_trade.known_us), exporter_trade.application_id
        ) as place
    from exporter_trade
    where exporter_trade.exporter_id in (select exporter.entity_id from exporter)
    group by exporter_trade.exporter_id, exporter_trade.destination, exporter_trade.application_id
),

known_destination as (
    select exporter.subject
    from exporter
    inner join first_trade
        on
            exporter.entity_id = first_trade.exporter_id
            and exporter.destination = first_trade.destination
            and exporter.as_of > first_trade.known_from
            and exporter.application_id <> first_trade.application_id
    where first_trade.place <= 2 -- the first may be this application itself
    group by exporter.subject
),

-- The first two applications of each exporter for a category suffice: the first may be this application itself.
first_goods as (
    select
        ordered_goods.exporter_id,
        ordered_goods.category,
        ordered_goods.application_id,
        min(ordered_goods.known_from) as known_from,
        row_number() over (
            partition by ordered_goods.exporter_id, ordered_goods.category
            order by min(ordered_goods.known_us), ordered_goods.application_id
        ) as place
    from ordered_goods
    where ordered_goods.exporter_id in (select exporter.entity_id from exporter)
    group by ordered_goods.exporter_id, ordered_goods.category, ordered_goods.application_id
),

asked_goods as (
    select
        exporter.subject,
        exporter.application_id,
        exporter.as_of,
        exporter.entity_id,
        spine_item.category
    from exporter
    inner join spine_item on exporter.subject = spine_item.subject
    where spine_item.category is not null
    group by exporter.subject, exporter.application_id, exporter.as_of, exporter.entity_id, spine_item.category
),

known_goods as (
    select
        asked_goods.subject,
        asked_goods.category
    from asked_goods
    inner join first_goods
        on
            asked_goods.entity_id = first_goods.exporter_id
            and asked_goods.category = first_goods.category
            and asked_goods.as_of > first_goods.known_from
            and asked_goods.application_id <> first_goods.application_id
    where first_goods.place <= 2
    group by asked_goods.subject, asked_goods.category
),

new_goods as (
    select
        asked_goods.subject,
        count(*) filter (where known_goods.subject is null) as categories
    from asked_goods
    left join known_goods on asked_goods.subject = known_goods.subject and asked_goods.category = known_goods.category
    group by asked_goods.subject
),

proof_stream as (
    select
        shipment_proof.exporter_id,
        shipment_proof.application_id,
        shipment_proof.known_us,
        1 as due,
        shipment_proof.proven,
        cast(null as bigint) as subject
    from shipment_proof
    where shipment_proof.exporter_id in (select exporter.entity_id from exporter)
    union all
    select
        shipment_proof.exporter_id,
        shipment_proof.application_id,
        shipment_proof.ended_us as known_us,
        -1 as due,
        -shipment_proof.proven as proven,
        cast(null as bigint) as subject
    from shipment_proof
    where shipment_proof.ended_us is not null and shipment_proof.exporter_id in (select exporter.entity_id from exporter)
    union all
    select
        exporter.entity_id as exporter_id,
        exporter.application_id,
        exporter.as_of_us as known_us,
        0 as due,
        0 as proven,
        exporter.subject
    from exporter
),

proof_so_far as (
    select
        proof_stream.subject,
        sum(proof_stream.due) over (
            partition by proof_stream.exporter_id order by proof_stream.known_us range between unbounded preceding and 1 preceding
        ) as all_due,
        sum(proof_stream.due) over (
            partition by proof_stream.exporter_id, proof_stream.application_id order by proof_stream.known_us
            range between unbounded preceding and 1 preceding
        ) as own_due,
        sum(proof_stream.proven) over (
            partition by proof_stream.exporter_id order by proof_stream.known_us range between unbounded preceding and 1 preceding
        ) as all_proven,
        sum(proof_stream.proven) over (
            partition by proof_stream.exporter_id, proof_stream.application_id order by proof_stream.known_us
            range between unbounded preceding and 1 preceding
        ) as own_proven
    from proof_stream
),

proofs as (
    select
        proof_so_far.subject,
        coalesce(proof_so_far.all_due, 0) - coalesce(proof_so_far.own_due, 0) as due,
        coalesce(proof_so_far.all_proven, 0) - coalesce(proof_so_far.own_proven, 0) as proven
    from proof_so_far
    where proof_so_far.subject is not null
),

applicant as (
    select
        exporter.subject,
        max(case when spine_party.country is null then null when spine_party.country <> spine_application.authority then 1 else 0 end) as foreigner
    from exporter
    inner join spine_application on exporter.subject = spine_application.subject
    inner join spine_party on exporter.subject = spine_party.subject
    where spine_party.role_group = 'applicant' and spine_party.entity_id <> exporter.entity_id
    group by exporter.subject
)

select
    spine.subject,
    party_record.filings as exporter_prior_filings_count,
    case when exporter.destination is not null then case when known_destination.subject is null then 1 else 0 end end
        as exporter_new_destination_flag,
    coalesce(exporter.programme_level, 0) as exporter_programme_level,
    case
        when
            exporter.programme_audited_by in ('authority', 'third_party')
            and exporter.programme_audited_on <= exporter.as_of_day
            and date_diff('day', exporter.programme_audited_on, exporter.as_of_day) <= 1095
            then 1
        else 0
    end as exporter_audited_programme_flag,
    (coalesce(party_record.diversions, 0) + 1) / (base_rate.rate * coalesce(party_record.filings, 0) + 1) as exporter_diversions_to_expected_ratio,
    coalesce(party_record.breaches, 0) as exporter_breaches_count,
    case
        when party_record.filings > 0
            then least(1.0, cast(coalesce(party_record.returned, 0) as double) / cast(party_record.filings as double))
    end as exporter_returned_share,
    case
        when spine.observed_days >= 1095
            then (coalesce(party_record.late_diversions, 0) + 1) / (base_rate.rate * coalesce(party_record.late_filings, 0) + 1)
    end as exporter_late_diversions_to_expected_ratio,
    coalesce(party_record.disclosures, 0) as exporter_disclosures_count,
    new_goods.categories as exporter_new_goods_count,
    case when proofs.due > 0 then cast(proofs.due - proofs.proven as double) / cast(proofs.due as double) end as exporter_unproven_shipments_share,
    case when applicant.subject is null then 0 else applicant.foreigner end as exporter_foreign_applicant_flag,
    case
        when
            spine_application.authorisation in ('global', 'general', 'large_project')
            and exporter.programme_audited_by in ('authority', 'third_party')
            and exporter.programme_audited_on <= exporter.as_of_day
            and date_diff('day', exporter.programme_audited_on, exporter.as_of_day) <= 1095
            then 1
        else 0
    end as exporter_audited_open_licence_flag
from spine
inner join spine_application on spine.subject = spine_application.subject
left join exporter on spine.subject = exporter.subject
left join party_record on spine.subject = party_record.subject and party_record.role_group = 'exporter'
left join known_destination on spine.subject = known_destination.subject
left join new_goods on spine.subject = new_goods.subject
left join proofs on spine.subject = proofs.subject
left join applicant on spine.subject = applicant.subject
inner join base_rate on base_rate.kind = 'diversion_per_application'
