-- Family:   documents
-- Question: which records was each value computed from?
-- Grain:    one row per spine row, feature and record
-- Reads:    code_tier, document_undertaking, spine, spine_application, spine_item, spine_undertaking, transshipment_hub
-- As of:    a row of reference data counts only if known_from < spine.as_of
-- Absent:   a value that rests on the filing alone, or on finding nothing, has no row: its evidence is the filing's own fields
-- Columns:  subject, feature, record

with sensitivity as (
    select
        spine_item.subject,
        max(code_tier.tier) as tier
    from spine_item
    inner join code_tier on spine_item.control_code = code_tier.control_code
    group by spine_item.subject
),

withheld as (
    select
        sensitivity.subject,
        document_undertaking.undertaking
    from sensitivity
    inner join spine on sensitivity.subject = spine.subject
    inner join document_undertaking
        on
            sensitivity.tier >= document_undertaking.min_tier
            and (document_undertaking.known_from is null or spine.as_of > document_undertaking.known_from)
    left join spine_undertaking
        on sensitivity.subject = spine_undertaking.subject and document_undertaking.undertaking = spine_undertaking.undertaking
    where spine_undertaking.subject is null and document_undertaking.undertaking <> 'on_site_verification'
),

permitting as (
    select
        spine.subject,
        'documents_import_permit_missing_flag' as feature,
        'reference:transshipment_hub:' || transshipment_hub.country as record
    from spine
    inner join spine_application on spine.subject = spine_application.subject
    inner join transshipment_hub
        on
            spine_application.destination = transshipment_hub.country
            and (transshipment_hub.known_from is null or spine.as_of > transshipment_hub.known_from)
    where transshipment_hub.level = 2
)

select
    withheld.subject,
    'documents_undertakings_missing_count' as feature,
    'reference:document_undertaking:' || withheld.undertaking as record
from withheld
union distinct
select
    permitting.subject,
    permitting.feature,
    permitting.record
from permitting
