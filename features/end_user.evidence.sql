-- Family:   end_user
-- Question: which records was each value computed from?
-- Grain:    one row per spine row, feature and record
-- Reads:    coverage, party_event, party_hit, party_named, spine, spine_application, spine_party
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
        spine_party.form_id,
        spine_party.entity_id
    from spine
    inner join spine_party on spine.subject = spine_party.subject
    where spine_party.role_group = 'end_user'
),

earlier_filings as (
    select
        end_user.subject,
        'end_user_prior_filings_count' as feature,
        'application:' || party_named.application_id as record
    from end_user
    inner join party_named
        on
            end_user.entity_id = party_named.entity_id
            and end_user.as_of > party_named.known_from
            and end_user.application_id <> party_named.application_id
    where party_named.role_group = 'end_user'
),

in_between as (
    select
        end_user.subject,
        'end_user_acted_between_count' as feature,
        'application:' || party_named.application_id as record
    from end_user
    inner join party_named
        on
            end_user.entity_id = party_named.entity_id
            and end_user.as_of > party_named.known_from
            and end_user.application_id <> party_named.application_id
    where party_named.role_group = 'intermediary'
),

observed as (
    select
        spine.subject,
        date_diff('day', cast(coverage.known_from as date), spine.as_of_day) as days
    from spine
    inner join spine_application on spine.subject = spine_application.subject
    inner join coverage on spine_application.authority = coverage.authority and spine.as_of > coverage.known_from
),

fact_found as (
    select
        end_user.subject,
        party_event.fact,
        party_event.event_id,
        date_diff('day', cast(party_event.known_from as date), end_user.as_of_day) as age_days
    from end_user
    inner join party_event
        on
            end_user.entity_id = party_event.entity_id
            and end_user.as_of > party_event.known_from
            and (party_event.known_to is null or end_user.as_of <= party_event.known_to)
            and (party_event.application_id is null or end_user.application_id <> party_event.application_id)
            and (party_event.linked_from is null or end_user.as_of > party_event.linked_from or end_user.form_id = party_event.form_id)
    where
        party_event.role_group in ('end_user', 'consignee', 'further_end_user', 'named')
        and party_event.fact in (
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
    where fact_found.fact = 'diversion'
    union distinct
    select
        fact_found.subject,
        case
            when fact_found.fact = 'diversion' then 'end_user_diversions_in_three_years_count' else 'end_user_favourable_in_three_years_count'
        end as feature,
        'event:' || fact_found.event_id as record
    from fact_found
    inner join observed on fact_found.subject = observed.subject and observed.days >= 1095
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
    in_between.subject,
    in_between.feature,
    in_between.record
from in_between
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
