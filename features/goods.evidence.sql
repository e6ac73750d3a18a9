-- Family:   goods
-- Question: which records was each value computed from?
-- Grain:    one row per spine row, feature and record
-- Reads:    priority_item, purpose_fit, received_goods, spine, spine_application, spine_item, spine_party
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
),

bought as (
    select
        spine_item.subject,
        received_goods.application_id,
        date_diff('day', cast(received_goods.known_from as date), spine.as_of_day) as age_days,
        spine.observed_days
    from spine_item
    inner join spine on spine_item.subject = spine.subject
    inner join spine_party as end_user on spine_item.subject = end_user.subject and end_user.role_group = 'end_user'
    inner join received_goods
        on
            end_user.entity_id = received_goods.end_user_id
            and spine_item.control_code = received_goods.control_code
            and coalesce(spine_item.unit, '') = received_goods.unit
            and spine.as_of > received_goods.known_from
            and spine.application_id <> received_goods.application_id
),

cumulated as (
    select
        bought.subject,
        'goods_year_quantity_to_peer_ratio' as feature,
        'application:' || bought.application_id as record
    from bought
    where bought.age_days <= 365 and bought.observed_days >= 365
    union distinct
    select
        bought.subject,
        'goods_three_years_quantity_to_peer_ratio' as feature,
        'application:' || bought.application_id as record
    from bought
    where bought.age_days <= 1095 and bought.observed_days >= 1095
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
union distinct
select
    cumulated.subject,
    cumulated.feature,
    cumulated.record
from cumulated
