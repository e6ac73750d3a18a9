-- Family:   document_files
-- Question: do the files behind the documents say what was declared, and have their words and stamps been used elsewhere?
-- Grain:    one row per spine row
-- Reads:    document_file_filed, spine, spine_document_file, spine_document_picture
-- As of:    a file counts with the filing that it came with, else only if known_from < spine.as_of; another filing's likewise
-- Absent:   no file on record behind any document -> null: nothing was looked at, which says nothing of the documents
-- Columns:  see document_files.toml

with files as (
    select
        spine_document_file.subject,
        sum(spine_document_file.asked) as asked,
        sum(spine_document_file.not_found) as not_found,
        max(
            case
                when spine_document_file.created_at is not null and spine_document_file.modified_at is not null
                    then
                        case
                            when
                                spine_document_file.signatures = 0 and spine_document_file.revisions > 1
                                and date_diff('day', cast(spine_document_file.created_at as date), cast(spine_document_file.modified_at as date)) >= 1
                                then 1
                            else 0
                        end
            end
        ) as changed,
        max(
            case
                when spine_document_file.created_at is not null and spine_document_file.issued_on is not null
                    then
                        case
                            when date_diff('day', cast(spine_document_file.created_at as date), spine_document_file.issued_on) > 30 then 1
                            else 0
                        end
            end
        ) as older,
        count(spine_document_file.text_key) filter (
            where spine_document_file.kind in ('end_user_certificate', 'end_user_statement', 'import_certificate')
        ) as readable,
        count(*) filter (where spine_document_file.kind in ('end_user_certificate', 'end_user_statement', 'import_certificate')) as certificates,
        sum(spine_document_file.signatures) as signatures,
        sum(spine_document_file.broken_signatures) as broken
    from spine_document_file
    group by spine_document_file.subject
),

same_words as (
    select
        spine_document_file.subject,
        count(distinct document_file_filed.application_id) as applications
    from spine_document_file
    inner join spine on spine_document_file.subject = spine.subject
    inner join document_file_filed
        on
            document_file_filed.what = 'words'
            and spine_document_file.text_key = document_file_filed.content_key
            and spine.as_of > document_file_filed.known_from
            and spine.application_id <> document_file_filed.application_id
    where spine_document_file.kind in ('end_user_certificate', 'end_user_statement', 'import_certificate')
    group by spine_document_file.subject
),

same_stamp as (
    select
        spine_document_picture.subject,
        count(distinct document_file_filed.application_id) as applications
    from spine_document_picture
    inner join spine on spine_document_picture.subject = spine.subject
    inner join document_file_filed
        on
            document_file_filed.what = 'picture'
            and spine_document_picture.picture = document_file_filed.content_key
            and spine.as_of > document_file_filed.known_from
            and spine.application_id <> document_file_filed.application_id
    where
        spine_document_picture.issuer_country <> document_file_filed.issuer_country
        or spine_document_picture.issuer_key <> document_file_filed.issuer_key
    group by spine_document_picture.subject
)

select
    spine.subject,
    cast(files.not_found as double) / nullif(cast(files.asked as double), 0) as document_files_not_found_share,
    files.changed as document_files_changed_flag,
    files.older as document_files_older_than_issue_flag,
    case when files.signatures > 0 then case when files.broken > 0 then 1 else 0 end end as document_files_broken_signature_flag,
    case when files.readable > 0 then coalesce(same_words.applications, 0) end as document_files_same_words_count,
    case when files.certificates > 0 then coalesce(same_stamp.applications, 0) end as document_files_same_stamp_count
from spine
left join files on spine.subject = files.subject
left join same_words on spine.subject = same_words.subject
left join same_stamp on spine.subject = same_stamp.subject
