-- Family:   end_user
-- Question: who is the end user, and what was already known of it when the application had to be judged?
-- Grain:    one row per spine row; spine rows without an end user stay, with nulls
-- Reads:    base_rate, code_tier, coverage, cutoff, membership, party_event, party_hit, party_named, spine, spine_application,
--           spine_item, spine_party, vague_term
-- As of:    a fact counts only if known_from < spine.as_of, and until it was corrected
-- Absent:   no end user named (open licences) -> null; nothing known of a named one -> counts are 0, days are null;
--           a window that begins before the records do -> null
-- Columns:  see end_user.toml

with end_user as (
    select
        spine.subject,
        spine.application_id,
        spine.as_of,
        spine.as_of_us,
        spine.as_of_day,
        spine_party.party_no,
        spine_party.form_id,
        spine_party.entity_id,
        spine_party.name_key,
        spine_party.country,
        spine_party.address_key,
        spine_party.kind,
        spine_party.registration,
        spine_party.lei,
        spine_party.website_key,
        spine_party.address_is_box,
        spine_party.owners_share,
        spine_party.registered_on
    from spine
    inner join spine_party on spine.subject = spine_party.subject
    where spine_party.role_group = 'end_user'
),

filing_stream as (
    select
        party_named.entity_id,
        party_named.known_us,
        party_named.application_id,
        1 as filed,
        cast(null as bigint) as subject
    from party_named
    where party_named.role_group = 'end_user' and party_named.entity_id in (select end_user.entity_id from end_user)
    union all
    select
        end_user.entity_id,
        end_user.as_of_us as known_us,
        end_user.application_id,
        0 as filed,
        end_user.subject
    from end_user
),

running as (
    select
        filing_stream.subject,
        sum(filing_stream.filed) over (
            partition by filing_stream.entity_id order by filing_stream.known_us
            range between unbounded preceding and 1 preceding
        ) as all_filed,
        sum(filing_stream.filed) over (
            partition by filing_stream.entity_id, filing_stream.application_id order by filing_stream.known_us
            range between unbounded preceding and 1 preceding
        ) as own_filed
    from filing_stream
),

earlier_filings as (
    select
        running.subject,
        coalesce(running.all_filed, 0) - coalesce(running.own_filed, 0) as filings
    from running
    where running.subject is not null
),

known_facts as (
    select
        end_user.subject,
        count(distinct party_event.event_id) filter (where party_event.fact = 'diversion') as diversions,
        count(distinct party_event.event_id) filter (where party_event.fact = 'favourable') as favourable,
        count(distinct party_event.event_id) filter (where party_event.fact = 'unfavourable') as unfavourable,
        count(distinct party_event.event_id) filter (where party_event.fact in ('denied', 'denial_notice')) as denials,
        count(distinct party_event.event_id) filter (where party_event.fact = 'refused') as refusals,
        count(distinct party_event.event_id) filter (where party_event.fact = 'failed_before_licence') as failed_before_licence,
        count(distinct party_event.event_id) filter (
            where party_event.fact = 'diversion' and date_diff('day', cast(party_event.known_from as date), end_user.as_of_day) <= 1095
        ) as late_diversions,
        count(distinct party_event.event_id) filter (
            where party_event.fact = 'favourable' and date_diff('day', cast(party_event.known_from as date), end_user.as_of_day) <= 1095
        ) as late_favourable
    from end_user
    inner join party_event
        on
            end_user.entity_id = party_event.entity_id
            and end_user.as_of > party_event.known_from
            and (party_event.known_to is null or end_user.as_of <= party_event.known_to)
            and (party_event.application_id is null or end_user.application_id <> party_event.application_id)
            and (party_event.linked_from is null or end_user.as_of > party_event.linked_from or end_user.form_id = party_event.form_id)
    where party_event.role_group in ('end_user', 'consignee', 'further_end_user', 'named')
    group by end_user.subject
),

