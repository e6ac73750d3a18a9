-- Family:   goods
-- Question: which records was each value computed from?
-- Grain:    one row per spine row, feature and record
-- Reads:    priority_item, purpose_fit, spine, spine_application, spine_item
-- As of:    the priority list counts from its publication
-- Absent:   medians over peers are counted, not listed; what rests on the filing alone has no row
-- Columns:  subject, feature, record

with priority as (
    select
        spine_item.subject,
        'goods_priority_level' as feature,
        'reference:priority_item:' || priority_item.hs_code as record
    from spine_item
    inner join spine on spine_item.subject = spine.subject
    inner join priority_item
        on
            substr(spine_item.hs_code, 1, 6) = priority_item.hs_code
            and (priority_item.known_from is null or spine.as_of > priority_item.known_from)
),

fitting as (
    select
        spine_item.subject,
        purpose_fit.purpose,
        purpose_fit.code_prefix,
        purpose_fit.fits,
        row_number() over (partition by spine_item.subject, spine_item.item_no order by length(purpose_fit.code_prefix) desc) as place
    from spine_item
    inner join spine_application on spine_item.subject = spine_application.subject
    inner join purpose_fit
        on
            spine_application.purpose = purpose_fit.purpose
            and substr(spine_item.control_code, 1, length(purpose_fit.code_prefix)) = purpose_fit.code_prefix
)

select
    priority.subject,
    priority.feature,
    priority.record
from priority
union distinct
select
    fitting.subject,
    'goods_purpose_misfit_count' as feature,
    'reference:purpose_fit:' || fitting.code_prefix || ':' || fitting.purpose as record
from fitting
where fitting.place = 1 and not fitting.fits
