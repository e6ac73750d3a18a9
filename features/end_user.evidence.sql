-- Family:   end_user
-- Question: which records was each value computed from?
-- Grain:    one row per spine row, feature and record
-- Reads:    earlier_filing, known_fact, party_hit, party_trade, received_goods, spine, spine_item, spine_party
-- As of:    a record counts only if known_from < spine.as_of, and until it was corrected
-- Absent:   a value that rests on the filing alone, or on finding nothing, has no row: its evidence is the filing's own fields
-- Columns:  subject, feature, record

with end_user as (
    select
        spine.subject,
        spine.application_id,
        spine.as_of,
        spine.as_of_day,
        spine_party.party_no,
        spine_party.entity_id
    from spine
    inner join spine_party on spine.subject = spine_party.subject
    where spine_party.role_group = 'end_user'
),

earlier_filings as (
    select
        earlier_filing.subject,
        case when earlier_filing.named_as = 'end_user' then 'end_user_prior_filings_count' else 'end_user_acted_between_count' end as feature,
        'application:' || earlier_filing.application_id as record
    from earlier_filing
    where earlier_filing.role_group = 'end_user' and earlier_filing.named_as in ('end_user', 'intermediary')
),

telling as (
    select
        end_user.subject,
        'end_user_trade_name_flag' as feature,
        'reference:trade_word:' || party_trade.word as record
    from end_user
    inner join party_trade
        on
            end_user.subject = party_trade.subject
            and end_user.party_no = party_trade.party_no
            and (party_trade.known_from is null or end_user.as_of > party_trade.known_from)
            and (party_trade.valid_to is null or end_user.as_of_day < party_trade.valid_to)
),

-- The applications in which the categories ordered now had stood before.
had_before as (
    select
        end_user.subject,
        'end_user_new_goods_share' as feature,
        'application:' || received_goods.application_id as record
    from end_user
    inner join spine_item on end_user.subject = spine_item.subject
    inner join received_goods
        on
            end_user.entity_id = received_goods.end_user_id
            and spine_item.category = received_goods.category
            and end_user.as_of > received_goods.known_from
            and end_user.application_id <> received_goods.application_id
),

fact_found as (
    select
        known_fact.subject,
        known_fact.fact,
        known_fact.event_id,
        known_fact.in_role,
        known_fact.age_days
    from known_fact
    where
        known_fact.role_group = 'end_user'
        and known_fact.fact in (
            'diversion', 'favourable', 'unfavourable', 'denied', 'denial_notice', 'refused', 'failed_before_licence'
        )
),

known_facts as (
    select
        fact_found.subject,
        case
            when fact_found.fact = 'diversion' then 'end_user_prior_diversions_count'
            when fact_found.fact = 'favourable' then 'end_user_favourable_visits_count'
            when fact_found.fact = 'unfavourable' then 'end_user_unfavourable_visits_count'
            when fact_found.fact = 'refused' then 'end_user_refused_checks_count'
            when fact_found.fact = 'failed_before_licence' then 'end_user_failed_before_licence_count'
            else 'end_user_denials_count'
        end as feature,
        'event:' || fact_found.event_id as record
    from fact_found
    union distinct
    select
        fact_found.subject,
        'end_user_diversions_to_expected_ratio' as feature,
        'event:' || fact_found.event_id as record
    from fact_found
    where fact_found.fact = 'diversion' and fact_found.in_role
    union distinct
    select
        fact_found.subject,
        case
            when fact_found.fact = 'diversion' then 'end_user_diversions_in_three_years_count' else 'end_user_favourable_in_three_years_count'
        end as feature,
        'event:' || fact_found.event_id as record
    from fact_found
    inner join spine on fact_found.subject = spine.subject and spine.observed_days >= 1095
    where fact_found.fact in ('diversion', 'favourable') and fact_found.age_days <= 1095
),

warnings as (
    select
        end_user.subject,
        'end_user_warning_list_score' as feature,
        'list:' || party_hit.list || ':' || party_hit.entry_id as record
    from end_user
    inner join party_hit
        on
            end_user.subject = party_hit.subject
            and end_user.party_no = party_hit.party_no
            and end_user.as_of > party_hit.known_from
            and (party_hit.known_to is null or end_user.as_of <= party_hit.known_to)
    where party_hit.weight = 'warning'
)

select
    earlier_filings.subject,
    earlier_filings.feature,
    earlier_filings.record
from earlier_filings
union distinct
select
    known_facts.subject,
    known_facts.feature,
    known_facts.record
from known_facts
union distinct
select
    warnings.subject,
    warnings.feature,
    warnings.record
from warnings
union distinct
select
    telling.subject,
    telling.feature,
    telling.record
from telling
union distinct
select
    had_before.subject,
    had_before.feature,
    had_before.record
from had_before