warnings as (
    select
        end_user.subject,
        max(party_hit.score) as score
    from end_user
    inner join party_hit
        on
            end_user.subject = party_hit.subject
            and end_user.party_no = party_hit.party_no
            and end_user.as_of > party_hit.known_from
            and (party_hit.known_to is null or end_user.as_of <= party_hit.known_to)
    where party_hit.weight = 'warning'
    group by end_user.subject
),

vague as (
    select
        end_user.subject,
        count(*) as terms
    from end_user
    inner join vague_term on end_user.name_key = vague_term.term
    where vague_term.kind = 'end_user'
    group by end_user.subject
),

vague_use as (
    select
        spine_application.subject,
        count(*) as terms
    from spine_application
    inner join vague_term on spine_application.end_use_statement = vague_term.term
    where vague_term.kind = 'end_use'
    group by spine_application.subject
),

in_between as (
    select
        end_user.subject,
        count(distinct party_named.application_id) as applications
    from end_user
    inner join party_named
        on
            end_user.entity_id = party_named.entity_id
            and end_user.as_of > party_named.known_from
            and end_user.application_id <> party_named.application_id
    where party_named.role_group = 'intermediary'
    group by end_user.subject
),

coalition as (
    select end_user.subject
    from end_user
    inner join membership
        on
            end_user.country = membership.country
            and (membership.known_from is null or end_user.as_of > membership.known_from)
            and (membership.valid_from is null or end_user.as_of_day >= membership.valid_from)
            and (membership.valid_to is null or end_user.as_of_day < membership.valid_to)
    where membership.instrument = 'GECC'
    group by end_user.subject
),

founded_after as (
    select
        end_user.subject,
        max(case when end_user.registered_on > cutoff.day then 1 else 0 end) as late
    from end_user
    inner join cutoff on end_user.as_of > cutoff.known_from
    where cutoff.cutoff = 'company_founded' and end_user.registered_on is not null
    group by end_user.subject
),

observed as (
    select
        spine.subject,
        date_diff('day', cast(coverage.known_from as date), spine.as_of_day) as days
    from spine
    inner join spine_application on spine.subject = spine_application.subject
    inner join coverage on spine_application.authority = coverage.authority and spine.as_of > coverage.known_from
),

munitions as (
    select spine_item.subject
    from spine_item
    inner join code_tier on spine_item.control_code = code_tier.control_code
    where code_tier.list_family in ('munitions', 'us_usml')
    group by spine_item.subject
)

