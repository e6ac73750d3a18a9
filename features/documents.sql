-- Family:   documents
-- Question: are the assurances complete, consistent with the form, in force, and used only once?
-- Grain:    one row per spine row
-- Reads:    certificate_draw, certificate_filed, code_tier, document_undertaking, issuer_paper, issuer_series, paper_filed,
--           signatory_paper, spine, spine_application, spine_certified, spine_document, spine_item, spine_leg, spine_party,
--           spine_undertaking, transshipment_hub, vague_term
-- As of:    another filing's paper counts only if known_from < spine.as_of
-- Absent:   no certificate or statement -> the missing flag is 1 and what would be read from it is null
-- Columns:  see documents.toml

with assurance as (
    select
        spine.subject,
        spine.application_id,
        spine.as_of,
        spine.as_of_us,
        spine.as_of_day,
        spine_application.destination,
        spine_document.document_no,
        spine_document.kind,
        spine_document.number_key,
        spine_document.number_form,
        spine_document.number_series,
        spine_document.number_serial,
        spine_document.issuer_key,
        spine_document.signatory_key,
        spine_document.title_key,
        coalesce(spine_document.issuer_country, '') as issuer_country,
        spine_document.certified_by,
        spine_document.issued_on,
        spine_document.expires_on,
        spine_document.final_country,
        spine_document.end_user,
        spine_document.end_user_key,
        spine_document.consignee,
        spine_document.consignee_key,
        spine_document.signatory,
        spine_document.signatory_title,
        spine_document.value,
        spine_document.value_eur,
        spine_document.original,
        spine_document.sha256,
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
        count(*) filter (where assurance.final_country <> assurance.destination) as other_country,
        count(*) filter (where assurance.kind = 'end_user_certificate' or assurance.certified_by is not null) as official,
        count(*) filter (where assurance.authentication = 'confirmed') as confirmed,
        count(*) filter (where assurance.authentication is not null) as asked,
        max(assurance.quantity) as quantity,
        max(assurance.value_eur) as value_eur,
        max(case when assurance.issued_on < assurance.expires_on then date_diff('day', assurance.issued_on, assurance.expires_on) end)
            as validity_days,
        min(case when assurance.issued_on <= assurance.as_of_day then date_diff('day', assurance.issued_on, assurance.as_of_day) end) as age_days,
        max(assurance.issued_on) as issued_on,
        max(assurance.expires_on) as expires_on,
        count(*) filter (where assurance.authentication = 'no_reply') as no_reply,
        count(*) filter (where not assurance.original) as copies,
        count(*) filter (where assurance.original is not null) as original_said,
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
        count(distinct coalesce(spine_item.unit, '')) as units,
        min(coalesce(spine_item.unit, '')) as unit
    from spine_item
    where spine_item.quantity is not null
    group by spine_item.subject
),

drawn as (
    select
        asked.subject,
        sum(asked.quantity) as quantity
    from (
        select
            assurance.subject,
            certificate_draw.application_id,
            max(certificate_draw.quantity) as quantity
        from assurance
        inner join certificate_draw
            on
                assurance.number_key = certificate_draw.number_key
                and assurance.issuer_country = certificate_draw.issuer_country
                and assurance.as_of > certificate_draw.known_from
                and assurance.application_id <> certificate_draw.application_id
                and (certificate_draw.known_to is null or assurance.as_of <= certificate_draw.known_to)
        inner join ordered as own on assurance.subject = own.subject and coalesce(certificate_draw.unit, '') = own.unit
        group by assurance.subject, certificate_draw.application_id
    ) as asked
    group by asked.subject
),

official as (
    select
        assurance.subject,
        assurance.document_no,
        assurance.application_id,
        assurance.as_of,
        assurance.as_of_us,
        assurance.issuer_key,
        assurance.number_form,
        assurance.number_series,
        assurance.number_serial,
        assurance.signatory_key,
        assurance.title_key,
        assurance.issued_on
    from assurance
    where assurance.kind = 'end_user_certificate' and assurance.issuer_key is not null
),

paper_stream as (
    select
        issuer_paper.issuer_key,
        issuer_paper.number_form,
        issuer_paper.signatory_key,
        issuer_paper.application_id,
        issuer_paper.known_us,
        1 as filed,
        cast(null as bigint) as subject,
        cast(null as bigint) as document_no
    from issuer_paper
    union all
    select
        official.issuer_key,
        official.number_form,
        official.signatory_key,
        official.application_id,
        official.as_of_us as known_us,
        0 as filed,
        official.subject,
        official.document_no
    from official
),

