-- Family:   certificates
-- Question: are a certificate's number, signatory, words and quantity its own, as far as other filings tell?
-- Grain:    one row per spine row
-- Reads:    certificate_draw, certificate_filed, issuer_paper, issuer_series, paper_filed, signatory_paper, spine,
--           spine_document, spine_item, spine_party
-- As of:    another filing's paper counts only if known_from < spine.as_of
-- Absent:   no certificate or statement -> null; an issuer or signatory not met before -> null
-- Columns:  see certificates.toml

with assurance as (
    select
        spine.subject,
        spine.application_id,
        spine.as_of,
        spine.as_of_us,
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
        spine_document.issued_on,
        spine_document.end_user,
        spine_document.sha256,
        spine_document.items_count,
        spine_document.quantity,
        spine_document.content_key
    from spine
    inner join spine_document on spine.subject = spine_document.subject
    where spine_document.kind in ('end_user_certificate', 'end_user_statement')
),

certified as (
    select
        assurance.subject,
        max(assurance.quantity) as quantity
    from assurance
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
    case when certified.subject is not null then coalesce(reuse.applications, 0) end as documents_number_reuse_count,
    case when certified.subject is not null then coalesce(reuse.other_content, 0) end as documents_number_other_content_count,
    case
        when certified.quantity > 0 and ordered.units = 1
            then greatest(
                1.0, (cast(ordered.quantity as double) + coalesce(cast(drawn.quantity as double), 0)) / cast(certified.quantity as double)
            )
    end as documents_quantity_drawn_ratio,
    habit.form_share as documents_number_form_share,
    case when sequence.months >= 3 then cast(sequence.against as double) / cast(sequence.months as double) end
        as documents_out_of_sequence_share,
    habit.signatory_share as documents_signatory_known_share,
    signed_elsewhere.issuers as documents_signatory_other_issuers_count,
    signed_elsewhere.titles as documents_signatory_other_titles_count,
    case when certified.subject is not null then coalesce(file_reuse.applications, 0) end as documents_file_reuse_count,
    case when certified.subject is not null then coalesce(content_reuse.applications, 0) end as documents_content_reuse_count
from spine
left join certified on spine.subject = certified.subject
left join reuse on spine.subject = reuse.subject
left join ordered on spine.subject = ordered.subject
left join drawn on spine.subject = drawn.subject
left join habit on spine.subject = habit.subject
left join sequence on spine.subject = sequence.subject
left join signed_elsewhere on spine.subject = signed_elsewhere.subject
left join file_reuse on spine.subject = file_reuse.subject
left join content_reuse on spine.subject = content_reuse.subject