select
    spine.subject,
    earlier_filings.filings as end_user_prior_filings_count,
    case when end_user.subject is not null then coalesce(known_facts.diversions, 0) end as end_user_prior_diversions_count,
    case when end_user.subject is not null then coalesce(known_facts.favourable, 0) end as end_user_favourable_visits_count,
    case when end_user.subject is not null then coalesce(known_facts.unfavourable, 0) end as end_user_unfavourable_visits_count,
    case when end_user.subject is not null then coalesce(known_facts.denials, 0) end as end_user_denials_count,
    case
        when end_user.registered_on <= end_user.as_of_day then date_diff('day', end_user.registered_on, end_user.as_of_day)
    end as end_user_registration_age_days,
    case when end_user.kind is not null then case when end_user.kind in ('military', 'police', 'government', 'state_owned') then 1 else 0 end end
        as end_user_government_flag,
    case when end_user.kind is not null then case when end_user.kind = 'dealer' then 1 else 0 end end as end_user_dealer_flag,
    case
        when end_user.kind is not null
            then case when munitions.subject is not null and end_user.kind in ('commercial', 'dealer', 'individual') then 1 else 0 end
    end as end_user_private_munitions_flag,
    case when end_user.subject is not null then case when end_user.address_key is null then 1 else 0 end end
        as end_user_address_missing_flag,
    case when end_user.subject is not null then case when vague.terms > 0 then 1 else 0 end end as end_user_vague_name_flag,
    case when end_user.subject is not null then coalesce(warnings.score, 0) end as end_user_warning_list_score,
    spine_application.prepaid_share as end_user_prepaid_share,
    case
        when spine_application.payer_country is not null
            then case when spine_application.payer_country <> coalesce(end_user.country, spine_application.destination) then 1 else 0 end
    end as end_user_third_country_payer_flag,
    case when end_user.subject is not null and observed.days >= 1095 then coalesce(known_facts.late_diversions, 0) end
        as end_user_diversions_in_three_years_count,
    case when end_user.subject is not null and observed.days >= 1095 then coalesce(known_facts.late_favourable, 0) end
        as end_user_favourable_in_three_years_count,
    (coalesce(known_facts.diversions, 0) + 1) / (base_rate.rate * earlier_filings.filings + 1) as end_user_diversions_to_expected_ratio,
    case when end_user.subject is not null then coalesce(known_facts.refusals, 0) end as end_user_refused_checks_count,
    case when end_user.subject is not null then coalesce(known_facts.failed_before_licence, 0) end as end_user_failed_before_licence_count,
    case
        when spine_application.end_use_statement is not null then case when vague_use.terms > 0 then 1 else 0 end
    end as end_user_vague_use_flag,
    case when spine_application.end_use_statement is null then 1 else 0 end
    + case when spine_application.purpose is null then 1 else 0 end
    + case when spine_application.end_use_country is null then 1 else 0 end
    + case when spine_application.end_use_site is null then 1 else 0 end as end_user_use_gaps_count,
    case
        when spine_application.end_use_country is not null and end_user.country is not null
            then case when spine_application.end_use_country <> end_user.country then 1 else 0 end
    end as end_user_use_elsewhere_flag,
    case
        when end_user.country is not null and founded_after.subject is not null
            then case when founded_after.late = 1 and coalition.subject is null then 1 else 0 end
    end as end_user_founded_after_cutoff_flag,
    case when end_user.subject is not null then coalesce(in_between.applications, 0) end as end_user_acted_between_count,
    case
        when end_user.kind is not null and spine_application.purpose is not null
            then case
                when
                    end_user.kind in ('military', 'police')
                    and spine_application.purpose in (
                        'civil_industry', 'medical', 'research', 'energy', 'telecommunications', 'sport_hunting', 'resale'
                    )
                    then 1
                else 0
            end
    end as end_user_military_civil_use_flag,
    case
        when end_user.kind in ('commercial', 'dealer', 'research', 'other')
            then case
                when end_user.registration is null and end_user.lei is null and end_user.website_key is null and end_user.registered_on is null then 1
                else 0
            end
    end as end_user_no_footprint_flag,
    case when end_user.address_key is not null then case when end_user.address_is_box then 1 else 0 end end as end_user_box_address_flag,
    case
        when end_user.kind in ('commercial', 'dealer')
            then cast(1 - least(1, coalesce(end_user.owners_share, 0)) as double)
    end as end_user_owners_undisclosed_share,
    case
        when spine_application.payment_method is not null
            then case when spine_application.payment_method in ('cash', 'crypto') then 1 else 0 end
    end as end_user_untraceable_payment_flag
from spine
inner join spine_application on spine.subject = spine_application.subject
left join end_user on spine.subject = end_user.subject
left join earlier_filings on spine.subject = earlier_filings.subject
left join known_facts on spine.subject = known_facts.subject
left join warnings on spine.subject = warnings.subject
left join vague on spine.subject = vague.subject
left join munitions on spine.subject = munitions.subject
left join vague_use on spine.subject = vague_use.subject
left join in_between on spine.subject = in_between.subject
left join coalition on spine.subject = coalition.subject
left join founded_after on spine.subject = founded_after.subject
left join observed on spine.subject = observed.subject
inner join base_rate on base_rate.kind = 'diversion_per_application'