-- Three years of 365 days in microseconds: a signatory of longer ago may have left office.
papers_so_far as (
    select
        paper_stream.subject,
        paper_stream.document_no,
        sum(paper_stream.filed) over (
            partition by paper_stream.issuer_key order by paper_stream.known_us
            range between 94608000000000 preceding and 1 preceding
        ) as issued,
        sum(paper_stream.filed) over (
            partition by paper_stream.issuer_key, paper_stream.number_form order by paper_stream.known_us
            range between 94608000000000 preceding and 1 preceding
        ) as of_form,
        sum(paper_stream.filed) over (
            partition by paper_stream.issuer_key, paper_stream.signatory_key order by paper_stream.known_us
            range between 94608000000000 preceding and 1 preceding
        ) as signed
    from paper_stream
),

-- The application's own earlier papers are taken out again.
own_papers as (
    select
        official.subject,
        official.document_no,
        count(*) as issued,
        count(*) filter (where issuer_paper.number_form = official.number_form) as of_form,
        count(*) filter (where issuer_paper.signatory_key = official.signatory_key) as signed
    from official
    inner join issuer_paper
        on
            official.issuer_key = issuer_paper.issuer_key
            and official.application_id = issuer_paper.application_id
            and official.as_of > issuer_paper.known_from
            and official.as_of_us - issuer_paper.known_us <= 94608000000000
    group by official.subject, official.document_no
),

issuer_record as (
    select
        official.subject,
        official.number_form,
        official.signatory_key,
        coalesce(papers_so_far.issued, 0) - coalesce(own_papers.issued, 0) as issued,
        coalesce(papers_so_far.of_form, 0) - coalesce(own_papers.of_form, 0) as of_form,
        coalesce(papers_so_far.signed, 0) - coalesce(own_papers.signed, 0) as signed
    from official
    inner join papers_so_far on official.subject = papers_so_far.subject and official.document_no = papers_so_far.document_no
    left join own_papers on official.subject = own_papers.subject and official.document_no = own_papers.document_no
),

-- Fewer than five papers of an issuer show no habit.
habit as (
    select
        issuer_record.subject,
        min(case when issuer_record.number_form is not null then cast(issuer_record.of_form as double) / cast(issuer_record.issued as double) end)
            as form_share,
        min(
            case when issuer_record.signatory_key is not null then cast(issuer_record.signed as double) / cast(issuer_record.issued as double) end
        ) as signatory_share
    from issuer_record
    where issuer_record.issued >= 5
    group by issuer_record.subject
),

sequence as (
    select
        official.subject,
        count(*) as months,
        count(*) filter (
            where
            (official.issued_on >= issuer_series.issued_month and official.number_serial < issuer_series.median_serial)
            or (official.issued_on < issuer_series.issued_month and official.number_serial > issuer_series.median_serial)
        ) as against
    from official
    inner join issuer_series
        on
            official.issuer_key = issuer_series.issuer_key
            and official.number_series = issuer_series.number_series
            and official.as_of > issuer_series.known_from
    where
        official.number_serial is not null and official.issued_on is not null
        and (
            date_diff('day', issuer_series.issued_month, official.issued_on) > 31
            or date_diff('day', official.issued_on, issuer_series.issued_month) > 0
        )
    group by official.subject
),

signed_elsewhere as (
    select
        official.subject,
        count(distinct signatory_paper.issuer_key) filter (where signatory_paper.issuer_key <> official.issuer_key) as issuers,
        count(distinct signatory_paper.title_key) filter (
            where signatory_paper.issuer_key = official.issuer_key and signatory_paper.title_key <> official.title_key
        ) as titles
    from official
    inner join signatory_paper
        on
            official.signatory_key = signatory_paper.signatory_key
            and official.as_of > signatory_paper.known_from
            and official.application_id <> signatory_paper.application_id
    group by official.subject
),

unrelated as (
    select
        assurance.subject,
        assurance.application_id,
        assurance.as_of,
        assurance.number_key,
        assurance.sha256,
        assurance.content_key,
        -- The same words are a sign only where there are words: for whom, and when or what.
        assurance.end_user is not null and (assurance.issued_on is not null or assurance.items_count > 0) as telling,
        end_user.entity_id as end_user_id
    from assurance
    left join spine_party as end_user on assurance.subject = end_user.subject and end_user.role_group = 'end_user'
),

