-- Family:   end_user
-- Question: who is the end user, and what was already known of it when the application had to be judged?
-- Grain:    one row per spine row; spine rows without an end user stay, with nulls
-- Reads:    base_rate, code_tier, cutoff, membership, party_hit, party_record, party_trade, received_goods, spine,
--           spine_application, spine_item, spine_party, vague_term
-- As of:    a fact counts only if known_from < spine.as_of, and until it was corrected
-- Absent:   no end user named (open licences) -> null; nothing known of a named one -> counts are 0, days are null;
--           a window that begins before the records do -> null
-- Columns:  see end_user.toml

with end_user as (
    select
        spine.subject,
        spine.application_id,
        spine.as_of,
        spine.as_of_day,
        spine_party.party_no,
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
        spine_party.owners_unshared,
        spine_party.registered_on
    from spine
    inner join spine_party on spine.subject = spine_party.subject
    where spine_party.role_group = 'end_user'
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

telling as (
    select
        end_user.subject,
        count(*) as words
    from end_user
    inner join party_trade
        on
            end_user.subject = party_trade.subject
            and end_user.party_no = party_trade.party_no
            and (party_trade.known_from is null or end_user.as_of > party_trade.known_from)
            and (party_trade.valid_to is null or end_user.as_of_day < party_trade.valid_to)
    group by end_user.subject
),

asked_goods as (
    select
        end_user.subject,
        end_user.application_id,
        end_user.as_of,
        end_user.entity_id,
        spine_item.category
    from end_user
    inner join spine_item on end_user.subject = spine_item.subject
    where spine_item.category is not null
    group by end_user.subject, end_user.application_id, end_user.as_of, end_user.entity_id, spine_item.category
),

-- The first two applications for an end user in a category suffice: the first may be this application itself.
first_received as (
    select
        received_goods.end_user_id,
        received_goods.category,
        received_goods.application_id,
        min(received_goods.known_from) as known_from,
        row_number() over (
            partition by received_goods.end_user_id, received_goods.category
            order by min(received_goods.known_us), received_goods.application_id
        ) as place
    from received_goods
    where received_goods.category is not null and received_goods.end_user_id in (select end_user.entity_id from end_user)
    group by received_goods.end_user_id, received_goods.category, received_goods.application_id
),

had_before as (
    select
        asked_goods.subject,
        asked_goods.category
    from asked_goods
    inner join first_received
        on
            asked_goods.entity_id = first_received.end_user_id
            and asked_goods.category = first_received.category
            and asked_goods.as_of > first_received.known_from
            and asked_goods.application_id <> first_received.application_id
    where first_received.place <= 2
    group by asked_goods.subject, asked_goods.category
),

out_of_line as (
    select
        asked_goods.subject,
        count(*) as categories,
        count(*) filter (where had_before.subject is null) as new_ones
    from asked_goods
    left join had_before on asked_goods.subject = had_before.subject and asked_goods.category = had_before.category
    group by asked_goods.subject
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

munitions as (
    select spine_item.subject
    from spine_item
    inner join code_tier on spine_item.control_code = code_tier.control_code
    where code_tier.list_family in ('munitions', 'us_usml')
    group by spine_item.subject
)

select
    spine.subject,
    party_record.filings as end_user_prior_filings_count,
    party_record.diversions as end_user_prior_diversions_count,
    party_record.favourable as end_user_favourable_visits_count,
    party_record.unfavourable as end_user_unfavourable_visits_count,
    party_record.denials as end_user_denials_count,
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
    case when spine.observed_days >= 1095 then party_record.late_diversions end
        as end_user_diversions_in_three_years_count,
    case when spine.observed_days >= 1095 then party_record.late_favourable end
        as end_user_favourable_in_three_years_count,
    (party_record.role_diversions + 1) / (base_rate.rate * party_record.filings + 1) as end_user_diversions_to_expected_ratio,
    party_record.refusals as end_user_refused_checks_count,
    party_record.failed_before_licence as end_user_failed_before_licence_count,
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
    party_record.acted_between as end_user_acted_between_count,
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
        when end_user.kind in ('commercial', 'dealer', 'research', 'state_owned', 'other')
            then case
                when end_user.registration is null and end_user.lei is null and end_user.website_key is null and end_user.registered_on is null then 1
                else 0
            end
    end as end_user_no_footprint_flag,
    case when end_user.address_key is not null then case when end_user.address_is_box then 1 else 0 end end as end_user_box_address_flag,
    case
        when end_user.kind in ('commercial', 'dealer') and coalesce(end_user.owners_unshared, 0) = 0
            then cast(1 - least(1, coalesce(end_user.owners_share, 0)) as double)
    end as end_user_owners_undisclosed_share,
    case
        when spine_application.payment_method is not null
            then case when spine_application.payment_method in ('cash', 'crypto') then 1 else 0 end
    end as end_user_untraceable_payment_flag,
    case
        when end_user.kind in ('commercial', 'dealer', 'state_owned', 'other') then case when telling.words > 0 then 1 else 0 end
    end as end_user_trade_name_flag,
    case
        when end_user.subject is not null and spine_application.purpose is not null
            then case when spine_application.purpose = 'resale' then 1 else 0 end
    end as end_user_resale_flag,
    case
        when party_record.filings >= 3 then cast(out_of_line.new_ones as double) / cast(out_of_line.categories as double)
    end as end_user_new_goods_share
from spine
inner join spine_application on spine.subject = spine_application.subject
left join end_user on spine.subject = end_user.subject
left join party_record on spine.subject = party_record.subject and party_record.role_group = 'end_user'
left join warnings on spine.subject = warnings.subject
left join vague on spine.subject = vague.subject
left join munitions on spine.subject = munitions.subject
left join vague_use on spine.subject = vague_use.subject
left join coalition on spine.subject = coalition.subject
left join founded_after on spine.subject = founded_after.subject
left join telling on spine.subject = telling.subject
left join out_of_line on spine.subject = out_of_line.subject
inner join base_rate on base_rate.kind = 'diversion_per_application'
