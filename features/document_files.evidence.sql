-- Family:   document_files
-- Question: which records was each value computed from?
-- Grain:    one row per spine row, feature and record
-- Reads:    document_file_filed, spine, spine_document_file, spine_document_picture
-- As of:    another filing's file counts only if known_from < spine.as_of
-- Absent:   a value that rests on finding nothing has no row: its evidence is the filing's own fields
-- Columns:  subject, feature, record

with looked_at as (
    select
        spine_document_file.subject,
        'document_file:' || spine_document_file.sha256 as record,
        spine_document_file.asked,
        spine_document_file.signatures,
        spine_document_file.created_at is not null and spine_document_file.modified_at is not null as saved_known,
        spine_document_file.created_at is not null and spine_document_file.issued_on is not null as age_known
    from spine_document_file
)

select
    looked_at.subject,
    'document_files_not_found_share' as feature,
    looked_at.record
from looked_at
where looked_at.asked > 0
union all
select
    looked_at.subject,
    'document_files_changed_flag' as feature,
    looked_at.record
from looked_at
where looked_at.saved_known
union all
select
    looked_at.subject,
    'document_files_older_than_issue_flag' as feature,
    looked_at.record
from looked_at
where looked_at.age_known
union all
select
    looked_at.subject,
    'document_files_broken_signature_flag' as feature,
    looked_at.record
from looked_at
where looked_at.signatures > 0
union all
select
    spine_document_file.subject,
    'document_files_same_words_count' as feature,
    'application:' || document_file_filed.application_id as record
from spine_document_file
inner join spine on spine_document_file.subject = spine.subject
inner join document_file_filed
    on
        document_file_filed.what = 'words'
        and spine_document_file.text_key = document_file_filed.content_key
        and spine.as_of > document_file_filed.known_from
        and spine.application_id <> document_file_filed.application_id
where spine_document_file.kind in ('end_user_certificate', 'end_user_statement', 'import_certificate')
union all
select
    spine_document_picture.subject,
    'document_files_same_stamp_count' as feature,
    'application:' || document_file_filed.application_id as record
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