file_reuse as (
    select
        unrelated.subject,
        count(distinct paper_filed.application_id) as applications
    from unrelated
    inner join paper_filed
        on
            unrelated.sha256 = paper_filed.paper_key
            and unrelated.as_of > paper_filed.known_from
            and (paper_filed.known_to is null or unrelated.as_of <= paper_filed.known_to)
            and unrelated.application_id <> paper_filed.application_id
    where paper_filed.what = 'file' and paper_filed.end_user_id <> unrelated.end_user_id
    group by unrelated.subject
),

content_reuse as (
    select
        unrelated.subject,
        count(distinct paper_filed.application_id) as applications
    from unrelated
    inner join paper_filed
        on
            unrelated.content_key = paper_filed.paper_key
            and unrelated.as_of > paper_filed.known_from
            and (paper_filed.known_to is null or unrelated.as_of <= paper_filed.known_to)
            and unrelated.application_id <> paper_filed.application_id
    where paper_filed.what = 'content' and unrelated.telling and paper_filed.number_key <> '' and paper_filed.number_key <> unrelated.number_key
    group by unrelated.subject
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
        as documents_re_export_clause_missing_flag,
    case when completeness.subject is not null then coalesce(certified_elsewhere.mismatches, 0) end as documents_other_consignee_count,
    across.end_users as documents_end_users_named_count,
    end_country.countries as documents_final_countries_count,
    case
        when completeness.value_eur > 0 and priced.unpriced = 0 and priced.value_eur > 0
            then greatest(
                cast(priced.value_eur as double) / cast(completeness.value_eur as double),
                cast(completeness.value_eur as double) / cast(priced.value_eur as double)
            )
    end as documents_value_difference_ratio,
    cast(covered.uncovered as double) / cast(covered.lines as double) as documents_uncertified_goods_share,
    case
        when completeness.quantity > 0 and ordered.units = 1
            then greatest(
                1.0, (cast(ordered.quantity as double) + coalesce(cast(drawn.quantity as double), 0)) / cast(completeness.quantity as double)
            )
    end as documents_quantity_drawn_ratio,
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
    habit.form_share as documents_number_form_share,
    case when sequence.months >= 3 then cast(sequence.against as double) / cast(sequence.months as double) end
        as documents_out_of_sequence_share,
    habit.signatory_share as documents_signatory_known_share,
    signed_elsewhere.issuers as documents_signatory_other_issuers_count,
    signed_elsewhere.titles as documents_signatory_other_titles_count,
    case when completeness.subject is not null then coalesce(file_reuse.applications, 0) end as documents_file_reuse_count,
    case when completeness.subject is not null then coalesce(content_reuse.applications, 0) end as documents_content_reuse_count,
    completeness.foreign_issuers as documents_foreign_issuer_count,
    case when completeness.asked > 0 then completeness.no_reply end as documents_no_reply_count,
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
    end as documents_origin_consent_missing_flag,
    case when completeness.subject is not null then coalesce(unnamed_end_user.documents, 0) end as documents_vague_end_user_count
from spine
left join completeness on spine.subject = completeness.subject
left join certified_other on spine.subject = certified_other.subject
left join sensitivity on spine.subject = sensitivity.subject
left join reuse on spine.subject = reuse.subject
left join ordered on spine.subject = ordered.subject
left join withheld on spine.subject = withheld.subject
left join clause on spine.subject = clause.subject
left join certified_elsewhere on spine.subject = certified_elsewhere.subject
left join across on spine.subject = across.subject
left join end_country on spine.subject = end_country.subject
left join priced on spine.subject = priced.subject
left join covered on spine.subject = covered.subject
left join drawn on spine.subject = drawn.subject
left join planned on spine.subject = planned.subject
left join other_papers on spine.subject = other_papers.subject
left join habit on spine.subject = habit.subject
left join sequence on spine.subject = sequence.subject
left join signed_elsewhere on spine.subject = signed_elsewhere.subject
left join file_reuse on spine.subject = file_reuse.subject
left join content_reuse on spine.subject = content_reuse.subject
left join asked_to_permit on spine.subject = asked_to_permit.subject
left join of_other_origin on spine.subject = of_other_origin.subject
left join unnamed_end_user on spine.subject = unnamed_end_user.subject
