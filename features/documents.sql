-- Family:   documents
-- Question: are the assurances complete, consistent with the form, in force, and used only once?
-- Grain:    one row per spine row
-- Reads:    certificate_filed, code_tier, document_undertaking, spine, spine_application, spine_document, spine_item, spine_party,
--           spine_undertaking
-- As of:    another filing's certificate counts only if known_from < spine.as_of
-- Absent:   no certificate or statement -> the missing flag is 1 and what would be read from it is null
-- Columns:  see documents.toml

with assurance as (
    select
        spine.subject,
        spine.application_id,
        spine.as_of,
        spine.as_of_day,
        spine_application.destination,
        spine_document.document_no,
        spine_document.kind,
        spine_document.number_key,
        coalesce(spine_document.issuer_country, '') as issuer_country,
        spine_document.certified_by,
        spine_document.issued_on,
        spine_document.expires_on,
        spine_document.final_country,
        spine_document.end_user,
        spine_document.end_user_key,
        spine_document.consignee,
        spine_document.signatory,
        spine_document.signatory_title,
        spine_document.value,
        spine_document.issuer,
        spine_document.items_count,
        spine_document.quantity,
        spine_document.authentication,
        spine_document.content_key
    from spine
    inner join spine_application on spine.subject = spine_application.subject
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
        count(*) filter (where given.undertaking in ('no_re_export', 'no_re_transfer')) as re_export_clauses
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
        count(*) filter (where assurance.final_country <> assurance.destination) as other_country,
        count(*) filter (where assurance.kind = 'end_user_certificate' or assurance.certified_by is not null) as official,
        count(*) filter (where assurance.authentication = 'confirmed') as confirmed,
        count(*) filter (where assurance.authentication is not null) as asked,
        max(assurance.quantity) as quantity
    from assurance
    group by assurance.subject
),

certified_other as (
    select
        assurance.subject,
        count(*) as mismatches
    from assurance
    left join spine_party
        on
            assurance.subject = spine_party.subject
            and assurance.end_user_key = spine_party.name_key
            and spine_party.role_group in ('end_user', 'further_end_user')
    where assurance.end_user_key is not null and assurance.end_user_key <> '' and spine_party.subject is null
    group by assurance.subject
),

reuse as (
    select
        assurance.subject,
        count(distinct certificate_filed.application_id) as applications,
        count(distinct certificate_filed.application_id) filter (where certificate_filed.content_key <> assurance.content_key) as other_content
    from assurance
    inner join certificate_filed
        on
            assurance.number_key = certificate_filed.number_key
            and assurance.issuer_country = certificate_filed.issuer_country
            and assurance.as_of > certificate_filed.known_from
            and assurance.application_id <> certificate_filed.application_id
    group by assurance.subject
),

ordered as (
    select
        spine_item.subject,
        sum(spine_item.quantity) as quantity,
        count(distinct spine_item.unit) as units
    from spine_item
    where spine_item.quantity is not null
    group by spine_item.subject
)

select
    spine.subject,
    case when completeness.subject is null then 1 else 0 end as documents_assurance_missing_flag,
    cast(completeness.elements as double) / 12.0 as documents_essential_elements_share,
    completeness.out_of_date as documents_out_of_date_count,
    case when completeness.subject is not null then case when completeness.dated = 0 then 1 else 0 end end as documents_no_expiry_flag,
    completeness.other_country as documents_other_country_count,
    case when completeness.subject is not null then coalesce(certified_other.mismatches, 0) end as documents_other_end_user_count,
    case when completeness.subject is not null then case when completeness.official = 0 and sensitivity.tier >= 2 then 1 else 0 end end
        as documents_private_statement_flag,
    case when completeness.subject is not null then coalesce(reuse.applications, 0) end as documents_number_reuse_count,
    case when completeness.subject is not null then coalesce(reuse.other_content, 0) end as documents_number_other_content_count,
    case when completeness.asked > 0 then case when completeness.confirmed = 0 then 1 else 0 end end as documents_unauthenticated_flag,
    case
        when completeness.quantity > 0 and ordered.units = 1
            then greatest(1.0, cast(ordered.quantity as double) / cast(completeness.quantity as double))
    end as documents_quantity_over_ratio,
    withheld.undertakings as documents_undertakings_missing_count,
    case when completeness.subject is not null then case when coalesce(clause.re_export_clauses, 0) = 0 then 1 else 0 end end
        as documents_re_export_clause_missing_flag
from spine
left join completeness on spine.subject = completeness.subject
left join certified_other on spine.subject = certified_other.subject
left join sensitivity on spine.subject = sensitivity.subject
left join reuse on spine.subject = reuse.subject
left join ordered on spine.subject = ordered.subject
left join withheld on spine.subject = withheld.subject
left join clause on spine.subject = clause.subject
