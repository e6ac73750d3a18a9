-- Family:   documents
-- Question: are the assurances complete, official, in force and as strict as the goods call for?
-- Grain:    one row per spine row
-- Reads:    code_tier, document_undertaking, spine, spine_application, spine_document, spine_item, spine_leg,
--           spine_undertaking, transshipment_hub
-- As of:    a row of reference data counts only if known_from < spine.as_of
-- Absent:   no certificate or statement -> the missing flag is 1 and what would be read from it is null
-- Columns:  see documents.toml

with assurance as (
    select
        spine.subject,
        spine.as_of_day,
        spine_document.kind,
        spine_document.number_key,
        spine_document.certified_by,
        spine_document.issued_on,
        spine_document.expires_on,
        spine_document.final_country,
        spine_document.end_user,
        spine_document.consignee,
        spine_document.signatory,
        spine_document.signatory_title,
        spine_document.value,
        spine_document.original,
        spine_document.issuer,
        spine_document.items_count,
        spine_document.quantity
    from spine
    inner join spine_document on spine.subject = spine_document.subject
    where spine_document.kind in ('end_user_certificate', 'end_user_statement')
),

sensitivity as (
    select
        spine_item.subject,
        max(code_tier.tier) as tier
    from spine_item
    inner join code_tier on spine_item.control_code = code_tier.control_code
    group by spine_item.subject
),

given as (
    select
        spine_undertaking.subject,
        spine_undertaking.undertaking
    from spine_undertaking
    group by spine_undertaking.subject, spine_undertaking.undertaking
),

expected as (
    select
        sensitivity.subject,
        document_undertaking.undertaking
    from sensitivity
    inner join spine on sensitivity.subject = spine.subject
    inner join document_undertaking
        on
            sensitivity.tier >= document_undertaking.min_tier
            and (document_undertaking.known_from is null or spine.as_of > document_undertaking.known_from)
    where document_undertaking.undertaking <> 'on_site_verification' -- without consent no visit: told to the officer, no risk
),

withheld as (
    select
        expected.subject,
        count(*) filter (where given.undertaking is null) as undertakings
    from expected
    left join given on expected.subject = given.subject and expected.undertaking = given.undertaking
    group by expected.subject
),

clause as (
    select
        given.subject,
        count(*) filter (where given.undertaking in ('no_re_export', 'no_re_transfer')) as re_export_clauses,
        count(*) filter (where given.undertaking = 'no_re_transfer') as re_transfer_clauses
    from given
    group by given.subject
),

completeness as (
    select
        assurance.subject,
        max(
            case when assurance.issued_on is not null then 1 else 0 end
            + case when assurance.number_key is not null then 1 else 0 end
            + case when assurance.expires_on is not null then 1 else 0 end
            + case when assurance.items_count > 0 then 1 else 0 end
            + case when assurance.quantity is not null then 1 else 0 end
            + case when assurance.end_user is not null then 1 else 0 end
            + case when assurance.consignee is not null then 1 else 0 end
            + case when assurance.final_country is not null then 1 else 0 end
            + case when assurance.signatory is not null then 1 else 0 end
            + case when assurance.signatory_title is not null then 1 else 0 end
            + case when assurance.issuer is not null then 1 else 0 end
            + case when assurance.value is not null then 1 else 0 end
        ) as elements,
        count(*) filter (where assurance.expires_on < assurance.as_of_day or assurance.issued_on > assurance.as_of_day) as out_of_date,
        count(*) filter (where assurance.expires_on is not null) as dated,
        count(*) filter (where assurance.kind = 'end_user_certificate' or assurance.certified_by is not null) as official,
        max(case when assurance.issued_on < assurance.expires_on then date_diff('day', assurance.issued_on, assurance.expires_on) end)
            as validity_days,
        min(case when assurance.issued_on <= assurance.as_of_day then date_diff('day', assurance.issued_on, assurance.as_of_day) end) as age_days,
        max(assurance.issued_on) as issued_on,
        max(assurance.expires_on) as expires_on,
        count(*) filter (where not assurance.original) as copies,
        count(*) filter (where assurance.original is not null) as original_said
    from assurance
    group by assurance.subject
),

