-- Family:   agreement
-- Question: do the documents say the same as the form, and as one another?
-- Grain:    one row per spine row
-- Reads:    spine, spine_application, spine_certified, spine_document, spine_item, spine_party, vague_term
-- As of:    nothing dated is read
-- Absent:   no document that says it -> null
-- Columns:  see agreement.toml

with assurance as (
    select
        spine.subject,
        spine_application.destination,
        coalesce(spine_document.issuer_country, '') as issuer_country,
        spine_document.final_country,
        spine_document.end_user_key,
        spine_document.consignee_key,
        spine_document.value_eur,
        spine_document.quantity
    from spine
    inner join spine_application on spine.subject = spine_application.subject
    inner join spine_document on spine.subject = spine_document.subject
    where spine_document.kind in ('end_user_certificate', 'end_user_statement')
),

certified as (
    select
        assurance.subject,
        count(*) filter (where assurance.final_country <> assurance.destination) as other_country,
        max(assurance.quantity) as quantity,
        max(assurance.value_eur) as value_eur,
        count(*) filter (
            where assurance.issuer_country <> '' and assurance.issuer_country <> coalesce(end_user.country, assurance.destination)
        ) as foreign_issuers
    from assurance
    left join spine_party as end_user on assurance.subject = end_user.subject and end_user.role_group = 'end_user'
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

certified_elsewhere as (
    select
        assurance.subject,
        count(*) as mismatches
    from assurance
    left join spine_party
        on
            assurance.subject = spine_party.subject
            and assurance.consignee_key = spine_party.name_key
            and spine_party.role_group in ('consignee', 'end_user', 'further_end_user', 'intermediary')
    where assurance.consignee_key is not null and assurance.consignee_key <> '' and spine_party.subject is null
    group by assurance.subject
),

-- A name in a document is the entity on the form that bears it, else itself. A delivery verification speaks of an earlier delivery.
named_end_user as (
    select
        spine_document.subject,
        min(coalesce(cast(spine_party.entity_id as varchar), spine_document.end_user_key)) as name
    from spine_document
    left join spine_party on spine_document.subject = spine_party.subject and spine_document.end_user_key = spine_party.name_key
    where spine_document.end_user_key is not null and spine_document.end_user_key <> '' and spine_document.kind <> 'delivery_verification'
    group by spine_document.subject, spine_document.document_no
),

across as (
    select
        named_end_user.subject,
        count(distinct named_end_user.name) as end_users
    from named_end_user
    group by named_end_user.subject
),

end_country as (
    select
        spine_document.subject,
        count(distinct spine_document.final_country) as countries
    from spine_document
    where spine_document.final_country is not null and spine_document.kind <> 'delivery_verification'
    group by spine_document.subject
),

unnamed_end_user as (
    select
        assurance.subject,
        count(*) as documents
    from assurance
    inner join vague_term on assurance.end_user_key = vague_term.term
    where vague_term.kind = 'end_user'
    group by assurance.subject
),

certified_category as (
    select
        spine_certified.subject,
        spine_certified.category
    from spine_certified
    where spine_certified.category is not null
    group by spine_certified.subject, spine_certified.category
),

telling as (
    select certified_category.subject
    from certified_category
    group by certified_category.subject
),

covered as (
    select
        spine_item.subject,
        count(*) as lines,
        count(*) filter (where certified_category.subject is null) as uncovered
    from spine_item
    inner join telling on spine_item.subject = telling.subject
    left join certified_category on spine_item.subject = certified_category.subject and spine_item.category = certified_category.category
    where spine_item.category is not null
    group by spine_item.subject
),

priced as (
    select
        spine_item.subject,
        sum(spine_item.value_eur) as value_eur,
        count(*) filter (where spine_item.value_eur is null) as unpriced
    from spine_item
    group by spine_item.subject
),

ordered as (
    select
        spine_item.subject,
        sum(spine_item.quantity) as quantity,
        count(distinct coalesce(spine_item.unit, '')) as units
    from spine_item
    where spine_item.quantity is not null
    group by spine_item.subject
)

select
    spine.subject,
    certified.other_country as documents_other_country_count,
    case when certified.subject is not null then coalesce(certified_other.mismatches, 0) end as documents_other_end_user_count,
    case
        when certified.quantity > 0 and ordered.units = 1
            then greatest(1.0, cast(ordered.quantity as double) / cast(certified.quantity as double))
    end as documents_quantity_over_ratio,
    case when certified.subject is not null then coalesce(certified_elsewhere.mismatches, 0) end as documents_other_consignee_count,
    across.end_users as documents_end_users_named_count,
    end_country.countries as documents_final_countries_count,
    case
        when certified.value_eur > 0 and priced.unpriced = 0 and priced.value_eur > 0
            then greatest(
                cast(priced.value_eur as double) / cast(certified.value_eur as double),
                cast(certified.value_eur as double) / cast(priced.value_eur as double)
            )
    end as documents_value_difference_ratio,
    cast(covered.uncovered as double) / cast(covered.lines as double) as documents_uncertified_goods_share,
    certified.foreign_issuers as documents_foreign_issuer_count,
    case when certified.subject is not null then coalesce(unnamed_end_user.documents, 0) end as documents_vague_end_user_count
from spine
left join certified on spine.subject = certified.subject
left join certified_other on spine.subject = certified_other.subject
left join ordered on spine.subject = ordered.subject
left join certified_elsewhere on spine.subject = certified_elsewhere.subject
left join across on spine.subject = across.subject
left join end_country on spine.subject = end_country.subject
left join priced on spine.subject = priced.subject
left join covered on spine.subject = covered.subject
left join unnamed_end_user on spine.subject = unnamed_end_user.subject