-- Where no certificate or statement is on file, the papers that stand in for one are what an issuer can be asked about.
asked as (
    select
        spine_document.subject,
        count(*) filter (where spine_document.authentication = 'confirmed') as confirmed,
        count(*) filter (where spine_document.authentication = 'no_reply') as no_reply
    from spine_document
    left join completeness on spine_document.subject = completeness.subject
    where
        spine_document.authentication is not null
        and (
            spine_document.kind in ('end_user_certificate', 'end_user_statement')
            or (completeness.subject is null and spine_document.kind <> 'delivery_verification')
        )
    group by spine_document.subject
),

other_papers as (
    select
        spine_document.subject,
        count(*) filter (where spine_document.kind in ('import_licence', 'import_certificate')) as import_permits,
        min(case when spine_document.kind = 'contract' then spine_document.issued_on end) as contract_on
    from spine_document
    group by spine_document.subject
),

asked_to_permit as (
    select
        spine.subject,
        max(transshipment_hub.level) as level
    from spine
    inner join spine_application on spine.subject = spine_application.subject
    inner join transshipment_hub
        on
            spine_application.destination = transshipment_hub.country
            and (transshipment_hub.known_from is null or spine.as_of > transshipment_hub.known_from)
    group by spine.subject
),

consenting as (
    select
        spine_document.subject,
        spine_document.issuer_country
    from spine_document
    where spine_document.kind = 're_export_consent'
    group by spine_document.subject, spine_document.issuer_country
),

of_other_origin as (
    select
        spine_item.subject,
        count(*) filter (where consenting.subject is null) as unconsented
    from spine_item
    inner join spine_application on spine_item.subject = spine_application.subject
    inner join code_tier on spine_item.control_code = code_tier.control_code
    left join consenting on spine_item.subject = consenting.subject and spine_item.origin = consenting.issuer_country
    where code_tier.list_family in ('munitions', 'us_usml') and spine_item.origin <> spine_application.authority
    group by spine_item.subject
),

planned as (
    select
        spine_leg.subject,
        min(spine_leg.planned_on) as ships_on
    from spine_leg
    where spine_leg.planned_on is not null
    group by spine_leg.subject
)

select
    spine.subject,
    case when completeness.subject is null then 1 else 0 end as documents_assurance_missing_flag,
    cast(completeness.elements as double) / 12.0 as documents_essential_elements_share,
    completeness.out_of_date as documents_out_of_date_count,
    case when completeness.subject is not null then case when completeness.dated = 0 then 1 else 0 end end as documents_no_expiry_flag,
    case when completeness.subject is not null then case when completeness.official = 0 and sensitivity.tier >= 2 then 1 else 0 end end
        as documents_private_statement_flag,
    case when asked.subject is not null then case when asked.confirmed = 0 then 1 else 0 end end as documents_unauthenticated_flag,
    withheld.undertakings as documents_undertakings_missing_count,
    case when completeness.subject is not null then case when coalesce(clause.re_export_clauses, 0) = 0 then 1 else 0 end end
        as documents_re_export_clause_missing_flag,
    completeness.validity_days as documents_validity_days,
    completeness.age_days as documents_age_days,
    case
        when completeness.expires_on is not null and planned.ships_on is not null
            then case when completeness.expires_on < planned.ships_on then 1 else 0 end
    end as documents_expires_before_shipping_flag,
    case
        when completeness.issued_on is not null and other_papers.contract_on is not null
            then case when completeness.issued_on < other_papers.contract_on then 1 else 0 end
    end as documents_before_contract_flag,
    asked.no_reply as documents_no_reply_count,
    case
        when completeness.original_said > 0 then cast(completeness.copies as double) / cast(completeness.original_said as double)
    end as documents_copies_share,
    case when completeness.subject is not null then case when coalesce(clause.re_transfer_clauses, 0) = 0 then 1 else 0 end end
        as documents_re_transfer_clause_missing_flag,
    case
        when asked_to_permit.level = 2 then case when coalesce(other_papers.import_permits, 0) = 0 then 1 else 0 end
    end as documents_import_permit_missing_flag,
    case
        when of_other_origin.subject is not null then case when of_other_origin.unconsented > 0 then 1 else 0 end
    end as documents_origin_consent_missing_flag
from spine
left join completeness on spine.subject = completeness.subject
left join sensitivity on spine.subject = sensitivity.subject
left join withheld on spine.subject = withheld.subject
left join clause on spine.subject = clause.subject
left join asked on spine.subject = asked.subject
left join planned on spine.subject = planned.subject
left join other_papers on spine.subject = other_papers.subject
left join asked_to_permit on spine.subject = asked_to_permit.subject
left join of_other_origin on spine.subject = of_other_origin.subject
